"""Events into Kafka, each once: what was sent is acknowledged before the position says so.

No transactions: their markers take offsets, and the worker forbids gaps. Instead each position
carries the ends of the partitions it was taken at. Who starts anew reads from there what its
predecessor sent and did not note, and does not send it again; ids are the same because the source's
memory is restored with the position. The same is done when a producer gives up in an outage. What
remains is a request that a broker still has in hand while we look: its events come twice with the
same ids, and the core counts them as duplicates.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Self, TypeVar

import orjson
from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import (
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)

from streams.config import Settings
from streams.sources.clients import consumer, end, make_producer
from streams.sources.patience import Patience
from streams.sources.positions import (
    Ends,
    Ids,
    ends_as_json,
    ends_from_json,
    ends_of,
    ids_since,
    read_positions,
)
from streams.sources.routing import Packed, Unit, pack, route
from streams.wire.rejected import Rejected
from streams.wire.topics import INPUTS, POSITIONS, REJECTED

log = logging.getLogger(__name__)

# Between two attempts; short, because a stop waits for it too.
RETRY_S = 0.5
# How long something may take before it is called an outage.
SLOW_S = 5.0
CLOSE_LIMIT_S = 1.0
_WAIT_S = 0.1
_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)

T = TypeVar("T")
Group = tuple[str, int]


class SendingError(RuntimeError):
    """Something that no waiting mends; the message says what to change."""


class Sender:
    """One source's way into Kafka; not for several threads. A context manager: opens and closes.

    Every method waits for Kafka as long as `patience` does, and raises its StoppedError.
    """

    def __init__(self, settings: Settings, patience: Patience) -> None:
        self._settings = settings
        self._patience = patience
        self._options = settings.kafka.client_options()
        self._where = ", ".join(settings.kafka.bootstrap)
        prefix = settings.kafka.topic_prefix
        self._topics = {topic.name: topic.full_name(prefix) for topic in INPUTS}
        self._rejected = REJECTED.full_name(prefix)
        self._positions = POSITIONS.full_name(prefix)
        self._producer: KafkaProducer | None = None
        self._there: Ids = {}
        self._acknowledged: Ends = {}
        self._ends: Ends = {}
        self.partitions = 0

    def __enter__(self) -> Self:
        try:
            self._producer = self._insist(lambda: make_producer(self._options))
            self.partitions = self._insist(self._count_partitions)
        except BaseException:
            self._close(0)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._close(CLOSE_LIMIT_S)

    def positions(self, source: str) -> dict[bytes, dict[str, Any]]:
        """What was stored for this source, by key, newest last."""
        return self._reading(lambda reader: read_positions(reader, self._positions, source))

    def start(self, position: Mapping[str, Any] | None) -> None:
        """Find what was sent after the stored position; without one, note where the topics end."""
        self._ends = self._reading(lambda reader: ends_of(reader, self._places()))
        if position is not None:
            stored = ends_from_json(position["ends"])
            # Never beyond the present ends: a topic may have been made anew.
            self._ends = {
                place: min(end, stored.get(place, end)) for place, end in self._ends.items()
            }
            self._find_sent()
        self._acknowledged = dict(self._ends)

    def settle(self) -> None:
        """Everything that a predecessor can have sent was read again: nothing is skipped now."""
        self._there.clear()
        self._ends = dict(self._acknowledged)

    def deliver(
        self,
        events: Iterable[Mapping[str, Any]],
        refused: Iterable[Rejected] = (),
        topics: Iterable[str] = ("calls",),
    ) -> None:
        """Send and return when all is acknowledged.

        `topics` (without prefix): their every partition gets events about the source itself.
        """
        groups: dict[Group, list[Unit]] = {
            (self._topics[topic], partition): units
            for (topic, partition), units in route(events, topics, self.partitions).items()
        }
        if rejected := [Unit(each.key.decode(), each.key, each.encode()) for each in refused]:
            groups[self._rejected, 0] = rejected
        while not self._try_to_send(groups):
            self._insist(self._renew)
        if not self._there:
            self._ends = dict(self._acknowledged)

    def store(self, key: bytes, position: Mapping[str, Any]) -> None:
        """Store a position with the present ends; everything delivered is before it."""
        value = orjson.dumps({**position, "ends": ends_as_json(self._ends)})
        while not self._send({(self._positions, 0): [(key, value)]}):
            self._insist(self._renew)

    def _places(self) -> list[Group]:
        inputs = [(t, n) for t in self._topics.values() for n in range(self.partitions)]
        return [*inputs, (self._rejected, 0)]

    def _try_to_send(self, groups: dict[Group, list[Unit]]) -> bool:
        limits = self._settings.limits
        records: dict[Group, list[Packed]] = {}
        for place in list(groups):
            groups[place] = units = self._not_there(place, groups[place])
            alone = place[0] == self._rejected
            events_max = 1 if alone else self._settings.source.batch_events
            records[place] = list(pack(units, events_max, limits.batch_bytes))
        return self._send(records)

    def _not_there(self, place: Group, units: list[Unit]) -> list[Unit]:
        """Without those that are in Kafka already; each found there answers for one."""
        there = self._there.get(place)
        if not there:
            return units
        missing = []
        for unit in units:
            if there[unit.id] > 0:
                there[unit.id] -= 1
            else:
                missing.append(unit)
        self._there[place] = +there
        if not self._there[place]:
            del self._there[place]
        return missing

    def _send(self, records: Mapping[Group, Iterable[tuple[bytes, bytes]]]) -> bool:
        """Send, and wait until each is acknowledged; False where any was not."""
        if self._producer is None:
            return False
        futures, trouble = [], None
        try:
            for (topic, partition), each in records.items():
                for key, value in each:
                    sent = self._producer.send(topic, value=value, key=key, partition=partition)
                    futures.append(sent)
        except KafkaError as error:
            trouble = error
        for future in futures:  # all of them: whatever is still on its way would come later
            trouble = self._outcome(future) or trouble
        if trouble is None:
            self._patience.relax()
            return True
        if isinstance(trouble, _TOO_LARGE):
            raise SendingError(
                f"Kafka at {self._where} refuses a record for its size: {trouble}. Expected "
                "max.message.bytes of the topics as `hotline provision` sets it"
            ) from trouble
        self._patience.complain(f"Kafka at {self._where} did not take what was sent: {trouble!r}")
        return False

    def _outcome(self, future: Any) -> KafkaError | None:  # noqa: ANN401 - has no types
        """Wait for one record, and note where the next one of its partition will be."""
        began = time.monotonic()
        while not future.is_done:
            with suppress(KafkaError):
                future.get(timeout=_WAIT_S)
                break
            self._patience.hold_out(0)
            if time.monotonic() - began > SLOW_S:
                self._patience.complain(f"no answer from Kafka at {self._where}; reading pauses")
        if future.failed():
            error: KafkaError = future.exception
            return error
        sent = future.value
        if sent.topic != self._positions:
            place = (sent.topic, sent.partition)
            self._acknowledged[place] = max(self._acknowledged.get(place, 0), sent.offset + 1)
        return None

    def _renew(self) -> None:
        """Another producer, which begins by looking what the one before it has sent."""
        self._close(0)
        self._producer = make_producer(self._options)
        self._find_sent()

    def _find_sent(self) -> None:
        self._there = self._reading(lambda reader: ids_since(reader, self._ends, self._rejected))
        if count := sum(ids.total() for ids in self._there.values()):
            log.info("%d events were sent after the last position; none is sent again", count)

    def _count_partitions(self) -> int:
        counts = {}
        for topic in (*self._topics.values(), self._rejected, self._positions):
            try:
                found = self._producer and self._producer.partitions_for(topic)
            except KafkaTimeoutError:
                found = None
            if not found:
                raise KafkaError(f"expected the topic {topic} (`hotline provision` makes it)")
            counts[topic] = len(found)
        inputs = {counts[topic] for topic in self._topics.values()}
        if len(inputs) != 1:
            raise SendingError(f"expected input topics with as many partitions, found {counts}")
        return inputs.pop()

    def _reading(self, read: Callable[[KafkaConsumer], T]) -> T:
        def attempt() -> T:
            with consumer(self._options) as reader:
                return read(reader)

        return self._insist(attempt)

    def _insist(self, attempt: Callable[[], T]) -> T:
        """Do it again until Kafka is there for it."""
        while True:
            try:
                done = attempt()
            except (KafkaError, OSError) as error:
                self._patience.complain(f"Kafka at {self._where}: {error}")
                self._patience.hold_out(RETRY_S)
            else:
                self._patience.relax()
                return done

    def _close(self, limit_s: float) -> None:
        """End the producer, and what it still has on its way with it."""
        producer, self._producer = self._producer, None
        if producer is not None:
            end(producer, limit_s)
