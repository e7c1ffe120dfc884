"""What a source has left in Kafka, read back and folded as a batch, and sources as processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from streams.config import Settings
from streams.core.rows import Row, row
from streams.core.state import PartitionState
from streams.provisioning import provision_topics
from streams.report import figures
from streams.wire.codec import fold_record

PATIENCE_S = 60.0
CUSTOMER_KEY = "a key that only tests use"


class Deployment:
    """The topics of one test; `partitions` of each input."""

    def __init__(self, bootstrap: str, prefix: str, partitions: int = 4) -> None:
        self.bootstrap = bootstrap
        self.prefix = prefix
        self.partitions = partitions
        self.started: list[subprocess.Popen[bytes]] = []
        provision_topics({"bootstrap_servers": bootstrap}, partitions, prefix=prefix)

    def settings(self, **source: Any) -> Settings:
        return Settings.model_validate(
            {
                "kafka": {"bootstrap": [self.bootstrap], "topic_prefix": self.prefix},
                "source": {"customer_key": CUSTOMER_KEY, "name": "pbx", **source},
            }
        )

    def start(self, *arguments: str | Path, log: Path) -> subprocess.Popen[bytes]:
        """`hotline source …` as a process."""
        environment = {
            **os.environ,
            "HOTLINE_KAFKA__BOOTSTRAP": self.bootstrap,
            "HOTLINE_KAFKA__TOPIC_PREFIX": self.prefix,
            "HOTLINE_SOURCE__CUSTOMER_KEY": CUSTOMER_KEY,
        }
        command = [sys.executable, "-m", "streams.cli", "source", *map(str, arguments)]
        with log.open("ab") as words:
            process = subprocess.Popen(command, env=environment, stderr=words, stdout=words)
        self.started.append(process)
        return process

    def stop(self) -> None:
        for each in self.started:
            if each.poll() is None:
                each.kill()
            each.wait()

    def records(self, topic: str) -> list[Any]:
        """All records of a topic, by partition and offset."""
        consumer = KafkaConsumer(
            bootstrap_servers=self.bootstrap, group_id=None, auto_offset_reset="earliest"
        )
        try:
            name = f"{self.prefix}.{topic}"
            places = [TopicPartition(name, n) for n in consumer.partitions_for_topic(name)]
            ends = consumer.end_offsets(places)
            consumer.assign(places)
            consumer.seek_to_beginning()
            found: list[Any] = []
            while any(consumer.position(place) < ends[place] for place in places):
                for records in consumer.poll(timeout_ms=200).values():
                    found += records
        finally:
            consumer.close()
        return sorted(found, key=lambda record: (record.partition, record.offset))

    def end_offsets(self, topic: str) -> dict[int, int]:
        """Where a topic's partitions end."""
        consumer = KafkaConsumer(bootstrap_servers=self.bootstrap, group_id=None)
        try:
            name = f"{self.prefix}.{topic}"
            places = [TopicPartition(name, n) for n in consumer.partitions_for_topic(name) or ()]
            return {each.partition: end for each, end in consumer.end_offsets(places).items()}
        finally:
            consumer.close()

    def forget(self, topic: str) -> None:
        """Tombstones for all keys."""
        producer = KafkaProducer(bootstrap_servers=self.bootstrap)
        for key in {record.key for record in self.records(topic)}:
            producer.send(f"{self.prefix}.{topic}", key=key, value=None).get(10)
        producer.close()

    def events(self, topic: str = "calls") -> list[dict[str, Any]]:
        """All events of a topic."""
        found: list[dict[str, Any]] = []
        for record in self.records(topic):
            value = orjson.loads(record.value)
            found += value if isinstance(value, list) else [value]
        return found

    def fold(self) -> Folded:
        """A batch over the topic of calls."""
        folded = Folded()
        for record in self.records("calls"):
            state = folded.states.setdefault(record.partition, PartitionState("calls"))
            assert record.offset == state.offset + 1, "expected no gap in the offsets"
            fold_record(state, record.offset, record.timestamp, record.value)
        folded.finish()
        return folded

    def await_(self, reached: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE_S
        while not reached():
            assert time.monotonic() < until, "expected it within a minute"
            time.sleep(0.1)


class Folded:
    """Figures as `hotline report` has them, and what became of the events."""

    def __init__(self) -> None:
        self.states: dict[int, PartitionState] = {}
        self.rows: dict[tuple[str, int], Row] = {}
        self.fates: Counter[str] = Counter()
        self.refused: list[Any] = []

    def finish(self) -> None:
        for state in self.states.values():
            for (name, number), (contact, visit) in state.take_closed().items():
                if one := row(name, number, contact, visit):
                    self.rows[name, number] = one
            for name, contact in state.contacts.items():
                for number, visit in contact.visits.items():
                    if one := row(name, number, contact, visit):
                        self.rows[name, number] = one
            self.refused += state.take_refused()
            for clock in state.clocks.values():
                for fate in ("ok", "duplicate", "late", "invalid", "future"):
                    self.fates[fate] += getattr(clock, fate)

    @property
    def figures(self) -> dict[str, Any]:
        rows = sorted(self.rows.values(), key=lambda r: (r["entered_ms"], r["contact"], r["visit"]))
        return figures(rows)
