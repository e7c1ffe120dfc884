"""Which times of a finished log are believed."""

import pytest

from streams.sources.believable import Believable, second_of

DAY = 86_400
START = 1_700_000_000


def _judged(*seconds: int) -> list[int]:
    lines = [b"%d|x" % (START + second) for second in seconds]
    return [int(line[:10]) - START for line, good in Believable().judged(lines) if not good]


@pytest.mark.parametrize(
    ("seconds", "refused"),
    [
        ((0, 1, 2, 3), []),
        ((0, 1, 900 * DAY, 2, 3), [900 * DAY]),
        ((900 * DAY, 1, 2, 3), [900 * DAY]),
        ((0, 900 * DAY, 800 * DAY, 900 * DAY, 1, 2, 3, 4), [900 * DAY, 800 * DAY, 900 * DAY]),
        ((0, 1, 900 * DAY), [900 * DAY]),
        ((0, 1, 300 * DAY), []),  # a log may end a long time after its last call
        ((0, 1, 900 * DAY, 900 * DAY + 1), []),  # and may have slept for years
        ((0, DAY, 1, 2), []),  # a day is as late as a report takes lines
        ((0, DAY + 1, 0, 0), [DAY + 1]),
        ((0, 30 * DAY, 30 * DAY + 5, 2, 30 * DAY + 9), []),  # one that goes back is the odd one
    ],
)
def test_a_time_is_believed_unless_what_follows_goes_back(
    seconds: tuple[int, ...], refused: list[int]
) -> None:
    assert _judged(*seconds) == refused


def test_every_line_comes_once_in_order() -> None:
    lines = [b"%d|%d" % (START + i % 7, i) if i % 3 else b"rubbish %d" % i for i in range(50)]
    assert [line for line, _ in Believable().judged(iter(lines))] == lines


def test_lines_without_time_are_somebody_elses_to_judge() -> None:
    assert list(Believable().judged([b"", b"x|y", b"\xff"])) == [
        (b"", True),
        (b"x|y", True),
        (b"\xff", True),
    ]


def test_files_are_judged_one_after_another() -> None:
    believable = Believable()
    assert all(good for _, good in believable.judged([b"%d|" % START]))
    assert [good for _, good in believable.judged([b"%d|" % (START + 900 * DAY)])] == [False]


@pytest.mark.parametrize(
    ("line", "second"),
    [
        (b"1700000000|x", 1_700_000_000),
        (b"1700000000.123456|x", 1_700_000_000),
        (b"\0\0\xef\xbb\xbf1700000000|x", 1_700_000_000),
        (b"1700000000", None),
        (b"17000|x", None),
        (b" 1700000000|x", None),
        (b"", None),
    ],
)
def test_second_of(line: bytes, second: int | None) -> None:
    assert second_of(line) == second
