"""What has arrived and is not in Kafka yet: the one thing that the senders' thread and ours share.

Whoever sent something hears of it once it is durable, or that it never will be.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

# What is kept while Kafka takes nothing: hours of a busy desk's messages. Then senders are told no.
BYTES_MAX = 64 * 1024 * 1024
ARRIVALS_MAX = 200_000


class Outcome(Enum):
    """What a sender hears of a record, at most once."""

    DURABLE = "its events are in Kafka and remembered"
    REFUSED = "nobody will look at it"


Tell = Callable[[Outcome], None]


def _nobody(_outcome: Outcome) -> None:
    """Who sent it does not ask: a WebSocket has no answers."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One record, and who waits for it."""

    record: bytes
    tell: Tell


class Arrivals:
    """A queue between threads, with bounds. `refused`: how often it was full."""

    def __init__(self, bytes_max: int = BYTES_MAX) -> None:
        self.refused = 0
        self._bytes_max = bytes_max
        self._bytes = 0
        self._waiting: deque[Arrival] = deque()
        self._lock = threading.Lock()
        self._arrived = threading.Event()
        self._closed = False

    def put(self, record: bytes, tell: Tell = _nobody) -> bool:
        """Take a record; False, and nobody will be told, where there is no room."""
        with self._lock:
            full = self._bytes + len(record) > self._bytes_max
            if self._closed or full or len(self._waiting) >= ARRIVALS_MAX:
                self.refused += not self._closed
                return False
            self._bytes += len(record)
            self._waiting.append(Arrival(record, tell))
        self._arrived.set()
        return True

    def take(self, most: int) -> list[Arrival]:
        """The next records, in the order of their arrival."""
        with self._lock:
            self._arrived.clear()
            count = min(most, len(self._waiting))
            found = [self._waiting.popleft() for _ in range(count)]
            self._bytes -= sum(len(each.record) for each in found)
            if self._waiting:
                self._arrived.set()
        return found

    def wait(self, seconds: float) -> None:
        """Until something arrives, at most so long."""
        self._arrived.wait(seconds)

    def close(self) -> None:
        """Take nothing more; whoever waits is told no."""
        with self._lock:
            self._closed = True
            waiting, self._waiting = list(self._waiting), deque()
        for each in waiting:
            each.tell(Outcome.REFUSED)
