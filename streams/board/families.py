"""A metric of the registry as Prometheus's own family: what every part of the exporter uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from types import MappingProxyType
from typing import Any

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)

from streams.core.definitions import Metric
from streams.core.tally import Tally

Family = Any  # prometheus_client's families share no type that has add_metric
Labels = tuple[str, ...]
Sample = tuple[Labels, float]
Samples = Sequence[Sample]
# (cumulative buckets by their `le`, sum in seconds)
Histogram = tuple[list[tuple[str, int]], float]

_FAMILIES: Mapping[str, Callable[..., Family]] = MappingProxyType(
    {
        "counter": CounterMetricFamily,
        "gauge": GaugeMetricFamily,
        "histogram": HistogramMetricFamily,
        "info": InfoMetricFamily,
    }
)


def family_of(metric: Metric) -> Family:
    """The family of a metric, without samples."""
    name = metric.name.removesuffix("_total").removesuffix("_info")
    return _FAMILIES[metric.kind](name, metric.help, labels=metric.labels)


def histogram(tally: Tally, edges_s: Sequence[int], first: int, sum_ms: int) -> Histogram:
    """The histogram that begins at column `first` of a tally."""
    reached = accumulate(tally.cells[first : first + len(edges_s) + 1])
    names = [*(str(float(edge)) for edge in edges_s), "+Inf"]
    return list(zip(names, reached, strict=True)), sum_ms / 1000


def add(family: Family, metric: Metric, labels: Labels, value: float) -> None:
    """Add one sample to the family of its metric."""
    if metric.kind == "info":
        family.add_metric((), dict(zip(metric.labels, labels, strict=True)))
    else:
        family.add_metric(labels, value)
