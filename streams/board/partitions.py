"""The newest snapshot of every input partition, as read from the state topic in whatever order.

Newest is the largest offset, never the latest arrival: a worker that was declared dead may still
write. It refuses to know Kafka and what a figure means; what is no snapshot is refused with words
and counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from streams.core.counts import Counts
from streams.core.tally import Tally
from streams.wire.keys import origin_of
from streams.wire.snapshot import Figures, SnapshotError, load_figures

# The input topic's full name and the partition's number.
Place = tuple[str, int]
# Below every offset that a snapshot can have.
_NONE = -2


class Held(NamedTuple):
    """A partition's newest snapshot: the figures, and the bytes in which its contacts are."""

    value: bytes
    figures: Figures


class Partitions:
    """`refused` counts what could not be used, `words` says why the last of it could not."""

    def __init__(self) -> None:
        self.refused = 0
        self.words = ""
        self._held: dict[Place, Held] = {}
        self._offsets: dict[Place, int] = {}
        self._unread: dict[Place, bytes] = {}
        self._unusable: set[Place] = set()

    def take(self, key: bytes | None, value: bytes | None, offset: int | None = None) -> bool:
        """Take a record of the state topic; says whether it is newer than what was held.

        `offset` is what its header says: what is older is left out without reading megabytes.
        """
        if value is None:  # a tombstone
            return False
        place = origin_of(key)
        if place is None:
            shown = (key or b"")[:80]
            self._refuse(f"key: expected topic|partition|generation, found {shown!r}")
            return False
        try:
            offset = load_figures(value).offset if offset is None else offset
        except SnapshotError as error:
            self._refuse(str(error))
            return False
        if offset <= self._offsets.get(place, _NONE):
            return False
        self._offsets[place] = offset
        self._unread[place] = value
        return True

    def held(self) -> dict[Place, Held]:
        """The newest usable snapshot of each place; reads what arrived since the last call."""
        for place, value in self._unread.items():
            before = self._held.get(place)
            try:
                figures = load_figures(value)
            except SnapshotError as error:
                self._refuse(str(error))
                self._offsets[place] = before.figures.offset if before else _NONE
                self._unusable.add(place)
                continue
            if before:
                figures = _reuse(before.figures, figures)
            self._held[place] = Held(value, figures)
            self._unusable.discard(place)
        self._unread.clear()
        return dict(self._held)

    def unusable(self) -> list[Place]:
        """Places whose newest snapshot cannot be read: sums without them would be wrong."""
        return sorted(self._unusable)

    def _refuse(self, words: str) -> None:
        self.refused += 1
        self.words = words


def _reuse(old: Figures, new: Figures) -> Figures:
    """`new` with every tally that has not changed being the very object of `old`.

    Most of a snapshot is history; whoever sums it can tell by identity what needs summing again.
    """
    for key, counts in new.queues.items():
        known = old.queues.get(key)
        if known is not None:
            new.queues[key] = _reuse_counts(known, counts)
    return new


def _reuse_counts(old: Counts, new: Counts) -> Counts:
    changed = _reuse_tallies(old.minutes, new.minutes) | _reuse_tallies(old.quarters, new.quarters)
    changed |= old.talking != new.talking or old.totals != new.totals or old.days != new.days
    return new if changed else old


def _reuse_tallies(old: Mapping[int, Tally], new: dict[int, Tally]) -> bool:
    """Whether the buckets differ at all."""
    changed = old.keys() != new.keys()
    for at, tally in new.items():
        known = old.get(at)
        if known is not None and known == tally:
            new[at] = known
        else:
            changed = True
    return changed
