"""Sums over partitions that are kept as long as what they were made of is the very same.

Most of a snapshot is history; partitions keep unchanged tallies as the same objects. It refuses to
know what a tally counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from streams.core.limits import MINUTE_MS, QUARTER_MS
from streams.core.tally import Tally, plus

# The rolling windows and two local days reach no further back.
MINUTES_SUMMED_MS = 60 * MINUTE_MS
QUARTERS_SUMMED_MS = 25 * 60 * MINUTE_MS
# A bucket's tallies by partition, and their sum.
Sums = dict[int, tuple[list[Tally], Tally]]


def reach(now_ms: int) -> tuple[int, int]:
    """The first minute and the first quarter that a window can reach."""
    return (now_ms - MINUTES_SUMMED_MS) // MINUTE_MS, (now_ms - QUARTERS_SUMMED_MS) // QUARTER_MS


def same(before: Sequence[object], after: Sequence[object]) -> bool:
    """Whether both are the very same objects in the same order."""
    return len(before) == len(after) and all(
        one is other for one, other in zip(before, after, strict=True)
    )


def sums(
    parts: Iterable[Mapping[int, Tally]],
    first: int,
    before: Mapping[int, tuple[list[Tally], Tally]],
) -> Sums:
    """The sum of each bucket from `first` on; those of `before` that still hold are kept."""
    found: dict[int, list[Tally]] = {}
    for buckets in parts:
        for at, tally in buckets.items():
            if at >= first:
                found.setdefault(at, []).append(tally)
    made = {}
    for at, tallies in found.items():
        known = before.get(at)
        if known is not None and same(known[0], tallies):
            made[at] = known
        else:
            made[at] = (tallies, tallies[0] if len(tallies) == 1 else plus(tallies))
    return made
