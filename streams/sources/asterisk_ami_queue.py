"""What app_queue says over AMI of its callers and agents: the messages with a header Queue.

Each reader takes one message and gives the events that it makes certain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from streams.sources.asterisk_ami_memory import Visit
from streams.sources.asterisk_ami_message import Message, MessageError
from streams.sources.asterisk_ami_telling import AFTERTHOUGHT_MS, Events, Telling, by_agent
from streams.sources.identity import customer
from streams.sources.taken import EventDict

# Leaving the queue without another word is an exit by key, except after a pick-up: before it
# connects, the queue may play something to the agent.
ANNOUNCEMENT_MS = 60_000
# Longer than a channel takes from one bridge to the next.
BETWEEN_BRIDGES_MS = 1_000
_ENDERS = {"caller": "customer", "agent": "agent", "transfer": "transfer"}


def _caller(tell: Telling, message: Message) -> tuple[str, str]:
    """(call, queue) of a message."""
    call, queue = message.identifier("uniqueid"), message.identifier("queue")
    if tell.calls.of(call):
        tell.calls.touch(call, tell.at_ms)
    return call, queue


def _agent(message: Message) -> str:
    """The member's name as the queue log has it; before Asterisk 12 under other headers."""
    return message.text("membername", "interface", "member", "agentname", "agentcalled")[:256]


def _unplaced() -> MessageError:
    return MessageError("unplaced", "expected a call whose entering, wait or answer is known")


def _enter(tell: Telling, call: str, queue: str, entered_ms: int | None) -> Visit:
    visit = tell.calls.enter(call, queue, entered_ms)
    tell.calls.touch(call, tell.at_ms)
    return visit


def join(tell: Telling, message: Message) -> Events:
    """QueueCallerJoin."""
    call, queue = _caller(tell, message)
    before = []
    for visit in tell.calls.of(call):
        if visit.pending == "listed" and visit.queue == queue:
            # The list of those who wait came first.
            visit.pending, visit.listed, visit.entered_ms = "", False, tell.at_ms
            return [tell.queued(visit, tell.at_ms)]
        before += tell.moved_on(visit)
    visit = _enter(tell, call, queue, tell.at_ms)
    visit.customer = customer(message.text("calleridnum", "callerid"), tell.key)
    return [*before, tell.queued(visit, tell.at_ms)]


def listed(tell: Telling, message: Message) -> Events:
    """QueueEntry: somebody waits. Whoever we do not know entered while we did not listen."""
    call, queue = _caller(tell, message)
    waited_ms = message.number_ms("wait") or 0
    visit = tell.calls.waiting(call, queue, tell.at_ms, None)
    if visit is None:
        entered_ms = tell.at_ms - waited_ms
        if tell.calls.entered_near(call, queue, entered_ms):
            return []  # has just left, and the list was made before
        visit = _enter(tell, call, queue, entered_ms)
        visit.customer = customer(message.text("calleridnum", "callerid"), tell.key)
        visit.listed = True
        tell.suspect(visit, "listed")
    visit.seen_ms = tell.at_ms
    return []


def leave(tell: Telling, message: Message) -> Events:
    """QueueCallerLeave: comes for every caller, and says nothing of why."""
    call, queue = _caller(tell, message)
    visit = tell.calls.waiting(call, queue, tell.at_ms, None)
    if visit is None:
        return [] if tell.calls.of(call) else None
    before = _listed_before(tell, visit)
    if not visit.pending:
        tell.suspect(visit, "leave", ANNOUNCEMENT_MS if visit.picked_up else AFTERTHOUGHT_MS)
    return before


def _listed_before(tell: Telling, visit: Visit) -> list[EventDict]:
    """The entering of one whom only the list has told of."""
    return tell.settle(visit) if visit.pending == "listed" else []


def abandon(tell: Telling, message: Message) -> Events:
    """QueueCallerAbandon: comes for every exit but the one by key, hung up or not."""
    call, queue = _caller(tell, message)
    hold_ms = message.number_ms("holdtime")
    visit = tell.calls.waiting(call, queue, tell.at_ms, hold_ms)
    if visit is None:
        if tell.calls.of(call):
            return []
        if hold_ms is None:
            raise _unplaced()
        visit = _enter(tell, call, queue, None)
    before = _listed_before(tell, visit)
    if visit.hangup_ms is not None or visit.entered_ms is None or not tell.hears_channels:
        return [*before, tell.abandoned(visit, tell.at_ms, hold_ms)]
    tell.suspect(visit, "timeout")
    return before


