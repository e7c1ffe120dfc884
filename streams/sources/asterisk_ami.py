"""Asterisk's manager interface (AMI) into call events: exact times, and transfers that logs hide.

One message is one record, recorded or live. A contact is the caller's Uniqueid and a visit the
ordinal of its QueueCallerJoin, as in the queue log, so that both sources tell of the same visits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from streams.sources import asterisk_ami_channels, asterisk_ami_queue, asterisk_ami_session
from streams.sources.asterisk_ami_memory import Session
from streams.sources.asterisk_ami_message import Message, MessageError, parse
from streams.sources.asterisk_ami_queue import Reader
from streams.sources.asterisk_ami_telling import Telling
from streams.sources.passages import REMEMBERED_MS
from streams.sources.readers import OrderedReader
from streams.sources.taken import EventDict, Fate, Taken, ignored, rejected

_READERS: Mapping[str, Reader] = MappingProxyType(
    {
        **asterisk_ami_queue.READERS,
        **asterisk_ami_channels.READERS,
        **asterisk_ami_session.READERS,
    }
)


# Messages of the class `call`: whoever hears one hears of hang-ups too.
_OF_CHANNELS = frozenset(
    read for name, read in asterisk_ami_channels.READERS.items() if name != "varset"
)
# What speaks of the moment says nothing once the moment has passed: the same traffic read twice.
_OF_THE_MOMENT = frozenset({"queueentry", *asterisk_ami_session.READERS})
MOMENT_MS = 5_000


class AsteriskAmi(OrderedReader):
    """A reader of one PBX's AMI; `name` qualifies its contacts, `key` hashes its callers."""

    def __init__(self, name: str, *, site: str | None = None, key: bytes) -> None:
        super().__init__(name)
        self._tell = Telling(name, site, key)

    def memory(self) -> dict[str, Any]:
        """Open visits, the connection, and the newest second's messages, as JSON."""
        return {
            "calls": self._tell.calls.dump(),
            "session": asdict(self._tell.session),
            "ids": self._ids.dump(),
            "hears_channels": self._tell.hears_channels,
        }

    def restore(self, memory: dict[str, Any]) -> None:
        """Go on from a stored memory."""
        self._tell.calls.load(memory["calls"])
        self._tell.session = Session(**memory["session"])
        self._ids.load(memory["ids"])
        self._tell.hears_channels = memory["hears_channels"]

    def interrupted(self) -> None:
        """There was a connection before: what follows comes after a gap, whatever is remembered."""
        self._tell.session.interrupted = True

    def take(self, record: bytes, record_id: str) -> Taken:
        """Take one record that has this id, with what its time makes certain of earlier ones."""
        try:
            message = parse(record)
        except MessageError as error:
            return rejected(error.reason, str(error))
        read = _READERS.get(message.name.lower())
        if read is None:
            return ignored(message.name)
        if message.at_ms is None:
            return rejected("bad_time", "expected a Timestamp (timestampevents = yes)")
        if message.at_ms < self._tell.calls.now_ms - REMEMBERED_MS:
            return rejected("late", "expected a time less than a day behind the messages before")
        past = message.at_ms < self._tell.calls.now_ms - MOMENT_MS
        if past and message.name.lower() in _OF_THE_MOMENT:
            return ignored(message.name)
        return self._read(read, message, message.at_ms, record_id)

    def _read(self, read: Reader, message: Message, at_ms: int, record_id: str) -> Taken:
        tell = self._tell
        tell.calls.pass_to(at_ms)
        certain = self.due(at_ms)
        tell.record_id, tell.at_ms = record_id, at_ms
        tell.hears_channels |= read in _OF_CHANNELS
        try:
            events = read(tell, message)
        except MessageError as error:
            return Taken(Fate.REJECTED, error.reason, str(error), certain)
        if events is None:
            return Taken(Fate.IGNORED, message.name, events=certain)
        return Taken(Fate.ACCEPTED, events=certain + events)

    def due(self, at_ms: int | None) -> list[EventDict]:
        """What is certain at that time, as nothing else was told; None: there will be no more."""
        tell = self._tell
        return [event for visit in tell.calls.due(at_ms) for event in tell.settle(visit)]
