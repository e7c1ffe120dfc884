import math
from random import Random
from statistics import fmean, pstdev

import pytest

from streams.staffing.load import Load
from streams.staffing.present import Demand, Estimate


def test_what_is_known_is_not_doubted() -> None:
    assert Estimate(12.0).drawn(Random(1)) == 12.0
    assert Estimate(0.0, 0).drawn(Random(1)) == 0.0


@pytest.mark.parametrize("count", [4, 100])
def test_what_rests_on_few_is_doubted(count: float) -> None:
    # The mean of `count` exponential times varies by 1 / sqrt(count) of itself.
    chance = Random(1)
    drawn = [Estimate(12.0, count).drawn(chance) for _ in range(20_000)]
    assert fmean(drawn) == pytest.approx(12, rel=0.02)
    assert pstdev(drawn) == pytest.approx(12 / math.sqrt(count), rel=0.05)


def test_rates_are_per_second() -> None:
    demand = Demand(Estimate(7200), Estimate(60), Estimate(math.inf))
    assert demand.drawn(Random(1)) == (2, 1 / 60, 0)
    assert demand.load == Load(7200, 60, math.inf)
