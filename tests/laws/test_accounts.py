"""Nothing raises, nothing is lost from the accounts, counters never fall."""

import copy
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.book import WINDOWS
from streams.core.events import CALL_TYPES, TYPES_OF_TOPIC, explain
from streams.core.limits import Rules
from streams.core.shapes import Shapes
from streams.core.state import PartitionState
from streams.wire.codec import fold_record
from tests.core.histories import event
from tests.laws.boards import board, fold, totals
from tests.laws.hostile import KINDS, Event, disturbed, events, histories

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = (
    "v", "id", "type", "at_ms", "source", "contact", "queue", "agent", "customer", "site", "visit",
    "backfill", "lateness_ms", "data",
)  # fmt: skip
DATA = ("wait_ms", "talk_ms", "wrapup_ms", "ring_ms", "reason", "kind", "by", "wrapup_follows")


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """An event in which some fields are anything at all."""
    made: dict[str, Any] = copy.deepcopy(draw(events()))
    for _ in range(draw(st.integers(0, 2))):
        value = draw(JSON)
        if draw(st.booleans()):
            made[draw(st.sampled_from(FIELDS))] = value
        elif isinstance(made.get("data"), dict):
            made["data"][draw(st.sampled_from(DATA))] = value
    return made


def accounted(state: PartitionState) -> int:
    clocks = state.clocks.values()
    return sum(one.ok + one.duplicate + one.late + one.invalid + one.future for one in clocks)


def _is_beat(one: object, topic: str) -> bool:
    return (
        isinstance(one, dict)
        and one.get("type") == "source.heartbeat"
        and explain(one, topic) is None
    )


@settings(max_examples=300, deadline=None)
@given(JSON | damaged(), st.sampled_from(sorted(TYPES_OF_TOPIC)))
def test_looking_at_anything_never_raises(thing: Any, topic: str) -> None:
    refusal = explain(thing, topic)
    shapes = Shapes(topic)
    for kind in CALL_TYPES:
        shapes.of(event(kind, 0, data={"reason": "key", "kind": "blind"}))
    for _ in range(2):
        assert (shapes.of(thing) is None) == (refusal is not None)
    if refusal is not None:
        assert refusal[1]


@settings(max_examples=150, deadline=None)
@given(st.lists(JSON | damaged(), max_size=12), st.none() | st.integers(0, 2**42))
def test_every_event_is_accounted_for(things: list[Any], append_ms: int | None) -> None:
    state = PartitionState("calls", Rules(queues_max=2, contacts_max=3))
    state.fold(0, append_ms, things)
    beats = sum(_is_beat(one, "calls") for one in things)
    future_beats = beats if append_ms is not None else 0
    assert len(things) - beats <= accounted(state) <= len(things) - beats + future_beats
    refused = sum(one.late + one.invalid + one.future for one in state.clocks.values())
    assert len(state.take_refused()) == refused
    board(state)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | st.builds(orjson.dumps, st.lists(damaged(), max_size=5)))
def test_any_bytes_are_folded_or_refused(value: bytes) -> None:
    state = PartitionState()
    fold_record(state, 5, None, value)
    assert state.offset == 5
    assert accounted(state) >= 1 or value in {b"[]", b""} or _only_beats(value)


def _only_beats(value: bytes) -> bool:
    try:
        things = orjson.loads(value)
    except orjson.JSONDecodeError:
        return False
    things = things if isinstance(things, list) else [things]
    return all(_is_beat(one, "calls") for one in things)


@settings(max_examples=100, deadline=None)
@given(disturbed())
def test_every_hostile_event_is_accounted_for(history: list[Event]) -> None:
    state = fold(history)
    assert accounted(state) == sum(one["type"] != "source.heartbeat" for one in history)


@settings(max_examples=150, deadline=None)
@given(disturbed())
def test_counters_never_fall(history: list[Event]) -> None:
    state, before = PartitionState(), dict[tuple[str, str], list[int]]()
    for offset, one in enumerate(history):
        state.fold(offset, None, [one])
        now = totals(state)
        for key, cells in before.items():
            assert all(was <= found for was, found in zip(cells, now[key], strict=True))
        before = now


@settings(max_examples=100, deadline=None)
@given(st.one_of(histories(), disturbed()))
def test_offered_is_answered_abandoned_left_and_waiting_at_every_moment(
    history: list[Event],
) -> None:
    state = PartitionState()
    for offset, one in enumerate(history):
        state.fold(offset, None, [one])
        for tile in board(state).values():
            for name in WINDOWS:
                found = tile["windows"][name]
                gone = found["answered"] + found["abandoned"] + sum(found["left"].values())
                assert found["offered"] == gone + found["waiting"]
                assert found["waiting"] >= 0
        for counts in state.queues.values():
            for tally in (
                *counts.minutes.values(),
                *counts.quarters.values(),
                *counts.days.values(),
            ):
                assert min(tally.cells) >= 0
                assert min((tally.waits or {1: 1}).values()) > 0
            assert counts.talking >= 0


def test_the_generator_knows_every_type_of_call() -> None:
    assert {f"call.{kind}" for kind in KINDS} == CALL_TYPES
