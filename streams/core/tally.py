"""What adds up: a tally is a list of integers and the waits behind its percentiles.

A monoid (`plus`, of none it is zero; `count_*` of one fact): sums of integers, so neither order nor
grouping can matter, and taking a fact back is counting it with sign -1. Columns are named in
`definitions`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from streams.core.definitions import (
    ABANDON_FIRST,
    ABANDON_SUM_MS,
    ABANDONED,
    ANSWER_EDGES_MS,
    ANSWER_FIRST,
    ANSWER_SUM_MS,
    ANSWERED,
    ATTENDED,
    BLIND,
    HANDLE_EDGES_MS,
    HANDLE_FIRST,
    HANDLED,
    LEFT_COLUMN,
    LEFT_OUT,
    NEUTRAL_FIRST,
    TALK_SUM_MS,
    WIDTH,
    WRAPPED,
    WRAPPED_SUM_MS,
    WRAPUP_SUM_MS,
    Left,
    Outcome,
)
from streams.core.facts import Leave, Serve
from streams.core.limits import EXACT_WAITS_MAX
from streams.core.visit import UNKNOWN

_LEFT: Mapping[str, int] = {str(reason): column for reason, column in LEFT_COLUMN.items()}
_NEUTRAL = frozenset(str(reason) for reason in LEFT_OUT)
_ANSWERED = str(Outcome.ANSWERED)
_ABANDONED = str(Outcome.ABANDONED)
_TRANSFER = {"blind": BLIND, "attended": ATTENDED}
# Steps of one per cent from a tenth of a second to forty days, for waits beyond the exact ones.
_STEP = 1.01


def _log_edges() -> tuple[int, ...]:
    edges, edge = [0, 100], 100
    while edge < 40 * 86_400_000:
        edge = max(edge + 1, int(edge * _STEP))
        edges.append(edge)
    return tuple(edges)


LOG_EDGES_MS = _log_edges()


def _log_edge_ms(wait_ms: int) -> int:
    """The wait rounded up to a step; those beyond the last edge stay as they are."""
    place = bisect_left(LOG_EDGES_MS, wait_ms)
    return LOG_EDGES_MS[place] if place < len(LOG_EDGES_MS) else wait_ms


@dataclass(slots=True)
class Tally:
    """Counts and sums of some visits: `cells` by column, `waits` {answered wait in ms: visits}.

    `rounded` says that waits were rounded up to steps of one per cent; None for waits, not kept.
    """

    cells: list[int] = field(default_factory=lambda: [0] * WIDTH)
    waits: dict[int, int] | None = field(default_factory=dict)
    rounded: bool = False
    # Both belong to whoever saves the state: `encoded` is cleared when anything changes, `in_base`
    # says whether what was encoded last is in the snapshot that changes rest on.
    encoded: bytes | None = field(default=None, compare=False, repr=False)
    in_base: bool = field(default=False, compare=False, repr=False)


def count_leave(tallies: Iterable[Tally], leave: Leave, sign: int) -> None:
    """Count in each how a visit left the queue (+1), or take it back (-1)."""
    outcome, wait_ms = leave[3], leave[4]
    bucket = bisect_left(ANSWER_EDGES_MS, wait_ms)
    if outcome == _ANSWERED:
        bucket += ANSWER_FIRST
        for tally in tallies:
            tally.encoded = None
            cells = tally.cells
            cells[ANSWERED] += sign
            cells[ANSWER_SUM_MS] += sign * wait_ms
            cells[bucket] += sign
            if tally.waits is not None:
                count_wait(tally, tally.waits, wait_ms, sign)
        return
    for tally in tallies:
        tally.encoded = None
        cells = tally.cells
        if outcome == _ABANDONED:
            cells[ABANDONED] += sign
            cells[ABANDON_SUM_MS] += sign * wait_ms
            cells[ABANDON_FIRST + bucket] += sign
        else:
            cells[_LEFT[outcome]] += sign
            if outcome in _NEUTRAL:
                cells[NEUTRAL_FIRST + bucket] += sign


def count_wait(tally: Tally, waits: dict[int, int], wait_ms: int, sign: int) -> None:
    """Count one wait among the `waits` of `tally` (+1), or take it back (-1)."""
    if tally.rounded:
        wait_ms = _log_edge_ms(wait_ms)
    count = waits.get(wait_ms, 0) + sign
    if count:
        waits[wait_ms] = count
        if len(waits) > EXACT_WAITS_MAX and not tally.rounded:
            round_waits(tally)
    else:
        del waits[wait_ms]


def round_waits(tally: Tally) -> None:
    """Round the waits up to steps of one per cent: a bounded list for a busy bucket."""
    rounded: dict[int, int] = {}
    for wait_ms, count in (tally.waits or {}).items():
        edge_ms = _log_edge_ms(wait_ms)
        rounded[edge_ms] = rounded.get(edge_ms, 0) + count
    tally.waits, tally.rounded = rounded, True


def count_serve(tallies: Iterable[Tally], serve: Serve, sign: int) -> None:
    """Count in each how an answered visit was served (+1), or take it back (-1)."""
    talk_ms, wrapup_ms, kind = serve[3], serve[4], serve[5]
    handle_ms = talk_ms if wrapup_ms == UNKNOWN else talk_ms + wrapup_ms
    bucket = HANDLE_FIRST + bisect_left(HANDLE_EDGES_MS, handle_ms)
    for tally in tallies:
        tally.encoded = None
        cells = tally.cells
        if talk_ms != UNKNOWN:
            cells[HANDLED] += sign
            cells[TALK_SUM_MS] += sign * talk_ms
            cells[bucket] += sign
            if wrapup_ms != UNKNOWN:
                cells[WRAPPED] += sign
                cells[WRAPPED_SUM_MS] += sign * handle_ms
                cells[WRAPUP_SUM_MS] += sign * wrapup_ms
        if kind:
            cells[_TRANSFER[kind]] += sign


def plus(tallies: Sequence[Tally]) -> Tally:
    """The sum of tallies; of none it is `ZERO`, a tally of nothing."""
    if not tallies:
        return Tally()
    rounded = any(tally.rounded for tally in tallies)
    total = Tally([sum(column) for column in zip(*(tally.cells for tally in tallies), strict=True)])
    if any(tally.waits is None for tally in tallies):
        total.waits = None
        return total
    waits: dict[int, int] = {}
    for tally in tallies:
        for wait_ms, count in (tally.waits or {}).items():
            waits[wait_ms] = waits.get(wait_ms, 0) + count
    total.waits = waits
    if rounded:
        round_waits(total)
    return total


def left_counts(tally: Tally) -> dict[str, int]:
    """{reason: visits} of those who left, reasons that occurred only."""
    return {
        str(reason): tally.cells[LEFT_COLUMN[reason]]
        for reason in Left
        if tally.cells[LEFT_COLUMN[reason]]
    }
