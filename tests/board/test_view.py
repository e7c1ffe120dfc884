"""The figures of the board against calls counted by hand, and the published service levels."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from streams.board.view import TOTAL, Views
from streams.config import QueueSettings, Settings
from tests.board.calls import (
    HOUR_MS,
    MINUTE_MS,
    NOON_MS,
    Call,
    Naive,
    fold,
    held,
    naive,
    some_calls,
)

WINDOWS = ("5m", "15m", "30m", "60m", "interval", "today")


def board_of(calls: list[Call], settings: Settings | None = None, **how: Any) -> dict[str, Any]:
    settings = settings or Settings()
    view = Views(settings, "0").view(held(fold(calls, settings=settings, **how)))
    board: dict[str, Any] = orjson.loads(view.body)
    return board


def tile(board: dict[str, Any], queue: str = "sales", site: str = "main") -> dict[str, Any]:
    (found,) = (each for each in board["queues"] if (each["site"], each["queue"]) == (site, queue))
    assert isinstance(found, dict)
    return found


def told(window: dict[str, Any]) -> Naive:
    """A window of the board in the words of the count by hand."""
    level = window["service_level"]
    return Naive(
        window["entered"],
        window["answered"],
        window["abandoned"],
        window["abandoned_short"],
        window["left"],
        window["waiting"],
        level["met"],
        level["eligible"],
        window["answer"]["sum_ms"],
        window["handle"]["count"],
        sum(window["transferred"].values()),
    )


def test_one_queue_by_hand() -> None:
    board = board_of(
        [
            Call("a", NOON_MS - 600_000, 10_000, talk_ms=100_000),
            Call("b", NOON_MS - 500_000, 30_000, talk_ms=200_000, transfer="blind"),
            Call("c", NOON_MS - 400_000, 4_000, "abandoned"),
            Call("d", NOON_MS - 300_000, 40_000, "abandoned"),
            Call("e", NOON_MS - 200_000, 20_000, "key"),
            Call("f", NOON_MS - 100_000, 15_000, "timeout"),
            Call("g", NOON_MS - 60_000, 20_000, talk_ms=None),
            Call("h", NOON_MS - 21_000, HOUR_MS),
            Call("i", NOON_MS - 20_000, HOUR_MS),
        ]
    )
    queue = tile(board)
    assert queue["now"] == {
        "waiting": 2,
        "longest_wait_start_ms": NOON_MS - 21_000,
        "waiting_beyond_target": 1,
        "talking": 1,
    }
    window = queue["windows"]["15m"]
    assert (window["from_ms"], window["to_ms"]) == (NOON_MS - 14 * MINUTE_MS, NOON_MS + MINUTE_MS)
    assert (window["offered"], window["finished"], window["waiting"]) == (9, 7, 2)
    assert (window["answered"], window["abandoned"], window["abandoned_short"]) == (3, 2, 1)
    assert window["left"] == {"timeout": 1, "key": 1}
    assert window["transferred"] == {"blind": 1, "attended": 0}
    assert window["service_level"] == {
        "ratio": 2 / 5,  # a and g of a, b, d, f, g; e by choice and c at once are left out
        "met": 2,
        "eligible": 5,
        "live_ratio": 2 / 6,  # and h
        "live_eligible": 6,
    }
    assert window["abandonment"] == {"ratio": 1 / 6, "abandoned": 1, "of": 6}
    answer = window["answer"]
    assert (answer["count"], answer["sum_ms"], answer["mean_s"]) == (3, 60_000, 20.0)
    assert (answer["p50_s"], answer["p90_s"], answer["percentiles"]) == (20.0, 30.0, "exact")
    assert (answer["within"]["10"], answer["within"]["20"], answer["within"]["30"]) == (1, 2, 3)
    assert window["handle"] == {"count": 2, "sum_ms": 300_000, "mean_s": 150.0, "kind": "talk"}
    assert board["total"]["windows"] == queue["windows"]
    assert board["total"]["now"] == queue["now"]


def test_nothing_is_no_value() -> None:
    settings = Settings(queues={"sales": QueueSettings(title="Sales", title_zh="销售")})
    board = board_of([], settings)
    queue = tile(board)
    assert (queue["title"], queue["title_zh"]) == ("Sales", "销售")
    for window in (*queue["windows"].values(), *board["total"]["windows"].values()):
        assert window["offered"] == 0
        assert window["service_level"]["ratio"] is None
        assert window["service_level"]["live_ratio"] is None
        assert window["abandonment"]["ratio"] is None
        assert window["answer"]["mean_s"] is None
        assert window["handle"]["mean_s"] is None


def test_a_board_without_a_single_snapshot_has_no_data() -> None:
    view = Views(Settings(queues={"sales": QueueSettings()}), "0").view({})
    assert view.board["watermark_ms"] is None
    assert tile(dict(view.board))["data_ms"] is None
    assert view.board["total"]["data_ms"] is None


# Published: callcentrehelper.com, "service level threshold calculations"; the page rounds the first
# four to 83, 86, 81 and 83 %. Of the 60 who hung up, 10 did within 5 s and 20 within 20 s.
PUBLISHED = [
    Call(f"p{number}", NOON_MS - 2 * HOUR_MS + 1000 * number, wait_ms, end)
    for number, (wait_ms, end) in enumerate(
        [(12_000, "answered")] * 860
        + [(25_000, "answered")] * 140
        + [(4_000, "abandoned")] * 10
        + [(15_000, "abandoned")] * 10
        + [(45_000, "abandoned")] * 40
    )
]


@pytest.mark.parametrize(
    ("short_s", "credit", "include", "percent"),
    [
        (20, True, True, 83.0189),
        (0, False, False, 86.0000),
        (0, False, True, 81.1321),
        (20, False, True, 82.6923),
        (5, True, True, 82.0755),
        (5, False, True, 81.9048),
    ],
    ids=["F1", "F2", "F3", "F4", "F5", "F6"],
)
def test_published_service_levels(
    short_s: int, credit: bool, include: bool, percent: float
) -> None:
    formula = QueueSettings(
        short_abandon_s=short_s, credit_short_abandons=credit, include_abandons=include
    )
    board = board_of(PUBLISHED, Settings(defaults=formula))
    ratio = tile(board)["windows"]["today"]["service_level"]["ratio"]
    assert round(100 * ratio, 4) == percent


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("window", WINDOWS)
def test_every_window_equals_a_count_by_hand(seed: int, window: str) -> None:
    calls = some_calls(seed, 300)
    # Cut anywhere: some wait, some talk, some have yet to come.
    now_ms = NOON_MS - 7 * seed * MINUTE_MS - 1_234 * seed
    board = board_of(calls, until_ms=now_ms)
    for name in ("queue 0", "queue 1"):
        figures = tile(board, name)["windows"][window]
        span = (figures["from_ms"], figures["to_ms"], figures["basis"])
        expected = naive([call for call in calls if call.queue == name], now_ms, span)
        found = told(figures)
        expected.handled = found.handled  # its kind decides: see below
        expected.transferred = found.transferred
        assert found == expected


@pytest.mark.parametrize("seed", range(6))
def test_nobody_gets_lost(seed: int) -> None:
    calls = some_calls(100 + seed, 300)
    now_ms = NOON_MS - 11 * seed * MINUTE_MS
    board = board_of(calls, until_ms=now_ms, partitions=3)
    for queue in (board["total"], *board["queues"]):
        for window in queue["windows"].values():
            ends = window["answered"] + window["abandoned"] + sum(window["left"].values())
            assert window["offered"] == ends + window["waiting"]
            assert window["finished"] == ends
        waiting = queue["now"]["waiting"]
        assert all(queue["windows"][name]["waiting"] == waiting for name in ("5m", "60m"))


def test_wrapup_and_talk_are_not_mixed_in_one_mean() -> None:
    calls = [
        Call("a", NOON_MS - 600_000, 1_000, talk_ms=100_000),
        Call("b", NOON_MS - 600_000, 1_000, talk_ms=50_000, wrapup_ms=20_000),
    ]
    window = tile(board_of(calls))["windows"]["30m"]
    assert window["handle"] == {
        "count": 1,
        "sum_ms": 70_000,
        "mean_s": 70.0,
        "kind": "talk+wrapup",
    }


def test_today_begins_at_the_queue_s_own_midnight() -> None:
    # 14:03 in Shanghai is 06:03 in London: its midnight was at 08:00 of Shanghai.
    settings = Settings(
        queues={
            "here": QueueSettings(timezone="Asia/Shanghai"),
            "there": QueueSettings(timezone="Europe/London"),
        }
    )
    seven = NOON_MS - 7 * HOUR_MS
    calls = [Call("a", seven, 0, queue="here"), Call("b", seven, 0, queue="there")]
    board = board_of(calls, settings)
    assert tile(board, "here")["windows"]["today"]["answered"] == 1
    assert tile(board, "there")["windows"]["today"]["answered"] == 0
    assert board["total"]["windows"]["today"]["answered"] == 1


def test_the_total_holds_every_visit_to_its_own_queue_s_target() -> None:
    settings = Settings(
        queues={"quick": QueueSettings(threshold_s=10), "slow": QueueSettings(threshold_s=60)}
    )
    calls = [Call(f"{queue}{n}", NOON_MS - 60_000, 30_000, queue=queue)
             for queue in ("quick", "slow") for n in range(3)]  # fmt: skip
    total = board_of(calls, settings)["total"]
    assert (total["site"], total["queue"]) == TOTAL
    level = total["windows"]["5m"]["service_level"]
    assert (level["met"], level["eligible"], level["ratio"]) == (3, 6, 0.5)


def test_configured_queues_are_there_before_their_first_call() -> None:
    settings = Settings(queues={"north/sales": QueueSettings(), "help": QueueSettings()})
    board = board_of([Call("a", NOON_MS - 1000, 0, queue="help", site="south")], settings)
    assert [(each["site"], each["queue"]) for each in board["queues"]] == [
        ("north", "sales"),
        ("south", "help"),
    ]


def test_queues_beyond_the_limit_are_one_queue_and_lose_nothing() -> None:
    settings = Settings(limits=Settings().limits.model_copy(update={"queues": 3}))
    calls = [Call(f"c{n}", NOON_MS - 1000, 0, queue=f"q{n % 6}") for n in range(60)]
    # Each partition has its own three, so that only together they are more than three.
    states = {
        number: fold(
            [call for call in calls if call.queue in names], settings=settings, partitions=1
        )[0]
        for number, names in enumerate([("q0", "q1", "q2"), ("q3", "q4", "q5")])
    }
    view = Views(settings, "0").view(held(states))
    assert list(view.queues) == [
        ("main", "other"), ("main", "q0"), ("main", "q1"), ("main", "q2")
    ]  # fmt: skip
    assert tile(dict(view.board), "other")["windows"]["5m"]["answered"] == 30
    assert view.board["total"]["windows"]["5m"]["answered"] == 60


def test_a_tile_is_as_old_as_the_oldest_source_of_its_site() -> None:
    minute_ago = NOON_MS - 60_000
    calls = [
        Call("a", minute_ago, 0, talk_ms=None, site="north", source="dead", queue="q"),
        Call("b", minute_ago, 0),
    ]
    states = fold(calls, beats=[("pbx", "main"), ("alive", "north")])
    view = Views(Settings(), "0").view(held(states))
    board = dict(view.board)
    assert tile(board)["data_ms"] == NOON_MS
    assert tile(board, "q", "north")["data_ms"] == NOON_MS - 60_000
    assert board["total"]["data_ms"] == NOON_MS - 60_000
    assert board["sources"][2] == {
        "site": "north",
        "source": "dead",
        "watermark_ms": NOON_MS - 60_000,
        "last_event_ms": NOON_MS - 60_000,
    }


def test_a_source_that_ended_a_day_ago_greys_nothing() -> None:
    old = Call("a", NOON_MS - 25 * HOUR_MS, 0, source="old")
    board = board_of([old])
    assert tile(board)["data_ms"] == NOON_MS
    assert [each["source"] for each in board["sources"]] == ["old", "pbx"]


def test_what_became_of_events_is_summed() -> None:
    states = fold([Call("a", NOON_MS - 60_000, 0)], partitions=1)
    state = states[0]
    state.fold(state.offset + 1, None, Call("a", NOON_MS - 60_000, 0).events())
    state.fold(state.offset + 1, NOON_MS - HOUR_MS, [Call("z", NOON_MS, 0).events()[0]])
    state.fold(state.offset + 1, None, [Call("l", NOON_MS - HOUR_MS, 0).events()[0], 42])
    board = Views(Settings(), "0").view(held(states)).board
    assert board["events"] == {"ok": 3, "duplicate": 3, "late": 1, "invalid": 1, "future": 1}
    assert board["offsets"] == {"hotline.calls": {"0": state.offset}}


def test_a_view_made_from_the_one_before_is_the_one_made_from_nothing() -> None:
    calls = some_calls(7, 400, queues=3)
    views = Views(Settings(), "0")
    for minutes in (90, 60, 59, 30, 29, 1, 0):
        snapshots = held(fold(calls, NOON_MS - minutes * MINUTE_MS, partitions=3))
        assert views.view(snapshots).body == Views(Settings(), "0").view(snapshots).body


def test_the_order_of_partitions_does_not_matter() -> None:
    snapshots = held(fold(some_calls(8, 200), partitions=4))
    backwards = dict(reversed(snapshots.items()))
    assert (
        Views(Settings(), "0").view(snapshots).body == Views(Settings(), "0").view(backwards).body
    )
