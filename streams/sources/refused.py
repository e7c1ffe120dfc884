"""A record that a source cannot take, as it goes to the rejected topic: without anybody's number.

The input may hold telephone and QQ numbers, which must not reach Kafka: every digit of a run of
five or more is a `*` there, however it is punctuated. File and offset say where the original is.
"""

from __future__ import annotations

import re

import orjson

from streams.wire.rejected import Rejected

# Enough to recognise a line; the whole of it is in the file.
ORIGINAL_BYTES_MAX = 4096
# A run goes on through what people write between the digits of a number.
_NUMBER = re.compile(r"\d(?:[ ().+\-/]{0,2}\d){4,}")
_DIGIT = re.compile(r"\d")
# What tells a chat's record from another; every other text in it is somebody's.
_TELLING = frozenset(
    {
        "content_type",
        "detail_type",
        "event",
        "message_type",
        "meta_event_type",
        "notice_type",
        "post_type",
        "status",
        "sub_type",
        "type",
    }
)
_WORD = re.compile(r"[A-Za-z_]{1,40}")
_SHOWN_MAX = 16  # longer texts look alike
_LETTER = re.compile(r"\w")
# No partition: the record was never in Kafka.
NOWHERE = -1


def masked(text: str) -> str:
    """The text with every long number's digits replaced."""
    return _NUMBER.sub(lambda found: _DIGIT.sub("*", found[0]), text)


class Personal(bytes):
    """A record whose words are somebody's: of a chat, of which no text may reach Kafka."""

    __slots__ = ()


def without_words(record: bytes) -> bytes:
    """What can be shown of such a record: its form, and which kind it is."""
    try:
        return orjson.dumps(_form_of(orjson.loads(bytes(record))))
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError):
        return _LETTER.sub("x", record.decode("utf-8", "replace")).encode()


def _form_of(value: object, name: str = "") -> object:
    if isinstance(value, dict):
        return {key if is_word(key) else "x": _form_of(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_form_of(each) for each in value]
    if isinstance(value, str):
        return value if name in _TELLING and is_word(value) else "x" * min(len(value), _SHOWN_MAX)
    return value


def is_word(text: str) -> bool:
    """Whether it is a protocol's word and nobody's number or sentence."""
    return _WORD.fullmatch(text) is not None


def refused_record(
    place: tuple[str, str, int], index: int, reason: str, words: str, original: bytes
) -> Rejected:
    """The refusal of event `index` of the record at `place`: (source, file, offset or ordinal)."""
    source, path, offset = place
    size = len(original)
    if isinstance(original, Personal):
        original = without_words(original)
    # Cut afterwards: a number cut in two would be too short to be seen as one.
    hidden = masked(original[: 2 * ORIGINAL_BYTES_MAX].decode("utf-8", "surrogateescape"))
    kept = hidden.encode("utf-8", "surrogateescape")[:ORIGINAL_BYTES_MAX]
    return Rejected(
        topic=f"source:{source}:{path}",
        partition=NOWHERE,
        offset=offset,
        index=index,
        reason=reason,
        words=masked(words),
        append_ms=None,
        record_key=None,
        original=kept,
        whole=True,
        truncated=len(original) > ORIGINAL_BYTES_MAX,
        size_bytes=size,
    )
