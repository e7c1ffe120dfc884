"""What everything is measured on: one embedded Kafka, its topics, and processes that end with us.

Loopback only; folders are temporary. Whatever ends the bench (Ctrl-C, SIGTERM, an error) ends what
it started. Linux alone ends the processes of a bench that was killed outright.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from aiokafka import AIOKafkaProducer
from kafka.admin import KafkaAdminClient
from kafka.errors import CoordinatorNotAvailableError, GroupIdNotFoundError

from streams.bench.load import Record
from streams.bench.samples import MeasureError
from streams.broker import EmbeddedKafka
from streams.broker.leash import Leashed
from streams.provisioning import provision_topics
from streams.wire.topics import STATE, VISITS, worker_group

PARTITIONS = 8
HEAP_MB = 512
BATCH_BYTES = 512 * 1024
STOP_LIMIT_S = 8.0
# A session and some more.
GROUP_LIMIT_S = 15.0
POLL_S = 0.05
TAIL_LINES = 8

COMMAND = (sys.executable, "-c", "from streams.cli import main; main()")


@dataclass(frozen=True, slots=True)
class Ground:
    """A running broker and a folder for what runs on it."""

    broker: EmbeddedKafka
    folder: Path
    running: list[Program] = field(default_factory=list)

    @property
    def bootstrap(self) -> str:
        """The broker's address."""
        return self.broker.bootstrap

    def provision(self, prefix: str) -> None:
        """Make every topic of this prefix that is missing."""
        provision_topics(self._options, PARTITIONS, prefix=prefix)

    def forget(self, prefix: str) -> None:
        """Delete what workers wrote and committed, so that the next one begins again."""
        admin = KafkaAdminClient(**self._options)
        try:
            _delete_group(admin, worker_group(prefix))
            admin.delete_topics([each.full_name(prefix) for each in (STATE, VISITS)])
        finally:
            admin.close()
        self.provision(prefix)

    @property
    def _options(self) -> dict[str, Any]:
        return {"bootstrap_servers": self.bootstrap}

    def configure(self, prefix: str, sections: Mapping[str, Mapping[str, object]]) -> Path:
        """Write a configuration for this broker and return its path; values are TOML by `repr`."""
        kafka = {"bootstrap": [self.bootstrap], "topic_prefix": prefix, "partitions": PARTITIONS}
        lines = []
        for name, keys in {"kafka": kafka, **sections}.items():
            lines += [f"[{name}]", *(f"{key} = {value!r}" for key, value in keys.items())]
        path = self.folder / f"{prefix}-{'-'.join(sections)}.toml"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    @contextlib.contextmanager
    def program(self, name: str, arguments: Sequence[str]) -> Iterator[Program]:
        """Run a program until the block ends."""
        program = Program(name, arguments, self.folder)
        self.running.append(program)
        try:
            yield program
        finally:
            program.stop()
            self.running.remove(program)


def _delete_group(admin: KafkaAdminClient, group: str) -> None:
    """Delete what the group committed; a member that was ended outright is waited for."""
    deadline = time.monotonic() + GROUP_LIMIT_S
    while True:
        try:
            answer = admin.delete_groups([group])[group]
        except CoordinatorNotAvailableError:  # the first group of this broker
            answer = CoordinatorNotAvailableError.__name__
        if answer in ("OK", GroupIdNotFoundError.__name__):
            return
        if time.monotonic() > deadline:
            raise MeasureError(f"Kafka does not delete the group {group}: {answer}")
        time.sleep(POLL_S)


class Program:
    """A process of ours; its words are in `output`, until the folder goes."""

    def __init__(self, name: str, arguments: Sequence[str], folder: Path) -> None:
        self.name = name
        self.output = folder / f"{name}-{time.monotonic_ns()}.txt"
        ours = {key: text for key, text in os.environ.items() if not key.startswith("HOTLINE_")}
        self._process = Leashed(arguments, self.output, ours).process

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def require_alive(self) -> None:
        """Raise MeasureError with its last words where it has ended."""
        if self._process.poll() is not None:
            words = self.output.read_text(errors="replace").splitlines()[-TAIL_LINES:]
            raise MeasureError(
                f"{self.name} ended with code {self._process.returncode}:\n" + "\n".join(words)
            )

    def stop(self) -> None:
        """End it, kindly first."""
        self._process.terminate()
        try:
            self._process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextlib.contextmanager
def made_ground() -> Iterator[Ground]:
    """Start a broker in a temporary folder; both are gone after the block."""
    # New partitions have no leader for a moment; the sending is tried again.
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    with _ended_by_sigterm(), tempfile.TemporaryDirectory(prefix="hotline-bench-") as name:
        folder = Path(name)
        with EmbeddedKafka(folder / "kafka", heap_mb=HEAP_MB) as broker:
            yield Ground(broker, folder)


@contextlib.contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Leave by way of every `finally`, as on Ctrl-C."""

    def leave(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def fill(bootstrap: str, topic: str, records: Iterable[Record]) -> None:
    """Append records to a topic as fast as it takes them, in whole batches."""
    asyncio.run(_fill(bootstrap, topic, records))


async def _fill(bootstrap: str, topic: str, records: Iterable[Record]) -> None:
    async with AIOKafkaProducer(
        bootstrap_servers=bootstrap, max_batch_size=BATCH_BYTES, max_request_size=2 * BATCH_BYTES
    ) as producer:
        batches: dict[int, Any] = {}
        acknowledgements = []
        for partition, key, value in records:
            batch = batches.setdefault(partition, None) or producer.create_batch()
            batches[partition] = batch
            if batch.append(key=key, value=value, timestamp=None) is None:
                acknowledgements.append(
                    await producer.send_batch(batch, topic, partition=partition)
                )
                batches[partition] = batch = producer.create_batch()
                batch.append(key=key, value=value, timestamp=None)
        for partition, batch in batches.items():
            acknowledgements.append(await producer.send_batch(batch, topic, partition=partition))
        await asyncio.gather(*acknowledgements)
