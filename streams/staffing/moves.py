"""Whom to move: every 'n from A to B' that helps the worse off more than it hurts, best first.

A move is good when the queue furthest from its goal comes nearer to it; what a queue has above its
objective counts for nothing. The figures are the steady state's, so the advice is about the
next hours and does not follow the noise of a minute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from streams.staffing.load import Goal, Load
from streams.staffing.performance import service_level, steady_state

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Staffed:
    """A queue with its people. `pools`: people move only between queues that share one."""

    key: Key
    load: Load
    goal: Goal
    agents: int
    pools: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Calm:
    """What keeps advice from flapping.

    `gain_ratio`: how much nearer to its goal the worse off must come. `dwell_s`: for so long
    after a move its people stay, and nobody is taken from where they went or added where they left.
    """

    gain_ratio: float = 0.02
    dwell_s: float = 30 * 60


@dataclass(frozen=True, slots=True)
class Moved:
    """A move that was made, `age_s` ago."""

    giver: Key
    taker: Key
    age_s: float


@dataclass(frozen=True, slots=True)
class Figures:
    """One queue at a number of people: the steady state. None where no caller counts."""

    agents: int
    service_level: float | None
    occupancy: float | None
    mean_wait_s: float


@dataclass(frozen=True, slots=True)
class Move:
    """`agents` from `giver` to `taker`, with both before and after.

    `gain_ratio`: how much nearer the worse off of the two comes to its goal.
    """

    giver: Key
    taker: Key
    agents: int
    gain_ratio: float
    giver_before: Figures
    giver_after: Figures
    taker_before: Figures
    taker_after: Figures


@lru_cache(maxsize=10_000)
def figures(load: Load, goal: Goal, agents: int) -> Figures:
    """The steady state of one queue with so many people."""
    system = steady_state(load, agents)
    level = service_level(system, goal.formula)
    return Figures(agents, level, system.occupancy, system.mean_wait_s)


CALM = Calm()


def shortfall(queue: Staffed, agents: int) -> float:
    """How far so many people leave a queue from its goal, as a ratio; 0 where it is met or idle.

    Below the objective or above the occupancy limit, whichever is further.
    """
    if not queue.load.calls_per_hour:
        return 0.0
    found = figures(queue.load, queue.goal, agents)
    below = queue.goal.objective_ratio - (found.service_level or 0.0)
    return max(0.0, below, _excess(queue.goal, found))


def _excess(goal: Goal, found: Figures) -> float:
    if goal.occupancy_limit is None:
        return 0.0
    return (1.0 if found.occupancy is None else found.occupancy) - goal.occupancy_limit


def best_moves(
    queues: Sequence[Staffed], calm: Calm = CALM, recent: Sequence[Moved] = ()
) -> list[Move]:
    """Every admissible move, the best first; none where every goal is met."""
    now = {queue.key: shortfall(queue, queue.agents) for queue in queues}
    rested = _rested(calm, recent)
    found = [
        _move(giver, taker, agents, now)
        for giver in queues
        for taker in queues
        if giver.pools & taker.pools and giver is not taker and now[taker.key]
        if giver.key not in rested.takers and taker.key not in rested.givers
        for agents in _numbers(giver, taker)
    ]
    helping = [(after, move) for after, move in found if move.gain_ratio >= calm.gain_ratio]
    return [move for _, move in sorted(helping, key=lambda each: (each[0], each[1].agents))]


@dataclass(frozen=True, slots=True)
class _Rested:
    givers: frozenset[Key]
    takers: frozenset[Key]


def _rested(calm: Calm, recent: Sequence[Moved]) -> _Rested:
    fresh = [moved for moved in recent if moved.age_s < calm.dwell_s]
    return _Rested(
        frozenset(moved.giver for moved in fresh), frozenset(moved.taker for moved in fresh)
    )


def _numbers(giver: Staffed, taker: Staffed) -> Iterator[int]:
    """How many can go: the giver keeps its minimum and is not made busier than its limit.

    More than the taker needs would only hurt.
    """
    for agents in range(1, giver.agents - giver.goal.minimum_agents + 1):
        left = giver.agents - agents
        if giver.load.calls_per_hour and _excess(giver.goal, _at(giver, left)) > 0:
            return
        yield agents
        if not shortfall(taker, taker.agents + agents):
            return


def _at(queue: Staffed, agents: int) -> Figures:
    return figures(queue.load, queue.goal, agents)


def _move(
    giver: Staffed, taker: Staffed, agents: int, now: Mapping[Key, float]
) -> tuple[list[float], Move]:
    """(all shortfalls after it, the worst first; the move)."""
    left, more = giver.agents - agents, taker.agents + agents
    after = {giver.key: shortfall(giver, left), taker.key: shortfall(taker, more)}
    gain = max(now[giver.key], now[taker.key]) - max(after.values())
    move = Move(
        giver.key,
        taker.key,
        agents,
        gain,
        _at(giver, giver.agents),
        _at(giver, left),
        _at(taker, taker.agents),
        _at(taker, more),
    )
    return sorted({**now, **after}.values(), reverse=True), move
