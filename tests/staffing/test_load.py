import math
from typing import Any

import pytest

from streams.core.targets import ServiceLevel
from streams.staffing.load import AGENTS_MAX, Formula, Goal, Load, check_agents


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((-1, 60), "calls_per_hour -1"),
        ((math.nan, 60), "calls_per_hour nan"),
        ((math.inf, 60), "calls_per_hour inf"),
        ((60, 0), "handle_s 0"),
        ((60, math.nan), "handle_s nan"),
        ((60, math.inf), "handle_s inf"),
        ((60, 60, 0), "patience_s 0"),
        ((60, 60, math.nan), "patience_s nan"),
    ],
)
def test_impossible_loads_are_named(arguments: tuple[float, ...], named: str) -> None:
    with pytest.raises(ValueError, match=f"{named}: expected"):
        Load(*arguments)


def test_erlangs() -> None:
    assert Load(200, 180).erlangs == pytest.approx(10)


@pytest.mark.parametrize("times", [(20, 21), (-1, -1), (math.inf, 5), (math.nan, 0)])
def test_impossible_formulas_are_refused(times: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="expected 0 <= short_abandon_s <= threshold_s"):
        Formula(*times)


def test_a_queues_own_definition() -> None:
    own = ServiceLevel(threshold_s=30, short_abandon_s=10, credit_short_abandons=True)
    assert Formula.of(own) == Formula(30, 10, credit_short_abandons=True, include_abandons=True)
    assert Formula.of(ServiceLevel()) == Formula()


@pytest.mark.parametrize(
    "changed",
    [
        {"objective_ratio": 0},
        {"objective_ratio": 1.01},
        {"occupancy_limit": 0},
        {"occupancy_limit": 1.01},
        {"minimum_agents": -1},
    ],
)
def test_impossible_goals_are_named(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(changed))} .*: expected"):
        Goal(**changed)


@pytest.mark.parametrize("agents", [-1, AGENTS_MAX + 1])
def test_impossible_numbers_of_people(agents: int) -> None:
    with pytest.raises(ValueError, match=f"agents {agents}: expected 0 to {AGENTS_MAX}"):
        check_agents(agents)
