"""Sends a live hotline's events at the time they happen, at a steady rate.

Conversations are short, so that the rate is steady soon. Knows nothing of what is measured.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer

from streams.bench.ground import PARTITIONS
from streams.bench.load import EVENTS_PER_CALL, Event, Load, Record, in_order, record_of

TICK_S = 0.01
# After this long as many events come as were asked for: the longest waits and talks but a few.
RAMP_S = 12.0
MEAN_WAIT_MS, MEAN_TALK_MS, WRAPUP_MS = 1_000, 2_000, 1_000


@dataclass(frozen=True, slots=True)
class Steady:
    """So many events a second for `warmup_s` and then for `measured_s`."""

    rate: float = 1000.0
    warmup_s: float = RAMP_S
    measured_s: float = 40.0

    @property
    def whole_s(self) -> float:
        """How long it takes."""
        return self.warmup_s + self.measured_s


def load_of(steady: Steady, start_ms: int) -> tuple[Load, int]:
    """The calls of this load from `start_ms`, and enough events for all of its time."""
    load = Load(
        start_ms,
        calls_per_s=steady.rate / EVENTS_PER_CALL,
        mean_wait_ms=MEAN_WAIT_MS,
        mean_talk_ms=MEAN_TALK_MS,
        wrapup_ms=WRAPUP_MS,
    )
    return load, int(2 * steady.rate * (steady.whole_s + 1))


async def send_steadily(
    producer: AIOKafkaProducer,
    topic: str,
    steady: Steady,
    also: Callable[[int], list[Event]] = lambda _now_ms: [],
) -> float:
    """Send, and return how many events a second were sent after the warm-up.

    An event of `also` (called with the time in ms) goes to the partition that its queue's name
    ends with.
    """
    start_s = time.time()
    load, events = load_of(steady, int(start_s * 1000))
    stream = in_order(load.calls(events))
    waiting = next(stream)
    measured = 0
    while (passed_s := time.time() - start_s) < steady.whole_s:
        now_ms = int((start_s + passed_s) * 1000)
        records = []
        while waiting["at_ms"] <= now_ms:
            records.append(record_of([waiting], PARTITIONS))
            waiting = next(stream)
        for event in also(now_ms):
            _, key, value = record_of([event], PARTITIONS)
            records.append((int(event["queue"].rpartition("-")[2]), key, value))
        for record in records:
            await _send(producer, topic, record)
        if passed_s >= steady.warmup_s:
            measured += len(records)
        await asyncio.sleep(TICK_S)
    await producer.flush()
    return measured / steady.measured_s


async def _send(producer: AIOKafkaProducer, topic: str, record: Record) -> None:
    partition, key, value = record
    acknowledged = await producer.send(topic, value, key=key, partition=partition)
    acknowledged.add_done_callback(lambda done: done.exception())  # the flush would hide it
