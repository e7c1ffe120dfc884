"""The made-up hotline of the bench: a seeded stream of calls that a real source could have sent.

Knows no Kafka and no clock: the same seed and beginning give the same events. It refuses to be odd;
duplicates, disorder and rubbish are the tests' business.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import orjson

SOURCE = "pbx1"
SITE = "hq"
AGENTS = 500
MEAN_WAIT_MS = 15_000
MEAN_TALK_MS = 180_000
# Shorter than the allowed lateness: a finished call sent whole is late in no queue.
LONGEST_TALK_MS = 600_000
LONGEST_WAIT_MS = 120_000
WRAPUP_MS = 20_000
ABANDONING = 0.1
# As a backfill or a burst sends them.
EVENTS_PER_ARRAY = 50

Event = dict[str, Any]
Call = list[Event]
Record = tuple[int, bytes, bytes]
"""Partition, key, value."""


@dataclass(frozen=True, slots=True)
class Load:
    """A hotline at `calls_per_s` (event time), beginning at `start_ms`, integer ms of UTC.

    Ten calls a second keep some 2,000 people talking, and 10,000 contacts in the state.
    """

    start_ms: int
    seed: int = 1
    queues: int = 50
    calls_per_s: float = 10.0

    def calls(self, events: int) -> Iterator[Call]:
        """Whole calls in the order of their beginning, until there are `events` or a few more."""
        chance = random.Random(self.seed)
        count = ordinal = 0
        while count < events:
            call = self._call(chance, ordinal)
            yield call
            ordinal += 1
            count += len(call)

    def duration_ms(self, events: int) -> int:
        """How long so many events take at most, the last call's end included."""
        # No call has fewer than two events.
        longest_call_ms = LONGEST_WAIT_MS + LONGEST_TALK_MS + WRAPUP_MS
        return int(events / 2 / self.calls_per_s * 1000) + longest_call_ms

    def _call(self, chance: random.Random, ordinal: int) -> Call:
        queued_ms = self.start_ms + int(ordinal * 1000 / self.calls_per_s)
        contact = f"{SOURCE}/{queued_ms // 1000}.{ordinal}"
        queue, agent = f"queue-{chance.randrange(self.queues)}", f"agent-{chance.randrange(AGENTS)}"
        wait_ms = min(int(chance.expovariate(1 / MEAN_WAIT_MS)), LONGEST_WAIT_MS)
        talk_ms = min(int(chance.expovariate(1 / MEAN_TALK_MS)), LONGEST_TALK_MS)
        left_ms = queued_ms + wait_ms

        def event(kind: str, at_ms: int, by: str | None = None, **data: object) -> Event:
            return {
                "v": 1,
                "id": f"{chance.getrandbits(72):018x}",
                "type": f"call.{kind}",
                "at_ms": at_ms,
                "source": SOURCE,
                "contact": contact,
                "queue": queue,
                "site": SITE,
                "visit": 1,
                **({"agent": by} if by else {}),
                "data": data,
            }

        queued = event("queued", queued_ms)
        if chance.random() < ABANDONING:
            return [queued, event("abandoned", left_ms, wait_ms=wait_ms)]
        ended_ms = left_ms + talk_ms
        return [
            queued,
            event("answered", left_ms, agent, wait_ms=wait_ms),
            event("ended", ended_ms, agent, talk_ms=talk_ms, wrapup_follows=True),
            event("wrapped_up", ended_ms + WRAPUP_MS, agent, wrapup_ms=WRAPUP_MS),
        ]


def partition_of(contact: str, partitions: int) -> int:
    """The partition of a contact, the same in every run."""
    return crc32(contact.encode()) % partitions


def single_records(calls: Iterator[Call], partitions: int) -> Iterator[Record]:
    """One event a record, in the order of time, as a live source sends them."""
    waiting: list[tuple[int, int, Event]] = []
    ordinal = 0
    for call in calls:
        while waiting and waiting[0][0] <= call[0]["at_ms"]:
            yield _record([heapq.heappop(waiting)[2]], partitions)
        for event in call:
            heapq.heappush(waiting, (event["at_ms"], ordinal, event))
            ordinal += 1
    while waiting:
        yield _record([heapq.heappop(waiting)[2]], partitions)


def array_records(calls: Iterator[Call], partitions: int) -> Iterator[Record]:
    """Arrays of about `EVENTS_PER_ARRAY` events of finished calls, each call's events together."""
    gathered: dict[int, list[Event]] = {number: [] for number in range(partitions)}
    for call in sorted(calls, key=lambda each: each[-1]["at_ms"]):
        events = gathered[partition_of(call[0]["contact"], partitions)]
        events.extend(call)
        if len(events) >= EVENTS_PER_ARRAY:
            yield _record(events, partitions)
            events.clear()
    for events in gathered.values():
        if events:
            yield _record(events, partitions)


def _record(events: list[Event], partitions: int) -> Record:
    contact: str = events[0]["contact"]
    value = orjson.dumps(events[0] if len(events) == 1 else events)
    return partition_of(contact, partitions), contact.encode(), value
