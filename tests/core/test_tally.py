"""A tally against sums written out here: values are never made with the operation under test."""

from collections import Counter
from itertools import pairwise

import pytest

from streams.core.definitions import (
    ABANDON_FIRST,
    ABANDON_SUM_MS,
    ABANDONED,
    ANSWER_FIRST,
    ANSWER_SUM_MS,
    ANSWERED,
    ATTENDED,
    BLIND,
    HANDLE_FIRST,
    HANDLED,
    LEFT_COLUMN,
    NEUTRAL_FIRST,
    TALK_SUM_MS,
    WIDTH,
    WRAPPED,
    WRAPPED_SUM_MS,
    WRAPUP_SUM_MS,
    Left,
)
from streams.core.limits import EXACT_WAITS_MAX
from streams.core.tally import (
    LOG_EDGES_MS,
    Tally,
    count_leave,
    count_serve,
    left_counts,
    plus,
    round_waits,
)

KEY = ("main", "q")


def leave(outcome: str, wait_ms: int) -> tuple[tuple[str, str], int, int, str, int]:
    return (KEY, 0, wait_ms, outcome, wait_ms)


def cells(tally: Tally) -> dict[int, int]:
    return {column: value for column, value in enumerate(tally.cells) if value}


@pytest.mark.parametrize(
    ("outcome", "wait_ms", "expected"),
    [
        ("answered", 0, {ANSWERED: 1, ANSWER_FIRST: 1}),
        ("answered", 3000, {ANSWERED: 1, ANSWER_SUM_MS: 3000, ANSWER_FIRST: 1}),
        ("answered", 3001, {ANSWERED: 1, ANSWER_SUM_MS: 3001, ANSWER_FIRST + 1: 1}),
        ("answered", 9_999_999, {ANSWERED: 1, ANSWER_SUM_MS: 9_999_999, ANSWER_FIRST + 17: 1}),
        ("abandoned", 5000, {ABANDONED: 1, ABANDON_SUM_MS: 5000, ABANDON_FIRST + 1: 1}),
        ("timeout", 20_000, {LEFT_COLUMN[Left.TIMEOUT]: 1}),
        ("empty", 20_000, {LEFT_COLUMN[Left.EMPTY]: 1}),
        ("full", 0, {LEFT_COLUMN[Left.FULL]: 1}),
        ("system", 20_000, {LEFT_COLUMN[Left.SYSTEM]: 1}),
        ("key", 20_000, {LEFT_COLUMN[Left.KEY]: 1, NEUTRAL_FIRST + 7: 1}),
        ("callback", 20_001, {LEFT_COLUMN[Left.CALLBACK]: 1, NEUTRAL_FIRST + 8: 1}),
        ("withdrawn", 0, {LEFT_COLUMN[Left.WITHDRAWN]: 1, NEUTRAL_FIRST: 1}),
    ],
)
def test_how_a_visit_left(outcome: str, wait_ms: int, expected: dict[int, int]) -> None:
    tally = Tally()
    count_leave((tally,), leave(outcome, wait_ms), 1)
    assert cells(tally) == expected
    assert tally.waits == ({wait_ms: 1} if outcome == "answered" else {})
    count_leave((tally,), leave(outcome, wait_ms), -1)
    assert cells(tally) == {}
    assert tally.waits == {}


@pytest.mark.parametrize(
    ("talk_ms", "wrapup_ms", "kind", "expected"),
    [
        (-1, -1, "", {}),
        (-1, -1, "blind", {BLIND: 1}),
        (15_000, -1, "", {HANDLED: 1, TALK_SUM_MS: 15_000, HANDLE_FIRST: 1}),
        (0, -1, "attended", {HANDLED: 1, HANDLE_FIRST: 1, ATTENDED: 1}),
        (
            15_000,
            1,
            "",
            {
                HANDLED: 1,
                TALK_SUM_MS: 15_000,
                WRAPPED: 1,
                WRAPPED_SUM_MS: 15_001,
                WRAPUP_SUM_MS: 1,
                HANDLE_FIRST + 1: 1,
            },
        ),
        (
            3_600_001,
            0,
            "",
            {
                HANDLED: 1,
                TALK_SUM_MS: 3_600_001,
                WRAPPED: 1,
                WRAPPED_SUM_MS: 3_600_001,
                HANDLE_FIRST + 12: 1,
            },
        ),
    ],
)
def test_how_a_visit_was_served(
    talk_ms: int, wrapup_ms: int, kind: str, expected: dict[int, int]
) -> None:
    tally = Tally()
    count_serve((tally,), (KEY, 0, 0, talk_ms, wrapup_ms, kind, False), 1)
    assert cells(tally) == expected
    count_serve((tally,), (KEY, 0, 0, talk_ms, wrapup_ms, kind, False), -1)
    assert cells(tally) == {}


