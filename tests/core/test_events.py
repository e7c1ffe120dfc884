"""What an event must look like, and that nothing that is no event ever raises."""

# mypy: disable-error-code="var-annotated"

from typing import Any

import pytest

from streams.core.events import (
    ALL_TYPES,
    CALL_TYPES,
    TYPES_OF_TOPIC,
    Reason,
    explain,
    is_plain_data,
)
from streams.core.limits import DURATION_MS_MAX, TEXT_MAX, VISITS_PER_CONTACT_MAX
from streams.core.shapes import Shapes
from tests.core.histories import event, heartbeat


def known(thing: Any) -> bool:
    """Whether it is taken where good events of its shape were taken before."""
    shapes = Shapes("calls")
    for kind in CALL_TYPES:
        data = {"call.left": {"reason": "key"}, "call.transferred": {"kind": "blind"}}.get(kind)
        for more in ({}, {"backfill": True}, {"lateness_ms": 5}):
            good = event(kind, 0, **more) | ({"data": data} if data else {})
            assert shapes.of(good) is shapes.of(dict(good)) is not None
    return shapes.of(thing) is not None


def test_good_events_are_taken() -> None:
    for kind in CALL_TYPES:
        data = {"call.left": {"reason": "key"}, "call.transferred": {"kind": "blind"}}.get(kind)
        made = event(kind, 0, agent="王芳", customer="ab", site="north", visit=2, backfill=True)
        if data:
            made["data"] = data
        assert explain(made, "calls") is None
        assert known(made)


def test_sources_speak_on_every_topic() -> None:
    for topic in TYPES_OF_TOPIC:
        assert explain(heartbeat(0), topic) is None


def test_unknown_fields_are_accepted() -> None:
    assert explain(event("queued", 0, colour="red", data={"mood": None}), "calls") is None


def test_topics_keep_to_their_words() -> None:
    refusal = explain(event("queued", 0), "chats")
    assert refusal is not None
    assert refusal[0] is Reason.WRONG_TOPIC
    assert Shapes("chats").of(event("queued", 0)) is None


def test_an_agents_change_needs_no_contact() -> None:
    made = {"id": "1", "source": "s", "type": "agent.state_changed", "at_ms": 1, "agent": "a"}
    assert explain(made, "agents") is None
    assert explain(made | {"agent": None}, "agents") == (
        Reason.BAD_FIELD,
        f"agent: expected 1 to {TEXT_MAX} printable characters",
    )


@pytest.mark.parametrize(
    ("change", "reason", "words"),
    [
        ({"type": "call.vanished"}, Reason.UNKNOWN_TYPE, "type: 'call.vanished' is not known"),
        ({"type": None}, Reason.UNKNOWN_TYPE, "type"),
        ({"type": ["call.queued"]}, Reason.UNKNOWN_TYPE, "type"),
        ({"type": "x" * 999}, Reason.UNKNOWN_TYPE, "type"),
        ({"v": 2}, Reason.BAD_VERSION, "v: expected 1"),
        ({"v": None}, Reason.BAD_VERSION, "v: expected 1"),
        *(({"id": bad}, Reason.BAD_FIELD, "id") for bad in (None, "", 7, "a\nb", "x" * 257, [])),
        *(({"contact": bad}, Reason.BAD_FIELD, "contact") for bad in (None, "", 7, "a\0")),
        *(({"source": bad}, Reason.BAD_FIELD, "source") for bad in (None, "", {}, "\x7f")),
        *(({"queue": bad}, Reason.BAD_FIELD, "queue") for bad in (None, "", 7, "a\tb", "x" * 257)),
        *(({"agent": bad}, Reason.BAD_FIELD, "agent") for bad in ("", 7, "\n")),
        *(({"site": bad}, Reason.BAD_FIELD, "site") for bad in ("", [])),
        *(({"customer": bad}, Reason.BAD_FIELD, "customer") for bad in ("", 5550100)),
        *(
            ({"at_ms": bad}, Reason.BAD_FIELD, "at_ms")
            for bad in (None, "1", 1.5, True, 0, -1, 4_102_444_800_000)
        ),
        *(
            ({"visit": bad}, Reason.BAD_FIELD, "visit")
            for bad in (None, 0, True, 1.0, VISITS_PER_CONTACT_MAX + 1)
        ),
        *(({"backfill": bad}, Reason.BAD_FIELD, "backfill") for bad in (None, 1, "yes")),
        *(({"lateness_ms": bad}, Reason.BAD_FIELD, "lateness_ms") for bad in (None, -1, 1.5, True)),
        *(
            ({"data": bad}, Reason.BAD_FIELD, "data: expected an object")
            for bad in ([], "x", 0, False)
        ),
        *(
            ({"data": {name: bad}}, Reason.BAD_FIELD, f"data.{name}")
            for name in ("wait_ms", "talk_ms", "wrapup_ms", "ring_ms")
            for bad in (-1, 1.5, "1", True, [], DURATION_MS_MAX + 1)
        ),
        *(
            ({"data": {name: bad}}, Reason.BAD_FIELD, f"data.{name}")
            for name in ("by", "reason")
            for bad in (None, 7, [], {}, "x" * 257)
        ),
        *(
            ({"type": "call.left", "data": bad}, Reason.BAD_FIELD, "data")
            for bad in (None, {}, {"reason": "boredom"}, {"reason": []}, {"reason": None})
        ),
        *(
            ({"type": "call.transferred", "data": bad}, Reason.BAD_FIELD, "data")
            for bad in (None, {}, {"kind": "magic"}, {"kind": {}}, {"kind": 1})
        ),
    ],
)
def test_refused_with_the_field_and_what_was_expected(
    change: dict[str, Any], reason: Reason, words: str
) -> None:
    bad = event("queued", 0) | change
    refusal = explain(bad, "calls")
    assert refusal is not None
    assert refusal[0] is reason
    assert refusal[1].startswith(words)
    assert len(refusal[1]) < 200
    assert not known(bad)


