"""What rules read, as PromQL: selectors and growth without a dashboard's variables.

Refused: unknown series and labels, growth of a gauge, a counter's bare value. Series that are not
the board's own stand here in a table.
"""

from __future__ import annotations

import json
from types import MappingProxyType

from dashboards.promql import PromqlError
from streams.core.definitions import METRICS, Metric

Matcher = tuple[str, str, str]
"""(label, operator, value): ("outcome", "!=", "abandoned_short")."""
L = ("site", "queue", "channel")
SOURCE = ("site", "source")
# Prometheus' growth in a window is an estimate between two scrapes: 12 may read 11.97.
ROUNDING = 0.5

# Exported by others than the board. A label `job` is what deploy/prometheus.yml calls the services.
OTHERS = (
    Metric("up", "gauge", ("job", "instance"), "1 where the last scrape succeeded."),
    Metric("ALERTS", "gauge", ("alertname", "alertstate", *L), "1 while an alert is on."),
    Metric(
        "hotline_worker_data_lost_records_total",
        "counter",
        ("topic", "partition"),
        "Records deleted before they were folded.",
    ),
    Metric(
        "prometheus_rule_evaluation_failures_total",
        "counter",
        ("rule_group",),
        "Rules that could not be evaluated.",
    ),
    Metric(
        "alertmanager_notifications_failed_total",
        "counter",
        ("integration",),
        "Messages that a destination did not take.",
    ),
)
KNOWN = MappingProxyType({metric.name: metric for metric in (*METRICS, *OTHERS)})
OPERATORS = ("=", "!=", "=~", "!~")


def quoted(text: str) -> str:
    """Return a text as PromQL writes it, whatever a queue is called."""
    return json.dumps(text, ensure_ascii=False)


def known(name: str, *kinds: str) -> Metric:
    """Return the metric of this name; PromqlError unless it is known and of one of the kinds."""
    metric = KNOWN.get(name)
    if metric is None or metric.kind not in kinds:
        found = "an unknown name" if metric is None else f"a {metric.kind}"
        raise PromqlError(f"{name}: expected a {' or a '.join(kinds)}; found {found}")
    return metric


def picked(name: str, *matchers: Matcher) -> str:
    """Return a selector; PromqlError where the series has no such label."""
    metric = known(name, "gauge", "counter", "info")
    for label, operator, _ in matchers:
        if label not in metric.labels or operator not in OPERATORS:
            raise PromqlError(
                f"{name}: expected labels of {metric.labels} and one of {OPERATORS}; "
                f"found {label}{operator}"
            )
    inside = ",".join(f"{label}{operator}{quoted(value)}" for label, operator, value in matchers)
    return f"{name}{{{inside}}}" if inside else name


def newest(name: str, by: tuple[str, ...] = L, *matchers: Matcher) -> str:
    """Return a gauge's value, told once however many boards export it."""
    known(name, "gauge")
    return f"max by ({', '.join(by)}) ({picked(name, *matchers)})"


def grown(
    name: str, window: str, by: tuple[str, ...] = L, *matchers: Matcher, offset: str = ""
) -> str:
    """Return how much a counter grew in a window, told once however many boards export it.

    What `by` leaves out of the counter's own labels is summed; `offset` moves the window back.
    """
    metric = known(name, "counter")
    if missing := set(by) - set(metric.labels):
        raise PromqlError(f"{name}: expected labels of {metric.labels}; found {sorted(missing)}")
    span = f"[{window}]" + (f" offset {offset}" if offset else "")
    once = f"max by ({', '.join(metric.labels)}) (increase({picked(name, *matchers)}{span}))"
    return once if set(by) == set(metric.labels) else f"sum by ({', '.join(by)}) ({once})"
