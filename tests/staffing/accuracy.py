"""How often the 80 % band of a prediction held what then happened, over simulated hours; the table
of docs/staffing.md: `python -m tests.staffing.accuracy`.
"""

import math
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from streams.staffing.load import Formula
from streams.staffing.predict import HORIZONS_S, predict
from streams.staffing.present import Demand, Estimate, Present
from tests.staffing.simulation import Hotline

EXPONENTIAL = "exponential"
LOGNORMAL = "lognormal"
WARM_UP_S = 3600


@dataclass(frozen=True)
class Shop:
    """One kind of queue of the table."""

    name: str
    calls_per_hour: float
    handle_s: float
    patience_s: float
    agents: int


SHOPS = (
    Shop("20 an hour, 2 people", 20, 240, 180, 2),
    Shop("60 an hour, 5 people", 60, 240, 120, 5),
    Shop("120 an hour, 8 people", 120, 240, 120, 8),
    Shop("120 an hour, 5 people (overload)", 120, 240, 120, 5),
    Shop("200 an hour, 12 people", 200, 180, 120, 12),
    Shop("200 an hour, 10 people", 200, 180, 300, 10),
    Shop("600 an hour, 30 people", 600, 180, 120, 30),
    Shop("2880 an hour, 48 people", 2880, 60, 120, 48),
)


@dataclass(frozen=True)
class Outcome:
    horizon_s: float
    predicted: float
    low: float
    high: float
    seen: float

    @property
    def held(self) -> bool:
        return self.low - 1e-12 <= self.seen <= self.high + 1e-12


def lognormal(chance: Random, mean: float) -> float:
    """Talk times as they are measured: spread as wide as their mean, but few very short."""
    sigma = math.sqrt(math.log(2))
    return mean * chance.lognormvariate(-sigma * sigma / 2, sigma)


def level(visits: Iterator[tuple[float, bool]], formula: Formula) -> float | None:
    """The default definition, counted plainly: answered in time of all but the short abandons."""
    counted = [(wait, answered) for wait, answered in visits if answered or wait > formula.short_abandon_s]
    met = sum(answered and wait <= formula.threshold_s for wait, answered in counted)
    return met / len(counted) if counted else None


def outcomes(shop: Shop, hours: int, seed: int, *, known: bool, handle: str = EXPONENTIAL) -> list[Outcome]:
    """Predict each half hour from what is seen then; wait; look."""
    formula, found = Formula(), []
    drawing: dict[str, Callable[[Random, float], float]] = {} if handle == EXPONENTIAL else {"handle": lognormal}
    hotline = Hotline(shop.calls_per_hour, shop.handle_s, shop.patience_s, shop.agents, seed, **drawing)
    hotline.play(WARM_UP_S)
    for half in range(2 * hours):
        start_s = WARM_UP_S + half * HORIZONS_S[-1]
        present = Present(hotline.waiting_s(), hotline.busy)
        demand = truth(shop) if known else seen(shop, hotline)
        predictions = predict(present, demand, shop.agents, formula, seed=seed + half)
        hotline.play(start_s + HORIZONS_S[-1])
        for each in predictions:
            ratio = level(hotline.left_between(start_s, start_s + each.horizon_s), formula)
            if ratio is not None and each.ratio is not None:
                assert each.low is not None
                assert each.high is not None
                found.append(Outcome(each.horizon_s, each.ratio, each.low, each.high, ratio))
        del hotline.left[: -20_000]
    return found


def truth(shop: Shop) -> Demand:
    return Demand(Estimate(shop.calls_per_hour), Estimate(shop.handle_s), Estimate(shop.patience_s))


def seen(shop: Shop, hotline: Hotline) -> Demand:
    """What the hour before shows; the handle time is that of the shop, known from as many calls."""
    hour = list(hotline.left_between(hotline.now_s - 3600, hotline.now_s))
    answered = sum(1 for _, one in hour if one)
    abandoned = len(hour) - answered
    waited_s = math.fsum(wait for wait, _ in hour)
    return Demand(
        Estimate(max(1, len(hour)), max(1, len(hour))),
        Estimate(shop.handle_s, max(1, answered)),
        Estimate((waited_s + 600) / (abandoned + 2), abandoned + 2),
    )


def share(found: Sequence[Outcome]) -> float:
    return sum(each.held for each in found) / len(found)


def main(hours: int) -> None:
    """Print the table."""
    print("| queue | 15 min | 30 min | mean width | mean error |")
    everything: dict[str, list[Outcome]] = {}
    for name, known, handle in (("known",True,EXPONENTIAL),("estimated",False,EXPONENTIAL),("lognormal",False,LOGNORMAL)):
        for place, shop in enumerate(SHOPS):
            found = outcomes(shop, hours, 1000 * place, known=known, handle=handle)
            everything.setdefault(name, []).extend(found)
            row(name + " " + shop.name, found)
        row(name, everything[name])


def row(name: str, found: Sequence[Outcome]) -> None:
    shares = [share([each for each in found if each.horizon_s == h]) for h in HORIZONS_S]
    width = math.fsum(each.high - each.low for each in found) / len(found)
    error = math.fsum(abs(each.seen - each.predicted) for each in found) / len(found)
    print(f"| {name} | {shares[0]:.1%} | {shares[1]:.1%} | {width:.3f} | {error:.3f} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 25)
