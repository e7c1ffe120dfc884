"""A refused event as a record of its own: what it was, where it lay, and why it was refused.

Bytes to values and back. The same refusal gives the same key and bytes: repeats are harmless.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from streams.wire.codec import RECORD_BYTES_MAX
from streams.wire.keys import Origin

# As long as the longest event that is ever accepted: what is cut could not have been one.
ORIGINAL_BYTES_MAX = 64 * 1024
# A character of UTF-8 cut in two leaves at most this many bytes behind.
_UTF8_TAIL_BYTES = 3


class NotRejectedError(ValueError):
    """Bytes that are no rejected record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """One refusal. `topic` is the input topic's full name; `index` counts events from 0.

    `original`: the event's own bytes, or the whole record's where `whole`; cut where `truncated`.
    `size_bytes` is the length before the cut, `append_ms` the broker's time (ms of UTC).
    """

    topic: str
    partition: int
    offset: int
    index: int
    reason: str
    words: str
    append_ms: int | None
    record_key: bytes | None
    original: bytes
    whole: bool
    truncated: bool
    size_bytes: int

    @property
    def key(self) -> bytes:
        """`topic|partition|offset|index`."""
        return b"%s|%d|%d|%d" % (self.topic.encode(), self.partition, self.offset, self.index)

    def encode(self) -> bytes:
        """The record's value: one JSON object; bytes as text where they are, else as Base64."""
        return orjson.dumps(
            {
                "topic": self.topic,
                "partition": self.partition,
                "offset": self.offset,
                "index": self.index,
                "reason": self.reason,
                "words": self.words,
                "append_ms": self.append_ms,
                "size_bytes": self.size_bytes,
                "whole": self.whole,
                "truncated": self.truncated,
                **_spelt("key", self.record_key),
                **_spelt("value", self.original),
            }
        )


def refusals(
    origin: Origin,
    record: tuple[bytes | None, bytes | None, int | None],
    refused: Iterable[tuple[int, int, str, str]],
) -> Iterator[Rejected]:
    """Yield what was refused of one record (key, value, append_ms).

    `refused`: (offset, index, reason, words), as the core gives them.
    """
    key, value, append_ms = record
    events = _events(value or b"")
    for offset, index, reason, words in refused:
        whole = events is None or index >= len(events)
        original = value or b"" if whole else orjson.dumps(events[index])  # type: ignore[index]
        cut = _cut(original)
        yield Rejected(
            topic=origin.topic,
            partition=origin.partition,
            offset=offset,
            index=index,
            reason=str(reason),
            words=words,
            append_ms=append_ms,
            record_key=key,
            original=cut,
            whole=whole,
            truncated=len(cut) < len(original),
            size_bytes=len(original),
        )


def decode(value: bytes | None) -> Rejected:
    """Read a rejected record's value; NotRejectedError where it is none."""
    try:
        raw = orjson.loads(value or b"")
        return Rejected(
            topic=raw["topic"],
            partition=raw["partition"],
            offset=raw["offset"],
            index=raw["index"],
            reason=raw["reason"],
            words=raw["words"],
            append_ms=raw["append_ms"],
            record_key=_read("key", raw),
            original=_read("value", raw) or b"",
            whole=raw["whole"],
            truncated=raw["truncated"],
            size_bytes=raw["size_bytes"],
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise NotRejectedError(f"value: expected a rejected record ({error!r})") from error


def _events(value: bytes) -> list[Any] | None:
    """Return the events of an array; None where the record itself is the event, or is none."""
    if len(value) > RECORD_BYTES_MAX or not value.lstrip().startswith(b"["):
        return None
    try:
        events = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    return events if isinstance(events, list) else None


def _cut(original: bytes) -> bytes:
    if len(original) <= ORIGINAL_BYTES_MAX:
        return original
    cut = original[:ORIGINAL_BYTES_MAX]
    for tail in range(_UTF8_TAIL_BYTES + 1):
        shorter = cut[: len(cut) - tail]
        if _text(shorter) is not None:
            return shorter
    return cut


def _text(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def _spelt(name: str, value: bytes | None) -> dict[str, Any]:
    if value is None:
        return {}
    text = _text(value)
    if text is not None:
        return {name: text}
    return {f"{name}_b64": base64.b64encode(value).decode()}


def _read(name: str, raw: dict[str, Any]) -> bytes | None:
    if name in raw:
        return str(raw[name]).encode()
    coded = raw.get(f"{name}_b64")
    return None if coded is None else base64.b64decode(coded, validate=True)
