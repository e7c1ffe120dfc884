"""Figures straight from visits, without tallies: what a report prints, exact to the millisecond.

The other way to the same numbers: a plain count over rows, against which the tallies can be held.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from streams.core.definitions import ABANDONED_WITHIN_S, ANSWERED_WITHIN_S, Outcome
from streams.core.figures import mean_s, percentiles_s
from streams.core.rows import Row


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """The object F of a report: counts, waits, handle time; null where the count is 0."""
    outcomes = Counter(row["outcome"] for row in rows)
    return {
        "offered": len(rows),
        "answered": outcomes[Outcome.ANSWERED],
        "abandoned": outcomes[Outcome.ABANDONED],
        "left": dict(sorted(Counter(row["reason"] for row in rows if row["reason"]).items())),
        "waiting": outcomes[None],
        "talking": sum(row["talking"] for row in rows),
        "transferred": {
            kind: sum(row["transferred"] == kind for row in rows) for kind in ("blind", "attended")
        },
        "answer": _answer(_waits(rows, Outcome.ANSWERED)),
        "abandon": _within(_waits(rows, Outcome.ABANDONED), ABANDONED_WITHIN_S),
        "handle": _handle(rows),
        "max_waiting": max_waiting(rows),
    }


def _waits(rows: Iterable[Row], outcome: Outcome) -> list[int]:
    return [row["wait_ms"] or 0 for row in rows if row["outcome"] == outcome]


def _within(waits_ms: Sequence[int], edges_s: Sequence[int]) -> dict[str, Any]:
    return {
        "count": len(waits_ms),
        "sum_ms": sum(waits_ms),
        "within": {str(edge): sum(wait <= 1000 * edge for wait in waits_ms) for edge in edges_s},
    }


def _answer(waits_ms: Sequence[int]) -> dict[str, Any]:
    counted = _within(waits_ms, ANSWERED_WITHIN_S)
    return {
        "count": counted["count"],
        "sum_ms": counted["sum_ms"],
        "mean_s": mean_s(counted["sum_ms"], counted["count"]),
        **percentiles_s(Counter(waits_ms)),
        "within": counted["within"],
    }


def _handle(rows: Iterable[Row]) -> dict[str, Any]:
    handled = [row for row in rows if row["talk_ms"] is not None]
    measured = [row for row in handled if row["wrapup_ms"] is not None]
    if measured:  # kinds are not mixed in one mean
        handled = measured
    sum_ms = sum((row["talk_ms"] or 0) + (row["wrapup_ms"] or 0) for row in handled)
    return {"count": len(handled), "sum_ms": sum_ms, "mean_s": mean_s(sum_ms, len(handled))}


def max_waiting(rows: Iterable[Row]) -> int:
    """The most visits with entered <= t < left at one time t."""
    steps = sorted(
        chain.from_iterable(
            ((row["entered_ms"], 1), (row["left_ms"], -1))
            if row["left_ms"] is not None
            else ((row["entered_ms"], 1),)
            for row in rows
            if row["left_ms"] is None or row["left_ms"] > row["entered_ms"]
        )
    )
    most = now = 0
    for _, step in steps:  # at one moment those who leave come first: -1 sorts before 1
        now += step
        most = max(most, now)
    return most
