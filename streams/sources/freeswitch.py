"""FreeSWITCH's mod_callcenter into call events: exact times, from its CUSTOM callcenter::info.

A contact is the caller's session, a visit the ordinal of its passages through queues
(CC-Member-UUID). Its own times are whole seconds: those of the events are in microseconds and win.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

from streams.sources.asterisk_ami_message import MessageError
from streams.sources.freeswitch_event import SwitchEvent, parse
from streams.sources.identity import customer
from streams.sources.passages import REMEMBERED_MS, Pbx
from streams.sources.readers import OrderedReader
from streams.sources.taken import EventDict, Fate, Taken, ignored, rejected

_LEFT = MappingProxyType(
    {"TIMEOUT": "timeout", "NO_AGENT_TIMEOUT": "empty", "EXIT_WITH_KEY": "key"}
)
_MISSED = MappingProxyType(
    {"NO_ANSWER": "no_answer", "USER_BUSY": "busy", "ORIGINATOR_CANCEL": "cancelled"}
)
_SUBCLASS = "callcenter::info"


@dataclass(slots=True)
class Member:
    """One passage of a caller through a queue. Times are UTC ms; `rings` by agent."""

    session: str
    number: int
    queue: str
    last_ms: int
    entered_ms: int | None = None
    connected_ms: int | None = None
    agent: str = ""
    closed: bool = False
    rings: dict[str, int] = field(default_factory=dict)

    @property
    def call(self) -> str:
        """The caller's session: what a contact is named by."""
        return self.session


