"""Erlang C (M/M/n): the steady state where nobody hangs up. A queue offered more than it can serve
grows without end; then every caller waits, and no share of them is answered in time.

Source: Gans, Koole, Mandelbaum 2003, "Telephone Call Centers", section 4.1.
"""

from __future__ import annotations

import math

from streams.staffing.load import Load, check_agents


class ErlangC:
    """Steady state of `agents` serving `load`. Shares 0 to 1; times in s, inf where unbounded."""

    p_abandon = 0.0

    def __init__(self, load: Load, agents: int) -> None:
        check_agents(agents)
        erlangs = load.erlangs
        self._spare_rate = (agents - erlangs) / load.handle_s
        self.p_answered = 1.0 if agents else 0.0
        self.occupancy = min(1.0, erlangs / agents) if agents else None
        self.p_wait = _p_wait(erlangs, agents)
        bounded = erlangs < agents
        self.mean_wait_s = self.p_wait / self._spare_rate if bounded else math.inf
        self.asa_s = self.mean_wait_s if agents else None

    def answered_within(self, time_s: float) -> float:
        """Share of callers answered after at most `time_s`."""
        if self._spare_rate <= 0:
            return 0.0
        return 1 - self.p_wait * math.exp(-self._spare_rate * time_s)

    def left_within(self, time_s: float) -> float:
        """Share of callers no longer waiting after `time_s`: here only the answered leave."""
        return self.answered_within(time_s)


def _p_wait(erlangs: float, agents: int) -> float:
    if erlangs >= agents:
        return 1.0
    blocked = 1.0  # Erlang B by its recursion: no factorials, no overflow
    for n in range(1, agents + 1):
        blocked = erlangs * blocked / (n + erlangs * blocked)
    return agents * blocked / (agents - erlangs * (1 - blocked))
