"""One queue's buckets: which a fact falls into, what is let go of, and what comes back out."""

from streams.core.counts import Counts, local_day
from streams.core.definitions import ANSWERED, BLIND, CORRECTIONS, ENTERED, HANDLED
from streams.core.limits import DAY_MS, DAYS_KEPT, HOUR_MS, MINUTE_MS, QUARTER_MS
from tests.core.histories import NOON_MS

KEY = ("main", "q")


def enter(counts: Counts, at_ms: int, sign: int = 1) -> None:
    counts.entered((KEY, at_ms), sign)


def leave(counts: Counts, entered_ms: int, left_ms: int, sign: int = 1) -> None:
    counts.left((KEY, entered_ms, left_ms, "answered", left_ms - entered_ms), sign)


def total(counts: Counts, column: int) -> int:
    buckets = [*counts.quarters.values(), *counts.days.values()]
    return sum(tally.cells[column] for tally in buckets)


def test_entering_and_leaving_fall_into_their_own_buckets() -> None:
    counts = Counts("UTC")
    entered_ms = NOON_MS - 30_000  # the quarter before noon
    enter(counts, entered_ms)
    leave(counts, entered_ms, NOON_MS + 5000)
    before, after = entered_ms // MINUTE_MS, NOON_MS // MINUTE_MS
    assert counts.minutes[before].cells[ENTERED] == 1
    assert counts.minutes[after].cells[ANSWERED] == 1
    (quarter,) = counts.quarters
    assert quarter == entered_ms // QUARTER_MS
    assert counts.quarters[quarter].cells[ANSWERED] == 1


