"""Asterisk's queue_log into call events, for every version from 1.2 to 22.

One line is one record. Durations in a line win over differences of its second-long timestamps. What
the log does not say (a restart's victims, a visit whose beginning is missing) becomes an explicit
event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from streams.sources.asterisk_line import (
    HOUSEKEEPING,
    WAIT_PLACES,
    Entry,
    LineError,
    durations_ms,
    is_name,
    parse,
)
from streams.sources.asterisk_memory import (
    HOLD_SLACK_MS,
    TALK_SLACK_MS,
    Memory,
    Open,
)
from streams.sources.identity import customer
from streams.sources.passages import REMEMBERED_MS, Pbx
from streams.sources.readers import OrderedReader
from streams.sources.taken import DUPLICATE, EventDict, Fate, Taken, ignored, rejected

# A line's second is up to one before its moment; AMI's word of it comes within half of another.
GIVES_WAY_MS = 1_500
_REASONS = {
    "EXITWITHTIMEOUT": "timeout",
    "EXITWITHKEY": "key",
    "EXITEMPTY": "empty",
    "WITHDRAW": "withdrawn",
}
_BY = {"COMPLETEAGENT": "agent", "COMPLETECALLER": "customer"}
_KINDS = {"TRANSFER": "blind", "BLINDTRANSFER": "blind", "ATTENDEDTRANSFER": "attended"}
_NO_CALL = frozenset({"", "NONE", "REALTIME", "MANAGER", "CLI"})
_NOBODY = frozenset({"", "NONE"})
_UNPLACED = rejected("unplaced", "expected a line of a call whose entering or wait is known")


class QueueLog(OrderedReader):
    """A reader of one PBX's queue log; `name` qualifies its contacts, `key` hashes its callers.

    `beside_ami`: AMI tells of the same visits under the same name, with exact times.
    """

    def __init__(
        self, name: str, *, site: str | None = None, key: bytes, beside_ami: bool = False
    ) -> None:
        super().__init__(name)
        self._beside_ami = beside_ami
        self._pbx = Pbx(name, site)
        self._key = key
        self._visits = Memory()
        self._id = ""

    def memory(self) -> dict[str, Any]:
        """Open visits and the newest second's lines, as JSON."""
        return {"visits": self._visits.dump(), "ids": self._ids.dump()}

    def restore(self, memory: dict[str, Any]) -> None:
        """Go on from a stored memory."""
        self._visits.load(memory["visits"])
        self._ids.load(memory["ids"])

    def take(self, record: bytes, record_id: str) -> Taken:
        """Take one line that has this id."""
        if not record.strip():
            return ignored("blank")
        self._id = record_id
        try:
            entry = parse(record)
            taken = self._entry(entry)
            return self._giving_way(taken) if self._beside_ami else taken
        except LineError as error:
            return rejected(error.reason, str(error))

    def _giving_way(self, taken: Taken) -> Taken:
        """With times at which whatever AMI says of the same is earlier, and so is believed."""
        events = [
            {**event, "at_ms": event["at_ms"] + GIVES_WAY_MS}
            for event in taken.events
            if event["type"] != "call.ring_missed"  # AMI's are counted, and would be twice
        ]
        return replace(taken, events=events)

    def _entry(self, entry: Entry) -> Taken:
        if entry.at_ms < self._visits.now_ms - REMEMBERED_MS:
            return rejected("late", "expected a time less than a day behind the lines before")
        self._visits.pass_to(entry.at_ms)
        if entry.event == "QUEUESTART":
            return self._restart(entry)
        read = _READERS.get(entry.event)
        if read is None:
            return ignored(entry.event)
        if entry.call in _NO_CALL or entry.queue in _NOBODY:
            raise LineError("bad_field", f"{entry.event}: expected a call and a queue")
        if not (is_name(entry.call) and is_name(entry.queue)):
            raise LineError("bad_field", "expected call and queue without control characters")
        taken = read(self, entry)
        if taken.fate is Fate.ACCEPTED:
            self._visits.touch(entry.call, entry.at_ms)
        return taken

    def _event(self, kind: str, entry: Entry, visit: Open, /, **data: object) -> EventDict:
        """An event of a visit; data that is None is left out."""
        return self._pbx.event(self._id, kind, entry.at_ms, visit, data)

    def _restart(self, entry: Entry) -> Taken:
        """After a crash what was open never ends in the log: one explicit end for each."""
        gap = self._pbx.gap(self._id, entry.at_ms, {"reason": "restart"})
        lost = [
            self._cut(entry, visit)
            for visit in self._visits.everything()
            if visit.closed_ms is None and not visit.cut
        ]
        return Taken(Fate.ACCEPTED, events=[gap, *lost])

    def _cut(self, entry: Entry, visit: Open) -> EventDict:
        visit.cut = True
        if visit.waiting:
            return self._event("call.left", entry, visit, reason="system", derived=True)
        return self._event("call.ended", entry, visit, by="system", derived=True)

    def _enterqueue(self, entry: Entry) -> Taken:
        lost = [
            self._cut(entry, visit)
            for visit in self._visits.calls.get(entry.call, ())
            if visit.waiting and not visit.cut  # it waits elsewhere now: that exit was not logged
        ]
        visit = self._visits.enter(entry.call, entry.queue, entry.at_ms)
        event = self._event("call.queued", entry, visit)
        if who := customer(entry.text(1), self._key):
            event["customer"] = who
        return Taken(Fate.ACCEPTED, events=[*lost, event])

    def _connect(self, entry: Entry) -> Taken:
        hold_ms, ring_ms = entry.number_ms(0), entry.number_ms(2)
        visit = self._visits.waiting(entry.call, entry.queue, entry.at_ms, hold_ms)
        if visit is None:
            if self._told(entry, hold_ms):
                return DUPLICATE
            if hold_ms is None:
                return _UNPLACED
            visit = self._visits.enter(entry.call, entry.queue, None)
        visit.connected_ms, visit.hold_ms, visit.agent = entry.at_ms, hold_ms, entry.agent
        event = self._event("call.answered", entry, visit, wait_ms=hold_ms, ring_ms=ring_ms)
        if entry.agent not in _NOBODY:
            event["agent"] = entry.agent
        return Taken(Fate.ACCEPTED, events=[event])

    def _told(self, entry: Entry, wait_ms: int | None) -> bool:
        """Whether the line repeats the end of a visit that is over (logs write some ends twice)."""
        visits = self._visits.all_of(entry.call, entry.queue)
        if not visits:
            return False
        if wait_ms is None:
            return True
        began_ms = entry.at_ms - wait_ms
        if any(visit.began_near(began_ms) for visit in visits):
            return True
        end_ms = max((visit.last_ms for visit in visits), default=0)
        return began_ms < end_ms - HOLD_SLACK_MS or entry.at_ms <= end_ms

    def _gone(self, entry: Entry) -> Taken:
        """ABANDON, EXITWITHTIMEOUT, EXITWITHKEY, EXITEMPTY, WITHDRAW: left without an answer."""
        wait_ms = entry.number_ms(WAIT_PLACES[entry.event])
        visit = self._visits.waiting(entry.call, entry.queue, entry.at_ms, wait_ms)
        if visit is None:
            if self._told(entry, wait_ms):
                return DUPLICATE
            if wait_ms is None:
                return _UNPLACED
            visit = self._visits.enter(entry.call, entry.queue, None)
        visit.closed_ms = entry.at_ms
        if entry.event == "ABANDON":
            phase = "queue" if entry.agent in _NOBODY else "ring"
            event = self._event("call.abandoned", entry, visit, wait_ms=wait_ms, phase=phase)
        else:
            reason = _REASONS[entry.event]
            event = self._event("call.left", entry, visit, wait_ms=wait_ms, reason=reason)
        return Taken(Fate.ACCEPTED, events=[event])

    def _done(self, entry: Entry) -> Taken:
        """COMPLETE… and …TRANSFER: a conversation is over."""
        hold_ms, talk_ms = durations_ms(entry)
        visit = self._conversation(entry, hold_ms, talk_ms)
        events: list[EventDict] = []
        if visit is None:
            visit = self._unconnected(entry, hold_ms, talk_ms)
            if visit is None and self._told(entry, (talk_ms or 0) + (hold_ms or 0)):
                return DUPLICATE
            if talk_ms is None or (visit is None and hold_ms is None):
                return _UNPLACED
            visit = visit or self._visits.enter(entry.call, entry.queue, None)
            answered = self._event("call.answered", entry, visit, wait_ms=hold_ms, derived=True)
            answered["at_ms"] = visit.connected_ms = entry.at_ms - talk_ms
            if entry.agent not in _NOBODY:
                answered["agent"] = visit.agent = entry.agent
            events.append(answered)
        visit.closed_ms = entry.at_ms
        kind = _KINDS.get(entry.event)
        if kind:
            events.append(self._event("call.transferred", entry, visit, kind=kind))
            visit.handed_on = kind == "attended"
            if visit.call != entry.call:
                self._visits.join(visit.call, entry.call)
        by = _BY.get(entry.event, "transfer")
        events.append(self._event("call.ended", entry, visit, talk_ms=talk_ms, by=by))
        return Taken(Fate.ACCEPTED, events=events)

    def _unconnected(self, entry: Entry, hold_ms: int | None, talk_ms: int | None) -> Open | None:
        """The visit of an end whose CONNECT was not seen; not one that entered at another time."""
        whole_ms = None if hold_ms is None or talk_ms is None else hold_ms + talk_ms
        visit = self._visits.waiting(entry.call, entry.queue, entry.at_ms, whole_ms)
        if visit is None or whole_ms is None:
            return visit
        return visit if visit.began_near(entry.at_ms - whole_ms) else None

    def _conversation(self, entry: Entry, hold_ms: int | None, talk_ms: int | None) -> Open | None:
        def fits(visit: Open) -> bool:
            holds = hold_ms, visit.hold_ms
            if None not in holds and abs((holds[0] or 0) - (holds[1] or 0)) > HOLD_SLACK_MS:
                return False
            if talk_ms is None:
                return True
            began_ms = entry.at_ms - talk_ms
            return abs(began_ms - (visit.connected_ms or 0)) <= TALK_SLACK_MS

        return self._visits.talking(entry.call, entry.queue, entry.agent, fits)

    def _ring(self, entry: Entry) -> Taken:
        """RINGNOANSWER, RINGCANCELED (ms) and AGENTDUMP: the caller waits on."""
        visits = self._visits.all_of(entry.call, entry.queue)
        if visits:
            visit = visits[-1]
        else:  # of a visit whose beginning is missing: the next one, whatever its queue
            ordinal = len(self._visits.calls.get(entry.call, ())) + 1
            visit = Open(entry.call, ordinal, entry.queue, None)
        reasons = {"RINGNOANSWER": "no_answer", "RINGCANCELED": "cancelled"}
        reason = reasons.get(entry.event, "rejected")
        event = self._event(
            "call.ring_missed", entry, visit, ring_ms=entry.number_ms(0, 1), reason=reason
        )
        if not visits:
            del event["queue"]
        if entry.agent not in _NOBODY:
            event["agent"] = entry.agent
        return Taken(Fate.ACCEPTED, events=[event])


_READERS: Mapping[str, Callable[[QueueLog, Entry], Taken]] = MappingProxyType(
    {
        "ENTERQUEUE": QueueLog._enterqueue,  # noqa: SLF001 - one table beside its class
        "CONNECT": QueueLog._connect,  # noqa: SLF001
        **dict.fromkeys(WAIT_PLACES, QueueLog._gone),  # noqa: SLF001
        **dict.fromkeys((*_BY, *_KINDS), QueueLog._done),  # noqa: SLF001
        **dict.fromkeys(("RINGNOANSWER", "RINGCANCELED", "AGENTDUMP"), QueueLog._ring),  # noqa: SLF001
    }
)
assert not HOUSEKEEPING & set(_READERS)
