"""What became of one input record, and what every source can be asked: the sources' shared
vocabulary.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

EventDict = dict[str, Any]

# Names of ignored records are the input's own words: the rest are counted as `other`.
NAMES_MAX = 100
NAME_CHARACTERS_MAX = 64


class Fate(StrEnum):
    """Each record read has exactly one."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicates"
    IGNORED = "ignored"
    REJECTED = "rejected"


@dataclass(slots=True)
class Fates:
    """How many records were read, and what became of them."""

    read: int = 0
    accepted: int = 0
    duplicates: int = 0
    ignored: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)

    def note(self, fate: Fate, name: str = "") -> None:
        """Count one record."""
        self.read += 1
        if fate is Fate.ACCEPTED:
            self.accepted += 1
        elif fate is Fate.DUPLICATE:
            self.duplicates += 1
        else:
            names = self.ignored if fate is Fate.IGNORED else self.rejected
            name = name[:NAME_CHARACTERS_MAX]
            known = name in names or len(names) < NAMES_MAX
            names[name if known else "other"] += 1

    def as_json(self) -> dict[str, Any]:
        """The object `records` of a report."""
        return {
            "read": self.read,
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "ignored": dict(sorted(self.ignored.items())),
            "rejected": dict(sorted(self.rejected.items())),
        }

    def __str__(self) -> str:
        told = [f"{self.read} read", f"{self.accepted} accepted"]
        told += [f"{self.duplicates} duplicates"] if self.duplicates else []
        for word, names in (("ignored", self.ignored), ("rejected", self.rejected)):
            if names:
                each = ", ".join(f"{name} {count}" for name, count in sorted(names.items()))
                told.append(f"{names.total()} {word} ({each})")
        return ", ".join(told)


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
