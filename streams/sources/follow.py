"""Lines of a log, once or as long as it grows: through rotation, truncation and our own restarts.

Says which bytes come next and never twice; refuses to know what a line means and where it is sent.
Polled: it keeps the file open, so nothing that is written after a rename is missed.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from streams.sources.pieces import Piece, Place, find, later, rotated
from streams.wire.codec import RECORD_BYTES_MAX

log = logging.getLogger(__name__)

# One poll's bytes, and more than any line that is taken: a longer one is given cut, to be refused.
CHUNK_BYTES = RECORD_BYTES_MAX + 1024


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its end, and where it stands in which file."""

    record: bytes
    path: Path
    offset: int


@dataclass(frozen=True, slots=True)
class NewFile:
    """What follows comes from the beginning of another file."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Lines may be missing here: the file was `truncated`, or what was read last is `lost`."""

    reason: str


Item = Line | NewFile | Gap


class Follower:
    """Reads `paths`, oldest first, from `place` on, or from the beginning.

    With `follow` the last one goes on for ever and need not exist yet; without, reading has `ended`
    at the end of the last one, a line without its end included. `found` says whether `place` was
    there, `place` is how far the last poll came (None before there was any file). Without `follow`,
    OSError where a file cannot be read; with it, that is logged and tried again.
    """

    def __init__(self, paths: Sequence[Path], *, follow: bool, place: Place | None = None) -> None:
        self._path = paths[-1]
        self._follow = follow
        self._piece: Piece | None = None
        self._offset = 0
        self._coming: deque[Path] = deque(paths)
        self._interrupted = ""
        self.place = place
        self.ended = False
        self._at_end = False
        self.found = place is None
        self._pending: list[Item] = []
        if place is None:
            return
        if follow and not self._path.exists():
            # Not mounted, or between two files: what was read last is not lost yet.
            self._interrupted, self.found = f"{self._path} is not there", True
        else:
            self._pending = self._resume(list(paths), place)

    @property
    def at_end(self) -> bool:
        """Whether a followed file is there, and the last poll found nothing more in it."""
        return self._at_end

    def close(self) -> None:
        """Let go of the file."""
        if self._piece is not None:
            self._piece.close()
            self._piece = None

    def poll(self) -> list[Item]:
        """What is new, about a megabyte at most; empty when nothing is new now."""
        items, self._pending = self._pending, []
        self._at_end = False
        try:
            while not items and not self.ended and self._step(items):
                pass
        except OSError as error:  # unmounted, or no longer ours: it may come back
            if not self._follow:
                raise
            if str(error) != self._interrupted:
                log.warning("%s cannot be read, and is tried again: %s", self._path, error)
            self._interrupted = str(error)
            self.close()
        self._at_end = self._follow and not items and self._piece is not None
        return items

    def _resume(self, paths: list[Path], place: Place) -> list[Item]:
        """Find the file that was read last, and what came after it; says what may be missing."""
        siblings = rotated(self._path) if self._follow else []
        first = find([self._path, *reversed(siblings), *paths], place)
        self.found = first is not None
        if first is None and not self._follow:
            return []
        given = paths[:-1]
        coming = given[given.index(first) + 1 :] if first in given else []
        if self._follow:
            coming += [each for each in later(self._path, place, first) if each not in given]
        elif first != self._path:
            coming.append(self._path)
        self._coming = deque(coming)
        if first is None:
            return [Gap("lost")]
        self._piece, self._offset = Piece(first), place.offset
        truncated = self._follow and first != self._path and self._is_at_path(place.inode)
        return [Gap("truncated")] if truncated else []

    def _is_at_path(self, inode: int) -> bool:
        try:
            return self._path.stat().st_ino == inode
        except OSError:
            return False

    def _step(self, items: list[Item]) -> bool:
        """Read on or go to the next file; False when there is nothing to do now."""
        piece = self._piece
        if piece is None:
            return self._open(items)
        items += self._lines(piece)
        if items:
            if self._piece is piece:
                self.place = piece.place(self._offset)
            return True
        if self._coming:
            return self._go_on(piece, items)
        if self._follow:
            return self._look(piece, items)
        items += self._rest(piece)
        self.place = piece.place(self._offset)
        self.ended = True
        return False

    def _open(self, items: list[Item]) -> bool:
        """Begin with the next file, or go on where reading was interrupted."""
        if self._interrupted:
            Piece(self._path).close()
            self._interrupted = ""
            if self.place is not None:
                items += self._resume([self._path], self.place)
                return True
        try:
            piece = Piece(self._coming[0] if self._coming else self._path)
        except FileNotFoundError:
            if not self._follow:
                raise
            return False
        if self._coming:
            self._coming.popleft()
        self._begin(piece, items)
        return True

    def _begin(self, piece: Piece, items: list[Item]) -> None:
        self._piece, self._offset = piece, 0
        self.place = piece.place(0)
        items.append(NewFile())

    def _go_on(self, piece: Piece, items: list[Item]) -> bool:
        """The file is read to its end and another follows: a copy of it, or a new one."""
        place = piece.place(self._offset)
        try:
            following = Piece(self._coming[0])
        except FileNotFoundError:
            if not self._follow:
                raise
            # Renamed or compressed this moment; or the log's writer has not made it yet.
            self._coming = deque(self._later(place))
            return False
        if self._follow and self._coming[0] == self._path and following.shorter_than(1):
            following.close()
            return False  # made by rotation; the writer may still have the old one
        self._coming.popleft()
        if place.offset and following.holds(place):
            self._piece, self.place = following, following.place(self._offset)
        else:
            items += self._rest(piece)
            self._begin(following, items)
        piece.close()
        return True

    def _later(self, place: Place) -> list[Path]:
        return later(self._path, place, find(rotated(self._path), place))

    def _look(self, piece: Piece, items: list[Item]) -> bool:
        """At the end of a growing file, see whether it was rotated or truncated."""
        try:
            now = self._path.stat()
        except FileNotFoundError:
            return False  # the file that we hold may still be written to
        if now.st_ino == piece.inode:
            place = self.place
            if place is None or now.st_mtime_ns == place.mtime_ns or piece.holds(place):
                return False
            self._start_over(piece, items)
            return True
        if not now.st_size:
            return False
        # The writer has gone on: what we hold is complete now, and is read once more to its end.
        self._coming.extend(self._later(piece.place(self._offset)))
        return True

    def _start_over(self, piece: Piece, items: list[Item]) -> None:
        """The file was truncated: what was not read of it is perhaps in a copy."""
        items.append(Gap("truncated"))
        place = self.place
        copy = find(reversed(rotated(self._path)), place) if place and place.offset else None
        self._coming.append(self._path)
        piece.close()
        self._piece = None if copy is None else Piece(copy)

    def _lines(self, piece: Piece) -> list[Item]:
        """The whole lines that stand next; goes behind them."""
        chunk = piece.read_at(self._offset, CHUNK_BYTES)
        if not chunk:
            return []
        if self._follow and self._offset and self.place and not piece.holds(self.place):
            items: list[Item] = []  # truncated, and already longer again
            self._start_over(piece, items)
            return items
        end = chunk.rfind(b"\n")
        if end < 0:
            return self._long_line(piece, chunk)
        return list(self._split(piece, chunk[:end]))

    def _split(self, piece: Piece, lines: bytes) -> Iterator[Line]:
        for line in lines.split(b"\n"):
            yield Line(line.rstrip(b"\r"), piece.path, self._offset)
            self._offset += len(line) + 1

    def _long_line(self, piece: Piece, chunk: bytes) -> list[Item]:
        """A line longer than any that is taken: given cut, once its end is there."""
        end = self._offset + len(chunk)
        while len(chunk) == CHUNK_BYTES and (more := piece.read_at(end, CHUNK_BYTES)):
            newline = more.find(b"\n")
            if newline >= 0:
                line = Line(chunk, piece.path, self._offset)
                self._offset = end + newline + 1
                return [line]
            end += len(more)
        return []

    def _rest(self, piece: Piece) -> list[Item]:
        """The last line of a file that nobody writes to any more, where it has no end."""
        chunk = piece.read_at(self._offset, CHUNK_BYTES)
        if not chunk:
            return []
        record, newline, _ = chunk.partition(b"\n")
        line = Line(record.rstrip(b"\r"), piece.path, self._offset)
        self._offset += len(record) + len(newline)
        while not newline and (more := piece.read_at(self._offset, CHUNK_BYTES)):
            self._offset += len(more)
        return [line]
