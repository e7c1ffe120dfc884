"""Plain or gzip, whole or damaged."""

import gzip
import io

import pytest

from streams.sources.packed import unpacked


@pytest.mark.parametrize("content", [b"", b"\x1f", b"plain"])
def test_both_forms(content: bytes) -> None:
    for stored in (content, gzip.compress(content)):
        with unpacked(io.BytesIO(stored)) as stream:
            assert stream.read() == content


@pytest.mark.parametrize("damage", [slice(None, -9), slice(None, 15)])
def test_damaged(damage: slice) -> None:
    stored = gzip.compress(bytes(range(256)) * 9)[damage]
    with pytest.raises(OSError, match="gzip"), unpacked(io.BytesIO(stored)) as stream:
        stream.read()
