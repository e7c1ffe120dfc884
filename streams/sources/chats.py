"""What readers of chats have in common: how people are hidden, and what is asked of each.

Refuses to know what a record means.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from streams.sources.fields import RecordError, json_object
from streams.sources.identity import RecordIds, hidden
from streams.sources.taken import EventDict, Taken, ignored, rejected

_EVENT_ID = 18  # hexadecimal digits


class ChatReader(ABC):
    """A reader of one system's chats; `name` qualifies its contacts, `key` hides people.

    `present_ms` is the present (UTC) where records come as they happen, None for a recording.
    """

    def __init__(self, name: str, *, key: bytes) -> None:
        self.name = name
        self.present_ms: int | None = None
        self._key = key
        self._ids = RecordIds(name)

    def start_file(self) -> None:  # noqa: B027 - nothing is to be done
        """Another file begins; conversations go on."""

    def identify(self, record: bytes) -> str:
        """The id of a record: its every repetition is a copy."""
        return self._ids.alone(record)

    def read(self, record: bytes) -> Taken:
        """Take one record."""
        return self.take(record, self.identify(record))

    def take(self, record: bytes, record_id: str) -> Taken:
        """Take one record, as JSON, that has this id; never raises for what it holds."""
        if not record.strip():
            return ignored("blank")
        try:
            return self._take(json_object(record), record_id)
        except RecordError as error:
            return rejected(error.reason, str(error))

    def due(self, at_ms: int | None) -> list[EventDict]:  # noqa: ARG002 - of those that need it
        """What is certain at that time as nothing else came; None: nothing more will be known."""
        return []

    def is_heard(self, now_ms: int) -> bool:  # noqa: ARG002 - as above
        """Whether the system shows that it is alive, as far as it promised to."""
        return True

    @abstractmethod
    def memory(self) -> dict[str, Any]:
        """What must be stored with the position, as JSON."""

    @abstractmethod
    def restore(self, memory: dict[str, Any]) -> None:
        """Go on from a stored memory."""

    @abstractmethod
    def _take(self, found: dict[str, Any], record_id: str) -> Taken:
        """Take what the JSON holds; RecordError where that cannot be."""

    def _hidden(self, *parts: str) -> str:
        """A name for what these parts name, from which nobody can guess them."""
        return hidden("\x00".join((self.name, *parts)), self._key)

    def _event_id(self, *parts: str) -> str:
        return self._hidden(*parts)[:_EVENT_ID]

    def _bare(self, kind: str, contact: str, event_id: str, at_ms: int) -> EventDict:
        return {
            "v": 1,
            "id": event_id,
            "type": kind,
            "at_ms": at_ms,
            "source": self.name,
            "contact": contact,
        }
