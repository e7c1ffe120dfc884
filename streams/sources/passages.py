"""Callers' passages through the queues of a PBX: how they are told of, and remembered meanwhile.

Refuses to know what a record of any PBX looks like.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from streams.sources.taken import EventDict

# A call is forgotten a day after its last record: no conversation believed lasts longer.
REMEMBERED_MS = 24 * 3_600_000


class Told(Protocol):
    """What every event says of its passage; `number` is the ordinal within the call."""

    number: int
    queue: str

    @property
    def call(self) -> str:
        """The PBX's own name of the caller's call."""
        ...


@dataclass(frozen=True, slots=True)
class Pbx:
    """Whose events they are; `name` qualifies the contacts."""

    name: str
    site: str | None

    def event(
        self, record_id: str, kind: str, at_ms: int, passage: Told, data: Mapping[str, object]
    ) -> EventDict:
        """An event of a passage; data that is None is left out."""
        event: EventDict = {
            "v": 1,
            "id": f"{record_id}.{passage.number}{kind[5:7]}",
            "type": kind,
            "at_ms": at_ms,
            "source": self.name,
            "contact": f"{self.name}:{passage.call}",
            "visit": passage.number,
            "queue": passage.queue,
            "data": {name: value for name, value in data.items() if value is not None},
        }
        return self._placed(event)

    def gap(self, record_id: str, at_ms: int, data: Mapping[str, object]) -> EventDict:
        """The event that says that records may be missing before it, and why."""
        event: EventDict = {
            "v": 1,
            "id": record_id,
            "type": "source.gap",
            "at_ms": at_ms,
            "source": self.name,
            "data": dict(data),
        }
        return self._placed(event)

    def _placed(self, event: EventDict) -> EventDict:
        if self.site:
            event["site"] = self.site
        return event


@dataclass(slots=True)
class Passage:
    """One passage; times are UTC ms. `cut`: what became of it was not heard."""

    call: str
    number: int
    queue: str
    entered_ms: int | None
    connected_ms: int | None = None
    agent: str = ""
    closed_ms: int | None = None
    cut: bool = False

    @property
    def waiting(self) -> bool:
        """Entered, not answered, not gone."""
        return self.connected_ms is None and self.closed_ms is None

    @property
    def talking(self) -> bool:
        """Answered and not ended."""
        return self.connected_ms is not None and self.closed_ms is None


P = TypeVar("P", bound=Passage)


class Passages(Generic[P]):
    """Passages by call, each a `kind`; `now_ms` is the time that the records have come to."""

    def __init__(self, kind: type[P]) -> None:
        self.calls: dict[str, list[P]] = {}
        self.now_ms = 0
        self._kind = kind
        self._last_ms: dict[str, int] = {}
        self._previous_ms = 0

    def pass_to(self, at_ms: int) -> None:
        """Time goes on, once two records say so: one may have a damaged time."""
        self.now_ms = max(self.now_ms, min(at_ms, self._previous_ms))
        self._previous_ms = at_ms

    def enter(self, call: str, queue: str, entered_ms: int | None) -> P:
        """A new passage of the call."""
        passages = self.calls.setdefault(call, [])
        passage = self._kind(call, len(passages) + 1, queue, entered_ms)
        passages.append(passage)
        return passage

    def touch(self, call: str, at_ms: int) -> None:
        """Note a record of the call."""
        self._last_ms.pop(call, None)
        self._last_ms[call] = at_ms

    def everything(self) -> Iterator[P]:
        """All passages that are remembered."""
        for passages in self.calls.values():
            yield from passages
