"""The metrics by hand, in both formats, and before there is anything to show."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics_families,
)
from prometheus_client.parser import text_string_to_metric_families

from streams.board.exporter import HISTOGRAMS, OF_QUEUE, OF_VIEW, Exporter, formula_text
from streams.board.view import View, Views
from streams.config import QueueSettings, Settings
from streams.core.chats import CHAT_METRICS
from streams.core.definitions import ANSWER_EDGES_S, HANDLE_EDGES_S, METRICS
from streams.core.targets import ServiceLevel
from tests.board.calls import HOUR_MS, NOON_MS, Call, fold, held, some_calls

TEXT = "text/plain;version=0.0.4"
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
HERE = {"site": "main", "queue": "sales", "channel": "voice"}

# All that ended is final: longer ago than events come out of order.
CALLS = [
    Call("a", NOON_MS - HOUR_MS, 9_000, talk_ms=60_000),
    Call("b", NOON_MS - HOUR_MS, 20_001, talk_ms=120_000, wrapup_ms=30_000, transfer="attended"),
    Call("c", NOON_MS - HOUR_MS, 5_000, "abandoned"),
    Call("d", NOON_MS - HOUR_MS, 5_001, "abandoned"),
    Call("e", NOON_MS - HOUR_MS, 1_000, "key"),
    Call("f", NOON_MS - HOUR_MS, 1_000, "full"),
    Call("g", NOON_MS - 30_500, HOUR_MS),
    Call("h", NOON_MS - 20_000, 1_000, talk_ms=None),
]


def view_of(calls: list[Call], settings: Settings | None = None) -> View:
    settings = settings or Settings()
    return Views(settings, "1.2.3").view(held(fold(calls, settings=settings)))


def text_of(view: View | None, accept: str = TEXT) -> str:
    rendered = Exporter(lambda: view).render(accept)
    assert rendered is not None
    return rendered[0].decode()


def values(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(text: str, name: str, labels: Mapping[str, str] = HERE, **more: str) -> float | None:
    return values(text).get((name, frozenset({**labels, **more}.items())))


def test_values_by_hand() -> None:
    text = text_of(view_of(CALLS))
    finished = {
        "answered": 3, "abandoned": 1, "abandoned_short": 1, "key": 1, "full": 1, "timeout": 0,
        "empty": 0, "withdrawn": 0, "callback": 0, "system": 0,
    }  # fmt: skip
    for outcome, count in finished.items():
        assert value(text, "hotline_contacts_finished_total", outcome=outcome) == count
    assert value(text, "hotline_contacts_offered_total") == 8
    assert value(text, "hotline_service_level_eligible_total") == 5
    assert value(text, "hotline_service_level_missed_total") == 3
    assert value(text, "hotline_transfers_total", kind="attended") == 1
    assert value(text, "hotline_transfers_total", kind="blind") == 0
    assert value(text, "hotline_corrections_total") == 0
    assert value(text, "hotline_waiting_contacts") == 1
    assert value(text, "hotline_waiting_beyond_target_contacts") == 1
    assert value(text, "hotline_active_contacts") == 1
    oldest = value(text, "hotline_oldest_waiting_start_timestamp_seconds")
    assert oldest == (NOON_MS - 30_500) / 1000
    assert value(text, "hotline_today_contacts", outcome="answered") == 3
    assert value(text, "hotline_today_contacts", outcome="abandoned") == 1
    assert value(text, "hotline_service_level_objective_ratio") == 0.8
    assert value(text, "hotline_service_level_threshold_seconds") == 20
    source = {"site": "main", "source": "pbx"}
    assert value(text, "hotline_pipeline_watermark_timestamp_seconds", source) == NOON_MS / 1000
    events = {"source": "pbx"}
    assert value(text, "hotline_pipeline_events_total", events, result="ok") == 19
    assert value(text, "hotline_build_info", {"version": "1.2.3"}) == 1


def test_histograms_are_cumulative_and_inclusive() -> None:
    text = text_of(view_of(CALLS))
    speed = "hotline_speed_of_answer_seconds"
    assert value(text, f"{speed}_bucket", le="6.0") == 1
    assert value(text, f"{speed}_bucket", le="9.0") == 2
    assert value(text, f"{speed}_bucket", le="20.0") == 2
    assert value(text, f"{speed}_bucket", le="30.0") == 3
    assert value(text, f"{speed}_bucket", le="+Inf") == 3
    assert value(text, f"{speed}_count") == 3
    assert value(text, f"{speed}_sum") == 30.001
    # One with its wrap-up, one without, one still talking.
    assert value(text, "hotline_handle_seconds_count") == 2
    assert value(text, "hotline_handle_seconds_sum") == 60 + 120 + 30
    assert value(text, "hotline_handle_seconds_bucket", le="60.0") == 1
    edges = {
        dict(labels)["le"]
        for name, labels in values(text)
        if name == "hotline_abandon_wait_seconds_bucket"
    }
    assert edges == {*(f"{edge}.0" for edge in ANSWER_EDGES_S), "+Inf"}


def test_the_histogram_agrees_with_the_counters_at_the_threshold() -> None:
    text = text_of(view_of(some_calls(3, 300, hours=5)))
    for queue in ("queue 0", "queue 1"):
        labels = {**HERE, "queue": queue}
        eligible = value(text, "hotline_service_level_eligible_total", labels)
        missed = value(text, "hotline_service_level_missed_total", labels)
        within = value(text, "hotline_speed_of_answer_seconds_bucket", labels, le="20.0")
        assert eligible
        assert missed is not None
        assert eligible - missed == within


def test_nobody_waiting_is_no_timestamp_and_no_ratio() -> None:
    text = text_of(view_of([], Settings(queues={"sales": QueueSettings()})))
    assert value(text, "hotline_oldest_waiting_start_timestamp_seconds") is None
    assert value(text, "hotline_interval_service_level_ratio") is None
    assert value(text, "hotline_contacts_finished_total", outcome="answered") == 0
    assert value(text, "hotline_speed_of_answer_seconds_count") == 0


def test_the_table_is_covered_and_nothing_else_is_exported() -> None:
    names = {metric.name for metric in METRICS}
    assert {*OF_QUEUE, *HISTOGRAMS, *OF_VIEW} == names
    exported = {family.name for family in text_string_to_metric_families(text_of(view_of(CALLS)))}
    names |= {metric.name for metric in CHAT_METRICS}
    assert exported == {name.removesuffix("_total") for name in names}
    assert len(HANDLE_EDGES_S) == 12


def test_no_created_series_in_either_format() -> None:
    view = view_of(CALLS)
    for accept in (TEXT, OPENMETRICS):
        assert "_created" not in text_of(view, accept)


def test_both_formats_say_the_same() -> None:
    view = view_of(CALLS)
    rendered = Exporter(lambda: view).render(OPENMETRICS)
    assert rendered is not None
    body, content_type = rendered
    assert content_type.startswith("application/openmetrics-text; version=1.0.0")
    samples = {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in openmetrics_families(body.decode())  # type: ignore[no-untyped-call]
        for sample in family.samples
    }
    assert samples == values(text_of(view))


def test_the_content_type_of_text() -> None:
    rendered = Exporter(lambda: view_of([])).render("")
    assert rendered is not None
    assert rendered[1] == "text/plain; version=0.0.4; charset=utf-8"


def test_nothing_before_there_is_a_view() -> None:
    assert Exporter(lambda: None).render(TEXT) is None


def test_counters_never_fall() -> None:
    calls = some_calls(5, 200)
    before: dict[Any, float] = {}
    views = Views(Settings(), "0")
    for minutes in (60, 40, 39, 10, 0):
        view = views.view(held(fold(calls, NOON_MS - minutes * 60_000)))
        after = {
            key: count
            for key, count in values(text_of(view)).items()
            if key[0].endswith(("_total", "_count", "_bucket", "_sum"))
        }
        assert {key for key, count in before.items() if after[key] < count} == set()
        before = after


def test_the_formula_in_a_label() -> None:
    assert formula_text(ServiceLevel()) == "service_level/1 T=20 s=5 credit=no incl=yes"


@pytest.mark.live
@pytest.mark.parametrize("accept", [TEXT])
def test_promtool_has_no_complaint(accept: str) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    text = text_of(view_of(some_calls(4, 200)), accept)
    checked = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