def test_how_it_was_served_stands_where_it_was_answered() -> None:
    counts = Counts("UTC")
    counts.was_served((KEY, NOON_MS, NOON_MS + 61_000, 5000, -1, "", False), 1)
    assert counts.minutes[NOON_MS // MINUTE_MS + 1].cells[HANDLED] == 1
    assert counts.quarters[NOON_MS // QUARTER_MS].cells[HANDLED] == 1
    assert counts.talking == 0


def test_how_it_was_served_stands_in_the_quarter_of_its_entering() -> None:
    counts = Counts("UTC")
    counts.was_served((KEY, NOON_MS - 1, NOON_MS + 61_000, 5000, -1, "", False), 1)
    assert list(counts.quarters) == [NOON_MS // QUARTER_MS - 1]


def test_a_transfer_counts_while_the_talk_goes_on() -> None:
    counts = Counts("UTC")
    counts.was_served((KEY, NOON_MS, NOON_MS, -1, -1, "blind", True), 1)
    assert (counts.talking, total(counts, BLIND), total(counts, HANDLED)) == (1, 1, 0)


def test_who_talks_is_counted_while_talking() -> None:
    counts = Counts("UTC")
    serve = (KEY, NOON_MS, NOON_MS, -1, -1, "", True)
    counts.was_served(serve, 1)
    assert counts.talking == 1
    counts.was_served(serve, -1)
    assert counts.talking == 0


def test_minutes_are_kept_for_two_hours() -> None:
    counts = Counts("UTC")
    enter(counts, NOON_MS)
    counts.roll(NOON_MS + 2 * HOUR_MS)
    assert list(counts.minutes) == [NOON_MS // MINUTE_MS]
    counts.roll(NOON_MS + 2 * HOUR_MS + MINUTE_MS)
    assert counts.minutes == {}
    enter(counts, NOON_MS)  # too old by now, but not for its quarter
    assert counts.minutes == {}
    assert total(counts, ENTERED) == 2


def test_a_minute_is_kept_whole_or_not_at_all() -> None:
    """Else a correction would be taken from a minute to which its visit was never added."""
    counts = Counts("UTC")
    counts.roll(NOON_MS + 30_000)
    edge_ms = NOON_MS - 2 * HOUR_MS
    enter(counts, edge_ms + 10_000)
    enter(counts, edge_ms + 40_000)
    enter(counts, edge_ms + 10_000, -1)
    assert counts.minutes[edge_ms // MINUTE_MS].cells[ENTERED] == 1


def test_only_what_is_too_old_is_let_go_of() -> None:
    """The bucket at the edge stays, also where one before it goes."""
    counts = Counts("UTC")
    enter(counts, NOON_MS - QUARTER_MS)
    enter(counts, NOON_MS - MINUTE_MS)
    enter(counts, NOON_MS)
    counts.roll(NOON_MS + 2 * HOUR_MS)
    assert list(counts.minutes) == [NOON_MS // MINUTE_MS]
    counts.roll(NOON_MS + 50 * HOUR_MS)
    assert list(counts.quarters) == [NOON_MS // QUARTER_MS]
    counts.roll(NOON_MS + 50 * HOUR_MS + 14 * MINUTE_MS)
    assert list(counts.quarters) == [NOON_MS // QUARTER_MS]
    counts.quarters.clear()
    enter(counts, NOON_MS)  # what comes late finds the bucket at the edge as well
    assert list(counts.quarters) == [NOON_MS // QUARTER_MS]
    counts.roll(NOON_MS + 50 * HOUR_MS + QUARTER_MS)
    assert counts.quarters == {}


def test_what_changes_is_saved_anew() -> None:
    counts = Counts("UTC")
    enter(counts, NOON_MS)
    (minute,), (quarter,) = counts.minutes.values(), counts.quarters.values()
    minute.encoded = quarter.encoded = b"saved"
    enter(counts, NOON_MS)
    assert minute.encoded is None
    assert quarter.encoded is None


def test_the_clock_is_told_in_whole_minutes_and_never_goes_back() -> None:
    first, second = Counts("UTC"), Counts("UTC")
    assert first.clock_ms == 0
    first.roll(NOON_MS + 100)
    second.roll(NOON_MS + 200)
    assert first.clock_ms == second.clock_ms == NOON_MS
    first.roll(NOON_MS - HOUR_MS)
    assert first.clock_ms == NOON_MS


def test_quarters_become_local_days_and_nothing_is_lost() -> None:
    counts = Counts("Asia/Shanghai")
    moments = [NOON_MS + QUARTER_MS * step for step in range(0, 3 * 96, 7)]
    for at_ms in moments:
        enter(counts, at_ms)
        leave(counts, at_ms, at_ms + 3000)
    counts.roll(NOON_MS + 9 * DAY_MS)
    assert counts.minutes == counts.quarters == {}
    assert total(counts, ENTERED) == len(moments)
    for day, tally in counts.days.items():
        assert tally.cells[ANSWERED] == sum(local_day(at, "Asia/Shanghai") == day for at in moments)
        assert tally.waits is None


def test_a_correction_finds_its_day_once_the_quarter_is_gone() -> None:
    counts = Counts("UTC")
    enter(counts, NOON_MS)
    counts.roll(NOON_MS + 3 * DAY_MS)
    enter(counts, NOON_MS, -1)
    assert counts.quarters == {}
    assert [tally.cells[ENTERED] for tally in counts.days.values()] == [0]


def test_days_are_kept_for_forty() -> None:
    counts = Counts("UTC")
    for day in range(60):
        enter(counts, NOON_MS + day * DAY_MS)
        counts.roll(NOON_MS + day * DAY_MS)
    leave(counts, NOON_MS, NOON_MS + 59 * DAY_MS)  # its minute is kept, its day is not
    assert counts.minutes[(NOON_MS + 59 * DAY_MS) // MINUTE_MS].cells[ANSWERED] == 1
    assert total(counts, ANSWERED) == 0
    counts.roll(NOON_MS + 100 * DAY_MS)
    assert len(counts.days) == DAYS_KEPT
    assert max(counts.days) == local_day(NOON_MS + 59 * DAY_MS, "UTC")
    enter(counts, NOON_MS, -1)  # forgotten long ago
    assert len(counts.days) == DAYS_KEPT
    assert all(tally.cells[ENTERED] == 1 for tally in counts.days.values())


def test_local_days_follow_the_zone() -> None:
    assert local_day(NOON_MS, "UTC") == "2026-11-23"
    assert local_day(NOON_MS, "Pacific/Auckland") == "2026-11-24"
    assert local_day(NOON_MS - 12 * HOUR_MS - 1, "UTC") == "2026-11-22"


def test_corrections_are_totals() -> None:
    counts = Counts("UTC")
    counts.corrected()
    counts.corrected()
    assert counts.totals.cells[CORRECTIONS] == 2
