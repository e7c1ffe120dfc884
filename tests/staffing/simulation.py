"""A queue played event by event, with a line and clocks of its own: it shares no code and no way of
thinking with what it judges (no free times, no closed forms).
"""

import heapq
import itertools
import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

ARRIVAL, END, HANG_UP = range(3)
Draw = Callable[[Random, float], float]


def exponential(chance: Random, mean: float) -> float:
    return chance.expovariate(1 / mean)


def lognormal(chance: Random, mean: float) -> float:
    """Talk times as they are measured: spread as wide as their mean, but few very short."""
    sigma = math.sqrt(math.log(2))
    return mean * chance.lognormvariate(-sigma * sigma / 2, sigma)


@dataclass
class Hotline:
    """M/G/n+M, first come first served; times in seconds.

    `arrived` and `handled` (end, length) are when calls came and were done, `left` is (when, wait,
    answered) of every visit that has left the queue.
    """

    calls_per_hour: float
    handle_s: float
    patience_s: float
    agents: int
    seed: int = 0
    draw: Draw = exponential
    now_s: float = 0.0
    busy: int = 0
    arrived: list[float] = field(default_factory=list)
    left: list[tuple[float, float, bool]] = field(default_factory=list)
    handled: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = Random(self.seed)
        self._numbers = itertools.count()
        self._line: deque[int] = deque()
        self._entered: dict[int, float] = {}
        self._events: list[tuple[float, int, float]] = []
        self._plan(exponential(self._chance, 3600 / self.calls_per_hour), ARRIVAL, 0)

    def _plan(self, in_s: float, kind: int, what: float) -> None:
        heapq.heappush(self._events, (self.now_s + in_s, kind, what))

    def play(self, until_s: float) -> None:
        """Let everything happen up to a moment."""
        while self._events[0][0] <= until_s:
            self.now_s, kind, what = heapq.heappop(self._events)
            if kind == ARRIVAL:
                self._arrive()
            elif kind == END:
                self.busy -= 1
                self.handled.append((self.now_s, what))
            elif what in self._entered:
                self._leave(int(what), answered=False)
            self._serve()
        self.now_s = until_s

    def _arrive(self) -> None:
        caller = next(self._numbers)
        self.arrived.append(self.now_s)
        self._entered[caller] = self.now_s
        self._line.append(caller)
        self._plan(exponential(self._chance, self.patience_s), HANG_UP, caller)
        self._plan(exponential(self._chance, 3600 / self.calls_per_hour), ARRIVAL, 0)

    def _serve(self) -> None:
        while self._line and self.busy < self.agents:
            caller = self._line.popleft()
            if caller in self._entered:
                self._leave(caller, answered=True)
                self.busy += 1
                length_s = self.draw(self._chance, self.handle_s)
                self._plan(length_s, END, length_s)

    def _leave(self, caller: int, *, answered: bool) -> None:
        self.left.append((self.now_s, self.now_s - self._entered.pop(caller), answered))

    def waiting_s(self) -> list[float]:
        """How long each in line has waited, the longest first."""
        return [self.now_s - self._entered[one] for one in self._line if one in self._entered]

    def left_between(self, from_s: float, to_s: float) -> Iterator[tuple[float, bool]]:
        """(wait, answered) of those who left in (from, to]."""
        return ((wait_s, good) for at_s, wait_s, good in self.left if from_s < at_s <= to_s)
