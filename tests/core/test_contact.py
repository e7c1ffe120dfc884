"""When a contact is looked at again, and when it may be forgotten."""

from typing import Any

from streams.core.definitions import ANSWERED, ENTERED, HANDLED
from streams.core.rows import row
from streams.core.state import PartitionState

NOON_MS = 1_795_400_000_000


def event(kind: str, at_s: int, contact: str = "call", **data: Any) -> dict[str, Any]:
    return {
        "v": 1,
        "id": f"{contact}-{kind}",
        "type": kind,
        "at_ms": NOON_MS + 1000 * at_s,
        "source": "pbx",
        "contact": contact,
        "queue": "sales",
        "data": data,
    }


def test_a_visit_without_its_entering_is_kept_until_that_is_late() -> None:
    """How it was served is final long before how it left: that is no reason to forget it."""
    state = PartitionState()
    history = [
        event("call.ended", 23, talk_ms=5000),
        event("call.answered", 18, wait_ms=8000),
        event("call.queued", 60, "another"),  # the watermark passes the end of the first
        event("call.queued", 10),
    ]
    state.fold(0, None, history)
    state.fold(1, None, [event("call.queued", 3600, "a third")])  # nothing of the first is due now
    cells = state.queues["main", "sales"].totals.cells
    assert (cells[ENTERED], cells[ANSWERED], cells[HANDLED]) == (3, 1, 1)


def test_what_is_learned_of_a_closed_visit_closes_it_once_more() -> None:
    """Its figures stay, but who answered, how often it rang and who called belong to its row."""
    state = PartitionState()
    state.fold(0, None, [event("call.queued", 0), event("call.ended", 13, talk_ms=5000)])
    assert state.take_closed()
    learned: list[dict[str, Any]] = [
        {"type": "call.answered", "at_ms": NOON_MS + 8000, "agent": "Hanna"},
        {"type": "call.ring_missed", "at_ms": NOON_MS + 4000},
        {"type": "call.arrived", "at_ms": NOON_MS, "customer": "c1"},
    ]
    rows = []
    for offset, each in enumerate(learned, 1):
        state.fold(offset, None, [event("call", 0) | {"id": str(offset)} | each])
        (((name, number), (contact, visit)),) = state.take_closed().items()
        rows.append(row(name, number, contact, visit))
    assert [each and each["agent"] for each in rows] == ["Hanna"] * 3
    assert [each and each["rings_missed"] for each in rows] == [0, 1, 1]
    assert [each and each["customer"] for each in rows] == [None, None, "c1"]


def test_a_customer_is_learned_for_each_visit() -> None:
    state = PartitionState()
    state.fold(0, None, [event("call.queued", 0), event("call.abandoned", 3)])
    assert list(state.take_closed()) == [("call", 1)]
    again = event("call.queued", 60) | {"id": "again", "visit": 2, "customer": "c1"}
    state.fold(1, None, [again])
    ((place, (contact, _)),) = state.take_closed().items()
    assert (place, contact.customer) == (("call", 1), "c1")


def test_what_changes_is_saved_anew() -> None:
    state = PartitionState()
    state.fold(0, None, [event("call.queued", 0)])
    contact = state.contacts["call"]
    contact.encoded = b"saved"
    state.fold(1, None, [event("call.abandoned", 3)])
    assert contact.encoded is None
    assert state.queues
    contact.encoded = b"saved"
    state.fold(2, None, [event("call.queued", 30, "another")])  # reviews the first
    assert contact.encoded is None
