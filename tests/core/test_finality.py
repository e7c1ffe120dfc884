"""When a contact's figures become final, when a final one is corrected, when it is forgotten."""

from streams.core.definitions import (
    ABANDONED,
    ANSWERED,
    CORRECTIONS,
    ENTERED,
    HANDLED,
    LEFT_COLUMN,
    TALK_SUM_MS,
    Left,
)
from streams.core.limits import HOUR_MS, Rules
from streams.core.state import PartitionState
from tests.core.histories import NOON_MS, event, folded, heartbeat, rows_of

KEY = ("main", "q")
LATE_S = 15 * 60 + 5  # the allowed lateness behind the watermark, which is 5 s behind


def totals(state: PartitionState, *columns: int) -> tuple[int, ...]:
    return tuple(state.queues[KEY].totals.cells[column] for column in columns)


# --- final, corrected ---


def test_an_outcome_is_counted_once_the_watermark_has_passed_it() -> None:
    state = folded([event("queued", 0), event("answered", 5), heartbeat(9.999)])
    assert totals(state, ENTERED, ANSWERED) == (1, 0)
    state.fold_event(heartbeat(15), None)
    assert totals(state, ENTERED, ANSWERED, HANDLED) == (1, 1, 0)


def test_the_service_is_counted_when_it_is_over() -> None:
    state = folded([event("queued", 0), event("answered", 5), event("ended", 20, talk=15)])
    state.fold_event(heartbeat(30), None)
    assert totals(state, ANSWERED, HANDLED, TALK_SUM_MS) == (1, 1, 15_000)


def test_what_was_concluded_is_final_after_the_allowed_lateness() -> None:
    state = folded([event("answered", 5, wait=5), heartbeat(5 + 15 * 60 + 4)])
    assert totals(state, ANSWERED) == (0,)
    state.fold_event(heartbeat(5 + 15 * 60 + 5), None)
    assert totals(state, ANSWERED) == (1,)


