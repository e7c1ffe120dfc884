"""Rows of CSV: quoted cells of several lines, and quotes that nobody closes."""

import io

import pytest

from streams.sources.rows import ROW_LINES_MAX, SEPARATOR, Rows


def rows(text: str, quote: str = '"', width: int = 3) -> list[list[str]]:
    found = Rows(io.StringIO(text, newline=""), ",", quote)
    found.width = width
    return [row.split(SEPARATOR) for row in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("a,b,c", [["a", "b", "c"]]),
        ("a,b,c\r\nd,e,f\n", [["a", "b", "c"], ["d", "e", "f"]]),
        ('"a",b,c\n', [["a", "b", "c"]]),
        ('"a,a",b,c\n', [["a,a", "b", "c"]]),
        ('"a ""a""",b,c\n', [['a "a"', "b", "c"]]),
        ('"a\na",b,c\nd,e,f', [["a\na", "b", "c"], ["d", "e", "f"]]),
        ('a,"b\n\nb","c\nc"\nd,e,f', [["a", "b\n\nb", "c\nc"], ["d", "e", "f"]]),
        ('a",b,c\n', [['a"', "b", "c"]]),
        ('"a,b,c\nd,e,f\n', [['"a,b,c'], ["d", "e", "f"]]),
        ('"a,b,c\nd,e,f\n"g",h,i\n', [['"a,b,c'], ["d", "e", "f"], ["g", "h", "i"]]),
        ('a,b,"c', [['a,b,"c']]),
        ("a,\x1f,c\n", [["a", " ", "c"]]),
        ("\n", [[""]]),
    ],
)
def test_rows(text: str, expected: list[list[str]]) -> None:
    assert rows(text) == expected


def test_without_quotes_they_are_letters() -> None:
    assert rows('"a,b",c\n', quote="") == [['"a', 'b"', "c"]]


def test_a_cell_of_too_many_lines_is_no_cell() -> None:
    lines = ["d,e,f"] * (ROW_LINES_MAX + 5)
    text = "\n".join(['"a', *lines, '",b,c'])
    assert rows(text)[: len(lines) + 1] == [['"a'], *[["d", "e", "f"]] * len(lines)]
