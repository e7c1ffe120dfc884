import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.staffing.load import Formula, Load
from streams.staffing.performance import performance, service_level, steady_state
from tests.staffing.oracles import ERLANG_A, figures_of
from tests.staffing.simulation import Hotline

patience = st.one_of(st.floats(5, 3600), st.just(math.inf))
loads = st.builds(Load, st.floats(0, 5000), st.floats(5, 1200), patience)


@pytest.mark.parametrize(("numbers", "oracle"), ERLANG_A)
def test_oracles(numbers: tuple[float, float, float, int], oracle: tuple[float, ...]) -> None:
    *load, agents = numbers
    found = figures_of(performance(Load(*load), int(agents), 20))
    # Given to eight digits.
    assert found == pytest.approx(oracle, rel=5e-8, abs=1e-8)


def test_the_published_comparison_of_a_and_c() -> None:
    # Garnett, Mandelbaum, Reiman 2002: 3.1 % hang up, 3.7 s, 93 %; Erlang C says 20.8 s and 96 %.
    found = performance(Load(2880, 60, 120), 50, 20)
    assert round(found["p_abandon"], 3) == 0.031
    assert round(found["mean_wait_s"], 1) == 3.7
    assert round(found["occupancy"], 2) == 0.93
    without = performance(Load(2880, 60), 50, 20)
    assert (round(without["mean_wait_s"], 1), without["occupancy"]) == (20.8, 0.96)


@pytest.mark.parametrize("patience_s", [120, math.inf])
@pytest.mark.parametrize("agents", [0, 1, 40])
@pytest.mark.parametrize("calls_per_hour", [0, 60, 5000])
def test_every_corner_is_json(calls_per_hour: float, agents: int, patience_s: float) -> None:
    found = performance(Load(calls_per_hour, 60, patience_s), agents, 20)
    json.dumps(found, allow_nan=False)
    assert found["p_abandon"] is not None
    for name, level in found["sl"].items():
        assert level is None or 0 <= level <= 1
        assert (level is None) == (agents == 0 and name == "F2")


def test_without_an_end_is_null() -> None:
    found = performance(Load(3600, 60), 40, 20)
    assert found["mean_wait_s"] is found["asa_s"] is None
    assert (found["p_wait"], found["occupancy"], found["sl"]["F3"]) == (1, 1, 0)


@given(loads, st.integers(0, 150), st.floats(0, 300))
def test_the_order_of_the_family(load: Load, agents: int, threshold_s: float) -> None:
    level = performance(load, agents, threshold_s)["sl"]
    assert level["F3"] <= level["F1"] + 1e-12
    if level["F4"] is not None:  # None where all hang up within T, and nobody is left to count
        assert level["F3"] <= level["F4"] + 1e-12
        assert level["F4"] <= level["F1"] + 1e-12
    if level["F2"] is not None:
        assert level["F3"] <= level["F2"] + 1e-12


# Credit for short abandons while the others are left out: without agents that is 100 % of the few.
@given(loads, st.integers(0, 100), st.floats(0, 60), st.sampled_from(["-", "credit", "without"]))
def test_more_agents_more_service(load: Load, agents: int, short_s: float, kind: str) -> None:
    formula = Formula(60, short_s, kind == "credit", kind != "without")
    fewer = service_level(steady_state(load, agents), formula)
    more = service_level(steady_state(load, agents + 1), formula)
    assert more is not None
    assert more >= (fewer or 0) - 1e-9


@given(loads, st.integers(0, 100))
def test_the_default_lies_between_its_neighbours(load: Load, agents: int) -> None:
    # Leaving out abandons within 5 s: more than leaving out none, less than leaving out all by 20.
    system = steady_state(load, agents)
    none, some, all_ = (service_level(system, Formula(20, s)) for s in (0, 5, 20))
    assert none is not None
    assert some is not None
    assert all_ is not None
    assert none <= some + 1e-12 <= all_ + 2e-12


def simulated(load: Load, agents: int, calls: int) -> dict[str, float]:
    """The same figures counted over as many simulated calls."""
    hotline = Hotline(load.calls_per_hour, load.handle_s, load.patience_s, agents, seed=1)
    counts = dict.fromkeys(("all", "answered", "met", "gone", "waited"), 0)
    while counts["all"] < calls:
        hotline.play(hotline.now_s + 36_000)
        for _, wait_s, good in hotline.left:
            counts["all"] += 1
            counts["answered"] += good
            counts["met"] += good and wait_s <= 20
            counts["gone"] += not good and wait_s <= 20
            counts["waited"] += wait_s > 0
        hotline.left.clear()
        hotline.arrived.clear()
        hotline.handled.clear()
    all_, answered, met, gone = (counts[name] for name in ("all", "answered", "met", "gone"))
    return {
        "p_wait": counts["waited"] / all_,
        "p_abandon": 1 - answered / all_,
        "F1": (met + gone) / all_,
        "F2": met / answered,
        "F3": met / all_,
        "F4": met / (all_ - gone),
    }


def assert_simulation_agrees(load: Load, agents: int, calls: int, points: float) -> None:
    found = performance(load, agents, 20)
    for name, share in simulated(load, agents, calls).items():
        exact = found[name] if name in found else found["sl"][name]
        assert exact == pytest.approx(share, abs=points), name


def test_a_short_simulation_agrees() -> None:
    assert_simulation_agrees(Load(200, 180, 300), 14, 60_000, 0.015)


@pytest.mark.slow
@pytest.mark.parametrize(("load", "agents"), [(Load(2880, 60, 120), 50), (Load(200, 180, 300), 14)])
def test_two_million_simulated_calls_agree(load: Load, agents: int) -> None:
    assert_simulation_agrees(load, agents, 2_000_000, 0.006)
