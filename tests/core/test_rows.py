"""A visit as one row."""

from streams.core.contact import Clock, Contact
from streams.core.rows import row
from streams.core.visit import Visit
from tests.core.histories import NOON_MS, event, folded, rows_of


def test_a_visit_that_counts_for_nothing_has_no_row() -> None:
    assert row("c", 1, Contact("s", "main", Clock()), Visit()) is None


def test_every_field_of_a_whole_visit() -> None:
    history = [
        event("queued", 0, customer="ab", site="north"),
        event("ring_missed", 2, site="north"),
        event("answered", 5, wait=4, agent="Anna", site="north"),
        event("transferred", 9, kind="blind", site="north"),
        event("ended", 9, talk=3, by="transfer", site="north"),
        event("wrapped_up", 12, site="north"),
    ]
    (found,) = rows_of(folded(history))
    assert found == {
        "contact": "c",
        "visit": 1,
        "site": "north",
        "queue": "q",
        "channel": "voice",
        "source": "pbx",
        "customer": "ab",
        "entered_ms": NOON_MS,
        "left_ms": NOON_MS + 5000,
        "outcome": "answered",
        "reason": None,
        "wait_ms": 4000,
        "agent": "Anna",
        "talk_ms": 3000,
        "wrapup_ms": 3000,
        "talking": False,
        "transferred": "blind",
        "ended_by": "transfer",
        "rings_missed": 1,
    }


def test_who_waits_has_not_left() -> None:
    (found,) = rows_of(folded([event("queued", 0)]))
    none = ("left_ms", "outcome", "reason", "wait_ms", "agent", "talk_ms", "wrapup_ms")
    assert [found[name] for name in none] == [None] * len(none)  # type: ignore[literal-required]


def test_who_left_has_a_reason_and_no_agent() -> None:
    history = [event("queued", 0), event("left", 3, reason="key"), event("answered", 4, agent="A")]
    (found,) = rows_of(folded(history))
    assert (found["outcome"], found["reason"], found["agent"]) == ("left", "key", None)


def test_of_two_customers_the_first_by_name_stays() -> None:
    history = [event("queued", 0, customer="b"), event("answered", 4, customer="a")]
    for order in (history, history[::-1]):
        assert rows_of(folded(order))[0]["customer"] == "a"
