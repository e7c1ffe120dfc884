import json

import pytest

from streams.wire.keys import Origin
from streams.wire.rejected import (
    ORIGINAL_BYTES_MAX,
    NotRejectedError,
    Rejected,
    decode,
    refusals,
)

ORIGIN = Origin("hotline.calls", 3)


def one(value: bytes | None, index: int = 0, key: bytes | None = b"c1") -> Rejected:
    refused = [(17, index, "bad_field", "at_ms: expected a number")]
    return next(refusals(ORIGIN, (key, value, 1_000), refused))


def test_it_says_what_where_and_why() -> None:
    each = one(b'{"at_ms":"noon"}')
    assert each.key == b"hotline.calls|3|17|0"
    assert json.loads(each.encode()) == {
        "topic": "hotline.calls",
        "partition": 3,
        "offset": 17,
        "index": 0,
        "reason": "bad_field",
        "words": "at_ms: expected a number",
        "append_ms": 1_000,
        "size_bytes": 16,
        "whole": True,
        "truncated": False,
        "key": "c1",
        "value": '{"at_ms":"noon"}',
    }


@pytest.mark.parametrize("value", [b"{}", b"", b"\xff\x00{", b'{"a":"\xe4\xb8\xad"}', b"[1", None])
@pytest.mark.parametrize("key", [None, b"", b"c1", b"\xfe\xff"])
def test_what_is_encoded_is_read_again(value: bytes | None, key: bytes | None) -> None:
    each = one(value, key=key)
    assert decode(each.encode()) == each
    assert each.original == (value or b"")


def test_bytes_that_are_no_text_are_kept_too() -> None:
    assert json.loads(one(b"\xff\x00").encode())["value_b64"] == "/wA="


def test_of_an_array_the_event_alone_is_kept() -> None:
    each = one(b'[{"good":1}, {"bad":2}]', index=1)
    assert (each.original, each.whole) == (b'{"bad":2}', False)


def test_a_long_one_is_cut_between_characters() -> None:
    each = one("中".encode() * 40_000)
    assert each.truncated
    assert each.size_bytes == 120_000
    assert ORIGINAL_BYTES_MAX - 3 < len(each.original) <= ORIGINAL_BYTES_MAX
    assert set(each.original.decode()) == {"中"}
    assert len(one(b"\xff" * 100_000).original) == ORIGINAL_BYTES_MAX


def test_an_array_beyond_the_limit_is_not_looked_into() -> None:
    each = one(b"[" + b'"a",' * 300_000 + b'"a"]')
    assert (each.whole, each.truncated) == (True, True)


@pytest.mark.parametrize("value", [None, b"", b"[]", b"{}", b"17", b'{"topic":"x"}', b"\xff"])
def test_anything_else_is_no_rejected_record(value: bytes | None) -> None:
    with pytest.raises(NotRejectedError, match="expected a rejected record"):
        decode(value)
