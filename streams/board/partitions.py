"""The newest snapshot of every input partition, as read from the state topic in whatever order.

It refuses to know Kafka and what a figure means; what is no snapshot is refused with words and
counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from streams.core.counts import Counts
from streams.core.tally import Tally
from streams.wire.changes import figures_after
from streams.wire.keys import origin_of
from streams.wire.newest import NONE, Newest, Piece, Pieces
from streams.wire.snapshot import Figures, SnapshotError, load_figures

# The input topic's full name and the partition's number.
Place = tuple[str, int]


class Held(NamedTuple):
    """A partition's newest state: the figures, and the bytes in which its contacts are.

    `changes` are those since the whole snapshot `value`, empty where there are none.
    """

    value: bytes
    figures: Figures
    changes: bytes = b""


class _Base(NamedTuple):
    """The figures of a whole snapshot, read once for all changes since."""

    whole: Piece
    figures: Figures


class Partitions:
    """`refused` counts what could not be used, `words` says why the last of it could not."""

    def __init__(self) -> None:
        self.refused = 0
        self.words = ""
        self._held: dict[Place, Held] = {}
        self._offsets: dict[Place, int] = {}
        self._pieces: dict[Place, Pieces] = {}
        self._bases: dict[Place, _Base] = {}
        self._unread: set[Place] = set()
        self._unusable: set[Place] = set()

    def take(
        self,
        key: bytes | None,
        value: bytes | None,
        offset: int | None = None,
        base: int | None = None,
    ) -> bool:
        """Take a record of the state topic; says whether it tells more than what was held.

        `offset` and `base` are what its headers say: what is older is left out without reading
        megabytes.
        """
        if value is None:  # a tombstone
            return False
        place = origin_of(key)
        if place is None or key is None:
            shown = (key or b"")[:80]
            self._refuse(f"key: expected topic|partition|generation, found {shown!r}")
            return False
        try:
            offset = load_figures(value).offset if offset is None else offset
        except SnapshotError as error:
            self._refuse(str(error))
            return False
        pieces = self._pieces.setdefault(place, Pieces())
        pieces.take(key, Piece(offset, base, value))
        newest = pieces.newest()
        if newest is None or newest.offset <= self._offsets.get(place, NONE):
            return False
        self._offsets[place] = newest.offset
        self._unread.add(place)
        return True

    def held(self) -> dict[Place, Held]:
        """The newest usable snapshot of each place; reads what arrived since the last call."""
        for place in self._unread:
            self._read(place)
        self._unread.clear()
        return dict(self._held)

    def _read(self, place: Place) -> None:
        newest = self._pieces[place].newest()
        before = self._held.get(place)
        if newest is None:
            return
        try:
            figures = self._figures(place, newest)
        except SnapshotError as error:
            self._refuse(str(error))
            self._pieces[place].refuse(newest.changes or newest.whole)
            self._offsets[place] = before.figures.offset if before else NONE
            self._unusable.add(place)
            return
        if before:
            figures = _reuse(before.figures, figures)
        changes = newest.changes.value if newest.changes else b""
        self._held[place] = Held(newest.whole.value, figures, changes)
        self._unusable.discard(place)

    def _figures(self, place: Place, newest: Newest) -> Figures:
        base = self._bases.get(place)
        if base is None or base.whole is not newest.whole:
            base = self._bases[place] = _Base(newest.whole, load_figures(newest.whole.value))
        if newest.changes is None:
            return base.figures
        return figures_after(base.figures, newest.changes.value)

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
    for key, desk in new.desks.items():
        before = old.desks.get(key)
        if before is not None:
            for one, other in zip(before.counts, desk.counts, strict=True):
                _reuse_tallies(one.minutes, other.minutes)
                _reuse_tallies(one.quarters, other.quarters)
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
        if known is tally:
            continue
        if known is not None and known == tally:
            new[at] = known
        else:
            changed = True
    return changed
