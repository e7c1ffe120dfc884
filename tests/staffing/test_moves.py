from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.staffing.load import Formula, Goal, Load
from streams.staffing.moves import Calm, Move, Moved, Staffed, best_moves, figures, shortfall
from tests.staffing.oracles import MOVES

GOAL = Goal(Formula(20, 0))
A = Staffed(("main", "a"), Load(200, 180, 120), GOAL, 13, frozenset({"all"}))
B = Staffed(("main", "b"), Load(120, 240, 120), GOAL, 7, frozenset({"all"}))


def told(moves: list[Move]) -> list[tuple[str, str, int]]:
    return [(move.giver[1], move.taker[1], move.agents) for move in moves]


@pytest.mark.parametrize(("agents", "levels"), MOVES.items())
def test_oracles(agents: tuple[int, int], levels: tuple[float, float]) -> None:
    found = [
        figures(queue.load, queue.goal, number).service_level
        for queue, number in zip((A, B), agents, strict=True)
    ]
    assert found == pytest.approx(levels, abs=1e-6)


def test_the_best_move_first_with_its_figures() -> None:
    moves = best_moves([A, B])
    assert told(moves) == [("a", "b", 2), ("a", "b", 3), ("a", "b", 1)]
    best = moves[0]
    assert (best.giver_before.service_level, best.taker_before.service_level) == pytest.approx(
        MOVES[13, 7], abs=1e-6
    )
    assert (best.giver_after.service_level, best.taker_after.service_level) == pytest.approx(
        MOVES[11, 9], abs=1e-6
    )
    # The worse off was 0.503 and is 0.736.
    assert best.gain_ratio == pytest.approx(0.735958 - 0.503049, abs=1e-6)
    assert (best.giver_after.agents, best.taker_after.agents) == (11, 9)


def test_after_the_best_move_there_is_none() -> None:
    assert best_moves([replace(A, agents=11), replace(B, agents=9)]) == []


def test_nobody_below_the_objective_nothing_to_do() -> None:
    assert best_moves([replace(A, agents=20), replace(B, agents=10)]) == []
    assert best_moves([]) == best_moves([B]) == []


def test_people_move_only_where_they_can() -> None:
    assert best_moves([A, replace(B, pools=frozenset())]) == []
    assert best_moves([A, replace(B, pools=frozenset({"french"}))]) == []
    assert best_moves([A, replace(B, pools=frozenset({"french", "all"}))])


def test_the_minimum_stays() -> None:
    kept = replace(A, goal=replace(GOAL, minimum_agents=12))
    assert told(best_moves([kept, B])) == [("a", "b", 1)]
    assert best_moves([replace(A, goal=replace(GOAL, minimum_agents=13)), B]) == []


def test_nobody_is_made_too_busy() -> None:
    # Of 13, 12, 11: 74 %, 78 %, 82 %.
    limited = replace(A, goal=replace(GOAL, occupancy_limit=0.8))
    assert told(best_moves([limited, B])) == [("a", "b", 1)]


def test_too_busy_is_in_need_too() -> None:
    # 540 people at 98 %: callers are served, people have no pause. 60 more would bring 90 %; one
    # is enough for the ten calls an hour of the other queue.
    big = Staffed(
        ("main", "big"),
        Load(10_800, 180, 120),
        replace(GOAL, occupancy_limit=0.9),
        540,
        frozenset({"all"}),
    )
    spare = Staffed(("main", "spare"), Load(10, 60, 120), GOAL, 60, frozenset({"all"}))
    assert shortfall(big, 540) == pytest.approx(0.98110155 - 0.9, abs=1e-6)
    assert told(best_moves([big, spare]))[0] == ("spare", "big", 59)


def test_a_small_gain_is_not_worth_it() -> None:
    assert best_moves([A, B], Calm(gain_ratio=0.24)) == []
    assert told(best_moves([A, B], Calm(gain_ratio=0.2))) == [("a", "b", 2)]


@pytest.mark.parametrize("moved", [(B.key, A.key), (B.key, ("x", "y")), (("x", "y"), A.key)])
def test_no_flapping(moved: tuple[tuple[str, str], tuple[str, str]]) -> None:
    assert best_moves([A, B], recent=[Moved(*moved, age_s=29 * 60)]) == []
    assert best_moves([A, B], recent=[Moved(*moved, age_s=30 * 60)])


def test_the_same_way_again_is_no_flapping() -> None:
    assert best_moves([A, B], recent=[Moved(A.key, B.key, age_s=60)])


def test_a_queue_without_calls_gives_all() -> None:
    idle = Staffed(("main", "idle"), Load(0, 180, 120), GOAL, 3, frozenset({"all"}))
    assert told(best_moves([idle, B]))[0] == ("idle", "b", 3)
    assert best_moves([replace(idle, agents=0), B]) == []


def test_a_queue_with_nobody_is_helped_first() -> None:
    alone = replace(B, key=("main", "c"), agents=0, load=Load(20, 180, 120))
    assert told(best_moves([replace(A, agents=20), B, alone]))[0][1] == "c"


loads = st.builds(Load, st.floats(0, 400), st.floats(30, 300), st.floats(30, 600))
goals = st.builds(
    Goal, st.just(Formula()), st.floats(0.5, 0.95), st.none() | st.floats(0.5, 1), st.integers(0, 3)
)


@given(st.lists(st.tuples(loads, goals, st.integers(0, 25)), max_size=4))
def test_every_move_helps_the_worse_off(queues: list[tuple[Load, Goal, int]]) -> None:
    staffed = [
        Staffed(("main", str(place)), load, goal, agents, frozenset({"all"}))
        for place, (load, goal, agents) in enumerate(queues)
    ]
    by_key = {queue.key: queue for queue in staffed}
    everybody = {queue.key: shortfall(queue, queue.agents) for queue in staffed}
    worst = []
    for move in best_moves(staffed):
        giver, taker = by_key[move.giver], by_key[move.taker]
        after = {
            giver.key: shortfall(giver, giver.agents - move.agents),
            taker.key: shortfall(taker, taker.agents + move.agents),
        }
        before = max(everybody[giver.key], everybody[taker.key])
        assert max(after.values()) <= before - Calm().gain_ratio + 1e-12
        assert giver.agents - move.agents >= giver.goal.minimum_agents
        worst.append(sorted({**everybody, **after}.values(), reverse=True))
    assert all(better <= other for better, other in pairwise(worst))
