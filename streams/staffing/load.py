"""What a queue is asked to carry, and what it is held to: the two arguments of all that follows.

It refuses to know where the numbers come from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

from streams.core.targets import ServiceLevel

HOUR_S = 3600
# Nothing larger is a hotline; it bounds the time that a mistyped number takes.
AGENTS_MAX = 100_000
CALLS_PER_HOUR_MAX = 10_000_000


@dataclass(frozen=True, slots=True)
class Load:
    """Calls per hour, mean handle time and mean patience in seconds; infinite: nobody hangs up.

    ValueError, naming the field, for what no queue can have.
    """

    calls_per_hour: float
    handle_s: float
    patience_s: float = math.inf

    def __post_init__(self) -> None:
        if not 0 <= self.calls_per_hour <= CALLS_PER_HOUR_MAX:
            raise ValueError(
                f"calls_per_hour {self.calls_per_hour}: expected 0 to {CALLS_PER_HOUR_MAX}"
            )
        if not 0 < self.handle_s < math.inf:
            raise ValueError(f"handle_s {self.handle_s}: expected seconds above 0")
        if not self.patience_s > 0:
            raise ValueError(f"patience_s {self.patience_s}: expected seconds above 0")

    @property
    def arrival_rate(self) -> float:
        """Calls per second."""
        return self.calls_per_hour / HOUR_S

    @property
    def erlangs(self) -> float:
        """Offered load: calls per handle time."""
        return self.arrival_rate * self.handle_s


@dataclass(frozen=True, slots=True)
class Formula:
    """The service-level family SL(T; s, credit, incl): `core.targets.ServiceLevel`, any times."""

    threshold_s: float = 20
    short_abandon_s: float = 5
    credit_short_abandons: bool = False
    include_abandons: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.short_abandon_s <= self.threshold_s < math.inf:
            raise ValueError(
                f"threshold_s {self.threshold_s}, short_abandon_s {self.short_abandon_s}: "
                "expected 0 <= short_abandon_s <= threshold_s"
            )

    @classmethod
    def of(cls, definition: ServiceLevel) -> Self:
        """The queue's own definition."""
        return cls(
            definition.threshold_s,
            definition.short_abandon_s,
            definition.credit_short_abandons,
            definition.include_abandons,
        )


@dataclass(frozen=True, slots=True)
class Goal:
    """What a queue is held to: a service level, at most this busy, never fewer people than these.

    `occupancy_limit` is a ratio; None where people may be busy all the time.
    """

    formula: Formula = Formula()
    objective_ratio: float = 0.8
    occupancy_limit: float | None = None
    minimum_agents: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.objective_ratio <= 1:
            raise ValueError(f"objective_ratio {self.objective_ratio}: expected above 0, at most 1")
        if self.occupancy_limit is not None and not 0 < self.occupancy_limit <= 1:
            raise ValueError(f"occupancy_limit {self.occupancy_limit}: expected above 0, at most 1")
        if not 0 <= self.minimum_agents <= AGENTS_MAX:
            raise ValueError(f"minimum_agents {self.minimum_agents}: expected 0 to {AGENTS_MAX}")


def check_agents(agents: int) -> None:
    """ValueError unless this can be a number of people."""
    if not 0 <= agents <= AGENTS_MAX:
        raise ValueError(f"agents {agents}: expected 0 to {AGENTS_MAX}")
