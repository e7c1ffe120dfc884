"""What a partition of chats counts, when that is final, and what it refuses."""

import pytest

from streams.core.chat_state import ChatState
from streams.core.chats import (
    CHAT_CORRECTIONS,
    OPENED,
    OUTCOME_FIRST,
    RESOLVED,
    TIMED_OUT,
)
from streams.core.events import Reason
from streams.core.limits import DAY_MS, MARKS_PER_CHAT_MAX, Rules
from tests.core.histories import event
from tests.core.talks import beat, chatted, talk

Q = ("main", "q")


def outcomes(state: ChatState, key: tuple[str, str] = Q) -> list[int]:
    """Final episodes: replied, missed, timed out, with a bot only, begun by the desk."""
    return state.desks[key].totals.cells[OUTCOME_FIRST : OUTCOME_FIRST + 5]


def test_a_reply_is_final_after_the_disorder_of_its_source() -> None:
    told = talk("open@0 ask@2 reply@12")
    assert outcomes(chatted(told, beat(21.9))) == [0, 0, 0, 0, 0]  # 12 + 5 s, and as much again
    assert outcomes(chatted(told, beat(22))) == [1, 0, 0, 0, 0]


def test_a_close_may_be_taken_back_until_nothing_can_come() -> None:
    told = talk("open@0 ask@2 reply@12 close@20")
    resolved = [
        chatted(told, beat(at_s)).desks[Q].totals.cells[RESOLVED] for at_s in (900, 924, 925)
    ]
    assert resolved == [0, 0, 1]


def test_a_late_reply_corrects_what_was_final() -> None:
    told = talk("open@0 ask@2 close@20")
    state = chatted(told, beat(60), talk("reply@15", id="late"))
    assert outcomes(state) == [0, 1, 0, 0, 0]  # counters never fall
    assert state.desks[Q].totals.cells[CHAT_CORRECTIONS] == 1
    (tally,) = state.desks[Q].quarters.values()
    assert tally.cells[OUTCOME_FIRST : OUTCOME_FIRST + 2] == [1, 0]


def test_what_is_over_is_forgotten() -> None:
    told = talk("open@0 ask@2 reply@12 close@20")
    assert chatted(told, beat(924)).conversations
    assert not chatted(told, beat(926)).conversations


def test_silence_ends_a_conversation() -> None:
    rules = Rules(chat_silence_ms=3_600_000)
    waiting = chatted(talk("open@0 ask@2"), beat(3_606), rules=rules)
    assert len(waiting.desks[Q].open) == 1
    state = chatted(talk("open@0 ask@2"), beat(3_607), rules=rules)
    assert not state.desks[Q].open
    (tally,) = state.desks[Q].quarters.values()
    assert tally.cells[OUTCOME_FIRST + TIMED_OUT] == 1
    assert outcomes(state)[TIMED_OUT] == 0  # a guess waits for what may still come
    state.fold(9, None, beat(3_607 + 900))
    assert outcomes(state)[TIMED_OUT] == 1


def test_a_word_after_the_silence_takes_it_back() -> None:
    rules = Rules(chat_silence_ms=3_600_000)
    state = chatted(talk("open@0 ask@2"), beat(3_607), talk("reply@3600", id="r"), rules=rules)
    assert len(state.desks[Q].open) == 1
    (tally,) = state.desks[Q].quarters.values()
    assert tally.cells[OUTCOME_FIRST : OUTCOME_FIRST + 3] == [1, 0, 0]


def test_copies_and_late_events_change_nothing() -> None:
    state = chatted(talk("open@0 ask@2"), talk("open@0 ask@2"), beat(2_000))
    before = [list(tally.cells) for tally in state.desks[Q].quarters.values()]
    state.fold(9, None, talk("reply@15", id="late"))
    assert [one[2] for one in state.take_refused()] == [Reason.LATE]
    assert [list(tally.cells) for tally in state.desks[Q].quarters.values()] == before
    (clock,) = state.clocks.values()
    assert (clock.ok, clock.duplicate, clock.late) == (2, 2, 1)


def test_a_conversation_moves_whole_when_an_earlier_queue_is_told() -> None:
    late = event("chat.customer_message", 1, queue="first", id="x")
    state = chatted(talk("open@2 ask@3 reply@4", queue="second"), [late])
    assert set(state.desks) == {("main", "first")}
    assert len(state.desks["main", "first"].open) == 1


def test_without_a_queue_nothing_is_final_before_one_may_be_named() -> None:
    told = talk("open@0 ask@2 reply@12", queue=None)
    assert outcomes(chatted(told, beat(30)), ("main", "unknown")) == [0, 0, 0, 0, 0]
    assert outcomes(chatted(told, beat(950)), ("main", "unknown")) == [1, 0, 0, 0, 0]


def test_beyond_the_limit_of_queues_all_share_one() -> None:
    histories = [talk("open@0", contact=name, queue=name) for name in "abc"]
    state = chatted(*histories, rules=Rules(queues_max=1))
    assert {key: len(desk.open) for key, desk in state.desks.items()} == {
        ("main", "a"): 1,
        ("main", "other"): 2,
    }
    assert state.overflown == 2


def test_limits_are_refused_with_words() -> None:
    state = ChatState(Rules(contacts_max=1))
    state.fold(0, None, talk("open@0") + talk("open@0", contact="d"))
    many = [event("chat.customer_message", n / 100, id=f"m{n}") for n in range(MARKS_PER_CHAT_MAX)]
    state.fold(1, None, many)
    assert [one[2] for one in state.take_refused()] == [
        Reason.TOO_MANY_CONTACTS,
        Reason.TOO_MANY_EVENTS,
    ]


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        ("chat.agent_reply", {"by": "robot"}, "agent, bot, auto"),
        ("chat.transferred", {"to": "moon"}, "agent, queue, bot"),
        ("chat.transferred", {}, "data"),
        ("chat.closed", {"by": "nobody"}, "agent, customer, idle, system"),
        ("contact.rated", {"score": 6, "scale_max": 5}, "0 to 5"),
        ("contact.rated", {"score": True, "scale_max": 5}, "0 to 5"),
        ("contact.rated", {"score": 1, "scale_max": 0}, "1 to 100"),
        ("contact.rated", {}, "data"),
    ],
)
def test_words_that_mean_nothing_are_refused(
    kind: str, data: dict[str, object], words: str
) -> None:
    state = ChatState()
    state.fold(0, None, [event(kind, 0, data=data)])
    ((_, _, reason, found),) = state.take_refused()
    assert reason is Reason.BAD_FIELD
    assert words in found
    assert not state.conversations


def test_days_later_counters_hold_all_there_was() -> None:
    state = chatted(talk("open@0 ask@2 reply@5 close@9 rate:5@10"), beat(9 * DAY_MS / 1000))
    assert not state.conversations
    assert state.desks[Q].totals.cells[OPENED] == 1
    assert list(state.desks[Q].days)


def test_what_changed_is_handed_out_once() -> None:
    state = ChatState(collecting=True)
    state.fold(0, None, talk("open@0 ask@2"))
    assert list(state.take_changed().values()) == ["c"]
    assert not state.take_changed()
    state.fold(1, None, beat(9 * DAY_MS / 1000))
    assert list(state.take_changed().values()) == ["c"]  # forgotten since
    assert not state.conversations


def test_a_service_keeps_nothing_for_a_report() -> None:
    state = chatted(talk("open@0 ask@2"))
    assert not state.take_changed()
    assert state.unsaved_visits == 0
