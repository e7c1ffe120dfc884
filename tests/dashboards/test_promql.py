import pytest

from dashboards import promql
from dashboards.promql import PromqlError
from streams.core.definitions import METRICS

WAITING = "hotline_waiting_contacts"
OFFERED = "hotline_contacts_offered_total"
FINISHED = "hotline_contacts_finished_total"
SPEED = "hotline_speed_of_answer_seconds"


def test_a_selector_is_filtered_by_the_labels_that_the_metric_has() -> None:
    assert promql.series(WAITING) == (
        f'{WAITING}{{site=~"$site",queue=~"$queue",channel=~"$channel"}}'
    )
    watermark = "hotline_pipeline_watermark_timestamp_seconds"
    assert promql.series(watermark) == f'{watermark}{{site=~"$site"}}'
    assert promql.series("hotline_pipeline_events_total") == "hotline_pipeline_events_total"


def test_labels_may_be_asked_for_and_left_out() -> None:
    asked = promql.series(FINISHED, {"outcome": "answered"})
    assert asked.endswith(',outcome="answered"}')
    left_out = promql.series(FINISHED, unless={"outcome": "abandoned_short"})
    assert left_out.endswith(',outcome!="abandoned_short"}')


def test_parts_of_a_histogram_belong_to_it() -> None:
    for part in ("_bucket", "_sum", "_count"):
        assert promql.metric_of(f"{SPEED}{part}").name == SPEED


def test_every_histogram_of_the_table_has_its_edges() -> None:
    assert set(promql.EDGES_S) == {metric.name for metric in METRICS if metric.kind == "histogram"}


def test_edges_are_written_as_the_board_exports_them() -> None:
    assert promql.le(SPEED, 20) == "20.0"
    assert promql.series(f"{SPEED}_bucket", {"le": "20.0"}).endswith(',le="20.0"}')


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: promql.series("hotline_waiting"),
        lambda: promql.series(SPEED),
        lambda: promql.series(f"{OFFERED}_bucket"),
        lambda: promql.series(OFFERED, {"outcome": "answered"}),
        lambda: promql.series(WAITING, unless={"state": "ready"}),
        lambda: promql.series(f"{SPEED}_bucket", {"le": "20"}),
        lambda: promql.series(f"{SPEED}_bucket", {"le": "21.0"}),
        lambda: promql.series(f"{SPEED}_count", {"le": "20.0"}),
        lambda: promql.le(SPEED, 21),
        lambda: promql.le(WAITING, 20),
        lambda: promql.latest(OFFERED),
        lambda: promql.latest(f"{SPEED}_count"),
        lambda: promql.increase(WAITING, "5m"),
        lambda: promql.increase("hotline_queue_info", "5m"),
        lambda: promql.quantile(90, SPEED, "5m"),
        lambda: promql.within("hotline_handle_seconds", 20, "5m"),
    ],
)
def test_mistakes_are_refused_in_words(mistake: object) -> None:
    assert callable(mistake)
    with pytest.raises(PromqlError, match="expected"):
        mistake()