def connect(tell: Telling, message: Message) -> Events:
    """AgentConnect."""
    call, queue = _caller(tell, message)
    hold_ms = message.number_ms("holdtime")
    visit = tell.calls.waiting(call, queue, tell.at_ms, hold_ms)
    if visit is None:
        told = [each for each in tell.calls.of(call) if each.queue == queue]
        if told and told[-1].connected_ms is not None:
            return []
        if not told and hold_ms is None:
            raise _unplaced()
        visit = told[-1] if told else _enter(tell, call, queue, None)
    before = _listed_before(tell, visit)
    leg = message.text("destuniqueid")
    rang_ms = visit.rings.get(leg)
    ring_ms = message.number_ms("ringtime") if rang_ms is None else tell.at_ms - rang_ms
    tell.calls.connect(visit, tell.at_ms, leg)
    visit.agent = _agent(message)
    return [*before, tell.answered(visit, hold_ms, ring_ms)]


def complete(tell: Telling, message: Message) -> Events:
    """AgentComplete: may lack its caller, name another channel, or come late."""
    queue, call, agent = message.identifier("queue"), message.text("uniqueid"), _agent(message)
    hold_ms, talk_ms = message.number_ms("holdtime"), message.number_ms("talktime")
    visit = tell.calls.completed(call, queue, agent, tell.at_ms, talk_ms)
    before = []
    if visit is None:
        visit = tell.calls.waiting(call, queue, tell.at_ms, None)
        if visit is None and (tell.calls.of(call) or tell.calls.knows(queue, agent)):
            return []  # a transfer has said so before
        if talk_ms is None or (visit is None and hold_ms is None):
            raise _unplaced()
        visit = visit or _enter(tell, message.identifier("uniqueid"), queue, None)
        before = _listed_before(tell, visit)
        tell.calls.connect(visit, tell.at_ms - talk_ms, "")
        visit.agent = agent
        before.append(tell.answered(visit, hold_ms, None, derived=True))
    tell.calls.touch(visit.call, tell.at_ms)
    by = _ENDERS.get(message.text("reason").lower(), "unknown")
    end_ms = tell.at_ms if visit.left_ms is None else min(visit.left_ms, tell.at_ms)
    if by != "transfer" and end_ms < tell.at_ms - BETWEEN_BRIDGES_MS:
        by = "redirect"  # by a manager: the queue learns of it when the caller hangs up
    return [*before, tell.ended(visit, end_ms, by)]


def ringing(tell: Telling, message: Message) -> Events:
    """AgentCalled."""
    call, queue = _caller(tell, message)
    visit = tell.calls.waiting(call, queue, tell.at_ms, None)
    if visit is None:
        return [] if tell.calls.of(call) else None
    visit.rings[message.text("destuniqueid")] = tell.at_ms
    return [by_agent(tell.event("call.ringing", visit), _agent(message))]


def ring_missed(tell: Telling, message: Message) -> Events:
    """AgentRingNoAnswer (RingTime in ms) and AgentDump: the caller waits on."""
    call, queue = _caller(tell, message)
    visits = [visit for visit in tell.calls.of(call) if visit.queue == queue]
    if not visits:
        return None
    rang_ms = visits[-1].rings.pop(message.text("destuniqueid"), None)
    ring_ms = message.number_ms("ringtime", 1)
    if ring_ms is None and rang_ms is not None:
        ring_ms = tell.at_ms - rang_ms
    reason = "rejected" if message.name.lower() == "agentdump" else "no_answer"
    event = tell.event("call.ring_missed", visits[-1], ring_ms=ring_ms, reason=reason)
    return [by_agent(event, _agent(message))]


Reader = Callable[[Telling, Message], Events]
READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "queuecallerjoin": join,
        "queueentry": listed,
        "queuecallerleave": leave,
        "queuecallerabandon": abandon,
        "agentconnect": connect,
        "agentcomplete": complete,
        "agentcalled": ringing,
        "agentringnoanswer": ring_missed,
        "agentdump": ring_missed,
        # Before Asterisk 12.
        "join": join,
        "leave": leave,
    }
)
