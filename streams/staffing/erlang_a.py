"""Erlang A (M/M/n+M): the steady state where callers hang up when their patience ends; exact.

Who finds j callers waiting and all agents busy has an offered wait V with exp(-theta V) distributed
as Beta(n mu / theta, j + 1); with integer second parameters the incomplete beta function is a sum
of positive terms, so nothing cancels. Source: Mandelbaum, Zeltyn 2007, "Service Engineering in
Action: The Palm/Erlang-A Queue"; the sums are written out in docs/staffing.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import accumulate

from streams.staffing.load import Load, check_agents

# States rarer than this beside the commonest are left out: far below a float's last digit.
_NEGLIGIBLE = math.exp(-60)
# A chain longer than this takes seconds; only a patience of weeks makes one.
STATES_MAX = 1_000_000


class ErlangA:
    """Steady state of `agents` serving `load`, its patience finite. Shares 0 to 1, times in s.

    `occupancy` is None without agents, `asa_s` where nobody is ever answered. ValueError where the
    chain would have more than STATES_MAX states.
    """

    def __init__(self, load: Load, agents: int) -> None:
        check_agents(agents)
        self._leaving = 1 / load.patience_s
        self._serving = agents / load.handle_s
        lowest, shares = _stationary(load, agents)
        idle = max(0, agents - lowest)
        self._p_free = math.fsum(shares[:idle])
        # Share of callers that make the line this long, themselves included; from `_shortest` on.
        self._shortest, self._found = max(0, lowest - agents) + 1, shares[idle:]
        self.p_wait = math.fsum(self._found)
        self.mean_wait_s = math.fsum(
            share * length / self._drain(length) for length, share in self._lines()
        )
        self.p_abandon = min(1.0, self._leaving * self.mean_wait_s)
        self.p_answered = math.fsum([self._p_free, *self._served()])
        self.asa_s = self._asa_s()
        busy = load.arrival_rate * self.p_answered
        self.occupancy = min(1.0, busy / self._serving) if agents else None

    def _lines(self) -> Iterator[tuple[int, float]]:
        return enumerate(self._found, self._shortest)

    def _drain(self, length: int) -> float:
        return self._serving + length * self._leaving

    def _served(self) -> list[float]:
        """Share of callers that make the line this long and are answered."""
        return [share * self._serving / self._drain(length) for length, share in self._lines()]

    def _asa_s(self) -> float | None:
        if not self._serving:
            return None
        end = self._shortest + len(self._found)
        waits_s = list(accumulate(1 / self._drain(length) for length in range(1, end)))
        served = zip(self._served(), waits_s[self._shortest - 1 :], strict=True)
        return math.fsum(share * wait_s for share, wait_s in served) / self.p_answered

    def answered_within(self, time_s: float) -> float:
        """Share of callers answered after at most `time_s`."""
        late = self._late(self._serving + self._leaving, time_s)
        served = zip(self._served(), late, strict=True)
        return self._p_free + math.fsum(share * (1 - beyond) for share, beyond in served)

    def left_within(self, time_s: float) -> float:
        """Share of callers no longer waiting after `time_s`, answered or not."""
        waiting = zip(self._found, self._late(self._serving, time_s), strict=True)
        stayed = math.exp(-self._leaving * time_s)
        return self._p_free + math.fsum(share * (1 - stayed * late) for share, late in waiting)

    def _late(self, rate: float, time_s: float) -> list[float]:
        """I_x(rate / theta, length) per length, x = exp(-theta time): a negative binomial sum."""
        spread_s = -math.expm1(-self._leaving * time_s) / self._leaving
        log_term, total, sums = -rate * time_s, 0.0, []
        for length in range(1, self._shortest + len(self._found)):
            total += math.exp(log_term)
            if length >= self._shortest:
                sums.append(min(1.0, total))
            factor = (rate + (length - 1) * self._leaving) * spread_s / length
            log_term += math.log(factor) if factor else -math.inf
        return sums


def _stationary(load: Load, agents: int) -> tuple[int, list[float]]:
    """(first state, shares from it on): the birth-death chain, walked outwards from its peak."""
    arriving, mu, theta = load.arrival_rate, 1 / load.handle_s, 1 / load.patience_s

    def ending(n: int) -> float:
        return min(n, agents) * mu + max(n - agents, 0) * theta

    if arriving < agents * mu:
        peak = int(load.erlangs)
    else:
        peak = agents + int((arriving - agents * mu) * load.patience_s)
    if peak > STATES_MAX:
        raise ValueError(_too_long(load))
    above = _walk(arriving / ending(n) for n in range(peak + 1, peak + STATES_MAX))
    if len(above) == STATES_MAX - 1:
        raise ValueError(_too_long(load))
    below = _walk(ending(n) / arriving if arriving else 0.0 for n in range(peak, 0, -1))
    shares = [*reversed(below), 1.0, *above]
    whole = math.fsum(shares)
    return peak - len(below), [share / whole for share in shares]


def _too_long(load: Load) -> str:
    return f"patience_s {load.patience_s}: expected less for so high a load and so few agents"


def _walk(ratios: Iterator[float]) -> list[float]:
    shares, share = [], 1.0
    for ratio in ratios:
        share *= ratio
        if share < _NEGLIGIBLE:
            break
        shares.append(share)
    return shares