@pytest.mark.parametrize("outcome", ["answered", "abandoned", "key"])
def test_what_changes_is_saved_anew(outcome: str) -> None:
    tally = Tally(encoded=b"saved")
    count_leave((tally,), leave(outcome, 7), 1)
    assert tally.encoded is None
    tally.encoded = b"saved"
    count_serve((tally,), (KEY, 0, 0, 9, -1, "", False), 1)
    assert tally.encoded is None


def test_plus_adds_column_by_column() -> None:
    first = Tally(list(range(WIDTH)), {1000: 2, 2000: 1})
    second = Tally([10] * WIDTH, {2000: 1, 3000: 1})
    total = plus([first, second, Tally()])
    assert total.cells == [column + 10 for column in range(WIDTH)]
    assert total.waits == {1000: 2, 2000: 2, 3000: 1}
    assert total.rounded is False
    assert first.waits == {1000: 2, 2000: 1}  # what was added is as it was


def test_plus_of_none_is_nothing() -> None:
    assert plus([]) == Tally([0] * WIDTH, {}, rounded=False)


def test_plus_with_one_that_keeps_no_waits_keeps_none() -> None:
    assert plus([Tally(waits={1: 1}), Tally(waits=None)]).waits is None


def test_plus_with_a_rounded_one_is_rounded() -> None:
    total = plus([Tally(waits={12_345: 1}), Tally(waits={101: 2}, rounded=True)])
    assert total.rounded
    assert sum((total.waits or {}).values()) == 3
    assert set(total.waits or {}) <= set(LOG_EDGES_MS)


def test_waits_are_exact_up_to_a_limit_and_within_one_per_cent_beyond() -> None:
    tally = Tally()
    waits_ms = [997 * step for step in range(1, EXACT_WAITS_MAX + 1)]
    for wait_ms in waits_ms:
        count_leave((tally,), leave("answered", wait_ms), 1)
    assert tally.waits == Counter(waits_ms)
    assert tally.rounded is False
    count_leave((tally,), leave("answered", 5), 1)
    assert tally.rounded is True
    rounded = sorted(edge for edge, count in (tally.waits or {}).items() for _ in range(count))
    for exact, edge in zip(sorted([*waits_ms, 5]), rounded, strict=True):
        assert exact <= edge <= max(100, exact * 1.01 + 1)
    for wait_ms in [*waits_ms, 5]:
        count_leave((tally,), leave("answered", wait_ms), -1)
    assert tally.waits == {}


def test_a_repeated_wait_takes_no_room() -> None:
    tally = Tally()
    for _ in range(3 * EXACT_WAITS_MAX):
        count_leave((tally,), leave("answered", 7000), 1)
    assert (tally.waits, tally.rounded) == ({7000: 3 * EXACT_WAITS_MAX}, False)


def test_waits_beyond_every_step_are_kept_as_they_are() -> None:
    monstrous = LOG_EDGES_MS[-1] + 5
    tally = Tally(waits={monstrous: 1})
    round_waits(tally)
    assert tally.waits == {monstrous: 1}
    count_leave((tally,), leave("answered", monstrous), -1)
    assert tally.waits == {}


def test_steps_are_one_per_cent_and_cover_forty_days() -> None:
    assert LOG_EDGES_MS[:2] == (0, 100)
    assert LOG_EDGES_MS[-2] < 40 * 86_400_000 <= LOG_EDGES_MS[-1]
    for low, high in pairwise(LOG_EDGES_MS[1:]):
        assert low < high <= max(low * 1.01, low + 1)


def test_left_counts_names_what_occurred() -> None:
    tally = Tally()
    for reason in ("key", "key", "system"):
        count_leave((tally,), leave(reason, 0), 1)
    assert left_counts(tally) == {"key": 2, "system": 1}
