"""Callers and lines of one day: how a call enters, waits, is answered, passed on and given up.

Each step is told as an event and noted in the ledger at once. How many people there are is
`people`'s, what is drawn is `chance`'s.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from random import Random

from streams.simulator import chance
from streams.simulator.clockwork import Clockwork
from streams.simulator.ledger import CallVisit, Ledger
from streams.simulator.people import Agent, People
from streams.simulator.profile import CallQueue
from streams.simulator.telling import Teller

# A call that has seen so many queues is passed on no more, and who has tried so often gives up.
VISITS_MAX = 4
TRIES_MAX = 5
# Shorter is no conversation, and no ring that anybody hears.
_TALK_MIN_S = 1.0
_RING_MIN_S = 0.5
# An unanswered phone rings for so long, and its owner is away for a while.
MISSED_RING_S = 15.0
AWAY_S = 60.0
# Nobody redials at once; asking an expert takes some time, and so does what a caller waits for.
_REDIAL_MIN_S = 3.0
_CONSULT_S = 25.0
_HOLD_S = 30.0


@dataclass(slots=True)
class Caller:
    """One call; `first` names the caller's first try, `queue` is where it goes in."""

    first: str
    contact: str
    customer: str
    source: str
    queue: str
    chance: Random
    tries: int = 1
    visits: int = 0


@dataclass(slots=True, eq=False)
class _Stay:
    """A caller in a line, or past it: `agent` is who it rings at."""

    caller: Caller
    visit: CallVisit
    order: tuple[int, int]
    agent: Agent | None = None
    rings: int = 0