class FreeSwitch(OrderedReader):
    """A reader of one switch's events; `name` qualifies its contacts, `key` hashes its callers."""

    def __init__(self, name: str, *, site: str | None = None, key: bytes) -> None:
        super().__init__(name)
        self._pbx = Pbx(name, site)
        self._key = key
        self._members: dict[str, Member] = {}
        self._sessions: dict[str, int] = {}
        self._now_ms = self._previous_ms = 0
        self._id = ""
        self._at_ms = 0

    def memory(self) -> dict[str, Any]:
        """Passages and the newest second's events, as JSON."""
        return {
            "members": {uuid: asdict(member) for uuid, member in self._members.items()},
            "sessions": self._sessions,
            "times": [self._now_ms, self._previous_ms],
            "ids": self._ids.dump(),
        }

    def restore(self, memory: dict[str, Any]) -> None:
        """Go on from a stored memory."""
        self._members = {uuid: Member(**raw) for uuid, raw in memory["members"].items()}
        self._sessions = dict(memory["sessions"])
        self._now_ms, self._previous_ms = memory["times"]
        self._ids.load(memory["ids"])

    def due(self, _at_ms: int | None) -> list[EventDict]:
        """Every event says what it means: nothing is waited for."""
        return []

    def take(self, record: bytes, record_id: str) -> Taken:
        """Take one record that has this id."""
        try:
            event = parse(record)
            return self._event_of(event, record_id)
        except MessageError as error:
            return rejected(error.reason, str(error))

    def _event_of(self, event: SwitchEvent, record_id: str) -> Taken:
        action = event.text("CC-Action")
        read = _READERS.get(action) if event.text("Event-Subclass") == _SUBCLASS else None
        if read is None:
            kind = event.text("Event-Subclass") or event.text("Event-Name") or "headers"
            return ignored(action or kind)
        if event.at_ms is None:
            raise MessageError("bad_time", "expected microseconds as Event-Date-Timestamp")
        if event.at_ms < self._now_ms - REMEMBERED_MS:
            raise MessageError("late", "expected a time less than a day behind the events before")
        self._id, self._at_ms = record_id, event.at_ms
        self._pass_to(event.at_ms)
        return Taken(Fate.ACCEPTED, events=read(self, event, self._member(event)))

    def _pass_to(self, at_ms: int) -> None:
        """Time goes on, once two events say so: one may be damaged. Forgets what is over."""
        self._now_ms = max(self._now_ms, min(at_ms, self._previous_ms))
        self._previous_ms = at_ms
        for uuid, member in list(self._members.items())[:1]:
            if member.last_ms < self._now_ms - REMEMBERED_MS:
                del self._members[uuid]
                self._sessions.pop(member.session, None)

    def _member(self, event: SwitchEvent) -> Member:
        uuid, queue = event.identifier("CC-Member-UUID"), event.identifier("CC-Queue")
        session = event.identifier("CC-Member-Session-UUID")
        member = self._members.pop(uuid, None)
        if member is None or member.session != session:
            # An abandoned caller who comes back has the same passage in another session.
            ordinal = self._sessions[session] = self._sessions.get(session, 0) + 1
            member = Member(session, ordinal, queue, self._at_ms)
        member.last_ms = self._at_ms
        self._members[uuid] = member
        return member

    def _event(
        self, kind: str, member: Member, at_ms: int | None = None, /, **data: object
    ) -> EventDict:
        """An event of a passage, now or at `at_ms`; data that is None is left out."""
        moment_ms = self._at_ms if at_ms is None else at_ms
        return self._pbx.event(self._id, kind, moment_ms, member, data)

    def _joined(self, event: SwitchEvent, member: Member) -> list[EventDict]:
        if member.entered_ms is not None:
            return []
        member.entered_ms = self._at_ms
        queued = self._event("call.queued", member)
        who = customer(event.text("CC-Member-CID-Number"), self._key)
        return [queued | ({"customer": who} if who else {})]

    def _wait_ms(self, event: SwitchEvent, member: Member, at_ms: int, end: str) -> int | None:
        if member.entered_ms is not None:
            return max(0, at_ms - member.entered_ms)
        return event.between_ms("CC-Member-Joined-Time", end)

    def _offered(self, event: SwitchEvent, member: Member) -> list[EventDict]:
        agent = event.identifier("CC-Agent")
        member.rings[agent] = self._at_ms
        return [self._event("call.ringing", member) | {"agent": agent}]

    def _bridged(self, event: SwitchEvent, member: Member) -> list[EventDict]:
        if member.connected_ms is not None or member.closed:
            return []
        member.connected_ms, member.agent = self._at_ms, event.identifier("CC-Agent")
        rang_ms = member.rings.get(member.agent)
        ring_ms = (
            event.between_ms("CC-Agent-Called-Time", "CC-Agent-Answered-Time")
            if rang_ms is None
            else self._at_ms - rang_ms
        )
        wait_ms = self._wait_ms(event, member, self._at_ms, "CC-Agent-Answered-Time")
        answered = self._event("call.answered", member, wait_ms=wait_ms, ring_ms=ring_ms)
        return [answered | {"agent": member.agent}]

    def _missed(self, event: SwitchEvent, member: Member) -> list[EventDict]:
        agent = event.identifier("CC-Agent")
        rang_ms = member.rings.pop(agent, None)
        ring_ms = event.between_ms("CC-Agent-Called-Time", "CC-Agent-Aborted-Time")
        if rang_ms is not None:
            ring_ms = self._at_ms - rang_ms
        reason = _MISSED.get(event.text("CC-Hangup-Cause"), "rejected")
        missed = self._event("call.ring_missed", member, ring_ms=ring_ms, reason=reason)
        return [missed | {"agent": agent}]

    def _over(self, event: SwitchEvent, member: Member) -> list[EventDict]:
        """bridge-agent-end: where the bridge failed there was no conversation to measure."""
        if member.closed or member.connected_ms is None:
            return []
        member.closed = True
        if event.text("CC-Agent-Bridged").lower() == "false":
            return [self._event("call.ended", member, by="system", derived=True)]
        talk_ms = max(0, self._at_ms - member.connected_ms)
        ended = self._event("call.ended", member, talk_ms=talk_ms, by="unknown")
        return [ended | {"agent": member.agent}]

    def _gone(self, event: SwitchEvent, member: Member) -> list[EventDict]:
        """member-queue-end."""
        if member.closed:
            return []
        if event.text("CC-Cause") != "Cancel":
            return [*self._answered_before(event, member), *self._over(event, member)]
        member.closed = True
        wait_ms = self._wait_ms(event, member, self._at_ms, "CC-Member-Leaving-Time")
        if wait_ms is None:
            raise MessageError("unplaced", "expected a member whose entering or wait is known")
        reason = _LEFT.get(event.text("CC-Cancel-Reason"))
        if reason is None:  # NONE and BREAK_OUT: the caller has hung up
            return [self._event("call.abandoned", member, wait_ms=wait_ms)]
        return [self._event("call.left", member, wait_ms=wait_ms, reason=reason)]

    def _answered_before(self, event: SwitchEvent, member: Member) -> list[EventDict]:
        """The answer of which only the end was heard."""
        if member.connected_ms is not None:
            return []
        talk_ms = event.between_ms("CC-Agent-Answered-Time", "CC-Member-Leaving-Time")
        if talk_ms is None:
            raise MessageError("unplaced", "expected a member whose answer is known")
        at_ms = member.connected_ms = self._at_ms - talk_ms
        member.agent = event.text("CC-Agent")
        wait_ms = self._wait_ms(event, member, at_ms, "CC-Agent-Answered-Time")
        answered = self._event("call.answered", member, at_ms, wait_ms=wait_ms, derived=True)
        return [answered | ({"agent": member.agent} if member.agent else {})]


_Reader = Callable[[FreeSwitch, SwitchEvent, Member], list[EventDict]]
_READERS: Mapping[str, _Reader] = MappingProxyType(
    {
        "member-queue-start": FreeSwitch._joined,  # noqa: SLF001 - one table beside its class
        "member-queue-resume": FreeSwitch._joined,  # noqa: SLF001
        "agent-offering": FreeSwitch._offered,  # noqa: SLF001
        "bridge-agent-start": FreeSwitch._bridged,  # noqa: SLF001
        "bridge-agent-fail": FreeSwitch._missed,  # noqa: SLF001
        "bridge-agent-end": FreeSwitch._over,  # noqa: SLF001
        "member-queue-end": FreeSwitch._gone,  # noqa: SLF001
    }
)
