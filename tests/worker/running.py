"""Workers as processes, and what they left in Kafka: snapshots against folds of the input log."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from streams.broker.ports import free_port
from streams.config import load
from streams.core.definitions import (
    ABANDON_SUM_MS,
    ABANDONED,
    ANSWER_EDGES_S,
    ANSWER_FIRST,
    ANSWER_SUM_MS,
    ANSWERED,
    ENTERED,
    TALK_SUM_MS,
)
from streams.core.limits import Rules
from streams.core.state import PartitionState
from streams.provisioning import provision_topics
from streams.wire.changes import load_after
from streams.wire.codec import fold_record
from streams.wire.keys import BASE_HEADER, Origin, offset_in, origin_of
from streams.wire.snapshot import dump, load_figures
from tests.worker.traffic import Truth

ROOT = Path(__file__).parents[2]
PARTITIONS = 4


@dataclass
class Ground:
    """One deployment: a broker, a prefix, a configuration and the workers started on it."""

    bootstrap: str
    prefix: str
    folder: Path
    workers: list["Worker"] = field(default_factory=list)

    def __post_init__(self) -> None:
        provision_topics({"bootstrap_servers": self.bootstrap}, PARTITIONS, prefix=self.prefix)

    def topic(self, name: str) -> str:
        return f"{self.prefix}.{name}"

    def configuration(self, port: int, extra: str = "") -> Path:
        path = self.folder / f"{self.prefix}-{port}.toml"
        path.write_text(
            f'[kafka]\nbootstrap = ["{self.bootstrap}"]\ntopic_prefix = "{self.prefix}"\n'
            f"partitions = {PARTITIONS}\n[worker]\nhealth_port = {port}\n{extra}"
        )
        return path

    def start(self, extra: str = "") -> "Worker":
        port = free_port()
        worker = Worker(self.configuration(port, extra), port)
        self.workers.append(worker)
        return worker

    def consumer(self) -> KafkaConsumer:
        return KafkaConsumer(
            bootstrap_servers=self.bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            reconnect_backoff_max_ms=1000,
        )

    def records(self, name: str) -> Iterator[Any]:
        """Every record of a topic, each partition's in order."""
        consumer = self.consumer()
        try:
            numbers = consumer.partitions_for_topic(self.topic(name)) or ()
            tps = [TopicPartition(self.topic(name), number) for number in sorted(numbers)]
            ends = consumer.end_offsets(tps)
            for tp in tps:
                consumer.assign([tp])
                consumer.seek_to_beginning(tp)
                while consumer.position(tp) < ends[tp]:
                    for records in consumer.poll(500).values():
                        yield from records
        finally:
            consumer.close()

    def snapshots(self) -> dict[tuple[str, int], list[tuple[int, bytes]]]:
        """By (topic, partition): (offset, bytes) in the order in which they were written.

        Of changes the bytes of the state that they come to; those whose snapshot was compacted
        away are left out.
        """
        found: dict[tuple[str, int], list[tuple[int, bytes]]] = {}
        wholes: dict[tuple[Origin, int], bytes] = {}
        for record in self.records("state"):
            origin, offset = origin_of(record.key), offset_in(record.headers)
            base = offset_in(record.headers, BASE_HEADER)
            assert origin is not None
            assert offset is not None
            assert record.partition == origin.partition
            value = record.value
            if base is None:
                wholes[origin, offset] = value
            elif (whole := wholes.get((origin, base))) is not None:
                value = dump(load_after(whole, value, self.rules()))
            else:
                continue
            found.setdefault((origin.topic, origin.partition), []).append((offset, value))
        return found

    def rules(self) -> Rules:
        """Those of the configuration that its workers have."""
        return load(next(self.folder.glob(f"{self.prefix}-*.toml"))).rules()

    def until_saved(self, name: str = "calls", limit_s: float = 60.0) -> None:
        """Wait until everything sent so far is in a snapshot."""
        consumer = self.consumer()
        try:
            tps = [TopicPartition(self.topic(name), number) for number in range(PARTITIONS)]
            ends = {tp.partition: end for tp, end in consumer.end_offsets(tps).items()}
            wanted = {number: end - 1 for number, end in ends.items() if end}
            consumer.assign([TopicPartition(self.topic("state"), each) for each in wanted])
            consumer.seek_to_beginning()
            saved = dict.fromkeys(wanted, -1)
            deadline = time.monotonic() + limit_s
            while saved != wanted:
                assert time.monotonic() < deadline, f"not within {limit_s:g} s: {saved}, {wanted}"
                for records in consumer.poll(200).values():
                    for record in records:
                        origin, offset = origin_of(record.key), offset_in(record.headers)
                        assert origin is not None
                        assert offset is not None
                        if origin.topic == self.topic(name):
                            saved[origin.partition] = max(saved[origin.partition], offset)
        finally:
            consumer.close()

    def stop(self) -> None:
        for worker in self.workers:
            worker.kill()


