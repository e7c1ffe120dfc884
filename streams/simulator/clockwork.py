"""What happens next: a heap of things to do, in the order of their times and of their planning."""

from __future__ import annotations

import heapq
from collections.abc import Callable

Action = Callable[[], None]


class Clockwork:
    """Simulated time, integer ms of UTC; it moves only in `run`."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms
        self._planned: list[tuple[int, int, Action]] = []
        self._number = 0

    def at(self, at_ms: int, action: Action) -> None:
        """Do it then, or now where that is past."""
        self._number += 1
        heapq.heappush(self._planned, (max(at_ms, self.now_ms), self._number, action))

    def after(self, seconds: float, action: Action) -> None:
        """Do it so many seconds from now, to the millisecond."""
        self.at(self.now_ms + round(1000 * seconds), action)

    def run(self) -> None:
        """Until nothing is left to do."""
        while self._planned:
            self.now_ms, _, action = heapq.heappop(self._planned)
            action()
