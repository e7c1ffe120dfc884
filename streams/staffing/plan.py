"""A board's present state into advice: people needed and there, the next half hour, moves.

It refuses to know how the board was fetched and how the plan is shown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from streams.staffing.estimates import busy, demand, known, waits_s
from streams.staffing.load import Goal, check_agents
from streams.staffing.moves import CALM, Calm, Key, Move, Moved, Staffed, best_moves, figures
from streams.staffing.predict import predict
from streams.staffing.present import Demand, Present
from streams.staffing.required import expected_wait_s, required_agents

# Further back in the line nobody is told a time.
POSITIONS_MAX = 20
# Further down the list nobody reads.
MOVES_MAX = 5

Json = dict[str, Any]


GOAL = Goal()


@dataclass(frozen=True, slots=True)
class Desk:
    """What the board does not show of a queue: its goal, its people (None: unknown), its pools."""

    goal: Goal = GOAL
    agents: int | None = None
    agents_from: str | None = None
    pools: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.agents is not None:
            check_agents(self.agents)


@dataclass(frozen=True, slots=True)
class _Queue:
    """One queue of the plan: its tile, what is expected of it, its desk."""

    key: Key
    tile: Mapping[str, Any]
    demand: Demand
    desk: Desk
    waiting_s: Sequence[float]

    def predicted(self, agents: int) -> Json:
        """{"15m": …, "30m": …}: the board's own rolling windows, as they will stand then."""
        there = self.desk.agents or 0
        present = Present(self.waiting_s, busy(self.tile["now"], there))
        found = predict(present, self.demand, agents, self.desk.goal.formula)
        return {
            f"{each.horizon_s / 60:.0f}m": {
                "ratio": each.ratio,
                "low": each.low,
                "high": each.high,
                "visits": each.visits,
            }
            for each in found
        }

    def expected_waits_s(self, agents: int) -> list[float | None]:
        """By position in line, the last of them the next caller's; 0 while somebody is free."""
        if busy(self.tile["now"], agents) < agents:
            return [0.0]
        places = range(1, min(len(self.waiting_s) + 1, POSITIONS_MAX) + 1)
        return [expected_wait_s(self.demand.load, agents, place) for place in places]


def plan(
    board: Mapping[str, Any],
    desks: Mapping[Key, Desk],
    calm: Calm = CALM,
    recent: Sequence[Moved] = (),
) -> Json:
    """The object of `hotline staffing plan --json`: the queues in `desks`, pools, moves.

    `board` is that of `/api/v1/board`; KeyError or TypeError where it is not.
    """
    now_ms = board["now_ms"]
    queues = [
        _queue(tile, board["total"], now_ms, desks[key])
        for tile in board["queues"]
        if (key := (tile["site"], tile["queue"])) in desks
    ]
    needed = {queue.key: required_agents(queue.demand.load, queue.desk.goal) for queue in queues}
    moves, why_none = _moves(queues, calm, recent)
    return {
        "now_ms": now_ms,
        "data_age_s": max(0, board.get("served_ms", now_ms) - now_ms) / 1000,
        "stale_after_s": board["stale_after_s"],
        "queues": [_advice(queue, needed[queue.key]) for queue in queues],
        "pools": _pools(queues, needed),
        "moves": moves,
        "no_moves_because": why_none,
    }


def _queue(tile: Mapping[str, Any], total: Mapping[str, Any], now_ms: int, desk: Desk) -> _Queue:
    waiting_s = waits_s(tile["now"], now_ms, desk.goal.formula.threshold_s)
    key = (tile["site"], tile["queue"])
    return _Queue(key, tile, demand(tile, total, now_ms), desk, waiting_s)


def _advice(queue: _Queue, needed: int) -> Json:
    desk, tile, load = queue.desk, queue.tile, queue.demand.load
    advice: Json = {
        "site": queue.key[0],
        "queue": queue.key[1],
        "definition": asdict(desk.goal.formula),
        "objective_ratio": desk.goal.objective_ratio,
        "estimates": known(queue.demand),
        "waiting": tile["now"]["waiting"],
        "talking": tile["now"]["talking"],
        "required": needed,
        "agents": desk.agents,
        "agents_from": desk.agents_from,
        "gap": None if desk.agents is None else desk.agents - needed,
        "pools": sorted(desk.pools),
        "steady": None,
        "predicted": None,
        "expected_wait_s": None,
    }
    if desk.agents is None:
        return advice
    return {
        **advice,
        "steady": _steady(asdict(figures(load, desk.goal, desk.agents))),
        "predicted": queue.predicted(desk.agents),
        "expected_wait_s": queue.expected_waits_s(desk.agents),
    }


def _steady(found: Json) -> Json:
    wait_s = found["mean_wait_s"]
    return {**found, "mean_wait_s": None if math.isinf(wait_s) else wait_s}


def _pools(queues: Sequence[_Queue], needed: Mapping[Key, int]) -> list[Json]:
    """Need and people side by side for those who share people."""
    pools = []
    for name in sorted({name for queue in queues for name in queue.desk.pools}):
        members = [queue for queue in queues if name in queue.desk.pools]
        there = [queue.desk.agents for queue in members if queue.desk.agents is not None]
        required, complete = sum(needed[each.key] for each in members), len(there) == len(members)
        pools.append(
            {
                "pool": name,
                "queues": ["/".join(each.key) for each in members],
                "required": required,
                "agents": sum(there) if complete else None,
                "gap": sum(there) - required if complete else None,
            }
        )
    return pools


def _moves(
    queues: Sequence[_Queue], calm: Calm, recent: Sequence[Moved]
) -> tuple[list[Json], str | None]:
    staffed = [
        Staffed(each.key, each.demand.load, each.desk.goal, each.desk.agents, each.desk.pools)
        for each in queues
        if each.desk.agents is not None
    ]
    found = best_moves(staffed, calm, recent)[:MOVES_MAX]
    by_key = {queue.key: queue for queue in queues}
    if found:
        return [_shown(move, by_key, first=not place) for place, move in enumerate(found)], None
    return [], _why_none(staffed)


def _why_none(staffed: Sequence[Staffed]) -> str:
    if len(staffed) < 2:  # noqa: PLR2004 - a giver and a taker
        return "people are known of fewer than two queues"
    if not any(a.pools & b.pools for a in staffed for b in staffed if a is not b):
        return "no two of these queues share a pool"
    return "no move within the limits brings the worse off nearer to its goal"


def _shown(move: Move, queues: Mapping[Key, _Queue], *, first: bool) -> Json:
    """A move as JSON; the next half hour is played for the best one only."""
    sides = {}
    for side, key, before, after in (
        ("from", move.giver, move.giver_before, move.giver_after),
        ("to", move.taker, move.taker_before, move.taker_after),
    ):
        sides[side] = {
            "site": key[0],
            "queue": key[1],
            "before": _steady(asdict(before)),
            "after": _steady(asdict(after)),
            "predicted": queues[key].predicted(after.agents) if first else None,
        }
    return {"agents": move.agents, "gain_ratio": move.gain_ratio, **sides}
