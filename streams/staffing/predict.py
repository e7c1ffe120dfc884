"""The next minutes from the present state: the queue played forward many times, each time with
rates as they may truly be, and the queue's own service level read off every time.

First come, first served, as exact as its assumptions (docs/staffing.md): arrivals are Poisson,
handle times and patience exponential. The same seed gives the same prediction.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from streams.staffing.load import Formula, check_agents
from streams.staffing.present import Demand, Present

HORIZONS_S = (15 * 60, 30 * 60)
BAND_RATIO = 0.8
RUNS = 400
# Large queues vary less: fewer runs do, and the time stays below a second.
CALLS_PLAYED_MAX = 400_000
RUNS_MIN = 100

# (when it left the queue, how long it had waited, was it answered)
Visit = tuple[float, float, bool]


@dataclass(frozen=True, slots=True)
class Prediction:
    """Service level of the visits that will leave the queue within `horizon_s`.

    `ratio` is the mean, `low` to `high` hold it four times in five; all None where no visit is
    expected to count. `visits` is the mean number that count.
    """

    horizon_s: float
    ratio: float | None
    low: float | None
    high: float | None
    visits: float


def predict(  # noqa: PLR0913 - a queue, its people, its formula, and how it is played
    present: Present,
    demand: Demand,
    agents: int,
    formula: Formula,
    *,
    horizons_s: Sequence[float] = HORIZONS_S,
    seed: int = 0,
    runs: int | None = None,
) -> list[Prediction]:
    """One prediction per horizon."""
    check_agents(agents)
    chance = Random(seed)
    last_s = max(horizons_s)
    if runs is None:
        calls = len(present.waiting_s) + agents + demand.load.arrival_rate * last_s
        runs = max(RUNS_MIN, min(RUNS, int(CALLS_PLAYED_MAX / (calls + 1))))
    seen: list[list[tuple[int, int]]] = [[] for _ in horizons_s]
    for _ in range(runs):
        visits = list(_played(present, demand.drawn(chance), agents, last_s, chance))
        for counts, horizon_s in zip(seen, horizons_s, strict=True):
            counts.append(_counted(visits, horizon_s, formula))
    return [_summed(h, counts) for h, counts in zip(horizons_s, seen, strict=True)]


def _played(
    present: Present,
    rates: tuple[float, float, float],
    agents: int,
    last_s: float,
    chance: Random,
) -> Iterator[Visit]:
    """One possible future: every visit that waits now or arrives until `last_s`."""
    arriving, ending, leaving = rates
    draw = chance.expovariate
    free_s = _free_times(present.busy, agents, ending, chance)
    for waited_s in sorted(present.waiting_s, reverse=True):
        stays_s, start_s = draw(leaving) if leaving else math.inf, free_s[0]
        if stays_s < start_s:
            yield stays_s, waited_s + stays_s, False
        else:
            yield start_s, waited_s + start_s, True
            heapq.heapreplace(free_s, start_s + draw(ending))
    now_s = draw(arriving) if arriving else math.inf
    while now_s <= last_s:
        start_s = free_s[0]
        if start_s <= now_s:
            yield now_s, 0.0, True
            heapq.heapreplace(free_s, now_s + draw(ending))
        else:
            wait_s, stays_s = start_s - now_s, draw(leaving) if leaving else math.inf
            if stays_s < wait_s:
                yield now_s + stays_s, stays_s, False
            else:
                yield start_s, wait_s, True
                heapq.heapreplace(free_s, start_s + draw(ending))
        now_s += draw(arriving)


def _free_times(busy: int, agents: int, ending: float, chance: Random) -> list[float]:
    """When each person is next free, as a heap; those too many go home after their call."""
    ends_s = sorted(chance.expovariate(ending) for _ in range(busy))
    free_s = [0.0] * (agents - busy) + ends_s[max(0, busy - agents) :]
    return free_s or [math.inf]


def _counted(visits: Sequence[Visit], horizon_s: float, formula: Formula) -> tuple[int, int]:
    """(met, eligible) as the board counts them, by the moment of leaving."""
    met = eligible = 0
    for left_s, wait_s, answered in visits:
        if left_s > horizon_s:
            continue
        if answered:
            eligible += 1
            met += wait_s <= formula.threshold_s
        elif wait_s <= formula.short_abandon_s:
            eligible += formula.credit_short_abandons
            met += formula.credit_short_abandons
        else:
            eligible += formula.include_abandons
    return met, eligible


def _summed(horizon_s: float, counts: Sequence[tuple[int, int]]) -> Prediction:
    ratios = sorted(met / eligible for met, eligible in counts if eligible)
    visits = math.fsum(eligible for _, eligible in counts) / len(counts)
    if 2 * len(ratios) < len(counts):
        return Prediction(horizon_s, None, None, None, visits)
    low, high = shortest_band(ratios, BAND_RATIO)
    return Prediction(horizon_s, math.fsum(ratios) / len(ratios), low, high, visits)


def shortest_band(ordered: Sequence[float], share: float) -> tuple[float, float]:
    """The narrowest interval that holds this share of the values.

    Not the middle share: where most runs end at 100 %, that would leave out nobody at the top, and
    the band would hold far more than it says.
    """
    wanted = math.ceil(share * len(ordered))
    firsts = range(len(ordered) - wanted + 1)
    first = min(firsts, key=lambda place: ordered[place + wanted - 1] - ordered[place])
    return ordered[first], ordered[first + wanted - 1]
