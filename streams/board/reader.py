"""Reads a topic from where its sink wants it, without a group, in a thread of its own, for ever.

Whatever happens to the brokers, it says so in words and goes on. It refuses to know what the
records mean.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from streams.config.refusals import refusal
from streams.wire.keys import BASE_HEADER, offset_in
from streams.wire.topics import STATE_RECORD_BYTES_MAX

# How long a poll waits for records: what is asked of the thread waits as long at most.
POLL_MS = 50
# The broker answers as soon as there is a byte; until then a request of ours rests there.
FETCH_WAIT_MS = 100
# After this the broker is asked whether it is there: a quiet topic looks like a dead broker.
SILENCE_S = 2.0
ANSWER_LIMIT_MS = 2_000
# Before a connection that could not be made, or broke with an error, is made again.
PAUSE_S = 1.0
# A broker that has not answered a first hello by then is not there.
HELLO_LIMIT_MS = 5_000
WORDS_MAX = 300
# Sockets are a burst of snapshots large.
SOCKET_BYTES = 1024 * 1024
LIVE_S = 30.0

logger = logging.getLogger("hotline.board")


class Record(NamedTuple):
    """One record; `based_on` is the input offset that its header names, None without one.

    `base` is the offset of the snapshot on which changes rest, None on all other records.
    """

    partition: int
    position: int
    key: bytes | None
    value: bytes | None
    based_on: int | None
    base: int | None = None


class Sink(Protocol):
    """What is done with the records; called in the reader's thread only."""

    def begin(self, identity: str) -> Mapping[int, int]:
        """Where to go on, by partition; the others from their beginning.

        `identity` is this very topic's: another one after it was deleted and made again.
        """

    def take(self, records: Sequence[Record]) -> None:
        """Take records of one partition, in order."""

    def turn(self) -> int:
        """Called after every poll once all was read to its end; returns the ms until the next."""


@dataclass(frozen=True, slots=True)
class Status:
    """How the reading goes. `words` says what is wrong, and is empty while all is well."""

    ready: bool = False
    words: str = "not connected yet"


