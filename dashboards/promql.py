"""PromQL as functions that refuse the usual mistakes, and any knowledge of panels and targets.

Refused: unknown metrics and labels, growth of a gauge, a counter's bare value, `le` written "20",
and a division by zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from streams.core.definitions import ANSWER_EDGES_S, HANDLE_EDGES_S, METRICS, Metric

EDGES_S = MappingProxyType(
    {
        "hotline_speed_of_answer_seconds": ANSWER_EDGES_S,
        "hotline_abandon_wait_seconds": ANSWER_EDGES_S,
        "hotline_handle_seconds": HANDLE_EDGES_S,
    }
)
# What a dashboard is filtered by; a label that a metric lacks is left out of its selector.
FILTERS = MappingProxyType({"site": "$site", "queue": "$queue", "channel": "$channel"})
QUEUE = ("site", "queue")
HISTOGRAM_PARTS = ("_bucket", "_sum", "_count")
NOTHING: Mapping[str, str] = MappingProxyType({})

_KNOWN = MappingProxyType({metric.name: metric for metric in METRICS})


class PromqlError(ValueError):
    """An expression that would be refused by Prometheus, or worse: accepted and wrong."""


def metric_of(name: str) -> Metric:
    """Return the metric of a series; `x_bucket`, `x_sum` and `x_count` belong to histogram x."""
    if name in _KNOWN and _KNOWN[name].kind != "histogram":
        return _KNOWN[name]
    for part in HISTOGRAM_PARTS:
        metric = _KNOWN.get(name.removesuffix(part))
        if name.endswith(part) and metric is not None and metric.kind == "histogram":
            return metric
    raise PromqlError(f"{name}: expected a series of the table of metrics in core/definitions.py")


def le(metric: str, seconds: float) -> str:
    """Return a bucket's label as the board exports it, "20.0"; PromqlError where it is no edge."""
    edges = EDGES_S.get(metric)
    if edges is None or seconds not in edges:
        raise PromqlError(f"{metric}: expected one of the edges {edges}; found {seconds}")
    return str(float(seconds))


def series(
    name: str, where: Mapping[str, str] = NOTHING, unless: Mapping[str, str] = NOTHING
) -> str:
    """Return a selector of one series name, filtered by the variables whose labels it has."""
    metric = metric_of(name)
    labels = {*metric.labels, *(("le",) if name.endswith("_bucket") else ())}
    for label in (*where, *unless):
        if label not in labels:
            raise PromqlError(f"{name}: expected labels of {sorted(labels)}; found {label}")
    if "le" in where and where["le"] != le(metric.name, float(where["le"])):
        raise PromqlError(f'{name}: expected le="{float(where["le"])}"; found "{where["le"]}"')
    matchers = [f'{label}=~"{value}"' for label, value in FILTERS.items() if label in labels]
    matchers += [f'{label}="{value}"' for label, value in where.items()]
    matchers += [f'{label}!="{value}"' for label, value in unless.items()]
    return f"{name}{{{','.join(matchers)}}}" if matchers else name


def latest(name: str, **where: str) -> str:
    """Return a gauge's value, told once however many boards export it."""
    if metric_of(name).kind != "gauge":
        raise PromqlError(f"{name}: expected a gauge; found a {metric_of(name).kind}")
    return f"max without (instance, job) ({series(name, where)})"


def increase(
    name: str,
    window: str,
    where: Mapping[str, str] = NOTHING,
    unless: Mapping[str, str] = NOTHING,
) -> str:
    """Return how much a counter grew in a window, told once however many boards export it."""
    if metric_of(name).kind not in ("counter", "histogram"):
        raise PromqlError(f"{name}: expected a counter; found a {metric_of(name).kind}")
    return f"max without (instance, job) (increase({series(name, where, unless)}[{window}]))"


def total(expression: str, by: tuple[str, ...] = QUEUE) -> str:
    """Sum what is told once; without labels, over everything that is shown."""
    return f"sum by ({', '.join(by)}) ({expression})" if by else f"sum({expression})"


def ratio(part: str, whole: str) -> str:
    """Return part ÷ whole, and no value where whole is 0."""
    return f"({part}) / (({whole}) > 0)"


def mean(histogram: str, window: str, by: tuple[str, ...] = QUEUE) -> str:
    """Return a histogram's mean in a window, and no value without observations."""
    parts = (increase(f"{histogram}_{part}", window) for part in ("sum", "count"))
    return ratio(*(total(part, by) for part in parts))


def within(histogram: str, seconds: float, window: str, by: tuple[str, ...] = QUEUE) -> str:
    """Return the share of observations of at most so many seconds; these must be an edge."""
    edge = {"le": le(histogram, seconds)}
    reached = total(increase(f"{histogram}_bucket", window, edge), by)
    return ratio(reached, total(increase(f"{histogram}_count", window), by))


def quantile(q: float, histogram: str, window: str, by: tuple[str, ...] = QUEUE) -> str:
    """Return an estimate between two edges; no value, instead of NaN, without observations."""
    if not 0 < q < 1:
        raise PromqlError(f"{histogram}: expected a quantile between 0 and 1; found {q}")
    buckets = total(increase(f"{histogram}_bucket", window), (*by, "le"))
    return f"histogram_quantile({q}, {buckets}) >= 0"
