"""Each fault alone: what it does to the lines, and what the ledger makes of it, by hand."""

from collections import Counter

import pytest

from streams.simulator.day import simulate_day
from streams.simulator.faults import (
    DISORDER_MS,
    FAULTS,
    LATE_MS,
    SKEW_MS,
    TALKING_TIMEOUT_MS,
    WAITING_TIMEOUT_MS,
    Faulty,
    seen,
    spoil,
)
from streams.simulator.ledger import Ledger
from streams.simulator.telling import EventDict
from tests.simulator.made import MONDAY, profile

MADE = profile(
    queues={
        "a": {"per_day": 3000, "wrapup_s": 10},
        "b": {"per_day": 500, "wrapup_s": 10, "source": "pbx-2"},
    },
    teams={"x": {"skills": ["a", "b"], "agents": 15}},
)
DAY = simulate_day(MADE, 1, MONDAY)
EVENTS = DAY.events["calls"]
ABOUT_CALLS = [event for event in EVENTS if "contact" in event]


def spoilt(*faults: str) -> Faulty:
    return spoil(EVENTS, faults, DAY.end_ms, 1)


def good(faulty: Faulty) -> list[tuple[int, EventDict]]:
    return [(at, event) for at, event in faulty.deliveries if not isinstance(event, bytes)]


def test_without_faults_all_comes_at_once() -> None:
    assert spoilt().deliveries == [(event["at_ms"], event) for event in EVENTS]
    assert seen(DAY.ledger, spoilt(), DAY.end_ms).calls() == DAY.ledger.calls()


def test_duplicates() -> None:
    faulty = spoilt("duplicates")
    ids = Counter(event["id"] for _, event in good(faulty))
    assert set(ids.values()) == {1, 2}
    assert faulty.counts["duplicates"] == sum(n == 2 for n in ids.values())
    assert faulty.counts["duplicates"] == pytest.approx(0.05 * len(ABOUT_CALLS), rel=0.1)


def test_disorder() -> None:
    delays = [at_ms - event["at_ms"] for at_ms, event in good(spoilt("disorder"))]
    assert (min(delays), max(delays)) == (0, pytest.approx(DISORDER_MS, rel=0.01))
    times = [event["at_ms"] for _, event in good(spoilt("disorder"))]
    assert times != sorted(times)


def test_late_hang_ups_are_too_late_for_a_live_system_only() -> None:
    faulty = spoilt("late")
    delays = {event["id"]: at_ms - event["at_ms"] for at_ms, event in good(faulty)}
    late = {name: delay for name, delay in delays.items() if delay}
    assert len(late) == faulty.counts["late"] == len(faulty.late) > 10
    assert min(late.values()) >= LATE_MS[0]
    live = seen(DAY.ledger, faulty, DAY.end_ms, live=True).calls()["total"]
    told = DAY.ledger.calls()["total"]
    assert live["handle"]["count"] == told["handle"]["count"] - len(late)
    assert live["answer"] == told["answer"]
    assert seen(DAY.ledger, faulty, DAY.end_ms).calls() == DAY.ledger.calls()


def test_lost_hang_ups() -> None:
    faulty = spoilt("lost-hang-ups")
    missing = len(EVENTS) - len(faulty.deliveries)
    assert missing == faulty.counts["lost-hang-ups"] == len(faulty.lost) > 20


def test_what_a_lost_hang_up_comes_to() -> None:
    ledger, faulty = Ledger(), Faulty([])
    talked = ledger.enter("t", 1, "a", "pbx", 0)
    talked.leave(10_000, "answered")
    talked.talk_ms, talked.wrapup_ms = 5_000, 1_000
    ledger.enter("w", 1, "a", "pbx", 0).leave(10_000, "abandoned")
    faulty.lost |= {("t", 1), ("w", 1)}
    soon, later, at_last = (
        seen(ledger, faulty, end_ms).calls()["total"]
        for end_ms in (
            WAITING_TIMEOUT_MS,
            WAITING_TIMEOUT_MS + 5_000,
            TALKING_TIMEOUT_MS + 15_000,
        )
    )
    assert (soon["waiting"], soon["talking"], soon["left"]) == (1, 1, {})
    assert (later["waiting"], later["talking"], later["left"]) == (0, 1, {"system": 1})
    assert (at_last["talking"], at_last["answered"], at_last["handle"]["count"]) == (0, 1, 0)


def test_a_wrong_clock() -> None:
    faulty = spoilt("clock-skew")
    ((source, skew_ms),) = faulty.skews_ms.items()
    assert source == "pbx-2"
    assert SKEW_MS[0] <= abs(skew_ms) <= SKEW_MS[1]
    for (at_ms, event), before in zip(good(faulty), EVENTS, strict=True):
        assert at_ms == before["at_ms"]
        assert event["at_ms"] - before["at_ms"] == (skew_ms if event["source"] == source else 0)
    found = seen(DAY.ledger, faulty, DAY.end_ms).calls()
    told = DAY.ledger.calls()
    for name in ("a", "b"):
        assert found["queues"][name] == told["queues"][name]


def test_damaged_lines_come_beside_the_good_ones() -> None:
    faulty = spoilt("damaged")
    assert [event for _, event in good(faulty)] == EVENTS
    lines = [payload for _, payload in faulty.deliveries if isinstance(payload, bytes)]
    assert len(lines) == len(set(lines)) == faulty.counts["damaged"] == faulty.rejected.total()
    assert set(faulty.rejected) == {"not_json", "unknown_type", "bad_field"}


@pytest.mark.parametrize("name", FAULTS)
def test_no_fault_changes_another(name: str) -> None:
    alone, among = spoilt(name), spoilt(*FAULTS)
    if name in {"clock-skew", "lost-hang-ups"}:
        assert alone.counts[name] >= among.counts[name] > 0
        assert (alone.skews_ms, alone.lost) in (
            (among.skews_ms, set()),
            ({}, among.lost),
        )
    else:
        assert among.counts[name] == pytest.approx(alone.counts[name], rel=0.25)
