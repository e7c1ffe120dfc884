"""Bytes to events and back: the one place where JSON is read on the way in.

A record's value is one event or an array of events. What cannot be read is refused with its reason.
"""

from __future__ import annotations

from typing import Any

import orjson

from streams.core.events import Reason
from streams.core.state import PartitionState

# Design 11: an event of 64 KiB and a record of 1 MiB are far beyond anything a hotline says.
EVENT_BYTES_MAX = 64 * 1024
RECORD_BYTES_MAX = 1024 * 1024


def fold_record(
    state: PartitionState, offset: int, append_ms: int | None, value: bytes | None
) -> None:
    """Fold one Kafka record into the state; never raises for what the record holds."""
    if not value:
        state.refuse(offset, 0, Reason.EMPTY, "value: expected an event or an array of events")
        return
    if len(value) > RECORD_BYTES_MAX:
        state.refuse(offset, 0, Reason.TOO_LARGE, f"value: more than {RECORD_BYTES_MAX} bytes")
        return
    try:
        decoded = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        state.refuse(offset, 0, Reason.NOT_JSON, f"value: {error}")
        return
    if type(decoded) is not list:
        if len(value) > EVENT_BYTES_MAX:
            state.refuse(offset, 0, Reason.TOO_LARGE, f"event: more than {EVENT_BYTES_MAX} bytes")
            return
        decoded = (decoded,)
    elif not decoded:
        state.refuse(offset, 0, Reason.EMPTY, "value: expected at least one event in the array")
        return
    state.fold(offset, append_ms, decoded)


def encode(events: list[dict[str, Any]]) -> bytes:
    """One record's value: the event itself, or an array where there are several."""
    return kept(events[0] if len(events) == 1 else events)


def kept(value: object) -> bytes:
    """JSON to keep: what orjson returns holds on to all the room it reserved, some 16 kB."""
    return bytes(memoryview(orjson.dumps(value)))
