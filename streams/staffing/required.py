"""How many people a goal needs, by the steady state and the queue's own definition."""

from __future__ import annotations

import math

from streams.staffing.load import AGENTS_MAX, Goal, Load
from streams.staffing.performance import service_level, steady_state

# An objective of 1 is met when no float can tell the difference.
_ROUNDING = 1e-12


def meets(load: Load, agents: int, goal: Goal) -> bool:
    """Tell whether so many people reach the service level without being too busy."""
    if agents < goal.minimum_agents:
        return False
    if not load.calls_per_hour:
        return True
    if not agents:  # a formula that counts only short abandons would call that a success
        return False
    system = steady_state(load, agents)
    level = service_level(system, goal.formula)
    if level is None or level < goal.objective_ratio - _ROUNDING:
        return False
    limit = goal.occupancy_limit
    return limit is None or (system.occupancy is not None and system.occupancy <= limit)


def required_agents(load: Load, goal: Goal) -> int:
    """The fewest people that reach the goal; ValueError where AGENTS_MAX would not."""
    low, high = goal.minimum_agents, max(goal.minimum_agents, math.ceil(load.erlangs), 1)
    while high > AGENTS_MAX or not meets(load, high, goal):
        if high >= AGENTS_MAX:
            raise ValueError(f"{load.erlangs:.0f} erlangs: expected a load for {AGENTS_MAX} agents")
        low, high = high + 1, min(2 * high, AGENTS_MAX)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if meets(load, middle, goal) else (middle + 1, high)
    return low


def expected_wait_s(load: Load, agents: int, position: int) -> float | None:
    """Mean wait ahead of the caller at this place of the line (1 is next), all agents busy.

    Of a caller who stays; those before may hang up. None without agents: nobody would ever answer.
    """
    if not agents:
        return None
    serving, leaving = agents / load.handle_s, 1 / load.patience_s
    return math.fsum(1 / (serving + before * leaving) for before in range(position))
