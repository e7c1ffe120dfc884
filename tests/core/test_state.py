"""One partition's fold: what is refused and why, what becomes final, what is forgotten."""

from typing import Any

import pytest

from streams.core.definitions import (
    ABANDONED,
    ANSWERED,
    ENTERED,
)
from streams.core.events import Reason
from streams.core.limits import (
    EVENTS_PER_CONTACT_MAX,
    HOUR_MS,
    RINGS_PER_CONTACT_MAX,
    SOURCES_MAX,
    Rules,
)
from streams.core.state import DUPLICATE, PartitionState
from tests.core.histories import NOON_MS, event, folded, heartbeat, rows_of

KEY = ("main", "q")
LATE_S = 15 * 60 + 5  # the allowed lateness behind the watermark, which is 5 s behind


def verdict(state: PartitionState, made: object, append_s: float | None = None) -> Any:
    append_ms = None if append_s is None else NOON_MS + round(1000 * append_s)
    found = state.fold_event(made, append_ms)
    return found and (found if found is DUPLICATE else found[0])


def totals(state: PartitionState, *columns: int) -> tuple[int, ...]:
    return tuple(state.queues[KEY].totals.cells[column] for column in columns)


def clock(state: PartitionState, source: str = "pbx") -> dict[str, int]:
    found = state.clocks[source, "main"]
    names = ("ok", "duplicate", "late", "invalid", "future")
    return {name: getattr(found, name) for name in names if getattr(found, name)}


# --- what is refused, and why ---


def test_late_is_beyond_the_allowed_lateness_behind_the_watermark() -> None:
    state = folded([heartbeat(0)])
    assert verdict(state, event("queued", -LATE_S, "a")) is None
    assert verdict(state, event("queued", -LATE_S - 0.001, "b")) is Reason.LATE
    assert list(state.contacts) == ["a"]
    assert clock(state) == {"ok": 1, "late": 1}


def test_each_source_has_its_own_watermark_and_disorder() -> None:
    state = folded([heartbeat(0)], Rules(disorder_by_source={"slow": 60_000}))
    old = event("queued", -2000, "a", source="other")
    assert verdict(state, old) is None
    assert verdict(state, event("queued", -2000, "b")) is Reason.LATE
    state.fold_event(heartbeat(0, "slow"), None)
    assert verdict(state, event("queued", -960, "c", source="slow")) is None
    assert verdict(state, event("queued", -960.001, "d", source="slow")) is Reason.LATE


def test_the_same_source_at_two_sites_has_two_clocks() -> None:
    state = folded([heartbeat(0, site="north")])
    assert verdict(state, event("queued", -5000, site="south")) is None
    assert verdict(state, event("queued", -5000, "d", site="north")) is Reason.LATE


def test_a_backfill_states_its_own_lateness() -> None:
    state = folded([heartbeat(0)])
    week = event("queued", -6 * 86_400, "a", backfill=True, lateness_ms=7 * 86_400_000)
    assert verdict(state, week) is None
    assert verdict(state, event("queued", -6 * 86_400, "b", backfill=True)) is Reason.LATE
    assert verdict(state, event("queued", -2000, "c", lateness_ms=HOUR_MS)) is Reason.LATE


def test_a_backfill_that_allows_no_lateness_has_none() -> None:
    state = folded([heartbeat(0)])
    told = {"backfill": True, "lateness_ms": 0}
    assert verdict(state, event("queued", -5, "a", **told)) is None
    assert verdict(state, event("queued", -5.001, "b", **told)) is Reason.LATE


def test_the_future_is_judged_by_the_append_time_and_moves_no_clock() -> None:
    state = PartitionState()
    assert verdict(state, event("queued", 60, "a"), append_s=0) is None
    assert verdict(state, event("queued", 60.001, "b"), append_s=0) is Reason.FUTURE
    assert verdict(state, heartbeat(61), append_s=0) is Reason.FUTURE
    assert state.clock_ms == NOON_MS + 60_000
    assert clock(state) == {"ok": 1, "future": 2}
    assert "b" not in state.contacts


def test_a_batch_has_no_future() -> None:
    assert verdict(PartitionState(), event("queued", 10**6)) is None


def test_copies_are_duplicates_for_as_long_as_they_are_not_late() -> None:
    state = folded([event("queued", 0), event("abandoned", 7)])
    assert verdict(state, event("queued", 0)) is DUPLICATE
    state.fold_event(heartbeat(7 + LATE_S), None)
    assert verdict(state, event("abandoned", 7)) in {DUPLICATE, Reason.LATE}
    state.fold_event(heartbeat(7 + LATE_S + 1), None)
    assert verdict(state, event("abandoned", 7)) is Reason.LATE
    assert totals(state, ENTERED, ABANDONED) == (1, 1)


