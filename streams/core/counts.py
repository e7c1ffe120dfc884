"""The tallies of one queue in one partition: minutes, quarters and days of event time, totals, now.

Minutes hold visits by the moment of leaving (rolling windows), quarters and days by the moment of
entering (intervals, today). Totals hold what is final and only grow.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from streams.core.definitions import CORRECTIONS, ENTERED, WIDTH
from streams.core.facts import Enter, Facts, Leave, Serve
from streams.core.limits import DAYS_KEPT, MINUTE_MS, MINUTES_KEPT_MS, QUARTER_MS, QUARTERS_KEPT_MS
from streams.core.tally import Tally, count_leave, count_serve, plus
from streams.core.visit import Visit


def local_day(at_ms: int, zone: str) -> str:
    """The local date of a moment, as 2026-11-22."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).astimezone(ZoneInfo(zone)).date().isoformat()


class Buckets:
    """Tallies of one (site, queue) by minute, quarter and day, `width` columns each.

    `clock_ms` is the minute that was last told by `roll`, each quarter of an hour; buckets older
    than it allows are gone. `changed_ms` is the oldest moment whose bucket was asked for since it
    was last set to `NEVER`: whoever saves changes need not look at older ones.
    """

    __slots__ = (
        "changed_ms",
        "clock_ms",
        "days",
        "minutes",
        "quarters",
        "totals",
        "width",
        "zone",
    )

    def __init__(self, zone: str, width: int) -> None:
        self.zone = zone
        self.width = width
        self.clock_ms = 0
        self.changed_ms = 0
        self.minutes: dict[int, Tally] = {}
        self.quarters: dict[int, Tally] = {}
        self.days: dict[str, Tally] = {}
        self.totals = Tally([0] * width, None)

    def _new_minute(self, minute: int) -> Tally | None:
        """An empty tally for a minute that has none; None where it is too old to be kept."""
        if minute < (self.clock_ms - MINUTES_KEPT_MS) // MINUTE_MS:
            return None
        tally = self.minutes[minute] = Tally([0] * self.width)
        return tally

    def _new_interval(self, quarter: int, at_ms: int) -> Tally | None:
        """An empty tally for a quarter that has none; its local day's once the quarter is gone."""
        if quarter < (self.clock_ms - QUARTERS_KEPT_MS) // QUARTER_MS:
            return self._day(local_day(at_ms, self.zone))
        tally = self.quarters[quarter] = Tally([0] * self.width)
        return tally

    def _day(self, day: str) -> Tally | None:
        tally = self.days.get(day)
        if tally is None:
            if len(self.days) >= DAYS_KEPT and day < min(self.days):
                return None
            # A day has no use for single waits: its percentiles come from the visits.
            tally = self.days[day] = Tally([0] * self.width, None)
            if len(self.days) > DAYS_KEPT:
                del self.days[min(self.days)]
        return tally

    def roll(self, clock_ms: int) -> None:
        """Let go of minutes and turn quarters into days, as the event clock goes on."""
        if clock_ms <= self.clock_ms:
            return
        self.clock_ms = clock_ms // MINUTE_MS * MINUTE_MS
        oldest = (self.clock_ms - MINUTES_KEPT_MS) // MINUTE_MS
        if self.minutes and min(self.minutes) < oldest:
            for minute in [minute for minute in self.minutes if minute < oldest]:
                del self.minutes[minute]
        oldest = (self.clock_ms - QUARTERS_KEPT_MS) // QUARTER_MS
        if self.quarters and min(self.quarters) < oldest:
            for quarter in sorted(quarter for quarter in self.quarters if quarter < oldest):
                tally = self.quarters.pop(quarter)
                day = local_day(quarter * QUARTER_MS, self.zone)
                if self._day(day) is not None:
                    self.days[day] = plus([self.days[day], tally])

    def _buckets(self, minute_ms: int, entered_ms: int) -> tuple[Tally, ...]:
        """The tallies that a fact belongs to: its minute's and its visit's interval's, if kept."""
        if entered_ms < self.changed_ms or minute_ms < self.changed_ms:
            self.changed_ms = min(entered_ms, minute_ms, self.changed_ms)
        number = minute_ms // MINUTE_MS
        minute = self.minutes.get(number) or self._new_minute(number)
        number = entered_ms // QUARTER_MS
        interval = self.quarters.get(number) or self._new_interval(number, entered_ms)
        if minute is not None and interval is not None:
            return minute, interval
        return tuple(tally for tally in (minute, interval) if tally is not None)


class Counts(Buckets):
    """All tallies of a queue of calls. `waiting` is {visit: entered_ms}."""

    __slots__ = ("talking", "waiting")

    def __init__(self, zone: str) -> None:
        super().__init__(zone, WIDTH)
        self.waiting: dict[Visit, int] = {}
        self.talking = 0

    def change(  # noqa: C901 - one question per aspect
        self, visit: Visit, before: Facts, after: Facts
    ) -> None:
        """Replace what a visit counted for here by what it counts for now, aspect by aspect.

        All of it is this queue's; `NOTHING` where the visit was, or now is, in another one.
        """
        enter, leave, serve = after
        had_entered, had_left, was_served = before
        if enter != had_entered:
            if had_entered is not None:
                self.entered(had_entered, -1)
            if enter is not None:
                self.entered(enter, 1)
        if leave != had_left:
            if had_left is not None:
                self.left(had_left, -1)
            if leave is not None:
                self.left(leave, 1)
        if serve != was_served:
            if was_served is not None:
                self.was_served(was_served, -1)
            if serve is not None:
                self.was_served(serve, 1)
        if enter is not None and leave is None:
            self.waiting[visit] = enter[1]
        elif had_left is None:
            self.waiting.pop(visit, None)

    def entered(self, enter: Enter, sign: int) -> None:
        """A visit entered (+1), or is taken back (-1)."""
        for tally in self._buckets(enter[1], enter[1]):
            tally.cells[ENTERED] += sign
            tally.encoded = None

    def left(self, leave: Leave, sign: int) -> None:
        """A visit left the queue (+1), or is taken back (-1)."""
        count_leave(self._buckets(leave[2], leave[1]), leave, sign)

    def was_served(self, serve: Serve, sign: int) -> None:
        """An answered visit was served (+1), or is taken back (-1)."""
        if serve[6]:
            self.talking += sign
            if not serve[5]:
                return  # nothing to add up before it ends
        count_serve(self._buckets(serve[2], serve[1]), serve, sign)

    def corrected(self) -> None:
        """Count that a final outcome changed after it was counted."""
        self.totals.cells[CORRECTIONS] += 1
