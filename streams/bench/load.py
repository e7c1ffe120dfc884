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
# Shorter than the allowed lateness: a finished call sent whole is late in no queue.
LONGEST_TALK_MS = 600_000
LONGEST_WAIT_MS = 120_000
ABANDONING = 0.1
EVENTS_PER_CALL = 2 * ABANDONING + 4 * (1 - ABANDONING)
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
    mean_wait_ms: int = 15_000
    mean_talk_ms: int = 180_000
    wrapup_ms: int = 20_000

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
        longest_call_ms = LONGEST_WAIT_MS + LONGEST_TALK_MS + self.wrapup_ms
        return int(events / 2 / self.calls_per_s * 1000) + longest_call_ms

    def _call(self, chance: random.Random, ordinal: int) -> Call:
        queued_ms = self.start_ms + int(ordinal * 1000 / self.calls_per_s)
        contact = f"{SOURCE}/{queued_ms // 1000}.{ordinal}"
        queue, agent = f"queue-{chance.randrange(self.queues)}", f"agent-{chance.randrange(AGENTS)}"
        wait_ms = min(int(chance.expovariate(1 / self.mean_wait_ms)), LONGEST_WAIT_MS)
        talk_ms = min(int(chance.expovariate(1 / self.mean_talk_ms)), LONGEST_TALK_MS)
        left_ms = queued_ms + wait_ms

        def event(kind: str, at_ms: int, by: str | None = None, **data: object) -> Event:
            made = event_of(f"{chance.getrandbits(72):018x}", kind, at_ms, contact, queue)
            return {**made, **({"agent": by} if by else {}), "data": data}

        queued = event("queued", queued_ms)
        if chance.random() < ABANDONING:
            return [queued, event("abandoned", left_ms, wait_ms=wait_ms)]
        ended_ms = left_ms + talk_ms
        return [
            queued,
            event("answered", left_ms, agent, wait_ms=wait_ms),
            event("ended", ended_ms, agent, talk_ms=talk_ms, wrapup_follows=True),
            event("wrapped_up", ended_ms + self.wrapup_ms, agent, wrapup_ms=self.wrapup_ms),
        ]


def event_of(name: str, kind: str, at_ms: int, contact: str, queue: str) -> Event:
    """An event of a first visit; `name` is its id."""
    return {
        "v": 1,
        "id": name,
        "type": f"call.{kind}",
        "at_ms": at_ms,
        "source": SOURCE,
        "contact": contact,
        "queue": queue,
        "site": SITE,
        "visit": 1,
    }


def open_calls(start_ms: int, first: int, count: int, queues: int) -> Iterator[Call]:
    """Calls that are answered and go on, one a millisecond; `first` numbers the first of them."""
    for ordinal in range(first, first + count):
        contact = f"{SOURCE}/{start_ms // 1000}.{ordinal}"
        at_ms, queue = start_ms + ordinal - first, f"queue-{ordinal % queues}"
        queued = event_of(f"{2 * ordinal:018x}", "queued", at_ms, contact, queue)
        answered = event_of(f"{2 * ordinal + 1:018x}", "answered", at_ms, contact, queue)
        told = {"agent": f"agent-{ordinal}", "data": {"wait_ms": 0}}
        yield [queued, {**answered, **told}]


def partition_of(contact: str, partitions: int) -> int:
    """The partition of a contact, the same in every run."""
    return crc32(contact.encode()) % partitions


def single_records(calls: Iterator[Call], partitions: int) -> Iterator[Record]:
    """One event a record, in the order of time, as a live source sends them."""
    for event in in_order(calls):
        yield record_of([event], partitions)


def in_order(calls: Iterator[Call]) -> Iterator[Event]:
    """The events of calls that begin one after the other, by time."""
    waiting: list[tuple[int, int, Event]] = []
    ordinal = 0
    for call in calls:
        while waiting and waiting[0][0] <= call[0]["at_ms"]:
            yield heapq.heappop(waiting)[2]
        for event in call:
            heapq.heappush(waiting, (event["at_ms"], ordinal, event))
            ordinal += 1
    while waiting:
        yield heapq.heappop(waiting)[2]


def array_records(calls: Iterator[Call], partitions: int) -> Iterator[Record]:
    """Arrays of about `EVENTS_PER_ARRAY` events of finished calls, each call's events together."""
    gathered: dict[int, list[Event]] = {number: [] for number in range(partitions)}
    for call in sorted(calls, key=lambda each: each[-1]["at_ms"]):
        events = gathered[partition_of(call[0]["contact"], partitions)]
        events.extend(call)
        if len(events) >= EVENTS_PER_ARRAY:
            yield record_of(events, partitions)
            events.clear()
    for events in gathered.values():
        if events:
            yield record_of(events, partitions)


def record_of(events: list[Event], partitions: int) -> Record:
    """One record of these events, which belong to one partition."""
    contact: str = events[0]["contact"]
    value = orjson.dumps(events[0] if len(events) == 1 else events)
    return partition_of(contact, partitions), contact.encode(), value
