"""Faults that Prometheus accepts, looked for in the parsed rules and panel queries."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import promql_parser as promql
import pytest
import yaml

from dashboards import build
from dashboards.queries import panel_queries
from dashboards.reading import KNOWN, OTHERS
from dashboards.recorded import WINDOWS
from streams.core.definitions import METRICS
from streams.worker.health import Metrics
from tests.dashboards import ruled
from tests.deploy import compose

PARTS = ("lhs", "rhs", "expr", "args", "vector_selector")
HISTOGRAM = re.compile(r"_(bucket|sum|count)$")
COUNTERS = {metric.name for metric in (*METRICS, *OTHERS) if metric.kind == "counter"}
HISTOGRAMS = {metric.name for metric in METRICS if metric.kind == "histogram"}
COMPARISONS = {">", "<", "==", "!=", ">=", "<="}
# Where a counter's being there is asked, not its value.
BARE = {("group", "hotline_contacts_offered_total")}
# Its first value is a loss: before it the counter is not there.
FIRST_VALUE = "hotline_worker_data_lost_records_total"
SCRAPE = timedelta(seconds=15)  # the slowest of deploy/prometheus.yml
FEWEST_SCRAPES = 4

EXPRESSIONS = [
    *((rule.get("alert") or rule["record"], rule["expr"]) for rule in ruled.rules()),
    *(
        found
        for file in sorted(build.GENERATED.glob("*.json"))
        for found in panel_queries(json.loads(file.read_text(encoding="utf-8")))
    ),
]
every_expression = pytest.mark.parametrize(
    "expression", [text for _, text in EXPRESSIONS], ids=[name for name, _ in EXPRESSIONS]
)


def nodes(node: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Every part of an expression with the parts around it, the innermost last."""
    yield node, above
    for name in PARTS:
        inside = getattr(node, name, None)
        for part in inside if isinstance(inside, list) else [inside]:
            if isinstance(part, promql.Expr):
                yield from nodes(part, (*above, node))


def parsed(expression: str) -> list[tuple[Any, tuple[Any, ...]]]:
    return list(nodes(promql.parse(expression)))


def is_counter(name: str) -> bool:
    return name in COUNTERS or bool(
        HISTOGRAM.search(name) and HISTOGRAM.sub("", name) in HISTOGRAMS
    )


def bare_counters(expression: str) -> list[str]:
    """Counters whose value is read, not their growth."""
    found = []
    for node, above in parsed(expression):
        if not isinstance(node, promql.VectorSelector) or not is_counter(node.name or ""):
            continue
        around = above[-1] if above else None
        grown = isinstance(around, promql.MatrixSelector) and above[-2].func.name == "increase"
        asked = isinstance(around, promql.AggregateExpr) and (str(around.op), node.name) in BARE
        if not grown and not asked and node.name != FIRST_VALUE:
            found.append(str(node.name))
    return found


def unguarded(expression: str) -> int:
    """Divisions that may be by zero."""
    return sum(
        not isinstance(node.rhs, promql.NumberLiteral)
        and not (
            isinstance(node.rhs, promql.ParenExpr)
            and isinstance(node.rhs.expr, promql.BinaryExpr)
            and str(node.rhs.expr.op) == ">"
        )
        for node, _ in parsed(expression)
        if isinstance(node, promql.BinaryExpr) and str(node.op) == "/"
    )


def short_ranges(expression: str) -> list[timedelta]:
    """Windows in which one lost scrape is a good part."""
    ranges = [node.range for node, _ in parsed(expression) if hasattr(node, "range")]
    return [each for each in ranges if each < FEWEST_SCRAPES * SCRAPE]


@every_expression
def test_a_counter_is_read_by_its_growth(expression: str) -> None:
    assert bare_counters(expression) == []


@every_expression
def test_nothing_is_divided_by_zero(expression: str) -> None:
    assert unguarded(expression) == 0


@every_expression
def test_a_window_holds_some_scrapes(expression: str) -> None:
    assert short_ranges(expression) == []


def test_the_lints_find_what_they_should() -> None:
    assert bare_counters("hotline_transfers_total > 1") == ["hotline_transfers_total"]
    assert bare_counters("sum(deriv(hotline_transfers_total[5m]))") == ["hotline_transfers_total"]
    assert bare_counters("hotline_handle_seconds_sum") == ["hotline_handle_seconds_sum"]
    assert bare_counters("sum(increase(hotline_transfers_total[5m]))") == []
    assert unguarded("a / b") == unguarded("a / (b or c)") == 1
    assert unguarded("a / (b > 0)") == unguarded("a / 3") == 0
    assert short_ranges("increase(a_total[59s])")
    assert not short_ranges("increase(a_total[1m])")


@every_expression
def test_every_series_is_known(expression: str) -> None:
    recorded = {rule["record"] for rule in ruled.rules() if "record" in rule}
    for node, _ in parsed(expression):
        if isinstance(node, promql.VectorSelector):
            name = node.name or ""
            known = name in KNOWN or HISTOGRAM.sub("", name) in HISTOGRAMS
            assert known or name in recorded, name


def test_every_recorded_figure_is_used() -> None:
    everything = json.dumps(ruled.rules())
    for rule in ruled.rules():
        if "record" in rule:
            assert len(re.findall(rf"{rule['record']}\b", everything)) > 1, rule["record"]


def test_every_alert_compares_and_absence_must_last() -> None:
    for name, rule in ruled.alerts().items():
        parts = parsed(rule["expr"])
        calls = {node.func.name for node, _ in parts if isinstance(node, promql.Call)}
        compared = any(
            str(node.op) in COMPARISONS for node, _ in parts if isinstance(node, promql.BinaryExpr)
        )
        assert compared or "absent" in calls or name == "HotlineWatchdog", name
        if "absent" in calls:
            assert rule["for"], f"{name}: one lost scrape is no absence"


def test_names_differ() -> None:
    names = [rule.get("alert") or rule["record"] for rule in ruled.rules()]
    targets = {name for name in names if name.endswith(":target")}
    assert len(set(names)) == len([name for name in names if name not in targets]) + len(targets)
    assert len(set(WINDOWS)) == len(WINDOWS)


def test_the_workers_series_are_the_workers() -> None:
    exported = {f"{family.name}_total": family for family in Metrics().registry.collect()}
    read = [metric for metric in OTHERS if metric.name.startswith("hotline_worker_")]
    assert read
    for metric in read:
        assert metric.name in exported


def test_jobs_are_called_as_prometheus_is_told() -> None:
    config = yaml.safe_load((compose.TOP / "deploy" / "prometheus.yml").read_text("utf-8"))
    jobs = {job["job_name"] for job in config["scrape_configs"]}
    asked = {
        name
        for rule in ruled.rules()
        for _, names in re.findall(r'job(=~?)"([^"]+)"', rule["expr"])
        for name in names.split("|")
    }
    assert asked == jobs
