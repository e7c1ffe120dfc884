"""A record that a source cannot take, as it goes to the rejected topic: without anybody's number.

The input may hold telephone and QQ numbers, which must not reach Kafka: every digit of a run of
five or more is a `*` there, however it is punctuated. File and offset say where the original is.
"""

from __future__ import annotations

import re

from streams.wire.rejected import Rejected

# Enough to recognise a line; the whole of it is in the file.
ORIGINAL_BYTES_MAX = 4096
# A run goes on through what people write between the digits of a number.
_NUMBER = re.compile(r"\d(?:[ ().+\-/]{0,2}\d){4,}")
_DIGIT = re.compile(r"\d")
# No partition: the record was never in Kafka.
NOWHERE = -1


def masked(text: str) -> str:
    """The text with every long number's digits replaced."""
    return _NUMBER.sub(lambda found: _DIGIT.sub("*", found[0]), text)


def refused_record(
    place: tuple[str, str, int], index: int, reason: str, words: str, original: bytes
) -> Rejected:
    """The refusal of event `index` of the record at `place`: (source, file, offset or ordinal)."""
    source, path, offset = place
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
        size_bytes=len(original),
    )
