"""Rates, medians and percentiles of what was measured, without a clock of its own."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple


class Sample(NamedTuple):
    """How many events were done at a moment, in seconds of any clock that runs evenly."""

    at_s: float
    events: int


class MeasureError(RuntimeError):
    """Nothing could be measured; the message says why."""


def rate(samples: Sequence[Sample]) -> float:
    """Events per second between the first sample with progress and the last one with more.

    Starting up and what comes after the last event count for nothing. Raises MeasureError where
    fewer than two samples differ.
    """
    steps = [after for before, after in pairwise(samples) if after.events > before.events]
    started = [each for each in samples if each.events > 0]
    if not steps or steps[-1].at_s <= started[0].at_s:
        raise MeasureError("no progress was seen over two moments: use more events")
    first, last = started[0], steps[-1]
    return (last.events - first.events) / (last.at_s - first.at_s)


def median(rates: Sequence[float]) -> float | None:
    """The median; None where nothing was measured."""
    return statistics.median(rates) if rates else None


def spread(rates: Sequence[float]) -> str:
    """Lowest, median and highest in words."""
    if not rates:
        return "not measured"
    return f"{min(rates):,.0f} .. {statistics.median(rates):,.0f} .. {max(rates):,.0f}"


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile, `share` from 0 to 1; MeasureError where there are no values."""
    if not values:
        raise MeasureError("nothing was seen arriving")
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * round(share * 1000) // 1000))
    return ordered[rank - 1]