class TopicReader(threading.Thread):
    """`status` is replaced as a whole and may be read by any thread."""

    def __init__(self, topic: str, client_options: Mapping[str, Any], sink: Sink) -> None:
        super().__init__(name=f"read {topic}", daemon=True)
        self.status = Status()
        self._topic = topic
        self._options = {**client_options, "bootstrap_timeout_ms": HELLO_LIMIT_MS}
        self._sink = sink
        self._stopping = threading.Event()
        self._asked: deque[threading.Event] = deque()
        self._ends: dict[TopicPartition, int] = {}
        self._beat_s = time.monotonic()

    @property
    def live(self) -> bool:
        """Whether the thread goes round; false means that only a new process can help."""
        return self.is_alive() and time.monotonic() - self._beat_s < LIVE_S

    def stop(self) -> None:
        """End soon; `join` waits for it."""
        self._stopping.set()

    def caught_up(self, limit_s: float) -> bool:
        """Wait until all that was in the topic when called was taken; False if it was not."""
        done = threading.Event()
        self._asked.append(done)
        return done.wait(limit_s)

    def run(self) -> None:
        """Read until stopped."""
        while not self._stopping.is_set():
            try:
                self._read()
            except (KafkaError, OSError, ValueError) as error:
                self._say(f"Kafka: {refusal() or f'{type(error).__name__}: {error}'}"[:WORDS_MAX])
            except Exception as error:
                # A record that breaks us must not end the board; the words reach whoever looks.
                logger.exception("%s: reading broke off", self._topic)
                self._say(f"{type(error).__name__}: {error}"[:WORDS_MAX])
            self._beat_s = time.monotonic()
            self._stopping.wait(PAUSE_S)

    def _say(self, words: str) -> None:
        if words and words != self.status.words:
            logger.warning("%s: %s", self._topic, words)
        elif not words and self.status.words:
            logger.info("%s: reading", self._topic)
        self.status = Status(self.status.ready, words)

    def _describe(self) -> tuple[str, list[TopicPartition]]:
        """The topic's identity and its partitions."""
        admin = KafkaAdminClient(**self._options)
        try:
            (found,) = admin.describe_topics([self._topic])
        finally:
            admin.close()
        numbers = sorted(each["partition_index"] for each in found.get("partitions", ()))
        if not numbers:
            raise ValueError(
                f"{self._topic}: expected the topic, found none; run hotline provision"
            )
        return str(found.get("topic_id")), [TopicPartition(self._topic, each) for each in numbers]

    def _read(self) -> None:
        identity, places = self._describe()
        consumer = KafkaConsumer(
            **self._options,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            # In pure Python a few megabytes take a second; brokers check what they are sent.
            check_crcs=False,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            fetch_max_bytes=len(places) * STATE_RECORD_BYTES_MAX,
            max_partition_fetch_bytes=STATE_RECORD_BYTES_MAX,
            receive_buffer_bytes=SOCKET_BYTES,
        )
        try:
            consumer.assign(places)
            positions = self._sink.begin(identity)
            for place in places:
                if place.partition in positions:
                    consumer.seek(place, positions[place.partition])
            self._ends = consumer.end_offsets(places, timeout_ms=ANSWER_LIMIT_MS)
            self._say("")
            self._follow(consumer, places)
        finally:
            consumer.close(autocommit=False, timeout_ms=1000)

    def _follow(self, consumer: KafkaConsumer, places: list[TopicPartition]) -> None:
        heard_s = time.monotonic()
        behind = set(places)
        last: dict[TopicPartition, int] = {}
        waiting: list[threading.Event] = []
        wait_ms = POLL_MS
        while not self._stopping.is_set():
            polled = consumer.poll(timeout_ms=wait_ms)
            self._beat_s = time.monotonic()
            for place, records in polled.items():
                if records[0].offset <= last.get(place, -1):
                    raise self._shorter(place)
                last[place] = records[-1].offset
                self._sink.take([_record(place.partition, each) for each in records])
            if polled:
                heard_s = self._beat_s
                self._say("")
            if self._asked or self._beat_s - heard_s > SILENCE_S:
                # Whoever asks from here on wants to know of an end that is later than this one.
                asking = [self._asked.popleft() for _ in range(len(self._asked))]
                if self._ask(consumer, places):
                    heard_s = self._beat_s
                    behind = set(places)
                    waiting += asking
            behind = {place for place in behind if self._is_behind(consumer, place)}
            if not behind:
                self.status = Status(ready=True, words=self.status.words)
                wait_ms = min(POLL_MS, self._sink.turn())
                for each in waiting:
                    each.set()
                waiting = []

    def _is_behind(self, consumer: KafkaConsumer, place: TopicPartition) -> bool:
        position = consumer.position(place, timeout_ms=ANSWER_LIMIT_MS)
        return position is None or position < self._ends[place]

    def _ask(self, consumer: KafkaConsumer, places: list[TopicPartition]) -> bool:
        """Ask where the partitions end; says whether somebody answered."""
        try:
            self._ends = consumer.end_offsets(places, timeout_ms=ANSWER_LIMIT_MS)
        except KafkaError as error:
            self._say(f"Kafka does not answer: {type(error).__name__}: {error}"[:WORDS_MAX])
            return False
        for place, end in self._ends.items():
            if (consumer.position(place, timeout_ms=ANSWER_LIMIT_MS) or 0) > end:
                raise self._shorter(place)
        self._say("")
        return True

    def _shorter(self, place: TopicPartition) -> ValueError:
        """Deleted and made again, or truncated: only a new beginning tells which."""
        return ValueError(f"{self._topic}/{place.partition}: shorter than it was, reading it anew")


def _record(partition: int, raw: Any) -> Record:  # noqa: ANN401 - kafka-python carries no types
    based_on, base = offset_in(raw.headers), offset_in(raw.headers, BASE_HEADER)
    return Record(partition, raw.offset, raw.key, raw.value, based_on, base)
