"""Tallies into figures: the last step, where milliseconds become seconds and counts become ratios.

A ratio or mean of nothing is None, never 0 and never 1; its count always stands beside it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from streams.core.definitions import (
    ABANDON_FIRST,
    ABANDON_SUM_MS,
    ABANDONED,
    ABANDONED_WITHIN_S,
    ANSWER_FIRST,
    ANSWER_SUM_MS,
    ANSWERED,
    ANSWERED_WITHIN_S,
    ATTENDED,
    BLIND,
    CORRECTIONS,
    ENTERED,
    HANDLED,
    TALK_SUM_MS,
    WRAPPED,
    WRAPPED_SUM_MS,
)
from streams.core.tally import Tally, left_counts
from streams.core.targets import ServiceLevel, abandonment, service_level, short_abandons, within

PERCENTILES = (50, 90, 95)


def ratio(part: int, whole: int) -> float | None:
    """Part ÷ whole; None of nothing."""
    return part / whole if whole else None


def mean_s(sum_ms: int, count: int) -> float | None:
    """The mean in seconds, unrounded; None of nothing."""
    return sum_ms / count / 1000 if count else None


def percentiles_ms(waits: Mapping[int, int], percents: Sequence[int]) -> list[int | None]:
    """The nearest-rank percentiles of {wait in ms: visits}; None of nothing."""
    # The waits of a day: sorted once, as plain integers.
    ordered = sorted(waits)
    reached = list(accumulate(map(waits.__getitem__, ordered)))
    total = reached[-1] if reached else 0
    if not total:
        return [None] * len(percents)
    return [ordered[bisect_left(reached, -(-percent * total // 100))] for percent in percents]


def percentiles_s(waits: Mapping[int, int] | None) -> dict[str, float | None]:
    """{"p50_s", "p90_s", "p95_s"}; None of nothing, and where waits are not kept."""
    found = zip(PERCENTILES, percentiles_ms(waits or {}, PERCENTILES), strict=True)
    return {f"p{p}_s": None if ms is None else ms / 1000 for p, ms in found}


def answer(tally: Tally) -> dict[str, Any]:
    """Answer speed: count, sum, mean, percentiles, and answered within each edge (inclusive)."""
    count, sum_ms = tally.cells[ANSWERED], tally.cells[ANSWER_SUM_MS]
    return {
        "count": count,
        "sum_ms": sum_ms,
        "mean_s": mean_s(sum_ms, count),
        **percentiles_s(tally.waits),
        "within": {str(s): within(tally, ANSWER_FIRST, s) for s in ANSWERED_WITHIN_S},
    }


def abandon(tally: Tally) -> dict[str, Any]:
    """Waits of those who hung up."""
    count, sum_ms = tally.cells[ABANDONED], tally.cells[ABANDON_SUM_MS]
    return {
        "count": count,
        "sum_ms": sum_ms,
        "mean_s": mean_s(sum_ms, count),
        "within": {str(s): within(tally, ABANDON_FIRST, s) for s in ABANDONED_WITHIN_S},
    }


def handle(tally: Tally, wrapup: str | int = "auto") -> dict[str, Any]:
    """Handle time and its kind: talk alone, with measured or with the configured `wrapup` (s).

    Kinds are not mixed: where wrap-up was measured, only visits that have it count.
    """
    count, sum_ms, kind = tally.cells[HANDLED], tally.cells[TALK_SUM_MS], "talk"
    if isinstance(wrapup, int):
        sum_ms, kind = sum_ms + 1000 * wrapup * count, "talk+configured wrapup"
    elif wrapup == "auto" and tally.cells[WRAPPED]:
        count, sum_ms, kind = tally.cells[WRAPPED], tally.cells[WRAPPED_SUM_MS], "talk+wrapup"
    return {"count": count, "sum_ms": sum_ms, "mean_s": mean_s(sum_ms, count), "kind": kind}


def outcomes(tally: Tally, formula: ServiceLevel) -> dict[str, int]:
    """{outcome label: visits}: answered, abandoned (after s), abandoned_short, each left reason."""
    short = short_abandons(tally, formula)
    return {
        "answered": tally.cells[ANSWERED],
        "abandoned": tally.cells[ABANDONED] - short,
        "abandoned_short": short,
        **left_counts(tally),
    }


def final_counts(tally: Tally, formula: ServiceLevel) -> dict[str, int]:
    """What the counters say of a queue's totals: offered, and finished by outcome label."""
    return {
        "offered": tally.cells[ENTERED],
        **outcomes(tally, formula),
        "answer_sum_ms": tally.cells[ANSWER_SUM_MS],
        "abandon_sum_ms": tally.cells[ABANDON_SUM_MS],
        "handled": tally.cells[HANDLED],
        "corrections": tally.cells[CORRECTIONS],
    }


