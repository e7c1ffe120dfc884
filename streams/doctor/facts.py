"""What can be seen of a Kafka cluster, as plain values: the checks judge these.

It refuses to know any client.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Place(NamedTuple):
    """A partition, by its topic's full name."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}"


class Reach(NamedTuple):
    """A log's first offset, and the one that its next record will get."""

    begin: int
    end: int


class Seen(NamedTuple):
    """One record; `append_ms` is the broker's clock, `based_on` the input offset of its header."""

    offset: int
    append_ms: int
    key: bytes | None
    value: bytes | None
    based_on: int | None = None


class Commit(NamedTuple):
    """The next offset to be folded; where its snapshot lies in the state topic, if that is said."""

    offset: int
    pointer: int | None = None


class Group(NamedTuple):
    """The workers' consumer group: Kafka's word for its state, and how many members it has."""

    state: str
    members: int


@dataclass(frozen=True, slots=True)
class Look:
    """Where logs end and commits stand at one moment, `at_ms` of this machine's clock."""

    at_ms: int
    reaches: Mapping[Place, Reach]
    commits: Mapping[Place, Commit]

    def lag(self, place: Place) -> int:
        """Records not yet saved."""
        begin, end = self.reaches[place]
        commit = self.commits.get(place)
        return max(0, end - (begin if commit is None else max(begin, commit.offset)))

    @property
    def lagging(self) -> list[Place]:
        """Where anything is left to do."""
        return [place for place in sorted(self.reaches) if self.lag(place)]


@dataclass(frozen=True, slots=True)
class Inputs:
    """The newest records of the input topics. `looks`: the first and the last one."""

    looks: tuple[Look, Look]
    tails: Mapping[Place, Sequence[Seen]] = field(default_factory=dict)
