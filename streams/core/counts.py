"""The tallies of one queue in one partition: minutes, quarters and days of event time, totals, now.

Minutes hold visits by the moment of leaving (rolling windows), quarters and days by the moment of
entering (intervals, today). Totals hold what is final and only grow.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from streams.core.definitions import CORRECTIONS, ENTERED
from streams.core.facts import Enter, Facts, Leave, Serve
from streams.core.limits import DAYS_KEPT, MINUTE_MS, MINUTES_KEPT_MS, QUARTER_MS, QUARTERS_KEPT_MS
from streams.core.tally import Tally, count_leave, count_serve, plus


def local_day(at_ms: int, zone: str) -> str:
    """The local date of a moment, as 2026-11-22."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).astimezone(ZoneInfo(zone)).date().isoformat()


class Counts:
    """All tallies of one (site, queue). `waiting` is {(contact, visit): entered_ms}.

    `clock_ms` is the minute that was last told by `roll`; buckets older than it allows are gone.
    """

    __slots__ = ("clock_ms", "days", "minutes", "quarters", "talking", "totals", "waiting", "zone")

    def __init__(self, zone: str) -> None:
        self.zone = zone
        self.clock_ms = 0
        self.minutes: dict[int, Tally] = {}
        self.quarters: dict[int, Tally] = {}
        self.days: dict[str, Tally] = {}
        self.totals = Tally(waits=None)
        self.waiting: dict[tuple[str, int], int] = {}
        self.talking = 0

    def _minute(self, at_ms: int) -> Tally | None:
        """The tally of the minute of `at_ms`; None where it is too old to be kept."""
        minute = at_ms // MINUTE_MS
        tally = self.minutes.get(minute)
        if tally is None:
            if minute < (self.clock_ms - MINUTES_KEPT_MS) // MINUTE_MS:
                return None
            tally = self.minutes[minute] = Tally()
        return tally

    def _interval(self, at_ms: int) -> Tally | None:
        """The tally of the quarter of `at_ms`, or of its local day once the quarter is gone."""
        quarter = at_ms // QUARTER_MS
        tally = self.quarters.get(quarter)
        if tally is None:
            if quarter < (self.clock_ms - QUARTERS_KEPT_MS) // QUARTER_MS:
                return self._day(local_day(at_ms, self.zone))
            tally = self.quarters[quarter] = Tally()
        return tally

    def _day(self, day: str) -> Tally | None:
        tally = self.days.get(day)
        if tally is None:
            if len(self.days) >= DAYS_KEPT and day < min(self.days):
                return None
            # A day has no use for single waits: its percentiles come from the visits.
            tally = self.days[day] = Tally(waits=None)
            if len(self.days) > DAYS_KEPT:
                del self.days[min(self.days)]
        return tally

    def roll(self, clock_ms: int) -> None:
        """Let go of minutes and turn quarters into days, as the event clock goes on."""
        if clock_ms // MINUTE_MS == self.clock_ms // MINUTE_MS:
            return
        self.clock_ms = max(self.clock_ms, clock_ms // MINUTE_MS * MINUTE_MS)
        oldest = (self.clock_ms - MINUTES_KEPT_MS) // MINUTE_MS
        for minute in [minute for minute in self.minutes if minute < oldest]:
            del self.minutes[minute]
        oldest = (self.clock_ms - QUARTERS_KEPT_MS) // QUARTER_MS
        for quarter in sorted(quarter for quarter in self.quarters if quarter < oldest):
            tally = self.quarters.pop(quarter)
            day = local_day(quarter * QUARTER_MS, self.zone)
            if self._day(day) is not None:
                self.days[day] = plus([self.days[day], tally])

    def entered(self, enter: Enter, sign: int) -> None:
        """A visit entered (+1), or is taken back (-1)."""
        for tally in (self._minute(enter[1]), self._interval(enter[1])):
            if tally is not None:
                tally.cells[ENTERED] += sign

    def left(self, leave: Leave, sign: int) -> None:
        """A visit left the queue (+1), or is taken back (-1)."""
        minute = self._minute(leave[2])
        if minute is not None:
            count_leave(minute, leave, sign)
        interval = self._interval(leave[1])
        if interval is not None:
            count_leave(interval, leave, sign)

    def was_served(self, serve: Serve, sign: int) -> None:
        """An answered visit was served (+1), or is taken back (-1)."""
        if serve[6]:
            self.talking += sign
            if not serve[5]:
                return  # nothing to add up before it ends
        minute = self._minute(serve[2])
        if minute is not None:
            count_serve(minute, serve, sign)
        interval = self._interval(serve[1])
        if interval is not None:
            count_serve(interval, serve, sign)

    def corrected(self) -> None:
        """A final outcome changed after it was counted."""
        self.totals.cells[CORRECTIONS] += 1


def move(  # noqa: C901 - one question per aspect
    queues: Mapping[tuple[str, str], Counts], before: Facts, after: Facts, place: tuple[str, int]
) -> None:
    """Replace what a visit counted for by what it counts for now, aspect by aspect.

    `place` is the visit's (contact, number).
    """
    enter, leave, serve = after
    was = before[0]
    if was != enter:
        if was is not None:
            queues[was[0]].entered(was, -1)
            queues[was[0]].waiting.pop(place, None)
        if enter is not None:
            queues[enter[0]].entered(enter, 1)
    if enter is not None:
        counts = queues[enter[0]]
        if before[1] != leave:
            _replace_leave(queues, before[1], leave)
        if leave is None:
            counts.waiting[place] = enter[1]
        elif before[1] is None:
            counts.waiting.pop(place, None)
    if before[2] != serve:
        if before[2] is not None:
            queues[before[2][0]].was_served(before[2], -1)
        if serve is not None:
            queues[serve[0]].was_served(serve, 1)


def _replace_leave(
    queues: Mapping[tuple[str, str], Counts], before: Leave | None, after: Leave | None
) -> None:
    if before is not None:
        queues[before[0]].left(before, -1)
    if after is not None:
        queues[after[0]].left(after, 1)
