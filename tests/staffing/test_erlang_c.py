import math

import pytest

from streams.staffing.erlang_c import ErlangC
from streams.staffing.load import Load
from tests.staffing.oracles import ERLANG_C


@pytest.mark.parametrize(("erlangs", "agents", "p_wait", "level", "mean_wait_s"), ERLANG_C)
def test_oracles(
    erlangs: float,
    agents: int,
    p_wait: float,
    level: tuple[float, float, float] | None,
    mean_wait_s: float | None,
) -> None:
    ratio, threshold_s, handle_s = level or (None, 20, 60)
    system = ErlangC(Load(erlangs * 3600 / handle_s, handle_s), agents)
    assert system.p_wait == pytest.approx(p_wait, abs=1e-7)
    if ratio is not None:
        assert system.answered_within(threshold_s) == pytest.approx(ratio, abs=1e-7)
    if mean_wait_s is not None:
        assert system.mean_wait_s == pytest.approx(mean_wait_s, abs=5e-5)


def test_the_published_digits_of_one_row() -> None:
    system = ErlangC(Load(200, 180), 14)  # README of R's ErlangC 0.1.0
    assert system.mean_wait_s == pytest.approx(7.83593701, abs=5e-9)
    assert system.occupancy == pytest.approx(0.714, abs=5e-4)


@pytest.mark.parametrize("calls_per_hour", [200, 201, 100_000])
def test_more_than_can_be_served_grows_without_end(calls_per_hour: float) -> None:
    system = ErlangC(Load(calls_per_hour, 180), 10)
    assert (system.p_wait, system.occupancy, system.p_abandon) == (1, 1, 0)
    assert system.mean_wait_s == system.asa_s == math.inf
    assert system.answered_within(20) == system.left_within(20) == 0


def test_no_traffic_no_wait() -> None:
    system = ErlangC(Load(0, 180), 1)
    assert (system.p_wait, system.mean_wait_s, system.asa_s, system.occupancy) == (0, 0, 0, 0)
    assert system.answered_within(0) == 1


@pytest.mark.parametrize("calls_per_hour", [0, 100])
def test_nobody_there(calls_per_hour: float) -> None:
    system = ErlangC(Load(calls_per_hour, 180), 0)
    assert (system.p_wait, system.p_answered, system.mean_wait_s) == (1, 0, math.inf)
    assert system.occupancy is system.asa_s is None
    assert system.answered_within(1e9) == 0


def test_one_agent_is_the_single_server_queue() -> None:
    # M/M/1: P(wait) = rho, mean wait = rho / (mu - lambda), P(W > t) = rho exp(-(mu - lambda) t).
    system = ErlangC(Load(30, 60), 1)
    assert system.p_wait == pytest.approx(0.5)
    assert system.mean_wait_s == pytest.approx(60)
    assert system.answered_within(120) == pytest.approx(1 - 0.5 / math.e)
