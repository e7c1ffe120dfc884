from streams.core.chat_counts import ChatCounts, count_fact, reply_ms
from streams.core.chats import (
    CALENDAR_FIRST,
    CHAT_WIDTH,
    FIRST,
    NEXT,
    NEXT_FIRST,
    OPENED,
    OPENING,
    OUTCOME_FIRST,
    RATED,
    RATED_SUM_PERMILLE,
    RATING,
    REOPENED,
    REPLY_FIRST,
    SATISFIED,
)
from streams.core.conversation import NOTHING
from streams.core.tally import Tally
from tests.core.histories import NOON_MS

# Asked two minutes before opening time, replied to 60 s after it: an edge is inside.
FACT = (NOON_MS, NOON_MS + 180_000, 0, 200_000, NOON_MS + 120_000)


def test_a_reply_counts_by_both_clocks() -> None:
    tally = Tally([0] * CHAT_WIDTH)
    count_fact(FIRST, FACT, (tally,), 1)
    assert reply_ms(FACT) == 60_000
    assert tally.cells[REPLY_FIRST + 6] == 1  # up to 60 s
    assert tally.cells[CALENDAR_FIRST + 9] == 1  # up to 180 s
    assert tally.waits == {60_000: 1}
    count_fact(FIRST, FACT, (tally,), -1)
    assert not any(tally.cells)
    assert not tally.waits


def test_a_reply_before_opening_time_took_no_time() -> None:
    assert reply_ms((NOON_MS, NOON_MS + 5_000, 0, 5_000, NOON_MS + 60_000)) == 0


def test_minutes_by_the_moment_quarters_by_the_need() -> None:
    counts = ChatCounts("UTC")
    fact = (NOON_MS - 1_000, NOON_MS + 1_000)
    counts.change(NOTHING, ((), (), (fact,), (), ()))
    assert list(counts.minutes) == [NOON_MS // 60_000]
    assert list(counts.quarters) == [NOON_MS // 900_000 - 1]
    assert counts.minutes[NOON_MS // 60_000].cells[NEXT_FIRST] == 1
    assert not counts.is_empty()
    counts.change(((), (), (fact,), (), ()), NOTHING)
    assert counts.is_empty()
    counts.corrected()
    assert not counts.is_empty()


def test_only_what_changed_is_taken_back() -> None:
    counts = ChatCounts("UTC")
    one, other, third = ((NOON_MS, NOON_MS + at) for at in (1_000, 2_000, 3_000))
    counts.change(NOTHING, ((), (), (one, other), (), ()))
    counts.change(((), (), (one, other), (), ()), ((), (), (one, third), (), ()))
    again = ChatCounts("UTC")
    again.change(NOTHING, ((), (), (one, third), (), ()))
    assert counts.quarters == again.quarters
    assert NEXT == 2


def test_openings_outcomes_and_ratings_have_columns() -> None:
    tally = Tally([0] * CHAT_WIDTH, None)
    for kind, fact in (
        (OPENING, (NOON_MS, NOON_MS, 0)),
        (OPENING, (NOON_MS, NOON_MS, 1)),
        (FIRST, (NOON_MS, NOON_MS, 3, 0, NOON_MS)),
        (RATING, (NOON_MS, NOON_MS, 800)),
        (RATING, (NOON_MS, NOON_MS, 799)),
    ):
        count_fact(kind, fact, (tally,), 1)
    cells = tally.cells
    assert (cells[OPENED], cells[REOPENED], cells[OUTCOME_FIRST + 3]) == (1, 1, 1)
    assert (cells[RATED], cells[RATED_SUM_PERMILLE], cells[SATISFIED]) == (2, 1599, 1)
