"""The files that a log is made of: the one being written, and those that rotation left beside it.

A file is known by its inode and by a fingerprint of what was read of it, because inodes are used
again and copies have new ones. Refuses to know lines.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

# Logs begin with a time, so their first bytes differ; the last ones before a place tell copies that
# were changed. More would only cost.
_FINGERPRINT_BYTES = 512
_FINGERPRINT_DIGEST_BYTES = 12
# `.1`, `-20260102`, `.2026-01-02T03:04`: never another log's name.
_ROTATED = r"[.\-]\d[\d\-_.T:]*"


@dataclass(frozen=True, slots=True)
class Place:
    """How far a log was read: `offset` bytes of the file `inode`, which looked like `fingerprint`.

    `mtime_ns` is when that file was last written, as far as was known: what is newer came after it.
    """

    inode: int
    offset: int
    fingerprint: str
    mtime_ns: int

    def as_json(self) -> list[Any]:
        """As plain JSON."""
        return [self.inode, self.offset, self.fingerprint, self.mtime_ns]

    @classmethod
    def from_json(cls, stored: list[Any]) -> Place:
        """What `as_json` gave."""
        inode, offset, fingerprint, mtime_ns = stored
        return cls(inode, offset, fingerprint, mtime_ns)


class Piece:
    """One open file of a log, plain or gzip; it stays readable when it is renamed or deleted.

    Every method raises OSError for a file that cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stream = path.open("rb", buffering=0)
        status = os.fstat(self._stream.fileno())
        self.inode = status.st_ino
        packed = path.suffix == ".gz"
        self._content = gzip.GzipFile(fileobj=self._stream) if packed else self._stream

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._content.close()
        self._stream.close()

    def read_at(self, offset: int, size: int) -> bytes:
        """At most `size` bytes from there; fewer only at the end."""
        try:
            self._content.seek(offset)
            return self._content.read(size) or b""
        except (EOFError, zlib.error) as error:
            raise OSError(f"{self.path}: expected a whole gzip file: {error}") from error

    def shorter_than(self, offset: int) -> bool:
        """Whether the file ends before `offset`."""
        if self._content is self._stream:
            return os.fstat(self._stream.fileno()).st_size < offset
        return offset > 0 and not self.read_at(offset - 1, 1)

    def place(self, offset: int) -> Place:
        """Having read up to there."""
        mtime_ns = os.fstat(self._stream.fileno()).st_mtime_ns
        return Place(self.inode, offset, self._fingerprint(offset), mtime_ns)

    def holds(self, place: Place) -> bool:
        """Whether what was read up to `place` was this file, or one that this is a copy of."""
        if not place.offset:
            return self.inode == place.inode
        return not self.shorter_than(place.offset) and (
            self._fingerprint(place.offset) == place.fingerprint
        )

    def _fingerprint(self, offset: int) -> str:
        size = min(offset, _FINGERPRINT_BYTES)
        read = self.read_at(0, size) + self.read_at(offset - size, size)
        return hashlib.blake2b(read, digest_size=_FINGERPRINT_DIGEST_BYTES).hexdigest()


def find(paths: Iterable[Path], place: Place) -> Path | None:
    """The file that was read up to `place`, under whatever name; itself rather than a copy."""
    copy = None
    for path in paths:
        try:
            with Piece(path) as piece:
                if not piece.holds(place):
                    continue
                if piece.inode == place.inode:
                    return path
                copy = copy or path
        except OSError:  # vanished, or not ours to read
            continue
    return copy


def rotated(path: Path) -> list[Path]:
    """What rotation made of `path` in its folder, oldest first: `log.2.gz`, `log-20260102`."""
    ending = re.escape(path.suffix) if path.suffix else ""
    names = re.compile(
        rf"(?:{re.escape(path.name)}{_ROTATED}|{re.escape(path.stem)}{_ROTATED}{ending})(?:\.gz)?"
    )
    found = [each for each in _listed(path.parent) if names.fullmatch(each.name)]
    return sorted(found, key=lambda each: (_mtime_ns(each), -_ordinal(each, path), each.name))


def later(path: Path, place: Place, first: Path | None) -> list[Path]:
    """What was written after the file of `place` (now called `first`, None where it is gone).

    Copies of that file are left out; `path` itself comes last, where it is another file.
    """
    if first == path:
        return []
    siblings = rotated(path)
    if first in siblings:
        siblings = siblings[siblings.index(first) + 1 :]
    newer = [each for each in siblings if _mtime_ns(each) >= place.mtime_ns]
    return [*(each for each in newer if not (place.offset and find([each], place))), path]


def _listed(folder: Path) -> list[Path]:
    try:
        return [each for each in folder.iterdir() if each.is_file()]
    except OSError:
        return []


def _mtime_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _ordinal(path: Path, base: Path) -> int:
    """The number that rotation counts up: the oldest file has the highest; 0 for dates."""
    number = path.name.removesuffix(".gz").removeprefix(base.name).strip(".-_")
    return int(number) if number.isdigit() and len(number) < 5 else 0  # noqa: PLR2004 - no date
