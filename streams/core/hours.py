"""Opening hours: weekly blocks, holidays, make-up days in one time zone, and when they next open.

Pure arithmetic on local dates, so that days of 23 and 25 hours are as long as they are. Refuses to
know what time it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_TIMES = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
_MINUTES = 24 * 60
# Whoever is closed for longer than a year does not open again.
_DAYS_AHEAD = 400
_DAYS_KNOWN_MAX = 1_000
BLOCK_FORM = '"Mon-Fri 09:00-12:00", "Sat,Sun 10:00-16:00" or "daily 22:00-06:00"'
DATED_FORM = '"2026-10-10 09:00-18:00"'


class Block(NamedTuple):
    """From and to in minutes after local midnight; `to` is beyond 24:00 where it ends tomorrow."""

    from_min: int
    to_min: int


def _times(words: str, form: str) -> Block:
    found = _TIMES.fullmatch(words)
    if found is None:
        raise ValueError(f"expected {form}, found {words!r}")
    hour, minute, to_hour, to_minute = map(int, found.groups())
    start, end = 60 * hour + minute, 60 * to_hour + to_minute
    if start >= _MINUTES or end > _MINUTES or minute > 59 or to_minute > 59:  # noqa: PLR2004 - minutes
        raise ValueError(f"expected times from 00:00 to 24:00, found {words!r}")
    return Block(start, end if end > start else end + _MINUTES)


def weekly_block(words: str) -> tuple[frozenset[int], Block]:
    """The weekdays (Monday is 0) and times of "Mon-Fri 09:00-12:00"; ValueError says the form."""
    days, _, times = words.partition(" ")
    if days == "daily":
        return frozenset(range(7)), _times(times, BLOCK_FORM)
    found: set[int] = set()
    for part in days.split(","):
        first, dash, last = part.partition("-")
        if first not in _WEEKDAYS or (dash and last not in _WEEKDAYS):
            raise ValueError(f"expected {BLOCK_FORM}, found {words!r}")
        start = _WEEKDAYS.index(first)
        count = (_WEEKDAYS.index(last) - start) % 7 + 1 if dash else 1
        found |= {(start + number) % 7 for number in range(count)}
    return frozenset(found), _times(times, BLOCK_FORM)


def dated_block(words: str) -> tuple[date, Block]:
    """The date and times of "2026-10-10 09:00-18:00"; ValueError says the form."""
    day, _, times = words.partition(" ")
    return holiday(day), _times(times, DATED_FORM)


def holiday(words: str) -> date:
    """The date of "2026-10-01"; ValueError says the form."""
    try:
        return date.fromisoformat(words)
    except ValueError as error:
        raise ValueError(f'expected a date as "2026-10-01", found {words!r}') from error


class Hours:
    """When a desk is open. `special` days have their blocks instead of the week's, on holidays too.

    Without weekly blocks and special days it is always open.
    """

    def __init__(
        self,
        zone: str,
        weekly: Sequence[str],
        holidays: Sequence[str] = (),
        special: Sequence[str] = (),
    ) -> None:
        self._zone = ZoneInfo(zone)
        self._weekly = [weekly_block(words) for words in weekly]
        self._holidays = frozenset(holiday(words) for words in holidays)
        self._special: dict[date, list[Block]] = {}
        for words in special:
            day, block = dated_block(words)
            self._special.setdefault(day, []).append(block)
        self._known: dict[date, list[tuple[int, int]]] = {}

    def opening(self, at_ms: int) -> int:
        """When a clock starts that begins at `at_ms`: at once while open, else at opening time."""
        if not self._weekly and not self._special:
            return at_ms
        today = datetime.fromtimestamp(at_ms // 1000, UTC).astimezone(self._zone).date()
        for number in range(-1, _DAYS_AHEAD):  # yesterday's night shift comes first
            spans = self._spans(today + timedelta(days=number))
            starts = [max(at_ms, from_ms) for from_ms, to_ms in spans if to_ms > at_ms]
            if starts:
                return min(starts)
        return at_ms

    def _spans(self, day: date) -> list[tuple[int, int]]:
        """The blocks that begin on a local date, in ms of UTC."""
        known = self._known.get(day)
        if known is None:
            if len(self._known) >= _DAYS_KNOWN_MAX:
                self._known.clear()
            known = self._known[day] = [
                (self._at_ms(day, block.from_min, 0), self._at_ms(day, block.to_min, 1))
                for block in self._blocks(day)
            ]
        return known

    def _blocks(self, day: date) -> list[Block]:
        if day in self._special:
            return self._special[day]
        if day in self._holidays:
            return []
        return [block for days, block in self._weekly if day.weekday() in days]

    def _at_ms(self, day: date, minutes: int, fold: int) -> int:
        """A local time; of one that comes twice the first as a beginning, the second as an end."""
        days, rest = divmod(minutes, _MINUTES)
        local = day + timedelta(days=days)
        clock = time(rest // 60, rest % 60, fold=fold)
        return int(datetime.combine(local, clock, self._zone).timestamp()) * 1000
