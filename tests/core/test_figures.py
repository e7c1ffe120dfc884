"""Counts into ratios, means and percentiles; of nothing there is no value."""

import math
import random
from collections import Counter

import pytest

from streams.core.figures import (
    Judged,
    abandon,
    answer,
    final_counts,
    finished,
    handle,
    judge,
    mean_s,
    outcomes,
    percentiles_ms,
    percentiles_s,
    ratio,
    together,
    window,
)
from streams.core.tally import Tally, count_leave, count_serve
from streams.core.targets import ServiceLevel

KEY = ("main", "q")


def tally() -> Tally:
    made = Tally()
    for outcome, wait_ms in (
        ("answered", 2500),
        ("answered", 20_000),
        ("answered", 20_001),
        ("abandoned", 5000),
        ("abandoned", 9000),
        ("key", 1000),
        ("timeout", 60_000),
    ):
        count_leave((made,), (KEY, 0, 0, outcome, wait_ms), 1)
    for talk_ms, wrapup_ms, kind in ((60_000, -1, "blind"), (30_000, 5_000, ""), (-1, -1, "")):
        count_serve((made,), (KEY, 0, 0, talk_ms, wrapup_ms, kind, False), 1)
    made.cells[0] = 9
    return made


def test_of_nothing_there_is_no_value() -> None:
    assert ratio(0, 0) is None
    assert mean_s(0, 0) is None
    assert percentiles_ms({}, [50]) == [None]
    assert percentiles_s(None) == {"p50_s": None, "p90_s": None, "p95_s": None}
    none = window(Tally(), judge(Tally(), ServiceLevel(), "auto", 0))
    assert none["service_level"]["ratio"] is None
    assert none["abandonment"]["ratio"] is None
    assert none["answer"]["mean_s"] is None
    assert none["handle"]["mean_s"] is None


def test_nought_of_some_is_nought() -> None:
    assert ratio(0, 3) == 0.0
    assert mean_s(0, 3) == 0.0


def test_means_are_not_rounded() -> None:
    assert mean_s(10_000, 3) == 10_000 / 3 / 1000


@pytest.mark.parametrize("seed", range(20))
def test_percentiles_are_nearest_rank(seed: int) -> None:
    chance = random.Random(seed)
    waits = [chance.randrange(50) for _ in range(chance.randrange(1, 60))]
    for percent in (1, 50, 90, 95, 100):
        expected = sorted(waits)[math.ceil(percent / 100 * len(waits)) - 1]
        assert percentiles_ms(Counter(waits), [percent]) == [expected]


def test_answer_speed() -> None:
    found = answer(tally())
    assert found["count"] == 3
    assert found["sum_ms"] == 42_501
    assert found["mean_s"] == 42_501 / 3 / 1000
    assert (found["p50_s"], found["p90_s"], found["p95_s"]) == (20.0, 20.001, 20.001)
    assert found["within"] == {
        "3": 1, "5": 1, "9": 1, "10": 1, "15": 1, "20": 2, "30": 3, "60": 3, "180": 3,
    }  # fmt: skip


def test_waits_of_those_who_hung_up() -> None:
    assert abandon(tally()) == {
        "count": 2,
        "sum_ms": 14_000,
        "mean_s": 7.0,
        "within": {"3": 0, "5": 1, "20": 2},
    }


def test_handle_time_never_mixes_kinds() -> None:
    assert handle(tally()) == {
        "count": 1,
        "sum_ms": 35_000,
        "mean_s": 35.0,
        "kind": "talk+wrapup",
    }
    talk = Tally()
    count_serve((talk,), (KEY, 0, 0, 60_000, -1, "", False), 1)
    assert handle(talk)["kind"] == "talk"
    assert handle(talk, 10) == {
        "count": 1,
        "sum_ms": 70_000,
        "mean_s": 70.0,
        "kind": "talk+configured wrapup",
    }
    assert handle(tally(), 10)["sum_ms"] == 110_000
    assert handle(tally(), "none")["kind"] == "talk"
    assert handle(tally(), "none")["sum_ms"] == 90_000


def test_outcomes_add_up_to_all_who_finished() -> None:
    found = outcomes(tally(), ServiceLevel())
    assert found == {
        "answered": 3,
        "abandoned": 1,
        "abandoned_short": 1,
        "timeout": 1,
        "key": 1,
    }
    assert sum(found.values()) == finished(tally()) == 7


def test_the_counters_of_a_queue() -> None:
    found = final_counts(tally(), ServiceLevel())
    assert found["offered"] == 9
    assert found["abandoned_short"] == 1
    assert (found["answer_sum_ms"], found["abandon_sum_ms"]) == (42_501, 14_000)
    assert found["handled"] == 2
    assert found["corrections"] == 0


def test_a_window() -> None:
    found = window(tally(), judge(tally(), ServiceLevel(), "auto", 2))
    assert found["entered"] == 9
    assert found["finished"] == 7
    assert found["abandoned"] == 2
    assert found["abandoned_short"] == 1
    assert found["transferred"] == {"blind": 1, "attended": 0}
    # Met: 2.5 s and 20 s. Eligible: three answered, one long abandon, the time-out.
    assert found["service_level"] == {
        "ratio": 2 / 5,
        "met": 2,
        "eligible": 5,
        "live_ratio": 2 / 7,
        "live_eligible": 7,
    }
    assert found["abandonment"] == {"ratio": 1 / 6, "abandoned": 1, "of": 6}
    assert found["answer"]["percentiles"] == "exact"


def test_a_window_has_these_keys_and_no_others() -> None:
    found = window(tally(), judge(tally(), ServiceLevel(), 10, 0))
    assert set(found) == {
        "entered", "finished", "answered", "abandoned", "abandoned_short", "left", "transferred",
        "service_level", "abandonment", "answer", "abandon", "handle",
    }  # fmt: skip
    assert found["left"] == {"timeout": 1, "key": 1}
    assert found["abandon"] == abandon(tally())
    assert found["handle"] == handle(tally(), 10)


def test_rounded_waits_are_said_to_be() -> None:
    rounded = Tally(waits={101: 1}, rounded=True)
    found = window(rounded, judge(rounded, ServiceLevel(), "auto", 0))
    assert found["answer"]["percentiles"] == "within 1 %"


def test_queues_together_are_sums_before_ratios() -> None:
    one = Judged(1, 2, 3, 4, 5, 6, (7, 8, "talk"))
    other = Judged(10, 20, 30, 40, 50, 60, (70, 80, "talk+wrapup"))
    assert together([one, one]) == Judged(2, 4, 6, 8, 10, 12, (14, 16, "talk"))
    assert together([one, other]) == Judged(11, 22, 33, 44, 55, 66, (77, 88, "mixed"))
    brief = Judged(0, 0, 0, 0, 0, 0, (2, 0, "talk+wrapup"))
    assert together([one, brief]).handle == (9, 8, "mixed")
    idle = Judged(0, 0, 0, 0, 0, 0, (0, 0, "talk+wrapup"))
    assert together([one, idle]).handle == (7, 8, "talk")
    assert together([]) == Judged(0, 0, 0, 0, 0, 0, (0, 0, "talk"))