@pytest.mark.parametrize("at_s", [7 + LATE_S + step / 1000 for step in range(-2, 1003, 67)])
def test_no_copy_slips_in_between_forgotten_and_late(at_s: float) -> None:
    state = folded([event("queued", 0), event("abandoned", 7), heartbeat(at_s)])
    assert verdict(state, event("abandoned", 7)) in {DUPLICATE, Reason.LATE}
    assert verdict(state, event("queued", 0)) in {DUPLICATE, Reason.LATE}


def test_what_is_no_event_is_invalid_under_the_source_it_names() -> None:
    state = folded([event("queued", 0)])
    assert verdict(state, event("queued", 1) | {"at_ms": "x"}) is Reason.BAD_FIELD
    assert verdict(state, [1]) is Reason.NOT_AN_OBJECT
    assert verdict(state, {"source": "stranger", "type": "x"}) is Reason.UNKNOWN_TYPE
    assert clock(state) == {"ok": 1, "invalid": 1}
    assert clock(state, "other") == {"invalid": 2}


def test_each_refusal_is_counted_once() -> None:
    state = folded([event("queued", 0, "a"), heartbeat(5000)], Rules(contacts_max=1))
    for _ in range(3):
        assert verdict(state, event("queued", -5000, "b")) is Reason.LATE
        assert verdict(state, event("queued", 5000, "b")) is Reason.TOO_MANY_CONTACTS
        assert verdict(state, event("answered", 5000, "a") | {"id": "a:answered"}) in {
            None,
            DUPLICATE,
        }
        assert verdict(state, event("queued", 5000) | {"visit": 0}) is Reason.BAD_FIELD
        assert verdict(state, 5) is Reason.NOT_AN_OBJECT
    assert clock(state) == {"ok": 2, "duplicate": 2, "late": 3, "invalid": 6}
    assert clock(state, "other") == {"invalid": 3}


def test_words_say_how_late_and_how_early() -> None:
    state = folded([heartbeat(0)])
    assert state.fold_event(event("queued", -2000), None) == (
        Reason.LATE,
        "at_ms: 1995000 ms behind its source's watermark",
    )
    assert state.fold_event(event("queued", 100), NOON_MS) == (
        Reason.FUTURE,
        "at_ms: 100000 ms after it was appended",
    )


def test_a_record_carries_its_append_time_to_each_event() -> None:
    state = PartitionState()
    state.fold(0, NOON_MS, [event("queued", 100), event("queued", 0, "d")])
    assert clock(state) == {"ok": 1, "future": 1}


def test_a_state_begins_with_nothing() -> None:
    state = PartitionState()
    assert (state.offset, state.clock_ms, state.overflown) == (-1, 0, 0)
    assert (state.topic, state.rules) == ("calls", Rules())
    state.fold_event(event("queued", 0), None)
    assert state.clocks["pbx", "main"].late == 0


def test_minutes_roll_with_the_clock() -> None:
    state = folded([event("queued", 0), event("abandoned", 5), heartbeat(3 * 3600)])
    assert state.queues[KEY].minutes == {}
    assert state.queues[KEY].clock_ms == state.clock_ms


def test_queues_are_told_the_time_each_quarter_of_an_hour() -> None:
    state = folded([event("queued", 0), heartbeat(14 * 60), heartbeat(15 * 60 - 1)])
    assert state.queues[KEY].clock_ms == NOON_MS
    state.fold_event(heartbeat(15 * 60), None)
    assert state.queues[KEY].clock_ms == NOON_MS + 15 * 60_000


def test_refusals_say_where_they_stood() -> None:
    state = PartitionState()
    state.fold(7, None, [event("queued", 0), 5, event("queued", 0), event("magic", 0)])
    assert [(offset, index, str(reason)) for offset, index, reason, _ in state.take_refused()] == [
        (7, 1, "not_an_object"),
        (7, 3, "unknown_type"),
    ]
    assert state.take_refused() == []
    assert state.offset == 7
    state.refuse(8, 0, Reason.NOT_JSON, "value: expected JSON")
    assert state.offset == 8
    assert state.take_refused() == [(8, 0, Reason.NOT_JSON, "value: expected JSON")]
    assert clock(state, "other") == {"invalid": 2}


def test_heartbeats_move_the_clock_and_are_no_events() -> None:
    state = folded([event("queued", 0), heartbeat(30)])
    found = state.clocks["pbx", "main"]
    assert (found.heard_ms, found.last_event_ms, found.ok) == (NOON_MS + 30_000, NOON_MS, 1)


def test_a_gap_is_an_event() -> None:
    state = folded([heartbeat(30) | {"type": "source.gap"}])
    assert clock(state) == {"ok": 1}


def test_other_topics_are_counted_and_fold_no_call() -> None:
    state = PartitionState("chats")
    chat = event("chat.opened", 0)
    assert verdict(state, chat) is None
    assert verdict(state, event("queued", 0)) is Reason.WRONG_TOPIC
    assert state.contacts == {}


