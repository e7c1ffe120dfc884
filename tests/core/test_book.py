"""The board's windows: where they begin and end, days of 23 and 25 hours, and sums over queues."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from streams.core.book import (
    WINDOWS,
    Part,
    QueueParts,
    board_of,
    measure,
    now_of,
    span,
    window_of,
    window_over,
)
from streams.core.limits import HOUR_MS, MINUTE_MS
from streams.core.state import PartitionState
from streams.core.targets import ServiceLevel, Target
from tests.core.histories import NOON_MS, event, folded, heartbeat

UTC_TARGET = Target()


def parts(*states: PartitionState, target: Target = UTC_TARGET) -> list[Part]:
    """Every queue over the partitions, as the board sees them."""
    keys = sorted({key for state in states for key in state.queues})
    made: list[Part] = []
    for key in keys:
        counts = [state.queues[key] for state in states if key in state.queues]
        waiting = sorted(at for each in counts for at in each.waiting.values())
        made.append((QueueParts(counts, waiting), target))
    return made


def local_ms(zone: str, *moment: int) -> int:
    year, month, day, *rest = moment
    at = datetime(year, month, day, *rest, tzinfo=ZoneInfo(zone))  # type: ignore[arg-type, misc]
    return int(at.timestamp()) * 1000


def test_rolling_windows_are_whole_minutes_with_the_current_one() -> None:
    for name, minutes in (("5m", 5), ("15m", 15), ("30m", 30), ("60m", 60)):
        found = span(name, NOON_MS + 12_345, UTC_TARGET)
        assert found.basis == "left"
        assert found.to_ms == NOON_MS + MINUTE_MS
        assert found.to_ms - found.from_ms == minutes * MINUTE_MS
    assert span("5m", NOON_MS, UTC_TARGET).to_ms == NOON_MS + MINUTE_MS
    assert span("5m", NOON_MS - 1, UTC_TARGET).to_ms == NOON_MS


@pytest.mark.parametrize(("minutes", "after"), [(15, 1), (15, 14), (30, 16), (30, 29)])
def test_the_interval_is_the_one_it_stands_in(minutes: int, after: int) -> None:
    target = Target(interval_min=30 if minutes == 30 else 15)
    found = span("interval", NOON_MS + after * MINUTE_MS, target)
    assert (found.from_ms, found.to_ms) == (NOON_MS, NOON_MS + minutes * MINUTE_MS)
    assert found.basis == "entered"


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("UTC", (2026, 3, 29), 24),
        ("Asia/Shanghai", (2026, 3, 29), 24),
        ("Europe/Berlin", (2026, 3, 29), 23),
        ("Europe/Berlin", (2026, 10, 25), 25),
        ("America/New_York", (2026, 3, 8), 23),
        ("America/New_York", (2026, 11, 1), 25),
        ("Asia/Kathmandu", (2026, 3, 29), 24),  # a quarter of an hour beside the hour
        ("Australia/Lord_Howe", (2026, 4, 5), 24.5),
    ],
)
def test_today_is_the_queues_own_day(zone: str, day: tuple[int, int, int], hours: float) -> None:
    midnight_ms = local_ms(zone, *day)
    target = Target(zone=zone)
    for after_ms in (0, 5 * HOUR_MS, int(hours * HOUR_MS) - 1):
        found = span("today", midnight_ms + after_ms, target)
        assert found.from_ms == midnight_ms
        assert found.to_ms - found.from_ms == hours * HOUR_MS
    assert span("today", midnight_ms - 1, target).to_ms == midnight_ms


@pytest.mark.parametrize(
    ("zone", "day"),
    [("Europe/Berlin", (2026, 3, 29)), ("Europe/Berlin", (2026, 10, 25)), ("UTC", (2026, 3, 1))],
)
def test_a_day_holds_who_entered_in_it(zone: str, day: tuple[int, int, int]) -> None:
    """A call every ten minutes of local wall time from the day before to the day after."""
    target = Target(zone=zone)
    midnight_ms = local_ms(zone, *day)
    start_s = (midnight_ms - NOON_MS) // 1000 - 6 * 3600
    history = []
    for number in range(6 * 36):
        at_s = start_s + 600 * number
        history += [event("queued", at_s, f"c{number}"), event("abandoned", at_s + 7, f"c{number}")]
    state = folded(history)
    now_ms = state.clock_ms
    where = span("today", midnight_ms + 12 * HOUR_MS, target)
    late_ms = min(where.to_ms, now_ms)
    expected = sum(
        where.from_ms <= one["at_ms"] < late_ms for one in history if one["type"] == "call.queued"
    )
    found = window_of(parts(state, target=target), "today", midnight_ms + 12 * HOUR_MS)
    assert found["entered"] == found["abandoned"] == expected


HISTORY = [
    event("queued", -400, "a"),
    event("answered", -390, "a"),  # left in an earlier minute than five
    event("queued", -100, "b"),
    event("answered", -95, "b"),
    event("queued", -60, "c"),
    event("queued", -5, "d"),
    event("queued", -8, "e", queue="other"),
    event("answered", -4, "e", queue="other"),
]


def test_what_a_tile_shows() -> None:
    state = folded(HISTORY)
    board = board_of(parts(state)[1:], NOON_MS)
    assert list(board["windows"]) == list(WINDOWS)
    assert board["now"] == {
        "waiting": 2,
        "longest_wait_start_ms": NOON_MS - 60_000,
        "waiting_beyond_target": 1,
        "talking": 2,
    }
    five, hour = board["windows"]["5m"], board["windows"]["60m"]
    assert (five["answered"], hour["answered"]) == (1, 2)
    assert five["offered"] == five["finished"] + five["waiting"] == 3
    assert five["service_level"]["live_eligible"] == five["service_level"]["eligible"] + 1
    # Entered = finished + waiting at the end - waiting at the start.
    assert hour["entered"] == hour["finished"] + 2


def test_a_window_says_what_it_is_of() -> None:
    found = window_of(parts(folded(HISTORY))[1:], "interval", NOON_MS - 1)
    assert (found["from_ms"], found["to_ms"]) == (NOON_MS - 900_000, NOON_MS)
    assert (found["basis"], found["final"], found["talking"]) == ("entered", False, 2)
    assert (found["entered"], found["finished"], found["waiting"]) == (4, 2, 2)
    today = window_of(parts(folded(HISTORY))[1:], "today", NOON_MS - 1)
    assert (today["basis"], today["waiting"], today["offered"]) == ("entered", 2, 4)
    none = window_of([], "5m", NOON_MS)
    assert (none["basis"], none["from_ms"], none["to_ms"]) == ("left", NOON_MS, NOON_MS)


def test_a_configured_wrap_up_is_the_queues_own() -> None:
    state = folded([event("queued", -9), event("answered", -8), event("ended", -4)])
    found = window_of(parts(state, target=Target(wrapup=30)), "5m", NOON_MS)
    assert found["handle"]["mean_s"] == 34.0


def test_queues_together_are_judged_by_their_own_targets() -> None:
    state = folded(HISTORY)
    strict = Target(service_level=ServiceLevel(threshold_s=3, short_abandon_s=3))
    (other, _), (queue, _) = parts(state)
    found = window_of([(other, strict), (queue, UTC_TARGET)], "60m", NOON_MS)
    # Other's one answer after 4 s misses its 3 s; the queue's two are within 20 s.
    assert found["service_level"]["met"] == 2
    assert found["service_level"]["eligible"] == 3
    assert found["answered"] == 3
    assert now_of([(other, strict), (queue, UTC_TARGET)], NOON_MS)["talking"] == 3


def test_who_waits_exactly_the_threshold_is_not_beyond_it() -> None:
    queue = QueueParts([], [NOON_MS - 20_000])
    assert queue.waiting_beyond(20, NOON_MS) == 0
    assert queue.waiting_beyond(20, NOON_MS + 1) == 1


def test_partitions_add_up() -> None:
    halves = [folded(HISTORY[:4]), folded(HISTORY[4:])]
    whole = board_of(parts(folded(HISTORY)), NOON_MS)
    assert board_of(parts(*halves), NOON_MS) == whole


def test_a_window_is_final_when_it_is_over_and_nobody_of_it_waits() -> None:
    state = folded([event("queued", 0), heartbeat(960)])
    assert window_of(parts(state), "interval", NOON_MS + 60_000)["final"] is False
    gone = folded([event("queued", 0), event("abandoned", 10), heartbeat(960)])
    now_ms = NOON_MS + 960_000
    assert window_of(parts(gone), "interval", now_ms)["final"] is False
    assert window_of(parts(gone), "interval", now_ms)["entered"] == 0


def test_a_window_measured_before_its_end_is_final_after_it() -> None:
    gone = folded([event("queued", 0), event("abandoned", 10)])
    waiting = folded([event("queued", 0)])
    both = folded([event("queued", 0), event("queued", 1, "d")])
    for state, over in ((gone, True), (waiting, False), (both, False)):
        measured = [measure(part, "interval", NOON_MS + 60_000) for part in parts(state)]
        assert window_over(measured, NOON_MS + 899_999)["final"] is False
        assert window_over(measured, NOON_MS + 900_000)["final"] is over


def test_who_waits_since_an_earlier_interval_is_not_of_this_one() -> None:
    state = folded([event("queued", -60), event("queued", 0, "d"), event("abandoned", 10, "d")])
    interval = window_of(parts(state), "interval", NOON_MS + 60_000)
    assert (interval["entered"], interval["waiting"], interval["offered"]) == (1, 0, 1)
    five = window_of(parts(state), "5m", NOON_MS + 60_000)
    assert (five["entered"], five["waiting"], five["offered"]) == (2, 1, 2)


def test_no_queue_at_all() -> None:
    board = board_of([], NOON_MS)
    assert board["now"]["longest_wait_start_ms"] is None
    for found in board["windows"].values():
        assert found["offered"] == 0
        assert found["service_level"]["ratio"] is None
