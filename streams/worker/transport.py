"""Faust's aiokafka transport, made to carry lists of records and to leave positions to us.

Every internal of Faust and aiokafka that the worker touches is touched here; tests/worker pins
each. It refuses to know what a record holds: it moves lists, seeks and commits as it is told.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar, cast

import faust
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.client import ConnectionGroup
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import KafkaError
from aiokafka.protocol.group import LeaveGroupRequest
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.events import Event
from faust.transport.drivers import aiokafka as driver
from faust.transport.utils import DefaultSchedulingStrategy
from faust.types import TP, EventT, Message
from faust.types.tuples import ConsumerMessage

from streams.worker.errors import FencedError

# One request a broker at a time: while it waits for others' records, a partition whose records were
# just taken waits too. Faust's 1,500 ms would be seen on the board.
FETCH_WAIT_MS = 100
# One attempt: a commit that takes longer is overtaken by the next checkpoint.
COMMIT_LIMIT_S = 5.0
# The group gets on without us after our session anyway.
LEAVE_LIMIT_S = 1.0

Records = Mapping[TP, list[Any]]
_T = TypeVar("_T")


class Membership(NamedTuple):
    """Who we are in the group; both change when the group has moved on."""

    generation: int
    member: str


@dataclass(slots=True)
class Reading:
    """How input is read. `positions` gives the next offset of every restored partition."""

    batch_records: int
    linger_s: float
    positions: Callable[[], Mapping[TP, int]]


class BatchScheduler(DefaultSchedulingStrategy):
    """Hands out each partition's records as lists, in turn."""

    def __init__(self, batch_records: int) -> None:
        self.batch_records = batch_records

    def iterate(self, records: Records) -> Iterator[tuple[TP, list[Any]]]:
        """Yield (partition, at most `batch_records` of its records), the partitions in turn."""
        left = dict(records)
        start, size = 0, self.batch_records
        while left:
            for tp, batch in list(left.items()):
                yield tp, batch[start : start + size]
                if len(batch) <= start + size:
                    del left[tp]
            start += size


class BatchConsumer(driver.Consumer):
    """A consumer whose messages are lists, whose gaps and acks nobody counts."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Faust's own
        super().__init__(*args, **kwargs)
        self._reading = cast("BatchTransport", self.transport).reading
        self.scheduler = BatchScheduler(self._reading.batch_records)
        self._behind = False

    def _new_consumer_thread(self) -> BatchThread:
        return BatchThread(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:  # noqa: ANN401, ASYNC109
        """Let a trickle gather first; a backlog is taken at once."""
        if not self._behind:
            await asyncio.sleep(self._reading.linger_s)
        records = await super()._getmany(active_partitions, timeout)
        self._behind = sum(map(len, records.values())) >= self._reading.batch_records
        return records

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:  # noqa: ANN401
        last = record[-1]
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            last.offset,
            last.timestamp / 1000.0,
            last.timestamp_type,
            [],
            None,
            record,
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """A list carries its last offset, so every list looks like a gap to Faust."""

    async def perform_seek(self) -> None:
        """Go where the restored state says; the commit is never read a second time."""
        assigned = self.assignment()
        wanted = self._reading.positions()
        await self.seek_wait({tp: at for tp, at in wanted.items() if tp in assigned})

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Progress is judged by liveness: Faust would miss commits that are not its own."""


class BatchThread(driver.AIOKafkaConsumerThread):
    """The consumer's own thread: heartbeats, commits with metadata, one look at the group."""

    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer

    async def on_thread_stop(self) -> None:
        """Stop at once, also while the broker holds a join back until all others are there.

        aiokafka would wait for that answer, up to a session long, and leave after it only. On the
        connection of the join nothing else is answered meanwhile: the leave takes another one.
        """
        coordinator = self._consumer and self._consumer._coordinator
        if isinstance(coordinator, GroupCoordinator):
            coordinator._coordination_task.cancel()
            await asyncio.wait({coordinator._coordination_task})
            await coordinator._stop_heartbeat_task()
            await self._leave(coordinator)
        await super().on_thread_stop()

    async def _leave(self, coordinator: GroupCoordinator) -> None:
        if coordinator.member_id and coordinator.coordinator_id is not None:
            request = LeaveGroupRequest(coordinator.group_id, coordinator.member_id)
            node = coordinator.coordinator_id
            with contextlib.suppress(KafkaError, TimeoutError):
                async with asyncio.timeout(LEAVE_LIMIT_S):
                    await coordinator._client.send(node, request, group=ConnectionGroup.DEFAULT)
        coordinator.reset_generation()

    def membership(self) -> Membership:
        """Who we are now; generation -1 and no name outside the group."""
        coordinator = self._ensure_consumer()._coordinator
        return Membership(coordinator.generation, coordinator.member_id)

    async def committed(self, tps: Iterable[TP]) -> dict[TP, OffsetAndMetadata]:
        """The group's commits, those that exist."""

        async def fetch() -> Any:  # noqa: ANN401
            coordinator = self._ensure_consumer()._coordinator
            wanted = [TopicPartition(*tp) for tp in tps]
            return await coordinator.fetch_committed_offsets(wanted)

        found = await self._inside(fetch())
        return {TP(*tp): each for tp, each in found.items() if each.offset >= 0}

    async def commit_as(self, member: Membership, offsets: Mapping[TP, tuple[int, str]]) -> None:
        """Commit (offset, metadata) by partition, once, if we still are `member`.

        Raises FencedError where we are not, else aiokafka's errors.
        """
        data = {TopicPartition(*tp): OffsetAndMetadata(*each) for tp, each in offsets.items()}

        async def attempt() -> None:
            if self.membership() != member:
                raise FencedError(f"was {member}, is {self.membership()}")
            async with asyncio.timeout(COMMIT_LIMIT_S):
                # Builds its request at once: nothing comes between the look and the commit.
                await self._ensure_consumer()._coordinator._do_commit_offsets(None, data)

        await self._inside(attempt())

    async def _inside(self, work: Coroutine[Any, Any, _T]) -> _T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self.thread_loop))


class BatchTransport(driver.Transport):
    """The transport with our consumer."""

    Consumer = BatchConsumer

    def __init__(self, app: faust.App, reading: Reading) -> None:
        super().__init__(app.conf.broker_consumer, app, app.loop)
        self.reading = reading


class BatchTopic(faust.Topic):
    """A topic whose messages are passed on as they are: lists of records."""

    def _compile_decode(self) -> None:
        """Leave `decode` as it stands below: Faust would replace it by its serializers."""

    async def decode(self, message: Message, *, propagate: bool = False) -> EventT[Any]:  # noqa: ARG002
        """Return the event of a list; nothing is decoded here."""
        return Event(self.app, None, message.value, None, message)


def group_of(app: faust.App) -> BatchThread:
    """Our member of the consumer group."""
    return cast("BatchConsumer", app.consumer)._thread  # type: ignore[return-value]


def producer_of(app: faust.App) -> AIOKafkaProducer:
    """The producer beneath Faust's, which sends whole batches."""
    return cast("driver.Producer", app.producer)._ensure_producer()
