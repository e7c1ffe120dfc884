"""The report over simulated files equals the ledger, whatever goes wrong between them."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.simulator.faults import FAULTS
from streams.simulator.profiles import load_profile
from streams.simulator.truth import DAYS_MAX, Plan
from tests.simulator.made import MONDAY, profile, quick, report_of, written

FIGURES = ("records", "outside", "total", "queues")
ratios = st.floats(0, 0.5)
seconds = st.floats(1, 900)
queues = st.fixed_dictionaries(
    {"per_day": st.integers(0, 60), "opens": st.sampled_from(["00:00", "09:00", "22:30"])},
    optional={
        "source": st.sampled_from(["pbx-1", "pbx-2"]),
        "closes": st.sampled_from(["23:00", "24:00"]),
        "shape": st.just("flat"),
        "day_spread": ratios,
        "ivr_ratio": ratios,
        "ivr_leave_ratio": ratios,
        "patience_s": seconds,
        "patience_shape": st.floats(0.5, 3),
        "redial_ratio": ratios,
        "redial_after_s": seconds,
        "talk_s": seconds,
        "talk": st.sampled_from(["lognormal", "exponential"]),
        "wrapup_s": st.floats(0, 60),
        "hold_ratio": ratios,
        "ring_s": st.floats(0, 10),
        "timeout_s": seconds,
        "overflow_to": st.sampled_from(["a", "b"]),
        "key_ratio": ratios,
        "key_means": st.sampled_from(["key", "callback", "withdrawn"]),
        "capacity": st.integers(1, 5),
        "blind_ratio": ratios,
        "attended_ratio": ratios,
    },
)
teams = st.fixed_dictionaries(
    {"skills": st.sampled_from([["a"], ["b"], ["a", "b"]]), "agents": st.integers(0, 4)},
    optional={
        "starts": st.sampled_from(["00:00", "08:00", "22:00"]),
        "breaks": st.just(["12:00"]),
        "ring_miss_ratio": ratios,
    },
)
incidents = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["surge", "staff-leaves", "silence"]),
        "at": st.sampled_from(["00:00", "12:15"]),
        "factor": ratios,
    }
)
profiles = st.fixed_dictionaries(
    {
        "queues": st.fixed_dictionaries({"a": queues, "b": queues}),
        "teams": st.fixed_dictionaries({"x": teams, "y": teams}),
        "incidents": st.lists(incidents, max_size=2),
    }
)


def passed_on(tables: dict[str, Any]) -> dict[str, Any]:
    """With a queue for those who are passed on."""
    plain = {name: {**queue, "blind_to": "b"} for name, queue in tables["queues"].items()}
    return {**tables, "queues": plain}


@settings(max_examples=40)
@given(
    profiles.map(passed_on),
    st.integers(0, 99),
    st.sets(st.sampled_from(list(FAULTS))),
    st.booleans(),
)
def test_any_profile_with_any_faults(
    tables: dict[str, Any], seed: int, faults: set[str], twice: bool
) -> None:
    plan = Plan(profile(**tables), "made", seed, days=1 + twice, faults=sorted(faults))
    with tempfile.TemporaryDirectory() as folder:
        truth, found = written(plan, Path(folder))
    assert found == {name: truth["expected"][name] for name in FIGURES}
    if not faults:
        assert {name: found[name] for name in ("outside", "total", "queues")} == truth["calls"]


def test_a_day_of_the_city(tmp_path: Path) -> None:
    plan = Plan(load_profile("city"), "city", 7, faults=tuple(FAULTS))
    truth, found = written(plan, tmp_path)
    assert found == truth["expected"]
    assert truth["calls"]["total"]["offered"] > 5_000
    # What the day is for has happened in it.
    total = truth["calls"]["total"]
    assert min(total["transferred"].values()) > 10
    assert {"key", "callback"} <= set(total["left"])
    assert truth["calls"]["outside"]["ivr"] > 100


def test_what_faults_leave_as_it_was(tmp_path: Path) -> None:
    unchanged = ("duplicates", "disorder", "late", "damaged")
    plan = Plan(quick("small"), "small", 3, faults=unchanged)
    truth, found = written(plan, tmp_path)
    assert all(truth["faults"][name]["calls"] > 0 for name in set(unchanged) - {"late"})
    for name in ("outside", "total", "queues"):
        assert found[name] == truth["calls"][name]
    assert found["records"]["duplicates"] == truth["faults"]["duplicates"]["calls"]
    assert sum(found["records"]["rejected"].values()) == truth["faults"]["damaged"]["calls"]


def test_a_day_alone_and_all_together(tmp_path: Path) -> None:
    plan = Plan(quick("small"), "small", 5, days=3, faults=tuple(FAULTS))
    truth, found = written(plan, tmp_path)
    assert found == truth["expected"]
    for day in truth["days"]:
        for path in tmp_path.glob("calls-*.jsonl"):
            if day["date"] not in path.name:
                path.rename(path.with_suffix(".aside"))
        assert report_of(tmp_path) == day["expected"]
        for path in tmp_path.glob("*.aside"):
            path.rename(path.with_suffix(".jsonl"))


@pytest.mark.slow
def test_fifty_days(tmp_path: Path) -> None:
    truth, found = written(Plan(quick("small"), "small", 11, days=50), tmp_path / "plain")
    assert found == truth["expected"]
    plan = Plan(quick("small"), "small", 12, days=50, faults=tuple(FAULTS))
    truth, found = written(plan, tmp_path / "faulty")
    assert found == truth["expected"]
    assert all(fault["calls"] > 0 for fault in truth["faults"].values())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_the_city_with_other_seeds(tmp_path: Path, seed: int) -> None:
    plan = Plan(load_profile("city"), "city", seed, MONDAY, faults=tuple(FAULTS))
    truth, found = written(plan, tmp_path)
    assert found == truth["expected"]


def counted(found: Any, like: Any) -> Any:
    """Of what a report says, as much as the ledger counts."""
    if isinstance(like, dict):
        return {key: counted(found[key], like[key]) for key in like}
    return found


chat_queues = st.fixed_dictionaries(
    {"per_day": st.integers(20, 80)},
    optional={
        "bot_ratio": st.floats(0, 1),
        "bot_solves_ratio": st.floats(0, 1),
        "greets": st.booleans(),
        "agents": st.integers(0, 3),
        "concurrent": st.integers(1, 4),
        "first_reply_s": st.floats(1, 120),
        "patience_s": seconds,
        "idle_ratio": st.floats(0, 1),
        "reopen_ratio": st.floats(0, 1),
        "reopen_after_s": seconds,
        "rated_ratio": st.floats(0, 1),
    },
)


@settings(max_examples=30)
@given(
    st.fixed_dictionaries({"x": chat_queues, "y": chat_queues}),
    st.integers(0, 99),
    st.sets(st.sampled_from(list(FAULTS))),
)
def test_any_chats_with_any_faults(tables: dict[str, Any], seed: int, faults: set[str]) -> None:
    plan = Plan(profile(chats=tables), "made", seed, faults=sorted(faults))
    with tempfile.TemporaryDirectory() as folder:
        truth, _ = written(plan, Path(folder))
        found = report_of(Path(folder), "chats")
    assert found["records"] == truth["expected_chats"]["records"]
    assert counted(found["chats"], truth["chats"]) == truth["chats"]
    assert found["chats"]["total"]["open"] == found["chats"]["total"]["timed_out"] == 0


@pytest.mark.parametrize("name", ["city", "small"])
def test_chats_of_the_built_in_ones(tmp_path: Path, name: str) -> None:
    chats: dict[str, Any] = {"queues": {}, "teams": {}, "incidents": ()}
    plan = Plan(quick(name).model_copy(update=chats), name, 3, days=2, faults=tuple(FAULTS))
    truth, _ = written(plan, tmp_path)
    found = report_of(tmp_path, "chats")
    assert found["records"] == truth["expected_chats"]["records"]
    assert counted(found["chats"], truth["chats"]) == truth["chats"]


def test_what_cannot_be_simulated() -> None:
    small = quick("small")
    with pytest.raises(ValueError, match=f"--days 0: expected 1 to {DAYS_MAX}"):
        Plan(small, "small", days=0)
    with pytest.raises(ValueError, match="--faults 'fire': expected all, or of these: duplicates"):
        Plan(small, "small", faults=["fire"])
