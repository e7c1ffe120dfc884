"""How often the 80 % band of a prediction held what then happened, over simulated hours; the table
of docs/staffing.md: `python -m tests.staffing.accuracy 25`, hours per queue.
"""

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from streams.staffing.estimates import busy, demand, waits_s
from streams.staffing.load import Formula
from streams.staffing.predict import HORIZONS_S, predict
from streams.staffing.present import Demand, Estimate, Present
from tests.staffing.simulation import Draw, Hotline, exponential, lognormal
from tests.staffing.tiles import NOW_MS, board, tile_of

FORMULA = Formula()
WARM_UP_S = 3600
# What a day's board still counts.
KEPT_S = 8 * 3600


@dataclass(frozen=True)
class Shop:
    """One kind of queue of the table."""

    calls_per_hour: float
    handle_s: float
    patience_s: float
    agents: int

    def __str__(self) -> str:
        times = f"{self.handle_s:.0f} s, patience {self.patience_s:.0f} s"
        return f"{self.calls_per_hour:.0f} calls/h of {times}, {self.agents} people"


SHOPS = (
    Shop(20, 240, 180, 2),
    Shop(60, 240, 120, 5),
    Shop(120, 240, 120, 8),
    Shop(120, 240, 120, 5),
    Shop(200, 180, 120, 12),
    Shop(200, 180, 300, 10),
    Shop(600, 180, 120, 30),
    Shop(2880, 60, 120, 48),
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
        return self.low <= self.seen <= self.high


def level(visits: Iterator[tuple[float, bool]]) -> float | None:
    """The default definition, counted plainly: answered in time of all but the short abandons."""
    counted = [(wait, good) for wait, good in visits if good or wait > FORMULA.short_abandon_s]
    met = sum(good and wait <= FORMULA.threshold_s for wait, good in counted)
    return met / len(counted) if counted else None


def told(shop: Shop, hotline: Hotline) -> tuple[Present, Demand]:
    """The truth: each wait, and the rates that the simulation draws from."""
    truth = [Estimate(one) for one in (shop.calls_per_hour, shop.handle_s, shop.patience_s)]
    return Present(hotline.waiting_s(), hotline.busy), Demand(*truth)


def read(shop: Shop, hotline: Hotline) -> tuple[Present, Demand]:
    """What the board shows and the estimators make of it."""
    tile = tile_of(hotline)
    found = demand(tile, board(tile)["total"], NOW_MS)
    waits = waits_s(tile["now"], NOW_MS, FORMULA.threshold_s)
    return Present(waits, busy(tile["now"], shop.agents)), found


def outcomes(
    shop: Shop, hours: int, seed: int, *, known: bool, draw: Draw = exponential
) -> list[Outcome]:
    """Predict each half hour from what is seen then; wait; look."""
    hotline = Hotline(shop.calls_per_hour, shop.handle_s, shop.patience_s, shop.agents, seed, draw)
    hotline.play(WARM_UP_S)
    found = []
    for half in range(2 * hours):
        start_s = hotline.now_s
        present, expected = (told if known else read)(shop, hotline)
        predictions = predict(present, expected, shop.agents, FORMULA, seed=half)
        hotline.play(start_s + HORIZONS_S[-1])
        for each in predictions:
            seen = level(hotline.left_between(start_s, start_s + each.horizon_s))
            if None not in (seen, each.ratio, each.low, each.high):
                found.append(Outcome(each.horizon_s, each.ratio, each.low, each.high, seen))  # type: ignore[arg-type]
        forget(hotline)
    return found


def forget(hotline: Hotline) -> None:
    from_s = hotline.now_s - KEPT_S
    hotline.left = [each for each in hotline.left if each[0] > from_s]
    hotline.handled = [each for each in hotline.handled if each[0] > from_s]
    hotline.arrived = [at_s for at_s in hotline.arrived if at_s > from_s]


def share(found: Sequence[Outcome], horizon_s: float) -> float:
    """Share of the outcomes at a horizon that fell inside their band."""
    there = [each.held for each in found if each.horizon_s == horizon_s]
    return sum(there) / len(there)


def row(name: str, found: Sequence[Outcome]) -> str:
    shares = [f"{share(found, horizon_s):.0%}" for horizon_s in HORIZONS_S]
    width = math.fsum(each.high - each.low for each in found) / len(found)
    error = math.fsum(abs(each.seen - each.predicted) for each in found) / len(found)
    points = f"{100 * width:.0f} | {100 * error:.0f}"
    return f"| {name} | {' | '.join(shares)} | {points} |"


def lines(hours: int) -> Iterator[str]:
    """The table, as Markdown."""
    yield "| queue | 15 min | 30 min | width of the band | mean error |"
    yield "|---|---|---|---|---|"
    for name, known, draw in (
        ("rates known", True, exponential),
        ("rates from the board", False, exponential),
        ("rates from the board, talk times lognormal", False, lognormal),
    ):
        every: list[Outcome] = []
        for place, shop in enumerate(SHOPS):
            found = outcomes(shop, hours, place, known=known, draw=draw)
            every += found
            yield row(f"{name}: {shop}", found)
        yield row(f"**{name}: all**", every)


if __name__ == "__main__":
    for line in lines(int(sys.argv[1])):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