class Worker:
    """A worker process; its log is beside its configuration."""

    def __init__(self, configuration: Path, port: int) -> None:
        self.port = port
        self.log = configuration.with_suffix(".log")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streams.worker", str(configuration)],
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def ready(self) -> bool:
        return self.get("/readyz")[0] == 200

    def until_alive(self) -> None:
        until(lambda: self.get("/healthz")[0] == 200, 20)

    def until_ready(self, limit_s: float = 40.0) -> "Worker":
        until(self.ready, limit_s, self.log.read_text)
        return self

    def metric(self, name: str) -> float:
        lines = self.get("/metrics")[1].splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def terminate(self) -> int:
        self.process.terminate()
        return self.process.wait(10)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGCONT)
        self.process.kill()
        self.process.wait()


def until(holds: Callable[[], bool], limit_s: float, words: Callable[[], str] = lambda: "") -> None:
    deadline = time.monotonic() + limit_s
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {limit_s:g} s: {words()}")
        time.sleep(0.1)


def assert_true(ground: Ground, truth: Truth) -> None:
    """The newest snapshots of calls, added up, show exactly what was made up."""
    shown: Counter[tuple[str, str]] = Counter()
    within = ANSWER_FIRST, ANSWER_FIRST + ANSWER_EDGES_S.index(20) + 1
    for (topic, _), snapshots in ground.snapshots().items():
        if topic != ground.topic("calls"):
            continue
        for (_, queue), counts in load_figures(max(snapshots)[1]).queues.items():
            assert not counts.days
            for tally in counts.quarters.values():
                shown[queue, "offered"] += tally.cells[ENTERED]
                shown[queue, "answered"] += tally.cells[ANSWERED]
                shown[queue, "abandoned"] += tally.cells[ABANDONED]
                shown[queue, "wait_ms"] += tally.cells[ANSWER_SUM_MS]
                shown[queue, "abandon_ms"] += tally.cells[ABANDON_SUM_MS]
                shown[queue, "talk_ms"] += tally.cells[TALK_SUM_MS]
                shown[queue, "within_20_s"] += sum(tally.cells[slice(*within)])
    assert shown == truth.figures


def assert_prefixes(ground: Ground, names: Sequence[str] = ("calls",)) -> int:
    """Every snapshot, stale ones of zombies too, is the fold of its prefix, to the byte."""
    compared = 0
    rules = ground.rules()
    snapshots = ground.snapshots()
    for name in names:
        states: dict[int, tuple[PartitionState, list[tuple[int, bytes]]]] = {}
        for number in range(PARTITIONS):
            mine = sorted(set(snapshots.get((ground.topic(name), number), [])))
            states[number] = PartitionState(name, rules), mine
        for record in ground.records(name):
            state, left = states[record.partition]
            fold_record(state, record.offset, record.timestamp, record.value)
            while left and left[0][0] == record.offset:
                assert left.pop(0)[1] == dump(state), f"{name}/{record.partition} {record.offset}"
                compared += 1
        assert not [left for _, left in states.values() if left]
    return compared


def visits(ground: Ground) -> dict[str, dict[str, Any]]:
    """The rows of closed visits by key: of two the one with the larger offset, as readers do."""
    best: dict[str, tuple[int, dict[str, Any]]] = {}
    for record in ground.records("visits"):
        offset = offset_in(record.headers)
        assert offset is not None
        key = record.key.decode()
        if key not in best or offset >= best[key][0]:
            best[key] = offset, json.loads(record.value)
    return {key: row for key, (_, row) in best.items()}
