"""A queue at this moment: who waits and for how long, who is busy, and what is expected to come.

It refuses to know a board; `board` reads one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from streams.staffing.load import HOUR_S, Load


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean, and how many observations it rests on: inf where it is known."""

    value: float
    count: float = math.inf

    def drawn(self, chance: Random) -> float:
        """One believable true value: the mean of as many exponential times, seen from behind."""
        if not 0 < self.count < math.inf:
            return self.value
        return self.value * chance.gammavariate(self.count, 1 / self.count)


@dataclass(frozen=True, slots=True)
class Demand:
    """A queue's load, each figure with what it rests on. `patience_s` may be inf."""

    calls_per_hour: Estimate
    handle_s: Estimate
    patience_s: Estimate

    @property
    def load(self) -> Load:
        """The load at the estimates themselves."""
        return Load(self.calls_per_hour.value, self.handle_s.value, self.patience_s.value)

    def drawn(self, chance: Random) -> tuple[float, float, float]:
        """Believable rates per second: arriving, ending a call, hanging up."""
        ending, leaving = 1 / self.handle_s.value, 1 / self.patience_s.value
        return (
            self.calls_per_hour.drawn(chance) / HOUR_S,
            Estimate(ending, self.handle_s.count).drawn(chance),
            Estimate(leaving, self.patience_s.count).drawn(chance),
        )


@dataclass(frozen=True, slots=True)
class Present:
    """Waits so far of those in line (s), and how many people are busy."""

    waiting_s: Sequence[float] = ()
    busy: int = 0
