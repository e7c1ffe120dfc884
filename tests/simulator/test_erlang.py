"""Simulated lines against the exact Erlang A of `streams.staffing`: programs that share nothing.

Days of one flat queue with exponential talk and patience. Each figure's mean over the days is held
within four of its standard errors: by Student's t a right program fails one comparison in 480 with
twelve days, in 5,600 with sixty; the seeds are fixed.
"""

from datetime import timedelta
from statistics import mean, stdev

import pytest

from streams.simulator.day import simulate_day
from streams.staffing.erlang_a import ErlangA
from streams.staffing.load import Load
from tests.simulator.made import MONDAY, profile

ERRORS_ALLOWED = 4
HOURS = 24


def figures(load: Load, agents: int, day: int) -> dict[str, float]:
    made = profile(
        queues={
            "a": {
                "per_day": load.calls_per_hour * HOURS,
                "shape": "flat",
                "talk": "exponential",
                "talk_s": load.handle_s,
                "patience_s": load.patience_s,
            }
        },
        teams={"x": {"skills": ["a"], "agents": agents, "starts": "00:00", "ends": "24:00"}},
    )
    visits = simulate_day(made, 1, MONDAY + timedelta(days=day)).ledger.visits
    answered = [(v.wait_ms or 0) / 1000 for v in visits if v.outcome == "answered"]
    return {
        "p_wait": mean((v.wait_ms or 0) > 0 for v in visits),
        "p_abandon": 1 - len(answered) / len(visits),
        "mean_wait_s": mean((v.wait_ms or 0) / 1000 for v in visits),
        "asa_s": mean(answered),
        "answered_within_20_s": sum(wait <= 20 for wait in answered) / len(visits),
    }


def compare(load: Load, agents: int, days: int) -> None:
    exact = ErlangA(load, agents)
    truth = {
        "p_wait": exact.p_wait,
        "p_abandon": exact.p_abandon,
        "mean_wait_s": exact.mean_wait_s,
        "asa_s": exact.asa_s,
        "answered_within_20_s": exact.answered_within(20),
    }
    found = [figures(load, agents, day) for day in range(days)]
    for name, value in truth.items():
        each = [one[name] for one in found]
        error = stdev(each) / days**0.5
        assert value is not None
        assert abs(mean(each) - value) <= ERRORS_ALLOWED * error, (name, mean(each), value, error)


def test_a_busy_line() -> None:
    compare(Load(120, 240, 120), 8, days=12)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("load", "agents"),
    [
        (Load(20, 240, 180), 2),
        (Load(60, 240, 120), 5),
        (Load(120, 240, 120), 5),
        (Load(200, 180, 300), 10),
        (Load(600, 180, 120), 30),
    ],
)
def test_more_lines(load: Load, agents: int) -> None:
    compare(load, agents, days=60)