def test_a_late_hang_up_corrects_what_was_final() -> None:
    state = folded([event("queued", 0), event("answered", 5), heartbeat(20)])
    assert totals(state, ANSWERED, CORRECTIONS) == (1, 0)
    state.fold_event(event("abandoned", 4), None)
    assert totals(state, ANSWERED, ABANDONED, CORRECTIONS) == (1, 0, 1)  # counters never fall
    minute = state.queues[KEY].minutes[NOON_MS // 60_000]
    assert (minute.cells[ANSWERED], minute.cells[ABANDONED]) == (0, 1)  # gauges tell the truth


def test_each_visit_becomes_final_in_its_own_time() -> None:
    history = [
        event("queued", 0, "a"),
        event("answered", 1, "a"),
        event("ended", 5, "a", talk=4),
        event("queued", 5, "a", visit=2),
        event("answered", 90, "a", visit=2),
        event("ended", 95, "a", visit=2, talk=5),
        event("queued", 0, "b"),
        event("abandoned", 60, "b"),
    ]
    state = folded(history[:4] + history[6:7])
    found = []
    for at_s, more in ((20, history[7:]), (80, []), (90, history[4:6]), (120, []), (500, [])):
        for one in more:
            state.fold_event(one, None)
        state.fold_event(heartbeat(at_s), None)
        found.append(totals(state, ANSWERED, HANDLED, ABANDONED))
    assert found == [(1, 1, 0), (1, 1, 1), (1, 1, 1), (2, 2, 1), (2, 2, 1)]


def test_a_service_that_was_final_is_corrected_like_an_outcome() -> None:
    history = [event("queued", 0), event("answered", 5), event("ended", 20, talk=15)]
    state = folded([*history, heartbeat(21)])
    state.fold_event(event("ended", 19, talk=14), None)  # how it left is final, this not yet
    assert totals(state, ANSWERED, HANDLED, CORRECTIONS) == (1, 0, 0)
    state.fold_event(heartbeat(60), None)
    state.fold_event(event("ended", 18, talk=13), None)
    assert totals(state, ANSWERED, HANDLED, TALK_SUM_MS, CORRECTIONS) == (1, 1, 14_000, 1)


def test_what_changes_nothing_corrects_nothing() -> None:
    state = folded([event("queued", 0), event("answered", 5), heartbeat(20)])
    state.fold_event(event("ring_missed", 4), None)
    state.fold_event(event("abandoned", 6), None)
    assert totals(state, CORRECTIONS) == (0,)


def test_what_was_only_provisional_is_no_correction() -> None:
    state = folded([event("queued", 0), event("answered", 5), event("abandoned", 4), heartbeat(20)])
    assert totals(state, ANSWERED, ABANDONED, CORRECTIONS) == (0, 1, 0)


def test_a_time_out_is_counted_after_the_lateness_and_corrected_by_an_answer() -> None:
    state = folded([event("queued", 0), heartbeat(2 * 3600 + 5)])
    column = LEFT_COLUMN[Left.SYSTEM]
    assert totals(state, column) == (0,)
    assert state.queues[KEY].waiting == {}
    state.fold_event(heartbeat(2 * 3600 + LATE_S), None)
    assert totals(state, column, CORRECTIONS) == (1, 0)
    state.fold_event(event("answered", 3 * 3600, wait=3 * 3600), None)
    assert totals(state, ENTERED, column, CORRECTIONS) == (1, 1, 1)
    assert [found["outcome"] for found in rows_of(state)] == ["answered"]


def test_a_ring_after_a_time_out_corrects_nothing() -> None:
    state = folded([event("queued", 0), heartbeat(3 * 3600), event("ring_missed", 3 * 3600)])
    assert totals(state, LEFT_COLUMN[Left.SYSTEM], CORRECTIONS) == (1, 0)
    assert state.queues[KEY].waiting == {}


def test_a_conversation_times_out_into_an_unknown_length() -> None:
    state = folded([event("queued", 0), event("answered", 5), heartbeat(5 + 4 * 3600 + 4)])
    assert state.queues[KEY].talking == 1
    state.fold_event(heartbeat(5 + 4 * 3600 + 5), None)
    assert state.queues[KEY].talking == 0
    state.fold_event(heartbeat(6 * 3600), None)
    assert totals(state, ANSWERED, HANDLED) == (1, 0)


def test_a_conversation_may_time_out_before_its_answer_is_final() -> None:
    rules = Rules(talking_timeout_ms=1000)
    state = folded([event("queued", 0), event("answered", 5), heartbeat(11)], rules)
    assert state.queues[KEY].talking == 0
    assert totals(state, ANSWERED) == (0,)
    state.fold_event(heartbeat(15), None)
    assert totals(state, ANSWERED, HANDLED) == (1, 0)


def test_a_wait_that_was_told_late_times_out_by_its_entering() -> None:
    rules = Rules(waiting_timeout_ms=60_000)
    history = [event("queued", 0, "known"), event("abandoned", 1, "known")]
    history += [event("ring_missed", 100), event("queued", 0), heartbeat(101)]
    assert folded(history, rules).queues[KEY].waiting == {}


def test_the_first_visit_times_out_whatever_the_second_does() -> None:
    state = folded([event("queued", 0), event("queued", 600, queue="r", visit=2)])
    state.fold_event(heartbeat(2 * 3600 + 5), None)
    assert state.queues[KEY].waiting == {}
    assert list(state.queues["main", "r"].waiting.values()) == [NOON_MS + 600_000]


# --- forgotten ---


def test_nobody_need_look_for_a_contact_to_be_forgotten() -> None:
    history = [event("queued", 0, "known"), event("abandoned", 1, "known")]
    history += [event("queued", 0), event("abandoned", 7), heartbeat(7 + LATE_S + 1)]
    assert folded(history).contacts == {}


def test_a_contact_is_forgotten_on_the_very_second() -> None:
    state = folded([event("queued", 0), event("abandoned", 6.999), heartbeat(6 + LATE_S)])
    assert list(state.contacts) == ["c"]
    state.fold_event(heartbeat(7 + LATE_S), None)
    assert state.contacts == {}


def test_a_closed_contact_is_forgotten_when_nothing_can_change_it() -> None:
    state = folded([event("queued", 0), event("abandoned", 7), heartbeat(7 + LATE_S)])
    assert list(state.contacts) == ["c"]
    state.fold_event(heartbeat(7 + LATE_S + 1), None)
    assert state.contacts == {}
    assert totals(state, ENTERED, ABANDONED) == (1, 1)


def test_open_contacts_are_not_forgotten() -> None:
    history = [event("queued", 0, "a"), event("queued", 0, "b"), event("answered", 5, "b")]
    state = folded([*history, heartbeat(7000)])
    assert sorted(state.contacts) == ["a", "b"]


def test_who_timed_out_is_remembered_for_a_day() -> None:
    state = folded([event("queued", 0), heartbeat(24 * 3600)])
    assert list(state.contacts) == ["c"]
    state.fold_event(heartbeat(27 * 3600), None)
    assert state.contacts == {}


def test_a_backfills_contact_is_kept_for_its_own_lateness() -> None:
    history = [
        event(kind, at_s, backfill=True, lateness_ms=2 * HOUR_MS)
        for kind, at_s in (("queued", 0), ("abandoned", 7))
    ]
    state = folded([*history, heartbeat(3600)])
    assert list(state.contacts) == ["c"]
    state.fold_event(heartbeat(7 + 7200 + 7), None)
    assert state.contacts == {}
