"""Files that may be gzip, read as if they were not. Knows nothing of what is in them."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast

_GZIP = b"\x1f\x8b"


@contextmanager
def unpacked(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    """The content of a file from its beginning; OSError where a gzip turns out to be damaged."""
    head = stream.read(len(_GZIP))
    stream.seek(0)
    if head != _GZIP:
        yield stream
        return
    try:
        with gzip.GzipFile(fileobj=stream) as content:
            yield cast("IO[bytes]", content)
    except (EOFError, zlib.error) as error:
        raise OSError(f"expected a whole gzip file: {error}") from error
