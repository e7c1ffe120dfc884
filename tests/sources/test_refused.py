"""No number leaves with a refused record."""

import pytest

from streams.sources.refused import ORIGINAL_BYTES_MAX, masked, refused_record


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("1795332815|NONE|015133300552", "**********|NONE|************"),
        ("+49 (30) 1234-567", "+** (**) ****-***"),
        ("138 0013 8000", "*** **** ****"),
        ("QQ 10001", "QQ *****"),
        ("１３８００１３８０００", "***********"),
        ("ext 1234, 99 s", "ext 1234, 99 s"),
    ],
)
def test_numbers_are_masked_however_they_are_written(text: str, hidden: str) -> None:
    assert masked(text) == hidden


def test_the_record_says_where_the_original_is() -> None:
    refused = refused_record(("pbx", "/log", 42), 1, "bad_field", "found 13800138000", b"\xff x")
    assert (refused.topic, refused.partition, refused.offset) == ("source:pbx:/log", -1, 42)
    assert refused.key == b"source:pbx:/log|-1|42|1"
    assert (refused.words, refused.original) == ("found ***********", b"\xff x")
    assert (refused.truncated, refused.size_bytes) == (False, 3)


def test_long_originals_are_cut_after_masking() -> None:
    original = b"x" * (ORIGINAL_BYTES_MAX - 2) + b"13800138000"
    refused = refused_record(("pbx", "/log", 0), 0, "malformed", "", original)
    assert refused.original == b"x" * (ORIGINAL_BYTES_MAX - 2) + b"**"
    assert (refused.truncated, refused.size_bytes) == (True, len(original))
