import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.staffing.load import Formula, Goal, Load
from streams.staffing.performance import family
from streams.staffing.required import expected_wait_s, meets, required_agents

EIGHTY_IN_20 = Formula(20, 0)


@pytest.mark.parametrize(
    ("load", "goal", "agents"),
    [
        # 100 calls in 30 minutes of 180 s, Erlang C: R's ErlangC, pyworkforce.
        (Load(200, 180), Goal(EIGHTY_IN_20), 14),
        (Load(200, 180), Goal(EIGHTY_IN_20, occupancy_limit=0.7), 15),
        (Load(400, 180), Goal(Formula(60, 0)), 23),
        (Load(400, 180), Goal(Formula(30, 0)), 24),
        # 100 per 30 minutes, 180 s, patience 300 s, 80 % in 300 s: 9 gives 0.8361.
        (Load(200, 180, 300), Goal(Formula(300, 0)), 9),
        (Load(200, 180), Goal(EIGHTY_IN_20, minimum_agents=20), 20),
        (Load(0, 180), Goal(EIGHTY_IN_20), 0),
        (Load(0, 180), Goal(EIGHTY_IN_20, minimum_agents=2), 2),
        (Load(0.01, 180, 300), Goal(EIGHTY_IN_20), 1),
    ],
)
def test_oracles(load: Load, goal: Goal, agents: int) -> None:
    assert required_agents(load, goal) == agents


@pytest.mark.parametrize(("name", "agents"), [("F3", 12), ("F4", 12), ("F1", 12), ("F2", 11)])
def test_the_definition_changes_the_answer(name: str, agents: int) -> None:
    assert required_agents(Load(200, 180, 120), Goal(family(20)[name])) == agents


def test_an_objective_of_all_can_be_reached() -> None:
    agents = required_agents(Load(200, 180, 120), Goal(objective_ratio=1))
    assert 20 < agents < 60


def test_more_than_anybody_has_is_refused() -> None:
    with pytest.raises(ValueError, match="erlangs: expected a load for"):
        required_agents(Load(10_000_000, 3600, 120), Goal(occupancy_limit=0.5))


@given(
    st.builds(
        Load,
        st.floats(0, 3000),
        st.floats(5, 600),
        st.one_of(st.floats(5, 3600), st.just(math.inf)),
    ),
    st.builds(
        Goal,
        st.builds(Formula, st.just(20), st.floats(0, 20), st.booleans(), st.booleans()),
        st.floats(0.05, 0.99),
        st.one_of(st.none(), st.floats(0.3, 1)),
        st.integers(0, 20),
    ),
)
def test_one_fewer_would_not_do(load: Load, goal: Goal) -> None:
    agents = required_agents(load, goal)
    assert meets(load, agents, goal)
    assert agents == goal.minimum_agents or not meets(load, agents - 1, goal)


@pytest.mark.parametrize(
    ("load", "agents", "position", "wait_s"),
    [
        (Load(2880, 60, 120), 50, 10, 11.49194),
        (Load(2880, 60), 50, 10, 12.0),
        (Load(200, 180, 300), 14, 5, 59.39603),
        (Load(200, 180), 14, 5, 64.28571),
    ],
)
def test_expected_wait_by_position(load: Load, agents: int, position: int, wait_s: float) -> None:
    assert expected_wait_s(load, agents, position) == pytest.approx(wait_s, abs=5e-6)


def test_nobody_there_nobody_answers() -> None:
    assert expected_wait_s(Load(200, 180, 300), 0, 1) is None
