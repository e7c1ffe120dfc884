"""Chats: order, copies and restarts cannot matter, and a plain count finds the same figures."""

import random
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.chat_state import ChatState
from streams.core.chats import CHAT_CORRECTIONS
from streams.core.conversation import Awaits
from streams.core.limits import DAY_MS, Rules
from streams.core.tally import Tally, plus
from streams.wire.changes import load_after
from streams.wire.snapshot import dump
from tests.core.histories import NOON_MS
from tests.laws.chats import QUEUES, counted, fold, silence, traffic
from tests.laws.plain_chats import count_chats

Event = dict[str, Any]
KINDS = (
    "opened", "customer_message", "customer_message", "agent_reply", "agent_reply", "transferred",
    "closed",
)  # fmt: skip
END = [silence(NOON_MS + 2_000_000)]
FAR = [silence(NOON_MS + 2_000_000), silence(NOON_MS + 9 * DAY_MS)]


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Any event of a few conversations within ten minutes after noon."""
    contact = draw(st.integers(0, 3))
    kind = draw(st.sampled_from((*KINDS, "rated")))
    data: dict[str, Any] = {}
    if kind == "agent_reply":
        data = draw(st.sampled_from([{}, {"by": "agent"}, {"by": "bot"}, {"by": "auto"}]))
    elif kind == "transferred":
        data = {"to": draw(st.sampled_from(["agent", "queue", "bot"]))}
    elif kind == "rated":
        data = {"score": draw(st.integers(0, 5)), "scale_max": 5}
    elif kind == "opened" and draw(st.booleans()):
        data = {"reopened": True}
    made = {
        "id": f"e{draw(st.integers(0, 10**6))}",
        "type": "contact.rated" if kind == "rated" else f"chat.{kind}",
        "at_ms": NOON_MS + draw(st.integers(0, 600_000)),
        "source": "qq",
        "contact": f"c{contact}",
        "data": data,
    }
    if draw(st.booleans()):
        made["queue"] = QUEUES[draw(st.integers(0, 1))]
    if draw(st.booleans()):
        made["agent"] = draw(st.sampled_from(["Anna", "Bert"]))
    return made


def histories(most: int = 30) -> st.SearchStrategy[list[Event]]:
    return st.lists(events(), max_size=most, unique_by=lambda one: one["id"])


def bytes_of(state: ChatState) -> bytes:
    state.offset = 0
    return dump(state)


def provisional(state: ChatState) -> Any:
    """All that a snapshot holds but what was counted as final, and when."""
    figures, chats = (orjson.loads(line) for line in bytes_of(state).splitlines())
    for *_, desk in figures["desks"]:
        del desk["totals"]
    now = ("minutes", "quarters", "days", "first", "following", "with_bot", "open")
    figures["desks"] = [one for one in figures["desks"] if any(one[-1][name] for name in now)]
    for chat in chats:
        del chat[9]  # how much is settled
    return figures, chats


@settings(max_examples=150, deadline=None)
@given(histories(), st.data())
def test_any_order_gives_the_same_figures(history: list[Event], data: st.DataObject) -> None:
    other = data.draw(st.permutations(history))
    assert provisional(fold([*history, *END])) == provisional(fold([*other, *END]))


@settings(max_examples=100, deadline=None)
@given(histories(), st.data())
def test_disorder_inside_its_limit_gives_the_same_bytes(
    history: list[Event], data: st.DataObject
) -> None:
    history.sort(key=lambda one: one["at_ms"])
    delays = data.draw(
        st.lists(st.integers(0, 5_000), min_size=len(history), max_size=len(history))
    )
    arrived = sorted(zip(history, delays, strict=True), key=lambda one: one[0]["at_ms"] + one[1])
    mixed = [one for one, _ in arrived]
    assert bytes_of(fold([*history, *END])) == bytes_of(fold([*mixed, *END]))


@settings(max_examples=100, deadline=None)
@given(histories(), st.data())
def test_copies_change_nothing(history: list[Event], data: st.DataObject) -> None:
    copies = data.draw(st.lists(st.sampled_from(history), max_size=9)) if history else []
    mixed = list(history)
    for copy in copies:
        mixed.insert(data.draw(st.integers(mixed.index(copy) + 1, len(mixed))), copy)
    once, more = fold([*history, *END]), fold([*mixed, *END])
    assert sum(clock.duplicate for clock in more.clocks.values()) == len(copies)
    for clock in more.clocks.values():
        clock.duplicate = 0
    assert bytes_of(once) == bytes_of(more)


@settings(max_examples=150, deadline=None)
@given(histories(), st.lists(st.integers(0, 9 * DAY_MS), max_size=3), st.data())
def test_a_restart_anywhere_changes_nothing(
    history: list[Event], beats: list[int], data: st.DataObject
) -> None:
    mixed = data.draw(st.permutations([*history, *(silence(NOON_MS + beat) for beat in beats)]))
    stops = data.draw(st.sets(st.integers(0, len(mixed)), max_size=5))
    whole, stopped = ChatState(), ChatState()
    for offset, one in enumerate([*mixed, *FAR]):
        if offset in stops:
            value = dump(stopped)
            restored = load_after(value, b"", Rules())
            assert isinstance(restored, ChatState)
            stopped = restored
            assert dump(stopped) == value
        whole.fold(offset, None, [one])
        stopped.fold(offset, None, [one])
        assert dump(whole) == dump(stopped)


@settings(max_examples=100, deadline=None)
@given(histories(), st.permutations(range(30)))
def test_what_is_over_is_forgotten_and_counters_hold_all(
    history: list[Event], order: list[int]
) -> None:
    history = [history[place] for place in order if place < len(history)]
    state = fold([*history, *FAR])
    assert not state.conversations
    assert not any(desk.open for desk in state.desks.values())
    if any(desk.totals.cells[CHAT_CORRECTIONS] for desk in state.desks.values()):
        return
    for desk in state.desks.values():  # where nothing was corrected, counters are the tallies
        days = plus([Tally([0] * desk.width, None), *desk.quarters.values(), *desk.days.values()])
        assert desk.totals.cells == days.cells


@settings(max_examples=300, deadline=None)
@given(histories(40))
def test_a_plain_count_finds_the_same(history: list[Event]) -> None:
    moments = {(one["contact"], one["at_ms"]) for one in history}
    if len(moments) < len(history):
        return  # of two events of one moment the plain count knows no order
    named = [one for one in history if one.get("queue")]
    known = {one["contact"] for one in named}
    history = [one for one in history if one["contact"] in known]
    compare(fold([*history, *END]), history)


def compare(state: ChatState, history: list[Event]) -> None:
    found = {}
    for (_, queue), desk in state.desks.items():
        tallies = [Tally([0] * desk.width), *desk.quarters.values(), *desk.days.values()]
        count = counted(plus(tallies))
        awaited = [now.awaits for now in desk.open.values()]
        count |= {"waiting_first": awaited.count(Awaits.FIRST)}
        count |= {"waiting_next": awaited.count(Awaits.NEXT)}
        found[queue] = {name: n for name, n in count.items() if n}
    plain = {queue: count for queue, count in count_chats(history).items() if count}
    assert {queue: count for queue, count in found.items() if count} == plain


@pytest.mark.parametrize("messages", [20_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_many_messages_agree_with_a_plain_count(messages: int) -> None:
    """Out of order, some twice; saved and restored on the way."""
    history, state, chance = [], ChatState(), random.Random(1)
    for offset, one in enumerate(traffic(7, messages)):
        state.fold(offset, None, [one])
        history.append(one)
        if chance.random() < 5 / messages:
            restored = load_after(dump(state), b"", Rules())
            assert isinstance(restored, ChatState)
            state = restored
    assert not state.refused
    compare(state, history)
    state.fold(len(history), None, [silence(max(one["at_ms"] for one in history) + 9 * DAY_MS)])
    assert not state.conversations
