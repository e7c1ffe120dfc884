"""Opening times by hand: several blocks a day, holidays, make-up days, nights, 23 and 25 hours."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.hours import Block, Hours, dated_block, holiday, weekly_block

WEEK = ("Mon-Fri 09:00-12:00", "Mon-Fri 13:30-18:00", "Sat 10:00-16:00")
HOLIDAYS = ("2026-10-01", "2026-10-02")
SPECIAL = ("2026-10-11 09:00-18:00", "2026-10-02 20:00-21:00")


def ms(words: str, zone: str = "Asia/Shanghai", fold: int = 0) -> int:
    local = datetime.fromisoformat(words).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return int(local.timestamp()) * 1000


@pytest.mark.parametrize(
    ("asked", "starts"),
    [
        ("2026-03-02 10:15:07", "2026-03-02 10:15:07"),  # a Monday, open
        ("2026-03-02 03:00:00", "2026-03-02 09:00:00"),
        ("2026-03-02 09:00:00", "2026-03-02 09:00:00"),
        ("2026-03-02 12:00:00", "2026-03-02 13:30:00"),  # the end is outside
        ("2026-03-02 11:59:59", "2026-03-02 11:59:59"),
        ("2026-03-02 18:00:00", "2026-03-03 09:00:00"),
        ("2026-03-06 19:00:00", "2026-03-07 10:00:00"),  # Friday night, Saturday
        ("2026-03-07 16:00:00", "2026-03-09 09:00:00"),  # over the Sunday
        ("2026-09-30 18:30:00", "2026-10-02 20:00:00"),  # a holiday, and one with its own block
        ("2026-10-02 21:00:00", "2026-10-03 10:00:00"),
        ("2026-10-10 17:00:00", "2026-10-11 09:00:00"),  # a Sunday that is worked
        ("2026-10-11 19:00:00", "2026-10-12 09:00:00"),
    ],
)
def test_the_clock_starts_at_opening_time(asked: str, starts: str) -> None:
    hours = Hours("Asia/Shanghai", WEEK, HOLIDAYS, SPECIAL)
    assert hours.opening(ms(asked)) == ms(starts)


def test_without_hours_it_is_always_open() -> None:
    assert Hours("Asia/Shanghai", ()).opening(12_345) == 12_345


def test_milliseconds_are_kept() -> None:
    hours = Hours("Asia/Shanghai", WEEK)
    assert hours.opening(ms("2026-03-02 10:00:00") + 7) == ms("2026-03-02 10:00:00") + 7


@pytest.mark.parametrize(
    ("asked", "starts"),
    [
        ("2026-03-02 23:30:00", "2026-03-02 23:30:00"),
        ("2026-03-03 05:59:59", "2026-03-03 05:59:59"),  # still Monday's night
        ("2026-03-03 06:00:00", "2026-03-03 22:00:00"),
        ("2026-03-07 05:00:00", "2026-03-07 05:00:00"),  # Friday's goes on into Saturday
        ("2026-03-07 22:30:00", "2026-03-09 22:00:00"),
    ],
)
def test_nights_belong_to_the_day_they_begin_on(asked: str, starts: str) -> None:
    hours = Hours("Asia/Shanghai", ("Mon-Fri 22:00-06:00",))
    assert hours.opening(ms(asked)) == ms(starts)


def test_a_day_of_23_hours() -> None:
    zone, hours = "Europe/Berlin", Hours("Europe/Berlin", ("daily 01:00-04:00",))
    assert hours.opening(ms("2026-03-29 00:30", zone)) == ms("2026-03-29 01:00", zone)
    # 3:30 comes half an hour after 1:59:59, and is open; 4:00 is not.
    assert hours.opening(ms("2026-03-29 03:30", zone)) == ms("2026-03-29 03:30", zone)
    assert hours.opening(ms("2026-03-29 04:00", zone)) == ms("2026-03-30 01:00", zone)
    assert ms("2026-03-29 04:00", zone) - ms("2026-03-29 01:00", zone) == 2 * 3_600_000


def test_a_day_of_25_hours() -> None:
    zone, hours = "Europe/Berlin", Hours("Europe/Berlin", ("daily 02:30-02:45",))
    once, again = ms("2026-10-25 02:30", zone), ms("2026-10-25 02:30", zone, fold=1)
    assert again - once == 3_600_000
    # What comes twice opens with the first and closes with the second.
    assert hours.opening(ms("2026-10-25 01:00", zone)) == once
    assert hours.opening(again) == again
    assert hours.opening(ms("2026-10-25 02:45", zone, fold=1)) == ms("2026-10-26 02:30", zone)


def test_who_never_opens_again_starts_at_once() -> None:
    hours = Hours("UTC", (), special=("2026-10-11 09:00-18:00",))
    asked = ms("2026-10-12 00:00", "UTC")
    assert hours.opening(asked) == asked


def test_what_is_known_of_days_is_bounded() -> None:
    hours = Hours("UTC", WEEK)
    for day in range(3_000):
        hours.opening(day * 86_400_000)
    assert len(hours._known) <= 1_001


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (weekly_block, "09:00-12:00"),
        (weekly_block, "Mon-Fr 09:00-12:00"),
        (weekly_block, "Mon 9:00-12:00"),
        (weekly_block, "Mon 09:00-25:00"),
        (weekly_block, "Mon 09:60-12:00"),
        (weekly_block, ""),
        (dated_block, "2026-02-30 09:00-10:00"),
        (dated_block, "2026-02-20"),
        (holiday, "1 October"),
    ],
)
def test_words_that_are_no_hours_are_refused(read: object, words: str) -> None:
    assert callable(read)
    with pytest.raises(ValueError, match="expected"):
        read(words)


def test_words_of_blocks() -> None:
    assert weekly_block("Sat,Sun 10:00-16:00") == (frozenset({5, 6}), Block(600, 960))
    assert weekly_block("Fri-Mon 00:00-24:00") == (frozenset({4, 5, 6, 0}), Block(0, 1440))
    assert weekly_block("daily 22:00-06:00")[1] == (1320, 1800)


@given(st.integers(1_600_000_000_000, 1_900_000_000_000), st.sampled_from(["UTC", "Europe/Berlin"]))
def test_an_opening_is_never_before_and_stays_where_it_is(at_ms: int, zone: str) -> None:
    hours = Hours(zone, WEEK)
    starts = hours.opening(at_ms)
    assert starts >= at_ms
    assert hours.opening(starts) == starts
    assert hours.opening((at_ms + starts) // 2) == starts or starts == at_ms
