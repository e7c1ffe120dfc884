"""Looks into Kafka beside the consumer group: where logs begin and end, what a stretch holds.

Refuses to know groups, commits and snapshots.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import TopicPartition
from faust.types import TP

from streams.wire.topics import STATE_RECORD_BYTES_MAX

POLL_MS = 500
FETCH_WAIT_MS = 100

_Question = Callable[[list[TopicPartition]], Awaitable[Mapping[TopicPartition, int]]]


class Reach(NamedTuple):
    """A log's first offset, and the one that its next record will get."""

    begin: int
    end: int


class Lookup:
    """One connection of our own; belongs to no group."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def reach(self, tps: Iterable[TP]) -> dict[TP, Reach]:
        """How far each log reaches; raises aiokafka's errors."""
        wanted = list(tps)
        begin = await self._ask(self._consumer.beginning_offsets, wanted)
        end = await self._ask(self._consumer.end_offsets, wanted)
        return {tp: Reach(begin[tp], end[tp]) for tp in wanted}

    async def ends(self, tps: Iterable[TP]) -> dict[TP, int]:
        """The offset that each log's next record will get."""
        return await self._ask(self._consumer.end_offsets, tps)

    async def _ask(self, question: _Question, tps: Iterable[TP]) -> dict[TP, int]:
        """Ask about all topics at once: in turn, each would wait 100 ms for its metadata."""
        by_topic: dict[str, list[TopicPartition]] = {}
        for tp in tps:
            by_topic.setdefault(tp.topic, []).append(TopicPartition(*tp))
        answers = await asyncio.gather(*map(question, by_topic.values()))
        return {TP(*tp): offset for each in answers for tp, offset in each.items()}

    async def read(self, stretches: Mapping[TP, Reach]) -> AsyncIterator[Any]:
        """Yield the records of these stretches, each partition's in order."""
        left = {TopicPartition(*tp): each for tp, each in stretches.items() if each[0] < each[1]}
        self._consumer.assign(list(left))
        for tp, stretch in left.items():
            self._consumer.seek(tp, stretch.begin)
        while left:
            for tp, records in (await self._consumer.getmany(*left, timeout_ms=POLL_MS)).items():
                for record in records:
                    if record.offset < left[tp].end:
                        yield record
            for tp in list(left):
                # Not by the last record: a compacted log may end in nothing.
                if await self._consumer.position(tp) >= left[tp].end:
                    del left[tp]


async def existing_topics(options: Mapping[str, Any]) -> dict[str, int]:
    """Every topic's number of partitions; raises aiokafka's errors."""
    admin = AIOKafkaAdminClient(**options)
    try:
        await admin.start()
        # All of them: a broker might make a topic that is asked for by name.
        return {each["topic"]: len(each["partitions"]) for each in await admin.describe_topics()}
    finally:
        await admin.close()


@asynccontextmanager
async def looking(options: Mapping[str, Any]) -> AsyncIterator[Lookup]:
    """Connect with these aiokafka options; raises aiokafka's errors."""
    consumer = AIOKafkaConsumer(
        **options,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=FETCH_WAIT_MS,
        fetch_max_bytes=STATE_RECORD_BYTES_MAX,
        max_partition_fetch_bytes=STATE_RECORD_BYTES_MAX,
    )
    try:
        await consumer.start()
        yield Lookup(consumer)
    finally:
        await consumer.stop()
