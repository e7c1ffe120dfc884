"""Which records of the state topic tell the newest state of one partition.

Newest is the largest offset, never the latest arrival: a worker that was declared dead may still
write. Changes count only beside the snapshot that they rest on. It reads no value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from streams.wire.keys import whole_key

# Below every offset that a snapshot can have.
NONE = -2


class Piece(NamedTuple):
    """A record: the input offset that it goes up to, the one of its base (None: it is whole).

    `where` says in words where it lies.
    """

    offset: int
    base: int | None
    value: bytes
    where: str = ""


class Newest(NamedTuple):
    """The newest state: a whole snapshot, and the changes since, if any."""

    whole: Piece
    changes: Piece | None

    @property
    def offset(self) -> int:
        """The last input offset in it."""
        return (self.changes or self.whole).offset

    @property
    def where(self) -> str:
        """Where the last of it lies."""
        return (self.changes or self.whole).where


@dataclass(slots=True)
class _Told:
    """What one generation's keys hold."""

    whole: Piece | None = None
    changes: Piece | None = None


class Pieces:
    """The records of one partition's state, taken in whatever order."""

    def __init__(self) -> None:
        self._told: dict[bytes, _Told] = {}

    def take(self, key: bytes, piece: Piece) -> None:
        """Take a record; what is older than one with the same key is of no use."""
        told = self._told.setdefault(whole_key(key), _Told())
        if piece.base is None:
            if told.whole is None or piece.offset > told.whole.offset:
                told.whole = piece
                self._prune(piece.offset)
        elif told.changes is None or piece.offset > told.changes.offset:
            told.changes = piece

    def _prune(self, offset: int) -> None:
        """Forget generations that end before a whole snapshot's offset: it is as good."""
        for key, told in list(self._told.items()):
            if all(each is None or each.offset < offset for each in (told.whole, told.changes)):
                del self._told[key]

    def newest(self) -> Newest | None:
        """The newest state that can be put together; None where there is none.

        Whoever wrote the snapshot that changes rest on: those of one offset are the same.
        """
        wholes = {told.whole.offset: told.whole for told in self._told.values() if told.whole}
        found = [Newest(whole, None) for whole in wholes.values()]
        for told in self._told.values():
            changes = told.changes
            if changes is not None and changes.base is not None and changes.base in wholes:
                found.append(Newest(wholes[changes.base], changes))
        return max(found, key=lambda each: each.offset, default=None)

    def refuse(self, piece: Piece) -> None:
        """Forget a record that could not be read."""
        for key, told in list(self._told.items()):
            told.whole = None if told.whole is piece else told.whole
            told.changes = None if told.changes is piece else told.changes
            if told.whole is told.changes:
                del self._told[key]
