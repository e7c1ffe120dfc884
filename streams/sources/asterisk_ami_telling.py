"""How AMI's reader tells of a visit: one event for each thing that became certain.

Knows which events there are and when to believe what was only hinted at; which message hints at
what is the readers' (`asterisk_ami_queue`, `asterisk_ami_channels`).
"""

from __future__ import annotations

from streams.sources.asterisk_ami_memory import Calls, Session, Visit
from streams.sources.passages import Pbx
from streams.sources.taken import EventDict

# None: a message that has no bearing on any visit.
Events = list[EventDict] | None

# A channel's end and the queue's word of it come within milliseconds, from different threads.
AFTERTHOUGHT_MS = 2_000
EXITS = frozenset({"timeout", "empty", "withdrawn"})


class Telling:
    """Events of one PBX's visits. `record_id` and `at_ms` are the present message's.

    `hears_channels`: the manager user is sent messages about channels (class `call`).
    """

    def __init__(self, name: str, site: str | None, key: bytes) -> None:
        self.pbx = Pbx(name, site)
        self.key = key
        self.calls = Calls()
        self.session = Session()
        self.record_id = ""
        self.at_ms = 0
        self.hears_channels = False

    def event(
        self, kind: str, visit: Visit, at_ms: int | None = None, /, **data: object
    ) -> EventDict:
        """An event of a visit, now or at `at_ms`; data that is None is left out."""
        moment_ms = self.at_ms if at_ms is None else at_ms
        return self.pbx.event(self.record_id, kind, moment_ms, visit, data)

    def suspect(self, visit: Visit, what: str, patience_ms: int = AFTERTHOUGHT_MS) -> None:
        """The visit seems to have come to this; after `patience_ms` it is believed."""
        self.calls.suspect(visit, what, self.at_ms, self.record_id, self.at_ms + patience_ms)

    def settle(self, visit: Visit) -> list[EventDict]:
        """What was suspected of the visit is believed."""
        record_id, self.record_id = self.record_id, visit.pending_id
        try:
            return self._settled(visit, visit.pending, visit.pending_ms)
        finally:
            visit.pending, self.record_id = "", record_id

    def _settled(self, visit: Visit, what: str, at_ms: int) -> list[EventDict]:
        if visit.closed_ms is not None:
            return []
        if what == "listed":
            return [self.queued(visit, visit.entered_ms, derived=True)]
        if visit.talking:
            return [self.ended(visit, visit.left_ms or at_ms, _ender(visit, what))]
        if visit.hangup_ms is not None or what == "hangup":
            return [self.abandoned(visit, at_ms, None)]
        return [self.left(visit, at_ms, what if what in EXITS else "key")]

    def moved_on(self, visit: Visit) -> list[EventDict]:
        """The caller is elsewhere: what was suspected is so, what still waits was not told of."""
        if visit.pending:
            return self.settle(visit)
        return [self.cut(visit)] if visit.waiting and not visit.cut else []

    def wait_ms(self, visit: Visit, at_ms: int, hold_ms: int | None) -> int | None:
        """The exact wait where the entering was seen, else the queue's whole seconds."""
        if visit.entered_ms is None or visit.listed:
            return hold_ms
        return max(0, at_ms - visit.entered_ms)

    def queued(self, visit: Visit, at_ms: int | None, *, derived: bool | None = None) -> EventDict:
        """It has entered."""
        event = self.event("call.queued", visit, at_ms, derived=derived)
        return {**event, "customer": visit.customer} if visit.customer else event

    def abandoned(self, visit: Visit, at_ms: int, hold_ms: int | None) -> EventDict:
        """The caller has hung up waiting."""
        wait_ms = self.wait_ms(visit, at_ms, hold_ms)
        visit.close(at_ms)
        phase = "ring" if visit.rings else "queue"
        return self.event("call.abandoned", visit, at_ms, wait_ms=wait_ms, phase=phase)

    def left(self, visit: Visit, at_ms: int, reason: str) -> EventDict:
        """The caller has left the queue and lives on."""
        wait_ms = self.wait_ms(visit, at_ms, None)
        visit.close(at_ms)
        return self.event("call.left", visit, at_ms, wait_ms=wait_ms, reason=reason)

    def answered(
        self, visit: Visit, hold_ms: int | None, ring_ms: int | None, *, derived: bool | None = None
    ) -> EventDict:
        """The caller has the agent that the visit names, from its `connected_ms`."""
        at_ms = visit.connected_ms or self.at_ms
        wait_ms = self.wait_ms(visit, at_ms, hold_ms)
        return by_agent(
            self.event(
                "call.answered", visit, at_ms, wait_ms=wait_ms, ring_ms=ring_ms, derived=derived
            ),
            visit.agent,
        )

    def ended(self, visit: Visit, at_ms: int, by: str) -> EventDict:
        """The conversation is over."""
        talk_ms = max(0, at_ms - (visit.connected_ms or 0))
        visit.close(at_ms)
        event = self.event("call.ended", visit, at_ms, talk_ms=talk_ms, by=by)
        return by_agent(event, visit.agent)

    def cut(self, visit: Visit) -> EventDict:
        """What became of it was not heard."""
        visit.cut, visit.pending = True, ""
        if visit.waiting:
            return self.event("call.left", visit, reason="system", derived=True)
        return self.event("call.ended", visit, by="system", derived=True)


def by_agent(event: EventDict, agent: str) -> EventDict:
    """The event with its agent, where one is known."""
    return {**event, "agent": agent} if agent else event


def _ender(visit: Visit, what: str) -> str:
    """Who ended a conversation of which the queue has said nothing."""
    if what == "hangup":
        return "customer"
    # The caller was taken out of the bridge, and only then the agent's channel went.
    if visit.left_ms is not None and visit.left_ms <= (visit.leg_gone_ms or 0):
        return "redirect"
    return "agent"
