"""Plays a recording into Kafka: at once as the recent past, then again and again as it happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from streams.config import DEMO_CUSTOMER_KEY, Settings
from streams.core.events import LEFT_REASONS
from streams.simulator.pacing import Pace, retimed
from streams.sources.asterisk_queue_log import QueueLog
from streams.sources.catalogue import records
from streams.sources.patience import Patience
from streams.sources.sending import Sender
from streams.sources.taken import EventDict

# One look at the clock and at the services; a call's events are seconds apart.
STEP_S = 0.1


class _Watchful(Patience):
    """Waits for a Kafka that does not answer only as long as `check` finds everything running."""

    def __init__(self, check: Callable[[], None]) -> None:
        super().__init__()
        self._check = check

    def hold_out(self, seconds: float) -> None:
        self._check()
        super().hold_out(seconds)


class Player:
    """The recording in `path`, read once. A context manager: opens and closes the way to Kafka.

    `check` is called all the while, also while Kafka does not answer, and may end it by raising.
    """

    def __init__(self, settings: Settings, path: Path, check: Callable[[], None]) -> None:
        self._settings = settings
        self._source = settings.source.name
        self._events = read_events(self._source, settings.source.site, path)
        self._check = check
        self._sender = Sender(settings, _Watchful(check))
        self._round = 0
        self._began_ms = now_ms()
        self._next_heartbeat = 0.0
        self.sent = 0

    def __enter__(self) -> Self:
        self._sender.__enter__()
        self._sender.start(None)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._sender.__exit__(kind, error, trace)

    def play_history(self) -> None:
        """Send the recording at once, in times that end now."""
        self._send(retimed(self._events, self._name(), now_ms()))
        self.heartbeat()

    def play_round(self, speed: float, meanwhile: Callable[[], None]) -> None:
        """Play the recording once more, as calls of their own, `speed` times faster than life.

        Waits and talks keep their length, which is data; the pass is over when its last event is
        due. `meanwhile` is called at each look at the clock.
        """
        self._round += 1
        length_ms = self._events[-1]["at_ms"] - self._events[0]["at_ms"]
        begin_ms = now_ms()
        end_ms = begin_ms + round(length_ms / speed)
        waiting = retimed(self._events, self._name(), end_ms)
        waiting.sort(key=itemgetter("at_ms"))
        pace = Pace(waiting[0]["at_ms"], begin_ms, speed)
        while waiting:
            reached_ms = pace.reached_ms(now_ms())
            due = [event for event in waiting if event["at_ms"] <= reached_ms]
            if due:
                waiting = waiting[len(due) :]
                self._send(due)
            if time.monotonic() >= self._next_heartbeat:
                self.heartbeat()
            meanwhile()
            self._check()
            time.sleep(STEP_S)

    def _name(self) -> str:
        """What tells this round's calls from those of any other, another run's included."""
        return f"{self._began_ms}-{self._round}"

    def heartbeat(self) -> None:
        """Say to every partition that the source is alive, and what its clock says."""
        self._next_heartbeat = time.monotonic() + self._settings.source.heartbeat_interval_s
        at_ms = now_ms()
        event: EventDict = {
            "v": 1,
            "id": f"{self._source}-{at_ms}",
            "type": "source.heartbeat",
            "at_ms": at_ms,
            "source": self._source,
            "site": self._settings.source.site,
        }
        self._sender.deliver([event])

    def deliver(self, topic: str, events: list[EventDict]) -> None:
        """Send somebody else's events the same way; they are not counted as this recording's."""
        self._sender.deliver(events, topics=(topic,))

    def is_drained(self, board: Mapping[str, Any]) -> bool:
        """Whether the board has counted every event that was sent, for good."""
        counted: int = sum(board["events"].values())
        return counted >= self.sent and all(is_final(queue) for queue in board["queues"])

    def _send(self, events: list[EventDict]) -> None:
        self._sender.deliver(events)
        # What is about the source itself goes to, and is counted in, every partition.
        everywhere = sum(event["type"].startswith("source.") for event in events)
        self.sent += len(events) + everywhere * (self._sender.partitions - 1)


def is_final(queue: Mapping[str, Any]) -> bool:
    """Whether the counters hold every visit of the queue, and how each was served."""
    final = queue["final"]
    outcomes = ("answered", "abandoned", "abandoned_short", *LEFT_REASONS)
    finished = sum(final.get(outcome, 0) for outcome in outcomes)
    return bool(final["offered"] == finished and final["handled"] == final["answered"])


def now_ms() -> int:
    """The clock of a source that stands for a PBX."""
    return time.time_ns() // 1_000_000


def read_events(source: str, site: str, path: Path) -> list[EventDict]:
    """All events of a queue log, in its order."""
    reader = QueueLog(source, site=site, key=DEMO_CUSTOMER_KEY)
    with path.open("rb") as stream:
        return [event for line in records(reader, stream) for event in reader.read(line).events]