# --- limits ---


def test_queues_beyond_the_limit_share_one() -> None:
    history = [event("queued", n, f"c{n}", queue=f"q{n}") for n in range(5)]
    history += [event("abandoned", 9, f"c{n}", queue=f"q{n}") for n in range(5)]
    state = folded([*history, heartbeat(60)], Rules(queues_max=3))
    assert sorted(state.queues) == [
        ("main", "other"), ("main", "q0"), ("main", "q1"), ("main", "q2"),
    ]  # fmt: skip
    shared = state.queues["main", "other"].totals.cells
    assert (shared[ENTERED], shared[ABANDONED]) == (2, 2)
    assert state.overflown == 2
    assert sum(counts.totals.cells[ENTERED] for counts in state.queues.values()) == 5


def test_contacts_beyond_the_limit_are_refused() -> None:
    state = folded([event("queued", 0, "a"), event("queued", 0, "b")], Rules(contacts_max=2))
    assert verdict(state, event("queued", 1, "c")) is Reason.TOO_MANY_CONTACTS
    assert verdict(state, event("answered", 1, "a")) is None


def test_events_of_one_contact_are_limited_and_rings_leave_room_for_the_answer() -> None:
    rings = [event("ring_missed", n / 100) for n in range(RINGS_PER_CONTACT_MAX + 50)]
    state = folded([event("queued", 0), *rings])
    assert verdict(state, event("answered", 9)) is None
    assert totals(state, ENTERED) == (1,)
    assert clock(state) == {"ok": RINGS_PER_CONTACT_MAX + 1, "invalid": 51}
    (found,) = rows_of(state)
    assert (found["outcome"], found["rings_missed"]) == ("answered", RINGS_PER_CONTACT_MAX - 1)
    held = [event("held", 10 + n / 100) for n in range(EVENTS_PER_CONTACT_MAX)]
    for each in held[: EVENTS_PER_CONTACT_MAX - RINGS_PER_CONTACT_MAX - 1]:
        assert verdict(state, each) is None
    assert verdict(state, held[-1]) is Reason.TOO_MANY_EVENTS


def test_sources_beyond_the_limit_share_one_clock() -> None:
    state = folded(event("queued", 0, f"c{n}", source=f"s{n}") for n in range(SOURCES_MAX + 5))
    assert len(state.clocks) == SOURCES_MAX + 1
    assert clock(state, "other") == {"ok": 5}
    assert verdict(state, event("answered", 3, "c0", source="s0")) is None
    assert clock(state, "s0") == {"ok": 2}


# --- the rest ---


def test_closed_visits_are_handed_over_once() -> None:
    state = folded([event("queued", 0), event("answered", 5), event("queued", 0, "d")])
    assert state.take_closed() == {}
    state.fold_event(event("ended", 9), None)
    assert list(state.take_closed()) == [("c", 1)]
    assert state.take_closed() == {}
    state.fold_event(event("wrapped_up", 12), None)
    assert list(state.take_closed()) == [("c", 1)]


def test_a_call_that_comes_and_goes_is_counted_when_somebody_looks() -> None:
    state = folded([event("queued", 0, "a"), event("queued", 0, "b")])
    state.fold_event(event("answered", 3, "b"), None)
    state.fold_event(event("ended", 9, "b", talk=6), None)
    ((visit, (name, *_)),) = state.uncounted.items()
    assert (name, visit.enter, visit.leave) == ("b", None, None)
    minute = state.queues[KEY].minutes[NOON_MS // 60_000]
    assert (minute.cells[ENTERED], minute.cells[ANSWERED]) == (2, 1)
    assert state.uncounted == {}


def test_nothing_stays_uncounted_for_longer_than_ten_minutes() -> None:
    state = folded([event("queued", 0, "a"), event("queued", 0, "b"), heartbeat(604)])
    assert len(state.uncounted) == 1
    state.fold_event(heartbeat(605), None)
    assert state.uncounted == {}


def test_zones_come_with_the_rules() -> None:
    rules = Rules(zone_of=lambda site, queue: f"Etc/{site}/{queue}")
    assert folded([event("queued", 0)], rules).queues[KEY].zone == "Etc/main/q"


def test_a_visit_that_changes_queue_takes_its_figures_along() -> None:
    state = folded([event("queued", 0, queue="b"), event("answered", 5, queue="a")])
    before, after = (state.queues["main", name] for name in "ba")
    assert before.waiting == after.waiting == {}
    for counts, number in ((before, 0), (after, 1)):
        assert sum(tally.cells[ENTERED] for tally in counts.minutes.values()) == number
        assert sum(tally.cells[ANSWERED] for tally in counts.minutes.values()) == number
        assert counts.talking == number
