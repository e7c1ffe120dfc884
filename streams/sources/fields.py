"""Fields of a JSON record from a system whose versions differ in types: read, or said why not."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import orjson

from streams.core.limits import AT_MS_MAX
from streams.sources.refused import is_word
from streams.wire.codec import RECORD_BYTES_MAX

# Seconds stay below this until the year 5138, milliseconds have been above it since 1973.
SECONDS_MAX = 1e11
IDENTIFIER_MAX = 64


class RecordError(ValueError):
    """A record that cannot be taken: `reason` is one word, the text what was expected."""

    def __init__(self, reason: str, words: str) -> None:
        super().__init__(words)
        self.reason = reason


def json_object(record: bytes) -> dict[str, Any]:
    """The record as a JSON object."""
    if len(record) > RECORD_BYTES_MAX:
        raise RecordError("too_large", f"expected a record of at most {RECORD_BYTES_MAX} bytes")
    try:
        found = orjson.loads(bytes(record))  # it takes no subclass of bytes
    except orjson.JSONDecodeError as error:
        raise RecordError("not_json", str(error)) from None
    if not isinstance(found, dict):
        raise RecordError("malformed", "expected an object")
    return found


def object_in(found: dict[str, Any], name: str) -> dict[str, Any]:
    """A field's object; empty where there is none."""
    value = found.get(name)
    return value if isinstance(value, dict) else {}


def text_in(found: dict[str, Any], name: str) -> str:
    """A field's text; "" where there is none."""
    value = found.get(name)
    return value if isinstance(value, str) else ""


def word_in(found: dict[str, Any], name: str) -> str:
    """A field's text as long as it is a protocol's word; else `other`, "" where there is none."""
    value = text_in(found, name)
    return value if not value or is_word(value) else "other"


def identifier_of(value: object) -> str:
    """A number or text that names something, as text; "" for anything else."""
    if type(value) is int:
        return str(value)
    if isinstance(value, str) and len(value) <= IDENTIFIER_MAX:
        return value.strip()
    return ""


def needed(found: dict[str, Any], name: str) -> str:
    """The identifier in a field that must have one."""
    if name_of := identifier_of(found.get(name)):
        return name_of
    raise RecordError(
        "bad_field", f"{name}: expected a number, or at most {IDENTIFIER_MAX} characters"
    )


def time_ms(value: object) -> int | None:
    """UTC ms of epoch seconds or milliseconds, of ISO, or of `2020-03-03 13:05:57 UTC`.

    None where it is no time since 1970.
    """
    at_ms = _of_text(value.strip()) if isinstance(value, str) else _of_number(value)
    return at_ms if at_ms is not None and 0 < at_ms < AT_MS_MAX else None


def second_told(record: bytes) -> int | None:
    """The second that a chat's record speaks of; None where it tells none."""
    try:
        found = json_object(record)
    except RecordError:
        return None
    for name in ("time", "updated_at", "created_at", "timestamp"):
        if at_ms := time_ms(found.get(name)):
            return at_ms // 1000
    return None


def _of_number(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return round(value if abs(value) > SECONDS_MAX else value * 1000)


def _of_text(value: str) -> int | None:
    try:
        return _of_number(float(value))
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(value.removesuffix("UTC").rstrip())
        return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
