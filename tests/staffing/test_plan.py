import json
from typing import Any

import pytest

from streams.staffing.load import Formula, Goal
from streams.staffing.moves import Calm, Key, Moved
from streams.staffing.plan import POSITIONS_MAX, Desk, plan
from tests.staffing.oracles import MOVES
from tests.staffing.tiles import NAMES, NOW_MS, Json, board, tile, window, windows

GOAL = Goal(Formula(20, 0))
POOL = frozenset({"all"})
# As many calls that the estimators' priors weigh nothing to six digits.
MANY = 10**9
A, B = ("main", "a"), ("main", "b")


def steady(calls_per_hour: int, handle_s: float, patience_s: float) -> Json:
    """Windows of a queue whose rates are these."""
    found = {
        name: window(
            NOW_MS - 1000 * long_s,
            calls_per_hour * long_s // 3600,
            handled=(MANY, MANY * handle_s),
        )
        for name, long_s in NAMES.items()
    }
    day = {"handled": (MANY, MANY * handle_s), "abandoned": (MANY, MANY * patience_s)}
    return windows() | found | {"today": window(0, **day)}  # type: ignore[arg-type]


@pytest.fixture
def two() -> Json:
    return board(
        tile("a", steady(200, 180, 120), talking=10),
        tile(
            "b",
            steady(120, 240, 120),
            waiting=4,
            talking=7,
            longest_wait_start_ms=NOW_MS - 16_000,
        ),
    )


def desks(**agents: int | None) -> dict[Key, Desk]:
    return {
        ("main", queue): Desk(GOAL, people, "command line", POOL)
        for queue, people in agents.items()
    }


def test_the_moves_of_the_oracle(two: Json) -> None:
    found = plan(two, desks(a=13, b=7))
    json.dumps(found, allow_nan=False)
    best = found["moves"][0]
    assert [move["agents"] for move in found["moves"]] == [2, 3, 1]
    assert (best["from"]["queue"], best["to"]["queue"]) == ("a", "b")
    for side, queue in (("from", 0), ("to", 1)):
        for when, agents in (("before", (13, 7)), ("after", (11, 9))):
            shown = best[side][when]
            assert shown["agents"] == agents[queue]
            assert shown["service_level"] == pytest.approx(MOVES[agents][queue], abs=1e-5)
    assert found["no_moves_because"] is None


def test_the_best_move_shows_the_next_half_hour(two: Json) -> None:
    best, *others = plan(two, desks(a=13, b=7))["moves"]
    queues = plan(two, desks(a=13, b=7))["queues"]
    assert best["to"]["predicted"]["30m"]["ratio"] > queues[1]["predicted"]["30m"]["ratio"]
    assert best["from"]["predicted"]["30m"]["ratio"] < queues[0]["predicted"]["30m"]["ratio"]
    assert [move["to"]["predicted"] for move in others] == [None, None]


def test_a_queue_in_full(two: Json) -> None:
    one = plan(two, desks(b=7))["queues"][0]
    assert (one["site"], one["queue"], one["waiting"], one["talking"]) == ("main", "b", 4, 7)
    assert one["definition"] == {
        "threshold_s": 20,
        "short_abandon_s": 0,
        "credit_short_abandons": False,
        "include_abandons": True,
    }
    assert (one["objective_ratio"], one["agents"], one["agents_from"]) == (0.8, 7, "command line")
    # Research: 10 people bring 0.825, 9 bring 0.736.
    assert (one["required"], one["gap"], one["pools"]) == (10, -3, ["all"])
    assert one["estimates"]["calls_per_hour"]["value"] == pytest.approx(120)
    assert one["steady"]["service_level"] == pytest.approx(0.503049, abs=1e-5)
    assert list(one["predicted"]) == ["15m", "30m"]
    for each in one["predicted"].values():
        assert each["low"] <= each["ratio"] <= each["high"]
    # 7 people, 240 s, patience 120 s: 1 / (7/240), then 1 / (7/240 + 1/120) more, …
    assert one["expected_wait_s"][:2] == pytest.approx([34.285714, 60.952381], rel=1e-5)
    assert len(one["expected_wait_s"]) == 5


def test_who_finds_somebody_free_does_not_wait(two: Json) -> None:
    assert plan(two, desks(a=11))["queues"][0]["expected_wait_s"] == [0]
    assert plan(two, desks(a=10))["queues"][0]["expected_wait_s"] == pytest.approx([18])


def test_people_unknown_only_what_is_needed(two: Json) -> None:
    found = plan(two, desks(a=None, b=7))
    unknown, known = found["queues"]
    assert (unknown["required"], unknown["agents"], unknown["gap"]) == (12, None, None)
    assert unknown["predicted"] is unknown["steady"] is unknown["expected_wait_s"] is None
    assert known["predicted"] is not None
    assert found["pools"][0] == {
        "pool": "all",
        "queues": ["main/a", "main/b"],
        "required": 22,
        "agents": None,
        "gap": None,
    }
    assert found["moves"] == []
    assert found["no_moves_because"] == "people are known of fewer than two queues"


def test_a_pool_compares_need_and_people(two: Json) -> None:
    pool = plan(two, desks(a=13, b=7))["pools"][0]
    assert (pool["required"], pool["agents"], pool["gap"]) == (22, 20, -2)


def test_why_there_is_no_move(two: Json) -> None:
    alone = {key: Desk(GOAL, 10) for key in (A, B)}
    assert plan(two, alone)["no_moves_because"] == "no two of these queues share a pool"
    enough = plan(two, desks(a=13, b=12))["no_moves_because"]
    assert enough == "no move within the limits brings the worse off nearer to its goal"


def test_calm_and_moves_made_are_heeded(two: Json) -> None:
    staffed = desks(a=13, b=7)
    assert plan(two, staffed, Calm(gain_ratio=0.5))["moves"] == []
    assert plan(two, staffed, recent=[Moved(B, A, 60)])["moves"] == []


def test_only_the_queues_asked_for(two: Json) -> None:
    assert [queue["queue"] for queue in plan(two, desks(b=7))["queues"]] == ["b"]
    assert plan(two, {})["queues"] == []


def test_a_quiet_queue_without_people() -> None:
    found = plan(board(tile("a", windows())), {A: Desk(GOAL, 0)})
    json.dumps(found, allow_nan=False)
    one = found["queues"][0]
    assert (one["required"], one["gap"], one["expected_wait_s"]) == (0, 0, [None])
    assert one["predicted"]["30m"] == {"ratio": None, "low": None, "high": None, "visits": 0}


def test_a_long_line_is_cut() -> None:
    long = tile("a", steady(200, 180, 120), waiting=100, longest_wait_start_ms=NOW_MS - 60_000)
    waits = plan(board(long), {A: Desk(GOAL, 3)})["queues"][0]["expected_wait_s"]
    assert len(waits) == POSITIONS_MAX


def test_the_age_of_the_data(two: Json) -> None:
    assert plan(two, {})["data_age_s"] == 2
    assert plan(two, {})["stale_after_s"] == 25


def test_impossible_people_are_refused() -> None:
    with pytest.raises(ValueError, match="agents -1"):
        Desk(agents=-1)


@pytest.mark.parametrize("wrong", [{}, {"now_ms": 1}, {"now_ms": 1, "queues": [{}], "total": 1}])
def test_what_is_no_board(wrong: dict[str, Any]) -> None:
    with pytest.raises(KeyError):
        plan(wrong, {})
