"""Amazon Connect's contact records (CTR) into call events: one record is one contact, finished.

A record is delivered at least once, and again days later with new attributes: an event's id is made
of what it says, so that a copy changes nothing and only what is new counts. Chats and tasks are
other sources' matter.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import IO, Any

from streams.core.limits import DURATION_MS_MAX, TEXT_MAX
from streams.sources.identity import customer
from streams.sources.packed import unpacked
from streams.sources.readers import JsonReader
from streams.sources.taken import EventDict, Fate, Taken, ignored, rejected

# How a customer comes to a queue by their own call, or is handed on to one.
_INBOUND = frozenset({"INBOUND", "TRANSFER", "QUEUE_TRANSFER", "WEBRTC_API"})
_OTHER_METHODS = frozenset({"OUTBOUND", "EXTERNAL_OUTBOUND", "CALLBACK", "MONITOR", "API"})
_ENDERS: Mapping[str, str] = MappingProxyType(
    {"CUSTOMER_DISCONNECT": "customer", "AGENT_DISCONNECT": "agent"}
)
# Who was in a queue, met no agent, and has not hung up: how they went.
_LEFT: Mapping[str, str] = MappingProxyType(
    {"CONTACT_FLOW_DISCONNECT": "timeout", "EXPIRED": "timeout", "API": "system"}
)
# A bound on what a damaged record can make of itself.
_MISSED_RINGS_MAX = 100
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_START = re.compile(r"[\s,\[\]]*")
_ID_BYTES = 9


class FieldError(ValueError):
    """A field that does not hold what it should; the text says what was expected."""


class AmazonConnect(JsonReader):
    """A reader of contact records; `name` qualifies its contacts, `key` hashes its customers."""

    def __init__(self, name: str, *, key: bytes) -> None:
        super().__init__(name)
        self._key = key

    def _take(self, found: object) -> Taken:
        if not isinstance(found, dict):
            return rejected("malformed", "expected a contact record, an object")
        if "ContactId" not in found:
            return _other(found)
        if (channel := found.get("Channel")) != "VOICE":
            return ignored(f"channel {channel}")
        try:
            return Taken(Fate.ACCEPTED, events=self._events(found))
        except FieldError as error:
            return rejected("bad_field", str(error))

    def _events(self, found: dict[str, Any]) -> list[EventDict]:
        contact = _text(found, "ContactId")
        if contact is None:
            raise FieldError("ContactId: expected a text")
        common: EventDict = {"v": 1, "source": self.name, "contact": f"{self.name}:{contact}"}
        number = _text(_object(found, "CustomerEndpoint"), "Address")
        if who := customer(number or "", self._key):
            common["customer"] = who
        method = str(found.get("InitiationMethod"))
        queue, agent = _object(found, "Queue"), _object(found, "Agent")
        entered_ms = _time_ms(queue, "EnqueueTimestamp")
        if method not in _INBOUND or entered_ms is None:
            at_ms = _time_ms(found, "DisconnectTimestamp") or _time_ms(found, "InitiationTimestamp")
            reason = "ivr" if method in _INBOUND else "other"
            reason = method.lower() if method in _OTHER_METHODS else reason
            return [self._event(common, "call.ended", at_ms, reason=reason)]
        common["queue"] = _text(queue, "Name") or (_text(queue, "ARN") or "unknown").rsplit("/")[-1]
        queued = self._event(common, "call.queued", entered_ms)
        if _time_ms(agent, "ConnectedToAgentTimestamp") is None:
            return [queued, *self._unanswered(found, common, queue, entered_ms)]
        return [queued, *self._answered(found, common, queue, agent, entered_ms)]

    def _event(
        self, common: EventDict, kind: str, at_ms: int | None, /, **data: object
    ) -> EventDict:
        """An event that has its content's hash as id; data that is None is left out."""
        if at_ms is None:
            raise FieldError(f"{kind}: expected its time in the record")
        event = {
            **common,
            "type": kind,
            "at_ms": at_ms,
            "data": {name: value for name, value in data.items() if value is not None},
        }
        content = json.dumps(event, sort_keys=True).encode()
        return {**event, "id": hashlib.blake2b(content, digest_size=_ID_BYTES).hexdigest()}

    def _unanswered(
        self, found: dict[str, Any], common: EventDict, queue: dict[str, Any], entered_ms: int
    ) -> list[EventDict]:
        wait_ms = _duration_ms(queue, "Duration")
        left_ms = _time_ms(queue, "DequeueTimestamp") or _time_ms(found, "DisconnectTimestamp")
        if left_ms is None and wait_ms is not None:
            left_ms = entered_ms + wait_ms
        reason = _LEFT.get(str(found.get("DisconnectReason")))
        if reason is None and _text(found, "NextContactId") is not None:
            reason = "timeout"  # the flow has moved the customer to another queue
        if reason is None:
            return [self._event(common, "call.abandoned", left_ms, wait_ms=wait_ms)]
        return [self._event(common, "call.left", left_ms, wait_ms=wait_ms, reason=reason)]

    def _answered(
        self,
        found: dict[str, Any],
        common: EventDict,
        queue: dict[str, Any],
        agent: dict[str, Any],
        entered_ms: int,
    ) -> list[EventDict]:
        at_ms = _time_ms(agent, "ConnectedToAgentTimestamp") or entered_ms
        name = _text(agent, "Username") or (_text(agent, "ARN") or "").rsplit("/")[-1]
        wait_ms = _duration_ms(queue, "Duration")
        attempts = found.get("AgentConnectionAttempts")
        missed = attempts - 1 if type(attempts) is int else 0
        events = [
            self._event(common, "call.ring_missed", at_ms, reason="no_answer", attempt=ordinal)
            for ordinal in range(1, min(missed, _MISSED_RINGS_MAX) + 1)
        ]
        served = {**common, "agent": name} if name else common
        events.append(self._event(served, "call.answered", at_ms, wait_ms=wait_ms))
        return events + self._served(found, served, agent, at_ms)

    def _served(
        self, found: dict[str, Any], served: EventDict, agent: dict[str, Any], at_ms: int
    ) -> list[EventDict]:
        """The end of the conversation, holds included, and the work after it."""
        spoken_ms = _duration_ms(agent, "AgentInteractionDuration")
        held_ms = _duration_ms(agent, "CustomerHoldDuration") or 0
        talk_ms = None if spoken_ms is None else spoken_ms + held_ms
        moved_ms = _time_ms(found, "TransferCompletedTimestamp")
        work_ms = _time_ms(agent, "AfterContactWorkStartTimestamp")
        last_ms = work_ms or moved_ms or _time_ms(found, "DisconnectTimestamp")
        end_ms = last_ms if talk_ms is None else at_ms + talk_ms
        if end_ms is None:
            return []  # of a contact that goes on: another record will tell
        events = []
        by = _ENDERS.get(str(found.get("DisconnectReason")), "unknown")
        if moved_ms is not None:
            by = "transfer"
            events.append(self._event(served, "call.transferred", end_ms, kind="blind"))
        done_ms = _time_ms(agent, "AfterContactWorkEndTimestamp")
        events.append(
            self._event(
                served,
                "call.ended",
                end_ms,
                talk_ms=talk_ms,
                by=by,
                wrapup_follows=True if done_ms is not None else None,
            )
        )
        if done_ms is not None:
            wrapup_ms = _duration_ms(agent, "AfterContactWorkDuration")
            events.append(self._event(served, "call.wrapped_up", done_ms, wrapup_ms=wrapup_ms))
        return events