def finished(tally: Tally) -> int:
    """Visits that left the queue, however."""
    return tally.cells[ANSWERED] + tally.cells[ABANDONED] + sum(left_counts(tally).values())


@dataclass(frozen=True, slots=True)
class Judged:
    """What depends on a queue's own targets, as counts that add up over queues.

    `handle` is (visits, sum in ms, kind).
    """

    met: int
    eligible: int
    beyond: int
    abandoned: int
    of: int
    short: int
    handle: tuple[int, int, str]


def judge(tally: Tally, formula: ServiceLevel, wrapup: str | int, beyond: int) -> Judged:
    """Hold a queue's tally to its own targets; `beyond` is how many wait beyond T now."""
    time = handle(tally, wrapup)
    met, eligible = service_level(tally, formula)
    abandoned, of = abandonment(tally, formula)
    short = short_abandons(tally, formula)
    handled = (time["count"], time["sum_ms"], time["kind"])
    return Judged(met, eligible, beyond, abandoned, of, short, handled)


def together(parts: Sequence[Judged]) -> Judged:
    """The sum over queues, each judged by its own targets."""
    kinds = sorted({part.handle[2] for part in parts if part.handle[0]}) or ["talk"]
    return Judged(
        met=sum(part.met for part in parts),
        eligible=sum(part.eligible for part in parts),
        beyond=sum(part.beyond for part in parts),
        abandoned=sum(part.abandoned for part in parts),
        of=sum(part.of for part in parts),
        short=sum(part.short for part in parts),
        handle=(
            sum(part.handle[0] for part in parts),
            sum(part.handle[1] for part in parts),
            kinds[0] if len(kinds) == 1 else "mixed",
        ),
    )


def window(tally: Tally, judged: Judged) -> dict[str, Any]:
    """All figures of a tally, as the board shows them."""
    met, eligible = judged.met, judged.eligible
    abandoned, of = judged.abandoned, judged.of
    count, sum_ms, kind = judged.handle
    return {
        "entered": tally.cells[ENTERED],
        "finished": finished(tally),
        "answered": tally.cells[ANSWERED],
        "abandoned": tally.cells[ABANDONED],
        "abandoned_short": judged.short,
        "left": left_counts(tally),
        "transferred": {"blind": tally.cells[BLIND], "attended": tally.cells[ATTENDED]},
        "service_level": {
            "ratio": ratio(met, eligible),
            "met": met,
            "eligible": eligible,
            "live_ratio": ratio(met, eligible + judged.beyond),
            "live_eligible": eligible + judged.beyond,
        },
        "abandonment": {"ratio": ratio(abandoned, of), "abandoned": abandoned, "of": of},
        "answer": {**answer(tally), "percentiles": "within 1 %" if tally.rounded else "exact"},
        "abandon": abandon(tally),
        "handle": {
            "count": count,
            "sum_ms": sum_ms,
            "mean_s": mean_s(sum_ms, count),
            "kind": kind,
        },
    }
