"""The visits behind every figure are as many as the figure says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.board.drill import VISITS_MAX, Drill, QuestionError, question
from streams.board.reader import Record
from streams.board.view import View, Views
from streams.board.visits import VisitStore
from streams.config import QueueSettings, Settings
from streams.core.book import Span
from streams.core.rows import row
from streams.core.state import PartitionState
from tests.board.calls import HOUR_MS, MINUTE_MS, NOON_MS, Call, fold, held, some_calls

WINDOWS = ("5m", "15m", "30m", "60m", "interval", "today")
FIGURES = ("service_level", "abandonment", "abandoned", "answered", "left", "finished", "entered",
           "offered", "transferred", "handle", "waiting", "talking")  # fmt: skip


def sent_visits(states: dict[int, PartitionState]) -> list[Record]:
    """What the workers would have sent to the topic of visits."""
    records: list[Record] = []
    for partition, state in states.items():
        for (name, number), (contact, visit) in state.take_closed().items():
            content = orjson.dumps(row(name, number, contact, visit))
            records.append(Record(partition, len(records), b"", content, state.offset))
    return records


def answers(
    tmp_path: Path, calls: list[Call], settings: Settings | None = None, **how: Any
) -> tuple[View, Drill]:
    settings = settings or Settings()
    states = fold(calls, settings=settings, **how)
    store = VisitStore(tmp_path / "visits.sqlite")
    store.begin("topic")
    for each in sent_visits(states):
        store.take([each])
    return Views(settings, "0").view(held(states)), Drill(store)


def figure_of(figure: str, window: dict[str, Any], now: dict[str, Any]) -> int:
    """How many visits the board shows behind a figure."""
    counts = {
        "service_level": window["finished"] + now["waiting"],
        "abandonment": window["finished"],
        "left": sum(window["left"].values()),
        "transferred": sum(window["transferred"].values()),
        "handle": window["answered"],
        "waiting": now["waiting"],
        "talking": now["talking"],
    }
    count: int = counts[figure] if figure in counts else window[figure]
    return count


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "formula",
    [
        QueueSettings(),
        QueueSettings(credit_short_abandons=True, threshold_s=3, short_abandon_s=3),
        QueueSettings(include_abandons=False, short_abandon_s=0, wrapup="absent"),
    ],
    ids=["default", "credit", "answered only"],
)
def test_the_visits_behind_every_figure_are_the_figure(
    seed: int, formula: QueueSettings, tmp_path: Path
) -> None:
    calls = some_calls(seed, 400, hours=5)
    now_ms = NOON_MS - 13 * seed * MINUTE_MS
    view, drill = answers(tmp_path, calls, Settings(defaults=formula), until_ms=now_ms)
    for tile in (view.board["total"], *view.board["queues"]):
        for name in WINDOWS:
            window = tile["windows"][name]
            ask = {"queue": tile["queue"], "site": tile["site"], "window": name}
            found = {
                each: drill.answer(view, question({**ask, "figure": each})) for each in FIGURES
            }
            for figure, answer in found.items():
                assert answer["count"] == figure_of(figure, window, tile["now"]), (ask, figure)
                assert len(answer["visits"]) == min(answer["count"], VISITS_MAX)
            level = found["service_level"]
            assert level["counted"].get("met", 0) == window["service_level"]["met"]
            eligible = level["counted"].get("met", 0) + level["counted"].get("missed", 0)
            assert eligible == window["service_level"]["eligible"]
            beyond = level["why"].get("waiting_beyond_threshold", 0)
            assert eligible + beyond == window["service_level"]["live_eligible"]
            abandonment = found["abandonment"]["counted"].get("counted", 0)
            assert abandonment == window["abandonment"]["of"]
            abandoned = found["abandoned"]["counted"].get("counted", 0)
            assert abandoned == window["abandonment"]["abandoned"]
            assert found["handle"]["counted"].get("counted", 0) == window["handle"]["count"]


def test_each_visit_says_why(tmp_path: Path) -> None:
    calls = [
        Call("late", NOON_MS - 400_000, 30_000),
        Call("good", NOON_MS - 300_000, 4_000, talk_ms=90_000),
        Call("waits", NOON_MS - 25_000, HOUR_MS),
    ]
    view, drill = answers(tmp_path, calls)
    answer = drill.answer(view, question({"queue": "sales", "figure": "service_level"}))
    told = [(each["contact"], each["counted"], each["why"]) for each in answer["visits"]]
    assert told == [
        ("waits", "waiting", "waiting_beyond_threshold"),
        ("good", "met", "answered_within_threshold"),
        ("late", "missed", "answered_beyond_threshold"),
    ]
    good = next(each for each in answer["visits"] if each["contact"] == "good")
    assert (good["outcome"], good["wait_ms"], good["talk_ms"]) == ("answered", 4_000, 90_000)
    assert good["agent"] == "anna"
    waits = answer["visits"][0]
    assert (waits["outcome"], waits["wait_ms"], waits["left_ms"]) == ("waiting", 25_000, None)
    assert answer["definition"]["id"] == "service_level"
    assert "customer" not in good


def test_no_more_than_a_page_but_all_are_counted(tmp_path: Path) -> None:
    calls = [Call(f"c{n}", NOON_MS - 60_000, n) for n in range(VISITS_MAX + 1)]
    view, drill = answers(tmp_path, calls)
    answer = drill.answer(view, question({"figure": "answered"}))
    assert (answer["count"], answer["truncated"]) == (VISITS_MAX + 1, True)
    assert len(answer["visits"]) == VISITS_MAX


def test_what_the_snapshots_have_not_folded_yet_is_not_listed(tmp_path: Path) -> None:
    view, drill = answers(tmp_path, [Call("a", NOON_MS - 60_000, 0, talk_ms=1000)])
    later = fold([Call("b", NOON_MS - 50_000, 0, talk_ms=1000)], partitions=1)
    row_of_b = sent_visits(later)[0]
    offset = next(iter(view.held.values())).figures.offset
    drill._store.take([row_of_b._replace(based_on=offset)])
    assert drill.answer(view, question({"figure": "answered"}))["count"] == 2
    drill._store.take([row_of_b._replace(based_on=offset + 1)])
    assert drill.answer(view, question({"figure": "answered"}))["count"] == 1


def test_what_a_snapshot_knows_wins_over_the_file(tmp_path: Path) -> None:
    view, drill = answers(tmp_path, [Call("a", NOON_MS - 60_000, 0, talk_ms=1000)])
    ((_, based_on, known),) = drill._store.between("main", "sales", Span(0, 2 * NOON_MS, "left"))
    wrong = {**known, "outcome": "abandoned", "talk_ms": None}
    drill._store.take([Record(0, 99, b"", orjson.dumps(wrong), based_on)])
    assert drill.answer(view, question({"figure": "answered"}))["count"] == 1
    assert drill.answer(view, question({"figure": "abandoned"}))["count"] == 0


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"window": "7m"}, "window: expected one of 5m, 15m"),
        ({"figure": "luck"}, "figure: expected one of service_level"),
        ({"quue": "sales"}, "quue: expected one of queue, site"),
    ],
)
def test_a_bad_question_says_what_was_expected(query: dict[str, str], expected: str) -> None:
    with pytest.raises(QuestionError) as error:
        question(query)
    assert expected in str(error.value)


def test_an_unknown_queue_names_those_on_the_board(tmp_path: Path) -> None:
    view, drill = answers(tmp_path, [Call("a", NOON_MS, 0)])
    with pytest.raises(QuestionError, match="main/sales"):
        drill.answer(view, question({"queue": "nowhere"}))