@dataclass(slots=True)
class Floor:
    """All lines. Callers come by `arrive`; the rest follows on the clock."""

    queues: Mapping[str, CallQueue]
    clock: Clockwork
    teller: Teller
    ledger: Ledger
    people: People = field(init=False)
    _lines: dict[str, OrderedDict[tuple[int, int], _Stay]] = field(init=False)
    _number: int = 0

    def __post_init__(self) -> None:
        self.people = People(self.clock, self._offer)
        self._lines = {name: OrderedDict() for name in self.queues}

    def arrive(self, caller: Caller) -> None:
        """A call comes in: through the phone tree, or straight into the line."""
        queue = self.queues[caller.queue]
        self._tell("call.arrived", caller, customer=caller.customer)
        if caller.chance.random() >= queue.ivr_ratio:
            self._enter(caller, caller.queue)
            return
        in_tree_s = chance.lognormal(caller.chance, queue.ivr_s, 0.5)
        if caller.chance.random() < queue.ivr_leave_ratio:
            self.clock.after(in_tree_s * caller.chance.random(), partial(self._hang_up, caller))
        else:
            self.clock.after(in_tree_s, partial(self._enter, caller, caller.queue))

    def _tell(self, kind: str, caller: Caller, **more: object) -> None:
        self.teller.tell(kind, self.clock.now_ms, caller.source, caller.contact, **more)

    def _tell_of(self, kind: str, stay: _Stay, **more: object) -> None:
        visit = stay.visit
        self._tell(kind, stay.caller, queue=visit.queue, visit=visit.number, **more)

    def _hang_up(self, caller: Caller) -> None:
        """In the phone tree: no queue ever had the call."""
        self._tell("call.ended", caller, data={"by": "customer", "reason": "ivr"})
        self.ledger.outside["ivr"] += 1

    def _enter(self, caller: Caller, name: str) -> None:
        queue, line, now_ms = self.queues[name], self._lines[name], self.clock.now_ms
        caller.visits += 1
        visit = self.ledger.enter(caller.contact, caller.visits, name, caller.source, now_ms)
        self._number += 1
        stay = _Stay(caller, visit, (now_ms, self._number))
        if queue.capacity is not None and len(line) >= queue.capacity:
            visit.leave(now_ms, "full")
            self._tell_of("call.refused", stay, data={"reason": "full"})
            self._overflow(stay)
            return
        self._tell_of("call.queued", stay)
        line[stay.order] = stay
        self._plan_leaving(stay, queue)
        agent = self.people.free(name)
        if agent is not None:
            self._ring(stay, agent)

    def _plan_leaving(self, stay: _Stay, queue: CallQueue) -> None:
        drawn = stay.caller.chance
        patience_s = chance.weibull(drawn, queue.patience_s, queue.patience_shape)
        self.clock.after(patience_s, partial(self._leave, stay, "abandoned"))
        if drawn.random() < queue.key_ratio:
            after_s = chance.exponential(drawn, queue.key_after_s)
            self.clock.after(after_s, partial(self._leave, stay, queue.key_means))
        if queue.timeout_s is not None:
            self.clock.after(queue.timeout_s, partial(self._leave, stay, "timeout"))

    def _leave(self, stay: _Stay, outcome: str) -> None:
        """Leave the line unanswered; also while it rings."""
        if stay.visit.outcome is not None:
            return
        wait_ms = stay.visit.leave(self.clock.now_ms, outcome)
        self._out_of_line(stay)
        if outcome == "abandoned":
            self._tell_of("call.abandoned", stay, data={"wait_ms": wait_ms})
            self._redial(stay)
        else:
            self._tell_of("call.left", stay, data={"reason": outcome, "wait_ms": wait_ms})
            if outcome == "timeout":
                self._overflow(stay)
        if stay.agent is not None:
            agent, stay.agent = stay.agent, None
            self.people.release(agent)

    def _out_of_line(self, stay: _Stay) -> None:
        self._lines[stay.visit.queue].pop(stay.order, None)

    def _overflow(self, stay: _Stay) -> None:
        onward = self.queues[stay.visit.queue].overflow_to
        if onward is not None and stay.caller.visits < VISITS_MAX:
            self._enter(stay.caller, onward)

    def _redial(self, stay: _Stay) -> None:
        """The same customer calls again, as another contact."""
        caller, queue = stay.caller, self.queues[stay.visit.queue]
        if caller.tries >= TRIES_MAX or caller.chance.random() >= queue.redial_ratio:
            return
        after_s = _REDIAL_MIN_S + chance.exponential(caller.chance, queue.redial_after_s)
        again = Caller(
            first=caller.first,
            contact=f"{caller.first}.{caller.tries + 1}",
            customer=caller.customer,
            source=caller.source,
            queue=caller.queue,
            chance=caller.chance,
            tries=caller.tries + 1,
        )
        self.clock.after(after_s, partial(self.arrive, again))

    def _offer(self, agent: Agent) -> None:
        """Give who has become free the longest waiting of their lines."""
        heads = [
            next(iter(self._lines[skill].values()))
            for skill in agent.skills
            if self._lines.get(skill)
        ]
        if heads:
            self._ring(min(heads, key=lambda stay: stay.order), agent)

    def _ring(self, stay: _Stay, agent: Agent) -> None:
        """From here on nobody else gets the call, unless the phone is not answered."""
        self._out_of_line(stay)
        agent.is_busy, stay.agent = True, agent
        drawn = stay.caller.chance
        ring_s = self.queues[stay.visit.queue].ring_s
        stay.rings += 1
        if drawn.random() < agent.ring_miss_ratio:
            self._tell_of("call.ringing", stay, agent=agent.name)
            missed = partial(self._miss, stay, agent, stay.rings)
            self.clock.after(MISSED_RING_S, missed)
        elif ring_s:
            self._tell_of("call.ringing", stay, agent=agent.name)
            heard_s = max(_RING_MIN_S, chance.lognormal(drawn, ring_s, 0.4))
            self.clock.after(heard_s, partial(self._answer, stay, agent, stay.rings))
        else:
            self._answer(stay, agent, stay.rings)

    def _miss(self, stay: _Stay, agent: Agent, ring: int) -> None:
        if stay.agent is not agent or stay.rings != ring:
            return  # the caller has hung up meanwhile
        self._tell_of("call.ring_missed", stay, agent=agent.name)
        stay.agent = None
        self.clock.after(AWAY_S, partial(self.people.release, agent))
        line = self._lines[stay.visit.queue]
        line[stay.order] = stay
        line.move_to_end(stay.order, last=False)  # whoever is called has waited for longest
        other = self.people.free(stay.visit.queue)
        if other is not None:
            self._ring(stay, other)

    def _answer(self, stay: _Stay, agent: Agent, ring: int) -> None:
        if stay.agent is not agent or stay.rings != ring:
            return
        wait_ms = stay.visit.leave(self.clock.now_ms, "answered")
        stay.visit.talking = True
        self._tell_of("call.answered", stay, agent=agent.name, data={"wait_ms": wait_ms})
        queue, drawn = self.queues[stay.visit.queue], stay.caller.chance
        if queue.talk == "exponential":
            talk_s = chance.exponential(drawn, queue.talk_s)
        else:
            talk_s = chance.lognormal(drawn, queue.talk_s, queue.talk_spread)
        talk_s = max(_TALK_MIN_S, talk_s)
        passed = self._passed(stay, queue)
        asks_s = chance.lognormal(drawn, _CONSULT_S, 0.5) if passed == "attended" else 0.0
        if asks_s:
            self._hold(stay, agent, talk_s, asks_s)
        elif drawn.random() < queue.hold_ratio:
            held_s = chance.exponential(drawn, _HOLD_S)
            self._hold(stay, agent, talk_s * drawn.random(), held_s)
            talk_s += held_s
        self.clock.after(talk_s + asks_s, partial(self._end, stay, agent, passed))

    @staticmethod
    def _passed(stay: _Stay, queue: CallQueue) -> str:
        drawn = stay.caller.chance.random()
        if drawn < queue.blind_ratio:
            return "blind" if stay.caller.visits < VISITS_MAX else ""
        return "attended" if drawn < queue.blind_ratio + queue.attended_ratio else ""

    def _hold(self, stay: _Stay, agent: Agent, after_s: float, length_s: float) -> None:
        held = partial(self._tell_of, "call.held", stay, agent=agent.name)
        resumed = partial(self._tell_of, "call.resumed", stay, agent=agent.name)
        self.clock.after(after_s, held)
        self.clock.after(after_s + length_s, resumed)

    def _end(self, stay: _Stay, agent: Agent, passed: str) -> None:
        visit, queue = stay.visit, self.queues[stay.visit.queue]
        assert visit.left_ms is not None, "ended before it was answered"
        visit.talk_ms, visit.talking = self.clock.now_ms - visit.left_ms, False
        visit.transferred = passed
        if passed:
            onward = queue.blind_to if passed == "blind" else "expert"
            data: dict[str, object] = {"kind": passed, "to": onward}
            self._tell_of("call.transferred", stay, agent=agent.name, data=data)
        drawn = stay.caller.chance
        by = "transfer" if passed else "agent" if drawn.random() < 0.3 else "customer"  # noqa: PLR2004 - most callers hang up first
        wraps = {"wrapup_follows": True} if queue.wrapup_s else {}
        self._tell_of(
            "call.ended",
            stay,
            agent=agent.name,
            data={"by": by, "talk_ms": visit.talk_ms, **wraps},
        )
        if queue.wrapup_s:
            after_s = chance.lognormal(drawn, queue.wrapup_s, queue.talk_spread)
            self.clock.after(after_s, partial(self._wrap_up, stay, agent, self.clock.now_ms))
        else:
            self.people.release(agent)
        if passed == "blind" and queue.blind_to is not None:
            self._enter(stay.caller, queue.blind_to)

    def _wrap_up(self, stay: _Stay, agent: Agent, ended_ms: int) -> None:
        stay.visit.wrapup_ms = self.clock.now_ms - ended_ms
        data: dict[str, object] = {"wrapup_ms": stay.visit.wrapup_ms}
        self._tell_of("call.wrapped_up", stay, agent=agent.name, data=data)
        self.people.release(agent)
