"""The rows of a CSV or TSV file, where one damaged row costs itself and no other.

A quoted cell may hold line ends; an opening quote that nobody closes must not swallow what
follows. Knows no column's meaning.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import TextIO

SEPARATOR = "\x1f"
# A note of more lines than this in one cell is an opening quote that stands alone.
ROW_LINES_MAX = 50
_UNCLOSED = "unexpected end of data"


class Rows:
    """An iterator of rows, each as text with its cells parted by `SEPARATOR`.

    `width` is how many cells a row of several lines must have. What cannot be read as cells is
    given as it stands.
    """

    def __init__(self, text: TextIO, delimiter: str, quote: str) -> None:
        self.width = 0
        self._text = text
        self._coming: deque[str] = deque()
        self._delimiter = delimiter
        self._quote = quote

    def __iter__(self) -> Iterator[str]:
        """Itself."""
        return self

    def __next__(self) -> str:
        """The next row."""
        line = self._line()
        if not line:
            raise StopIteration
        cells = self._cells([line]) if self._quote in line else self._plain(line)
        if cells is None:
            cells = self._longer([line])
        if cells is None:
            return line.rstrip("\r\n")
        return SEPARATOR.join(cell.replace(SEPARATOR, " ") for cell in cells)

    def _line(self) -> str:
        return self._coming.popleft() if self._coming else self._text.readline()

    def _plain(self, line: str) -> list[str]:
        return line.rstrip("\r\n").split(self._delimiter)

    def _cells(self, lines: list[str]) -> list[str] | None:
        """The cells of one row; None where a quote is still open at the end of the lines."""
        if not self._quote:
            return self._plain(lines[0])
        # A stray quote inside a cell is a letter; over several lines it would swallow rows.
        for strict in (True, False) if len(lines) == 1 else (True,):
            reader = csv.reader(
                iter(lines), delimiter=self._delimiter, quotechar=self._quote, strict=strict
            )
            try:
                return next(reader, [])
            except csv.Error as error:
                if str(error) == _UNCLOSED:
                    return None
        return None

    def _longer(self, lines: list[str]) -> list[str] | None:
        """A row that goes on in the next lines; None, and they stay to come, where it does not."""
        while len(lines) < ROW_LINES_MAX and (line := self._line()):
            lines.append(line)
            cells = self._cells(lines)
            if cells is not None:
                if len(cells) == self.width:
                    return cells
                break
        self._coming.extendleft(reversed(lines[1:]))
        return None