@pytest.mark.parametrize("thing", [None, 1, 1.5, "x", [], [{}], True, b"x"])
def test_what_is_no_object(thing: object) -> None:
    assert explain(thing, "calls") == (Reason.NOT_AN_OBJECT, "expected an object")
    assert not known(thing)


def test_a_missing_field_is_a_bad_one() -> None:
    whole = event("queued", 0)
    for name in ("id", "type", "at_ms", "source", "contact", "queue"):
        bad = {field: value for field, value in whole.items() if field != name}
        assert explain(bad, "calls") is not None
        assert not known(bad)


def test_limits_themselves_are_allowed() -> None:
    text = "x" * TEXT_MAX
    made = event("answered", 0, visit=VISITS_PER_CONTACT_MAX, wait=DURATION_MS_MAX / 1000)
    made |= {"id": text, "contact": text, "queue": text, "agent": text, "customer": text}
    assert explain(made, "calls") is None
    assert known(made)


def test_the_smallest_are_allowed() -> None:
    made = {
        "id": "1",
        "type": "call.ended",
        "at_ms": 1,
        "source": "s",
        "contact": "c",
        "data": {"wait_ms": 0, "talk_ms": 0, "wrapup_ms": 0, "ring_ms": 0, "by": "", "reason": "x"},
    }
    text = made | {"data": {"by": "x" * TEXT_MAX}, "lateness_ms": DURATION_MS_MAX, "visit": 1}
    bare = {field: value for field, value in made.items() if field != "data"}
    assert explain(made | {"data": None}, "calls") is None
    for good in (made, text, text | {"lateness_ms": 0}, bare, bare | {"v": 1}):
        assert explain(good, "calls") is None
        assert known(good)


def test_a_queue_is_needed_to_enter_one_whatever_else_is_said() -> None:
    made = event("queued", 0, queue=None, wait=1)
    assert explain(made, "calls") == (Reason.BAD_FIELD, "queue: expected on call.queued")
    assert not known(made)
    assert known(event("queued", 0, wait=1))
    assert known(event("answered", 0, queue=None, wait=1))


def test_words_name_what_was_expected_and_what_was_found() -> None:
    left = explain(event("left", 0, reason="x"), "calls")
    assert left is not None
    assert left[1].endswith("callback, empty, full, key, system, timeout, withdrawn")
    assert explain(event("queued", 0) | {"type": "x" * 99}, "calls") == (
        Reason.UNKNOWN_TYPE,
        f"type: {'x' * 64!r} is not known",
    )
    time = explain(event("queued", 0) | {"at_ms": 0}, "calls")
    assert time == (
        Reason.BAD_FIELD,
        "at_ms: expected integer milliseconds of UTC before 2100",
    )


def test_names_may_hold_wide_and_no_break_spaces() -> None:
    made = event("answered", 0, agent="王\u3000芳\u00a0A")
    assert explain(made, "calls") is None


def test_every_type_belongs_somewhere() -> None:
    assert set().union(*TYPES_OF_TOPIC.values()) < ALL_TYPES
    assert ALL_TYPES - set().union(*TYPES_OF_TOPIC.values()) == {"source.heartbeat", "source.gap"}


def test_plain_data_holds_durations_and_words() -> None:
    data: dict[str, Any]
    for data in ({"wait_ms": 0}, {"talk_ms": DURATION_MS_MAX}, {"by": "agent", "note": ["x"]}):
        assert is_plain_data(data)
    for data in ({"wait_ms": -1}, {"talk_ms": DURATION_MS_MAX + 1}, {"by": 1}, {"wait_ms": "1"}):
        assert not is_plain_data(data)
