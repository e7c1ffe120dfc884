"""Chats as they happen, as a feed: what has arrived, and what time makes certain.

A sender is told that all is well when its record's events are in Kafka and the memory that they
left is stored: a restart in between would otherwise have forgotten what nobody sends again.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from typing import Any, Protocol

from streams.sources.arrivals import Arrival, Arrivals, Outcome
from streams.sources.chats import ChatReader
from streams.sources.feed import Batch, admit, admit_events
from streams.sources.taken import Fates

# Taken at once; while a backlog is there, positions are stored in between.
BATCH_RECORDS = 500
# A record told nothing when a crash came is sent again within this time, if ever.
RETRIED_S = 600.0
_START_LIMIT_S = 10.0
_STOP_LIMIT_S = 3.0


class Door(Protocol):
    """Where records come in. `gap`: why some may have been missed, until it is set to ""."""

    gap: str

    @property
    def listening(self) -> bool:
        """Whether nothing is being missed."""
        ...

    async def open(self) -> None:
        """Begin; OSError where that cannot be."""
        ...

    async def close(self) -> None:
        """End."""
        ...


class Doors:
    """Some doors with the thread and the loop that they run in."""

    def __init__(self, doors: Sequence[Door]) -> None:
        self._doors = doors
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="doors", daemon=True)

    @property
    def listening(self) -> bool:
        """Whether nothing is being missed at any of them."""
        return all(door.listening for door in self._doors)

    def open(self) -> None:
        """Begin; OSError where that cannot be."""
        self._thread.start()
        try:
            for door in self._doors:
                self._do(door.open(), _START_LIMIT_S)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End, and the thread with it."""
        for door in self._doors:
            with suppress(TimeoutError):
                self._do(door.close(), _STOP_LIMIT_S)
        with suppress(TimeoutError):
            self._do(_end_others(), _STOP_LIMIT_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STOP_LIMIT_S)
        if not self._loop.is_running():
            self._loop.close()

    def take_gap(self) -> str:
        """Why records may be missing since the last time this was asked; "" where none are."""
        found = ""
        for door in self._doors:
            found, door.gap = door.gap or found, ""
        return found

    def _do(self, work: Awaitable[None], limit_s: float) -> None:
        async def whole() -> None:
            await work

        asyncio.run_coroutine_threadsafe(whole(), self._loop).result(limit_s)


async def _end_others() -> None:
    """End the connections that nobody has closed."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for each in others:
        each.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class PushedFeed:
    """The feed of some doors, which it opens and closes. Never ends by itself."""

    ended = False

    def __init__(
        self, source: ChatReader, arrivals: Arrivals, doors: Doors, event_bytes_max: int
    ) -> None:
        self.fates = Fates()
        self.at_rest = False
        self._source = source
        self._arrivals = arrivals
        self._doors = doors
        self._event_bytes_max = event_bytes_max
        self._taken = 0
        self._refused = 0
        self._unstored: list[Arrival] = []
        self._is_resumed = self._is_restarted = False
        doors.open()

    def close(self) -> None:
        """Close the doors; whoever still waits is told to try again."""
        self._arrivals.close()
        unstored, self._unstored = self._unstored, []
        for each in unstored:
            each.tell(Outcome.REFUSED)
        self._doors.close()

    def state(self) -> dict[str, Any]:
        """What the source remembers; there is no place to go back to."""
        return {"kind": "pushed", "memory": self._source.memory()}

    def resume(self, state: dict[str, Any], *, lost_too: bool) -> bool:  # noqa: ARG002 - Feed's
        """Go on with the conversations that were open."""
        if state["kind"] != "pushed":
            return False
        self._source.restore(state["memory"])
        self._is_resumed = True
        return True

    def wait(self, seconds: float) -> None:
        """Until there is something new, at most so long."""
        self._arrivals.wait(seconds)

    def stored(self) -> None:
        """Everything that `next` gave is in Kafka, and the memory after it is stored."""
        unstored, self._unstored = self._unstored, []
        for each in unstored:
            each.tell(Outcome.DURABLE)

    def next(self) -> Batch | None:
        """What has arrived; or what is certain by now, as nothing else came."""
        now_ms = self._source.present_ms = time.time_ns() // 1_000_000
        batch = Batch()
        if self._is_resumed:  # before the gap, which moves the source's clock to now
            self._is_resumed, self._is_restarted = False, True
            admit_events(self._source.due(now_ms), self._event_bytes_max, batch)
            return batch
        batch.gap = self._gap()
        arrived = self._arrivals.take(BATCH_RECORDS)
        self.at_rest = not arrived and self._doors.listening and self._source.is_heard(now_ms)
        for each in arrived:
            record_id = self._source.identify(each.record)
            place = (self._source.name, "pushed", self._taken)
            self._taken += 1
            taken = self._source.take(each.record, record_id)
            admit(taken, each.record, place, self._event_bytes_max, self.fates, batch)
            self._unstored.append(each)
        if not arrived:
            admit_events(self._source.due(now_ms), self._event_bytes_max, batch)
        return batch if arrived or batch.events or batch.gap else None

    def _gap(self) -> str:
        if self._is_restarted:
            self._is_restarted = False
            self._doors.take_gap()
            return "restarted"
        refused, self._refused = self._refused, self._arrivals.refused
        return "overflow" if refused != self._refused else self._doors.take_gap()
