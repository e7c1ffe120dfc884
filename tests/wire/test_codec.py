"""Bytes to events: whatever a record holds, it is folded or refused with a reason."""

import pytest

from streams.core.events import Reason
from streams.core.state import PartitionState
from streams.wire.codec import EVENT_BYTES_MAX, RECORD_BYTES_MAX, encode, fold_record

EVENT = {"v": 1, "id": "1", "type": "source.gap", "at_ms": 1_795_400_000_000, "source": "pbx"}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, Reason.EMPTY),
        (b"", Reason.EMPTY),
        (b"[]", Reason.EMPTY),
        (b" [ ] ", Reason.EMPTY),
        (b"{", Reason.NOT_JSON),
        (b'{"at_ms": NaN}', Reason.NOT_JSON),
        (b"\xff", Reason.NOT_JSON),
        (b"null", Reason.NOT_AN_OBJECT),
        (b"[[]]", Reason.NOT_AN_OBJECT),
        (b'"' + b"x" * EVENT_BYTES_MAX + b'"', Reason.TOO_LARGE),
        (b"[" + b" " * RECORD_BYTES_MAX + b"]", Reason.TOO_LARGE),
    ],
)
def test_what_cannot_be_read_is_refused_and_counted(value: bytes | None, reason: Reason) -> None:
    state = PartitionState()
    fold_record(state, 7, None, value)
    [(offset, index, found, words)] = state.take_refused()
    assert (offset, index, found) == (7, 0, reason)
    assert words
    assert state.offset == 7
    assert sum(clock.invalid for clock in state.clocks.values()) == 1


@pytest.mark.parametrize("events", [[EVENT], [EVENT, {**EVENT, "id": "2"}]])
def test_one_event_or_an_array_of_them(events: list[dict[str, object]]) -> None:
    state = PartitionState()
    fold_record(state, 0, None, encode(events))
    assert state.take_refused() == []
    assert sum(clock.ok for clock in state.clocks.values()) == len(events)
