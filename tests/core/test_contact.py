"""When a contact is looked at again, and when it may be forgotten."""

from typing import Any

from streams.core.contact import (
    NEVER,
    Clock,
    Contact,
    contact_due_ms,
    expire,
    forget_ms,
    visit_due_ms,
)
from streams.core.definitions import ANSWERED, ENTERED, HANDLED
from streams.core.life import Step
from streams.core.limits import HOUR_MS, Rules
from streams.core.rows import row
from streams.core.state import PartitionState
from streams.core.visit import Visit

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


# --- a source's clock ---


def reminded(clock: Clock, **due_ms: int) -> dict[str, Contact]:
    """Contacts of the clock, by name, and when each falls due."""
    contacts = {name: Contact("pbx", "main", clock) for name in due_ms}
    for name, contact in contacts.items():
        clock.remind(contact, name, due_ms[name])
    return contacts


def test_a_clock_has_heard_nothing_yet() -> None:
    clock = Clock()
    assert (clock.disorder_ms, clock.heard_ms, clock.last_event_ms) == (0, 0, 0)
    contact = Contact("pbx", "main", clock)
    assert (contact.touched_ms, contact.keep_ms, contact.due_ms) == (0, 0, NEVER)
    assert contact.encoded is None


def test_a_watermark_is_in_whole_seconds() -> None:
    clock = Clock(5000)
    for heard_ms, watermark_ms in ((12_000, 7000), (12_999, 7000), (13_000, 8000)):
        clock.heard_ms = heard_ms
        assert clock.watermark_ms() == watermark_ms


def test_who_falls_due_within_a_second_shares_a_reminder() -> None:
    clock = Clock(5000)
    contacts = reminded(clock, a=7000, b=6001, c=6000)
    clock.remind(contacts["a"], "a", 6500)  # due before, and in the same second
    assert clock.due == {7: ["a", "b"], 6: ["c"]}
    assert clock.wakes_ms == 11_000
    assert [name for name, _ in clock.fallen_due(contacts, 6000)] == ["c"]
    assert clock.wakes_ms == 12_000
    assert [name for name, _ in clock.fallen_due(contacts, 7000)] == ["a", "b"]
    assert clock.wakes_ms == NEVER


def test_a_reminder_that_comes_too_early_is_put_off() -> None:
    clock = Clock()
    contacts = reminded(clock, a=6000, b=6000)
    clock.remind(contacts["a"], "a", 9000)
    assert clock.due == {6: ["a", "b"]}
    assert [name for name, _ in clock.fallen_due(contacts, 8000)] == ["b"]
    assert clock.due == {9: ["a"]}


def test_old_reminders_concern_nobody_else() -> None:
    """Forgotten, begun anew by another source, reminded since of another second."""
    clock, other = Clock(), Clock()
    contacts = reminded(clock, a=6000, b=6000, c=6000, d=6000)
    del contacts["a"]
    contacts |= reminded(other, b=6000)
    clock.remind(contacts["c"], "c", 5000)
    assert [name for name, _ in clock.fallen_due(contacts, 6000)] == ["c", "d"]
    assert [name for name, _ in other.fallen_due(contacts, 6000)] == ["b"]


# --- when something falls due ---


def served(*, counted: bool) -> Visit:
    """Entered at 0, answered at 5 s, ended at 9 s."""
    visit = Visit()
    key = visit.key = ("main", "q")
    visit.enter = (key, 0)
    visit.leave = (key, 0, 5000, "answered", 5000)
    visit.serve = (key, 0, 5000, 4000, -1, "", False)
    visit.ended = (False, 9000, 4000, -1, "agent")
    visit.counted = counted
    return visit


def test_how_it_was_served_falls_due_after_how_it_left() -> None:
    rules, late_ms = Rules(), 15 * 60_000  # no entering seen: it may be contradicted for so long
    assert visit_due_ms(served(counted=False), rules, 2000) == 5000 + late_ms
    assert visit_due_ms(served(counted=True), rules, 2000) == 9000 + 2000
    visit = served(counted=True)
    visit.served = True
    assert visit_due_ms(visit, rules, 2000) is None


def test_a_contact_falls_due_with_its_first_visit_or_to_be_forgotten() -> None:
    contact = Contact("pbx", "main", Clock(2000))
    contact.touched_ms, contact.keep_ms = 9000, 60_000
    assert contact_due_ms(contact, Rules()) == forget_ms(contact) == 69_001
    waiting = contact.visits[1] = Visit()
    waiting.enter = (("main", "q"), 0)
    assert contact_due_ms(contact, Rules()) == 2 * HOUR_MS
    contact.visits[2] = served(counted=True)
    assert contact_due_ms(contact, Rules()) == 11_000


def test_only_who_waited_too_long_expires() -> None:
    visit = Visit()
    assert expire(visit, 10 * HOUR_MS, Rules()) is False
    visit.seen, visit.entered_ms = Step.QUEUED, 0
    assert expire(visit, 2 * HOUR_MS - 1, Rules()) is False
    assert expire(visit, 2 * HOUR_MS, Rules()) is True
    assert expire(visit, 2 * HOUR_MS, Rules()) is False
    gone = Visit()
    gone.seen, gone.entered_ms = Step.QUEUED | Step.ABANDONED, 0
    gone.gone = (3000, -1, "abandoned")
    assert expire(gone, 10 * HOUR_MS, Rules()) is False
