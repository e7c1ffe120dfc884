"""What became of one input record, and what every source can be asked: the sources' shared
vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

EventDict = dict[str, Any]


class Fate(StrEnum):
    """Each record read has exactly one."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicates"
    IGNORED = "ignored"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Taken:
    """A record's fate. `name` is what was ignored or why it was rejected, `words` what was
    expected. `counted` is false for what no record holds, but the end of all records tells.
    """

    fate: Fate
    name: str = ""
    words: str = ""
    events: list[EventDict] = field(default_factory=list)
    counted: bool = True


def ignored(name: str) -> Taken:
    """Housekeeping and custom records: known, and without a figure."""
    return Taken(Fate.IGNORED, name)


def rejected(name: str, words: str) -> Taken:
    """A record that cannot be taken: why, and what was expected."""
    return Taken(Fate.REJECTED, name, words)


DUPLICATE = Taken(Fate.DUPLICATE)


class Source(Protocol):
    """One real system. `name` qualifies its contacts; `memory` is all it must remember, as JSON."""

    name: str

    def read(self, record: bytes) -> Taken:
        """Take one record; never raises for what the record holds."""
        ...

    def memory(self) -> Any:  # noqa: ANN401 - whatever JSON the source likes
        """What must be stored with the read position."""
        ...

    def restore(self, memory: Any) -> None:  # noqa: ANN401
        """Go on from a stored memory."""
        ...
