"""All partitions side by side: the figures of one moment, every queue and the total.

Sums tallies over partitions; what a window is and where a local day begins is decided here. The
moment is the event clock (the newest event or heartbeat), never the wall's, so the same snapshots
give the same board.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from streams.core.counts import Buckets, Counts
from streams.core.figures import Judged, judge, together, window
from streams.core.limits import MINUTE_MS, QUARTER_MS
from streams.core.tally import Tally, plus
from streams.core.targets import Target

WINDOWS_MIN: Mapping[str, int] = {"5m": 5, "15m": 15, "30m": 30, "60m": 60}
WINDOWS = (*WINDOWS_MIN, "interval", "today")


@dataclass(frozen=True, slots=True)
class Span:
    """A window in event time, [from_ms, to_ms), and what puts a visit into it."""

    from_ms: int
    to_ms: int
    basis: Literal["left", "entered"]


def span(name: str, now_ms: int, target: Target) -> Span:
    """The span of a window (5m, 15m, 30m, 60m, interval, today) at `now_ms`.

    Rolling windows are whole minutes, the current one included; today begins at the queue's own
    midnight.
    """
    if name in WINDOWS_MIN:
        to_ms = (now_ms // MINUTE_MS + 1) * MINUTE_MS
        return Span(to_ms - WINDOWS_MIN[name] * MINUTE_MS, to_ms, "left")
    if name == "interval":
        width_ms = target.interval_min * MINUTE_MS
        return Span(
            now_ms // width_ms * width_ms, now_ms // width_ms * width_ms + width_ms, "entered"
        )
    zone = ZoneInfo(target.zone)
    today = datetime.fromtimestamp(now_ms // 1000, UTC).astimezone(zone).date()
    return Span(_midnight_ms(today, zone), _midnight_ms(today + timedelta(days=1), zone), "entered")


def _midnight_ms(day: date, zone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1000


def tallies_in(counts: Iterable[Buckets], where: Span) -> list[Tally]:
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
    """One queue over all partitions: its counts, and when those who wait entered, sorted."""

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


Part = tuple[QueueParts, Target]


class Measured(NamedTuple):
    """One queue in one window, before anything became a ratio."""

    where: Span
    tally: Tally
    judged: Judged
    waiting: int
    talking: int


def measure(part: Part, name: str, now_ms: int) -> Measured:
    """One queue in one window, held to its own target."""
    queue, target = part
    where = span(name, now_ms, target)
    tally = plus(tallies_in(queue.counts, where))
    beyond = queue.waiting_beyond(target.service_level.threshold_s, now_ms)
    judged = judge(tally, target.service_level, target.wrapup, beyond)
    return Measured(where, tally, judged, len(queue.waiting), queue.talking)


def window_over(queues: Sequence[Measured], now_ms: int) -> dict[str, Any]:
    """One window's figures over some queues, each with its own target: the object W of the board.

    Sums before ratios: a site's service level is its visits', each held to its own queue's
    threshold.
    """
    tally = queues[0].tally if len(queues) == 1 else plus([queue.tally for queue in queues])
    figures = window(tally, together([queue.judged for queue in queues]))
    basis = queues[0].where.basis if queues else "left"
    waiting = sum(queue.waiting for queue in queues)
    if basis == "entered":
        waiting = figures["entered"] - figures["finished"]
    to_ms = max((queue.where.to_ms for queue in queues), default=now_ms)
    return {
        "from_ms": min((queue.where.from_ms for queue in queues), default=now_ms),
        "to_ms": to_ms,
        "basis": basis,
        "final": waiting == 0 and now_ms >= to_ms,
        "offered": figures["finished"] + waiting,
        "waiting": waiting,
        "talking": sum(queue.talking for queue in queues),
        **figures,
    }


def window_of(parts: Sequence[Part], name: str, now_ms: int) -> dict[str, Any]:
    """The same from the queues themselves."""
    return window_over([measure(part, name, now_ms) for part in parts], now_ms)


def now_of(parts: Sequence[Part], now_ms: int) -> dict[str, Any]:
    """Who waits and talks at this moment."""
    starts = [queue.waiting[0] for queue, _ in parts if queue.waiting]
    return {
        "waiting": sum(len(queue.waiting) for queue, _ in parts),
        "longest_wait_start_ms": min(starts, default=None),
        "waiting_beyond_target": sum(
            queue.waiting_beyond(target.service_level.threshold_s, now_ms)
            for queue, target in parts
        ),
        "talking": sum(queue.talking for queue, _ in parts),
    }


def board_of(parts: Sequence[Part], now_ms: int) -> dict[str, Any]:
    """What a tile shows over some queues: one part for a queue, all for the total."""
    return {
        "now": now_of(parts, now_ms),
        "windows": {name: window_of(parts, name, now_ms) for name in WINDOWS},
    }