def records(stream: IO[bytes]) -> Iterator[bytes]:
    """The JSON values of a file: by line, one after another (Firehose), in an array, or printed.

    What is none is given as the line it stands in. The file, plain or gzip, is held in memory;
    OSError for a damaged gzip.
    """
    with unpacked(stream) as content:
        text = content.read().decode("utf-8", "replace")
    decoder = json.JSONDecoder()
    place = 0
    while (place := _skipped(text, place)) < len(text):
        try:
            _, end = decoder.raw_decode(text, place)
        except (json.JSONDecodeError, RecursionError):
            end = text.find("\n", place) + 1 or len(text)
        yield text[place:end].strip().encode()
        place = end


def _skipped(text: str, place: int) -> int:
    """The next place where a value may begin."""
    found = _START.match(text, place)
    return place if found is None else found.end()


def _other(found: dict[str, Any]) -> Taken:
    """What else Amazon Connect sends."""
    if "AgentARN" in found:
        return ignored("agent event")
    if "detail" in found or "eventType" in found:
        return ignored("contact event")
    return rejected("bad_field", "ContactId: expected in a contact record")


def _object(found: dict[str, Any], name: str) -> dict[str, Any]:
    value = found.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise FieldError(f"{name}: expected an object")
    return value


def _text(found: dict[str, Any], name: str) -> str | None:
    value = found.get(name)
    if not isinstance(value, str) or not value.strip():
        return None
    return _CONTROL.sub(" ", value.strip())[: TEXT_MAX // 2]


def _duration_ms(found: dict[str, Any], name: str) -> int | None:
    value = found.get(name)
    if value is None:
        return None
    if type(value) is not int or not 0 <= value * 1000 <= DURATION_MS_MAX:
        raise FieldError(f"{name}: expected whole seconds from 0 to 40 days")
    return value * 1000


def _time_ms(found: dict[str, Any], name: str) -> int | None:
    value = found.get(name)
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
        return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
    except (TypeError, ValueError, OverflowError):
        raise FieldError(f"{name}: expected a time as 2026-01-31T23:59:59Z") from None
