import math

import pytest

from streams.staffing.estimates import arrivals, busy, demand, handle_time, known, patience, waits_s
from streams.staffing.present import Demand, Estimate
from tests.staffing.tiles import NAMES, NOW_MS, Json, tile, window, windows


def entered(*counts: int) -> Json:
    """Windows of 5, 15, 30 and 60 minutes in which so many entered."""
    found = zip(NAMES.items(), counts, strict=True)
    return {name: window(NOW_MS - 1000 * long_s, count) for (name, long_s), count in found}


@pytest.mark.parametrize(
    ("counts", "calls_per_hour"),
    [
        ((10, 30, 60, 120), 120),  # steady
        ((0, 0, 0, 0), 0),
        # 15 min at weight 1, 15 at 1/2, 30 at 1/4: (40 + 10/2 + 10/4) ÷ (1/4 + 1/8 + 1/8) hours.
        ((20, 40, 50, 60), 95),
        # It opened 15 minutes ago: what was before does not count.
        ((10, 30, 30, 30), 120),
        # Three calls may well come in a quarter of an hour by chance: (3 + 0 + 0) ÷ 1/2 hour.
        ((1, 3, 3, 3), 6),
        ((0, 0, 0, 8), 4),
    ],
)
def test_arrivals(counts: tuple[int, ...], calls_per_hour: float) -> None:
    assert arrivals(entered(*counts), NOW_MS).value == pytest.approx(calls_per_hour)


def test_the_current_minute_has_not_ended() -> None:
    # As the board has it: whole minutes, this one included, of which 30 s are still to come.
    found = {
        name: window(NOW_MS - 1000 * (long_s - 30), long_s // 30 - 1)
        for name, long_s in NAMES.items()
    }
    assert arrivals(found, NOW_MS).value == pytest.approx(120)


def test_arrivals_say_what_they_rest_on() -> None:
    assert arrivals(entered(20, 40, 50, 60), NOW_MS).count == 47.5
    assert arrivals(entered(0, 0, 0, 0), NOW_MS).count == 0


@pytest.mark.parametrize(
    ("hour", "today", "handle_s", "count"),
    [
        ((95, 95 * 240), (400, 400 * 100), (95 * 240 + 5 * 180) / 100, 100),
        ((10, 10 * 240), (95, 95 * 100), (95 * 100 + 5 * 180) / 100, 100),  # too few this hour
        ((10, 10 * 240), (2, 200), (10 * 240 + 5 * 180) / 15, 15),  # just after midnight
        ((0, 0), (0, 0), 180, 5),
        ((1000, 0), (1000, 0), 1.0, 1005),  # never nothing: that would need no people
    ],
)
def test_handle_time(
    hour: tuple[int, float], today: tuple[int, float], handle_s: float, count: float
) -> None:
    seen = windows(w60m=window(0, handled=hour), today=window(0, handled=today))
    found = handle_time(seen)
    assert (found.value, found.count) == pytest.approx((handle_s, count))


@pytest.mark.parametrize(
    ("answered", "abandoned", "patience_s", "count"),
    [
        ((0, 0.0), (0, 0.0), 300, 2),
        ((200, 4000.0), (18, 1400.0), (5400 + 600) / 20, 20),
        ((0, 0.0), (100, 100.0), 700 / 102, 102),
        ((0, 0.0), (1000, 0.0), 1.0, 1002),
        ((500, 50_000.0), (0, 0.0), 25_300, 2),  # all waited, none hung up
    ],
)
def test_patience(
    answered: tuple[int, float], abandoned: tuple[int, float], patience_s: float, count: float
) -> None:
    found = patience(window(0, answered=answered, abandoned=abandoned))
    assert (found.value, found.count) == pytest.approx((patience_s, count))


def test_a_new_queue_is_taken_for_the_others() -> None:
    total = tile("*", windows(today=window(0, handled=(1000, 90_000.0))))
    assert demand(tile("new", windows()), total, NOW_MS).handle_s.value == pytest.approx(90)
    assert demand(tile("new", windows()), tile("*", windows()), NOW_MS).handle_s.value == 180


@pytest.mark.parametrize(
    ("waiting", "beyond", "longest_s", "waits"),
    [
        (0, 0, None, []),
        (1, 0, 12, [12]),
        (1, 1, 30, [30]),
        (4, 0, 16, [16, 12, 8, 4]),
        (3, 1, 50, [50, 40 / 3, 20 / 3]),
        (4, 2, 60, [60, 40, 40 / 3, 20 / 3]),
        (2, 2, 60, [60, 40]),
        (2, 0, -3, [0, 0]),  # clocks that disagree
        (2, 3, 60, [60, 40]),
    ],
)
def test_waits(waiting: int, beyond: int, longest_s: float | None, waits: list[float]) -> None:
    start_ms = None if longest_s is None else NOW_MS - 1000 * longest_s
    now = {
        "waiting": waiting,
        "waiting_beyond_target": beyond,
        "longest_wait_start_ms": start_ms,
    }
    assert waits_s(now, NOW_MS, 20) == pytest.approx(waits)


@pytest.mark.parametrize(
    ("waiting", "talking", "agents", "taken"),
    [(0, 3, 5, 3), (2, 3, 5, 5), (2, 6, 5, 6), (0, 6, 5, 6), (0, 0, 0, 0)],
)
def test_busy(waiting: int, talking: int, agents: int, taken: int) -> None:
    assert busy({"waiting": waiting, "talking": talking}, agents) == taken


def test_shown_without_infinity() -> None:
    found = known(Demand(Estimate(10, 5), Estimate(180), Estimate(math.inf, 2)))
    assert found["calls_per_hour"] == {"value": 10, "observations": 5}
    assert found["handle_s"] == {"value": 180, "observations": None}
    assert found["patience_s"] == {"value": None, "observations": 2}
