"""Lines of a log whose time cannot be right: the lines that follow go back behind them.

One damaged digit may put a line years ahead, and everything after it would then be late. A growing
log's last line has no followers yet: there the broker's append time judges.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator

from streams.sources.taken import rejected

# As late as a report takes lines; two lines further apart contradict each other.
AHEAD_MAX_S = 86_400
# With nothing after it a line is believed for a year: a log may end long after its last call.
AHEAD_AT_THE_END_MAX_S = 366 * 86_400
# Most of so many lines that follow must agree: several damaged ones may stand together.
FOLLOWERS = 8
UNBELIEVABLE = rejected("bad_time", "expected a time that the following lines do not contradict")
_SECOND = re.compile(rb"[\x00\xef\xbb\xbf]*(\d{9,10})(?:\.\d{1,6})?\|")


def second_of(line: bytes) -> int | None:
    """The epoch second in front of a log's line; None where none stands there."""
    found = _SECOND.match(line)
    return int(found[1]) if found else None


class Believable:
    """Judges the lines of files that are read one after another.

    `newest_s` is the newest second that was believed, None before the first.
    """

    def __init__(self, newest_s: int | None = None) -> None:
        self.newest_s = newest_s

    def judged(self, lines: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
        """Each line, and whether its time may be right (as that of lines without one)."""
        waiting: deque[tuple[bytes, int | None]] = deque()
        timed = 0
        for line in lines:
            second = second_of(line)
            waiting.append((line, second))
            timed += second is not None
            while timed > FOLLOWERS:
                head, head_s = waiting.popleft()
                timed -= head_s is not None
                yield head, self._believed(head_s, waiting)
        while waiting:
            head, head_s = waiting.popleft()
            yield head, self._believed(head_s, waiting)

    def _believed(self, second: int | None, following: Iterable[tuple[bytes, int | None]]) -> bool:
        if second is None:
            return True
        newest_s = self.newest_s
        if newest_s is None or second > newest_s + AHEAD_MAX_S:
            later = [after for _, after in following if after is not None]
            behind = sum(after < second - AHEAD_MAX_S for after in later)
            if 2 * behind > len(later):
                return False
            if not later and newest_s is not None and second > newest_s + AHEAD_AT_THE_END_MAX_S:
                return False
        self.newest_s = second if newest_s is None else max(second, newest_s)
        return True
