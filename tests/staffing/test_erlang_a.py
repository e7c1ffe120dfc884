import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.staffing.erlang_a import ErlangA
from streams.staffing.erlang_c import ErlangC
from streams.staffing.load import Load
from tests.staffing.oracles import POISSON

loads = st.builds(
    Load,
    st.floats(0, 5000),
    st.floats(5, 1200),
    st.floats(5, 3600),
)


@pytest.mark.parametrize(("erlangs", "agents", "p_wait", "p_abandon"), POISSON)
def test_patience_as_long_as_a_call_is_a_poisson_number(
    erlangs: float, agents: int, p_wait: float, p_abandon: float
) -> None:
    system = ErlangA(Load(erlangs * 20, 180, 180), agents)
    assert system.p_wait == pytest.approx(p_wait, abs=1e-8)
    assert system.p_abandon == pytest.approx(p_abandon, abs=1e-8)


def test_without_agents_all_hang_up() -> None:
    system = ErlangA(Load(100, 60, 120), 0)
    assert (system.p_wait, system.p_abandon, system.p_answered) == pytest.approx((1, 1, 0))
    assert system.mean_wait_s == pytest.approx(120)
    assert system.asa_s is system.occupancy is None
    assert system.answered_within(20) == 0
    assert system.left_within(20) == pytest.approx(1 - math.exp(-20 / 120))


def test_no_traffic() -> None:
    system = ErlangA(Load(0, 60, 120), 3)
    assert (system.p_wait, system.p_abandon, system.mean_wait_s) == (0, 0, 0)
    assert (system.asa_s, system.occupancy, system.answered_within(0)) == (0, 0, 1)


def test_one_agent_and_a_long_way_to_go() -> None:
    # By balance: as many are served or hang up as arrive; nearly all hang up.
    system = ErlangA(Load(360_000, 60, 120), 1)
    assert system.occupancy == pytest.approx(1)
    assert system.p_answered == pytest.approx(1 / 6000)
    assert system.asa_s is not None
    assert 0 < system.mean_wait_s < 120


@pytest.mark.parametrize(
    ("calls_per_hour", "handle_s", "patience_s", "agents"),
    [
        (1e-9, 60, 120, 1),
        (1, 1, 1, 1),
        (300_000, 180, 120, 15_000),
        (300_000, 180, 120, 20_000),
        (60_000, 300, 60, 5000),
        (3600, 60, 1e6, 50),
        (36_000, 60, 1e9, 620),
        (200, 180, 1e-3, 5),
        (200, 1e-3, 1e3, 5),
    ],
)
def test_tiny_and_huge_stay_in_balance(
    calls_per_hour: float, handle_s: float, patience_s: float, agents: int
) -> None:
    load = Load(calls_per_hour, handle_s, patience_s)
    system = ErlangA(load, agents)
    assert system.p_answered + system.p_abandon == pytest.approx(1, abs=1e-9)
    assert 0 <= system.p_wait <= 1 + 1e-12
    assert 0 <= system.answered_within(20) <= system.left_within(20) + 1e-12 <= 1 + 2e-12
    assert system.occupancy is not None
    assert system.occupancy == pytest.approx(
        load.erlangs * (1 - system.p_abandon) / agents, rel=1e-9
    )


def test_a_chain_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match=r"patience_s 1e\+20: expected less"):
        ErlangA(Load(3600, 60, 1e20), 50)
    with pytest.raises(ValueError, match=r"patience_s 1e\+20: expected less"):
        ErlangA(Load(3600, 60, 1e20), 60)


@given(loads, st.integers(0, 400))
def test_balance(load: Load, agents: int) -> None:
    system = ErlangA(load, agents)
    assert system.p_answered + system.p_abandon == pytest.approx(1, abs=1e-9)
    assert system.p_abandon == pytest.approx(system.mean_wait_s / load.patience_s, abs=1e-12)
    if agents and system.asa_s is not None:
        # The mean over all callers lies between those answered and those who hung up.
        assert system.asa_s >= 0


@given(loads, st.integers(0, 200), st.floats(0, 600), st.floats(0, 600))
def test_more_time_more_answers(load: Load, agents: int, one_s: float, other_s: float) -> None:
    system = ErlangA(load, agents)
    short_s, long_s = sorted((one_s, other_s))
    assert system.answered_within(short_s) <= system.answered_within(long_s) + 1e-12
    assert system.left_within(short_s) <= system.left_within(long_s) + 1e-12
    assert system.answered_within(long_s) <= system.left_within(long_s) + 1e-12


@given(loads, st.integers(0, 200))
def test_more_agents_less_waiting(load: Load, agents: int) -> None:
    fewer, more = ErlangA(load, agents), ErlangA(load, agents + 1)
    assert more.p_wait <= fewer.p_wait + 1e-12
    assert more.p_abandon <= fewer.p_abandon + 1e-12
    assert more.answered_within(20) >= fewer.answered_within(20) - 1e-12


@given(loads, st.integers(1, 200), st.floats(1.001, 3))
def test_more_load_more_waiting(load: Load, agents: int, factor: float) -> None:
    busier = Load(load.calls_per_hour * factor, load.handle_s, load.patience_s)
    fewer, more = ErlangA(load, agents), ErlangA(busier, agents)
    assert more.p_wait >= fewer.p_wait - 1e-12
    assert more.p_abandon >= fewer.p_abandon - 1e-12
    assert more.answered_within(20) <= fewer.answered_within(20) + 1e-12


@given(st.integers(1, 150), st.floats(0.01, 0.97), st.floats(10, 1000))
def test_endless_patience_is_erlang_c(agents: int, occupancy: float, handle_s: float) -> None:
    calls_per_hour = occupancy * agents * 3600 / handle_s
    patient = ErlangA(Load(calls_per_hour, handle_s, 1e10), agents)
    endless = ErlangC(Load(calls_per_hour, handle_s), agents)
    assert patient.p_wait == pytest.approx(endless.p_wait, abs=1e-5)
    assert patient.mean_wait_s == pytest.approx(endless.mean_wait_s, rel=1e-3, abs=1e-9)
    assert patient.asa_s == pytest.approx(endless.asa_s, rel=1e-3, abs=1e-9)
    for time_s in (0, 20, 300):
        assert patient.answered_within(time_s) == pytest.approx(
            endless.answered_within(time_s), abs=1e-5
        )
        assert patient.left_within(time_s) == pytest.approx(endless.left_within(time_s), abs=1e-5)
