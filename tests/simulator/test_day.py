"""A day is a function of seed, profile and date, in whatever process; and the day asked for."""

import hashlib
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest

from streams.core.events import explain
from streams.simulator.day import Day, simulate_day
from streams.simulator.profiles import load_profile
from streams.simulator.truth import Plan
from tests.live.running import clean_environment, command
from tests.simulator.made import MONDAY, profile


def digest(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    found = []
    for hash_seed in (0, 1, 4711):
        folder = tmp_path / str(hash_seed)
        arguments = ("simulate", "--profile", "small", "--faults", "all", "--out", folder)
        subprocess.run(
            command(*arguments, "--seed", 9, "--days", 2),
            env=clean_environment(PYTHONHASHSEED=hash_seed),
            check=True,
            capture_output=True,
            timeout=120,
        )
        found.append(digest(folder))
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == len(("calls", "chats")) * 2 + len(("truth.json",))


def test_another_seed_is_another_day() -> None:
    small = load_profile("small")
    one, again, other = (simulate_day(small, seed, MONDAY) for seed in (1, 1, 2))
    assert one.events == again.events
    assert one.events != other.events


def test_a_day_does_not_depend_on_the_days_before() -> None:
    small, tuesday = load_profile("small"), MONDAY + timedelta(days=1)
    *_, last = Plan(small, "small", 1, MONDAY, days=2).played()
    assert last.day.events == simulate_day(small, 1, tuesday).events


@pytest.mark.parametrize("name", ["city", "small"])
def test_every_event_is_one_that_is_taken(name: str) -> None:
    day = simulate_day(load_profile(name), 3, MONDAY)
    for channel, events in day.events.items():
        assert [refused for event in events if (refused := explain(event, channel))] == []
        assert len({event["id"] for event in events}) == len(events)
        times = [event["at_ms"] for event in events]
        assert times == sorted(times)


def test_callers_are_the_same_whoever_is_there_to_answer() -> None:
    def arrivals(agents: int) -> list[tuple[int, str]]:
        made = profile(
            queues={"a": {"per_day": 200}}, teams={"x": {"skills": ["a"], "agents": agents}}
        )
        events = simulate_day(made, 1, MONDAY).events["calls"]
        return [(e["at_ms"], e["customer"]) for e in events if e["type"] == "call.arrived"]

    assert arrivals(2) == arrivals(40)


def test_who_redials_is_the_same_customer_and_another_contact() -> None:
    made = profile(queues={"a": {"per_day": 100, "redial_ratio": 1.0, "patience_s": 20}})
    day = simulate_day(made, 1, MONDAY)
    arrived = [e for e in day.events["calls"] if e["type"] == "call.arrived"]
    assert len({e["contact"] for e in arrived}) == len(arrived)
    tries = len(arrived) / len({e["customer"] for e in arrived})
    assert tries == 5  # nobody is there, and everybody tries as often as anybody does


def waiting_seconds(day: Day) -> list[float]:
    return [(v.wait_ms or 0) / 1000 for v in day.ledger.visits]


def test_patience_ends_waiting_where_nobody_answers() -> None:
    made = profile(queues={"a": {"per_day": 3000, "patience_s": 90, "patience_shape": 2}})
    waits = waiting_seconds(simulate_day(made, 1, MONDAY))
    assert sum(waits) / len(waits) == pytest.approx(90, rel=0.03)


def test_a_full_line_refuses_and_a_time_out_passes_on() -> None:
    made = profile(
        queues={
            "a": {"per_day": 500, "timeout_s": 60, "patience_s": 86_400, "overflow_to": "b"},
            "b": {"per_day": 0, "capacity": 1, "patience_s": 86_400, "timeout_s": 3600},
        }
    )
    found = simulate_day(made, 1, MONDAY).ledger.calls()["queues"]
    assert found["a"]["left"] == {"timeout": found["a"]["offered"]}
    assert found["b"]["offered"] == found["a"]["offered"]
    assert set(found["b"]["left"]) == {"full", "timeout"}
    assert found["b"]["max_waiting"] == 1


def test_incidents() -> None:
    def offered(**incident: object) -> list[int]:
        made = profile(
            queues={"a": {"per_day": 2400, "shape": "flat"}},
            incidents=[{"at": "10:00", "minutes": 60, **incident}],
        )
        day = simulate_day(made, 1, MONDAY)
        hours = [0] * 25
        for visit in day.ledger.visits:
            hours[(visit.entered_ms - day.begin_ms) // 3_600_000] += 1
        return hours

    assert offered(kind="silence")[10] == 0
    assert 240 < offered(kind="surge", factor=3)[10] < 360
    assert 70 < offered(kind="surge", factor=3)[11] < 130


def test_staff_leaves() -> None:
    def there(**incidents: object) -> list[float]:
        made = profile(
            queues={"a": {"per_day": 10}},
            teams={"x": {"skills": ["a"], "agents": 10, "starts": "08:00", "ends": "16:00"}},
            **incidents,
        )
        found: list[float] = simulate_day(made, 1, MONDAY).course["calls"]["a"]["staff"]
        return found

    assert there() == [0.0] * 16 + [10.0] * 16 + [0.0] * 16
    left = there(incidents=[{"kind": "staff-leaves", "at": "12:00", "minutes": 60, "factor": 0.5}])
    assert left[24:26] == [5.0, 5.0]
    assert left[:24] == there()[:24]
    assert left[26:] == there()[26:]


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_days_on_which_clocks_change(day: date, hours: int) -> None:
    made = profile(timezone="Europe/Paris", queues={"a": {"per_day": 2400, "shape": "flat"}})
    found = simulate_day(made, 1, day)
    assert len(found.course["half_hours_ms"]) == 2 * hours
    assert found.ledger.calls()["total"]["offered"] == pytest.approx(100 * hours, rel=0.08)


def test_a_night_shift_is_there_at_both_ends_of_the_day() -> None:
    made = profile(
        queues={"a": {"per_day": 10}},
        teams={"x": {"skills": ["a"], "agents": 2, "starts": "22:00", "ends": "06:00"}},
    )
    staff = simulate_day(made, 1, MONDAY).course["calls"]["a"]["staff"]
    assert staff == [2.0] * 12 + [0.0] * 32 + [2.0] * 4


def test_half_hours_have_the_calls_expected_of_them() -> None:
    """Over four days of 4,000 calls each half hour is within four standard errors."""
    made = profile(queues={"a": {"per_day": 4000, "shape": "office"}})
    days = [simulate_day(made, seed, MONDAY) for seed in range(4)]
    counts = [0] * 48
    for day in days:
        for visit in day.ledger.visits:
            counts[(visit.entered_ms - day.begin_ms) // 1_800_000] += 1
    expected = [4 * count for count in days[0].course["calls"]["a"]["expected"]]
    assert sum(expected) == pytest.approx(16_000, rel=1e-4)
    assert all(abs(n - e) <= 4 * e**0.5 for n, e in zip(counts, expected, strict=True))


def test_a_day_ends_with_its_last_caller_and_not_with_anybodys_patience() -> None:
    made = profile(
        queues={"a": {"per_day": 50, "closes": "12:00", "patience_s": 86_400}},
        teams={"x": {"skills": ["a"], "agents": 50}},
    )
    day = simulate_day(made, 1, MONDAY)
    assert day.end_ms == day.midnight_ms + 60_000
