"""All partitions side by side: the figures of one moment, every queue and the total.

Sums tallies over partitions; what a window is and where a local day begins is decided here. The moment is
the event clock (the newest event or heartbeat), never the wall's, so the same snapshots give the same board.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from streams.core.counts import Counts
from streams.core.figures import window
from streams.core.limits import MINUTE_MS, QUARTER_MS
from streams.core.tally import Tally, plus
from streams.core.targets import Target

QueueKey = tuple[str, str]
WINDOWS_MIN: Mapping[str, int] = {"5m": 5, "15m": 15, "30m": 30, "60m": 60}
WINDOWS = (*WINDOWS_MIN, "interval", "today")
TOTAL: QueueKey = ("*", "*")


@dataclass(frozen=True, slots=True)
class Span:
    """A window in event time, [from_ms, to_ms), and what puts a visit into it."""

    from_ms: int
    to_ms: int
    basis: Literal["left", "entered"]


def span(name: str, now_ms: int, target: Target) -> Span:
    """The span of a window (5m, 15m, 30m, 60m, interval, today) at `now_ms`.

    Rolling windows are whole minutes, the current one included; today begins at the queue's midnight.
    """
    if name in WINDOWS_MIN:
        to_ms = (now_ms // MINUTE_MS + 1) * MINUTE_MS
        return Span(to_ms - WINDOWS_MIN[name] * MINUTE_MS, to_ms, "left")
    if name == "interval":
        width_ms = target.interval_min * MINUTE_MS
        return Span(now_ms // width_ms * width_ms, now_ms // width_ms * width_ms + width_ms, "entered")
    zone = ZoneInfo(target.zone)
    today = datetime.fromtimestamp(now_ms // 1000, UTC).astimezone(zone).date()
    return Span(_midnight_ms(today, zone), _midnight_ms(today + timedelta(days=1), zone), "entered")


def _midnight_ms(day: Any, zone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1000


def tallies_in(counts: Iterable[Counts], where: Span) -> list[Tally]:
    """The tallies of a span, over partitions."""
    found: list[Tally] = []
    for part in counts:
        if where.basis == "left":
            buckets, width_ms = part.minutes, MINUTE_MS
        else:
            buckets, width_ms = part.quarters, QUARTER_MS
        first, last = where.from_ms // width_ms, -(-where.to_ms // width_ms)
        found += [tally for at, tally in buckets.items() if first <= at < last]
    return found


@dataclass(frozen=True, slots=True)
class QueueParts:
    """One queue over all partitions: its counts, and the entering times of those who wait, sorted."""

    counts: Sequence[Counts]
    waiting: Sequence[int]

    @property
    def talking(self) -> int:
        """Visits in conversation."""
        return sum(part.talking for part in self.counts)

    def totals(self) -> Tally:
        """What is final since the beginning; only grows."""
        return plus([part.totals for part in self.counts])

    def waiting_beyond(self, threshold_s: int, now_ms: int) -> int:
        """How many now wait for more than `threshold_s`."""
        return bisect_left(self.waiting, now_ms - 1000 * threshold_s)


def queue_window(parts: QueueParts, name: str, now_ms: int, target: Target) -> dict[str, Any]:
    """One window's figures of one queue: the object W of the board's JSON."""
    where = span(name, now_ms, target)
    tally = plus(tallies_in(parts.counts, where))
    formula = target.service_level
    beyond = parts.waiting_beyond(formula.threshold_s, now_ms)
    return _window(tally, where, target, beyond, parts, now_ms)


def _window(
    tally: Tally, where: Span, target: Target, beyond: int, parts: QueueParts, now_ms: int
) -> dict[str, Any]:
    figures = window(tally, target.service_level, target.wrapup, beyond)
    waiting = len(parts.waiting)
    if where.basis == "entered":
        waiting = figures["entered"] - figures["finished"]
    return {
        "from_ms": where.from_ms,
        "to_ms": where.to_ms,
        "basis": where.basis,
        "final": waiting == 0 and now_ms >= where.to_ms,
        "offered": figures["finished"] + waiting,
        "waiting": waiting,
        "talking": parts.talking,
        **figures,
    }


def queue_board(parts: QueueParts, now_ms: int, target: Target) -> dict[str, Any]:
    """`now` and `windows` of one queue: what a tile shows."""
    threshold_s = target.service_level.threshold_s
    return {
        "now": {
            "waiting": len(parts.waiting),
            "longest_wait_start_ms": parts.waiting[0] if parts.waiting else None,
            "waiting_beyond_target": parts.waiting_beyond(threshold_s, now_ms),
            "talking": parts.talking,
        },
        "windows": {name: queue_window(parts, name, now_ms, target) for name in WINDOWS},
    }


def total_board(
    queues: Mapping[QueueKey, QueueParts], now_ms: int, target_of: Callable[[QueueKey], Target]
) -> dict[str, Any]:
    """The same over all queues, each window and target its own queue's: sums before ratios."""
    raise NotImplementedError
