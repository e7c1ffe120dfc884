"""A board as a process of its own, and somebody who writes what workers would write."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from kafka import KafkaProducer

from streams.broker.ports import free_port
from streams.config import Settings
from streams.core.rows import row
from streams.core.state import PartitionState
from streams.provisioning import provision_topics
from streams.wire.keys import Origin, offset_header, state_key, visit_key
from streams.wire.snapshot import dump
from streams.wire.topics import STATE, VISITS

PROGRAM = (
    "import logging, sys; logging.basicConfig(level='INFO');"
    "from streams.config import load; from streams.board.run import run_board;"
    "sys.exit(run_board(load()))"
)
READY_LIMIT_S = 20.0
Json = dict[str, Any]


class RunningBoard:
    """One board process; `stop` and `kill` end it."""

    def __init__(self, folder: Path, bootstrap: str, prefix: str, port: int = 0) -> None:
        self.port = port or free_port()
        self.metrics_port = free_port()
        folder.mkdir(exist_ok=True)
        self.log = folder / "board.log"
        environment = {
            **os.environ,
            "HOTLINE_KAFKA__BOOTSTRAP": bootstrap,
            "HOTLINE_KAFKA__TOPIC_PREFIX": prefix,
            "HOTLINE_BOARD__PORT": str(self.port),
            "HOTLINE_BOARD__METRICS_PORT": str(self.metrics_port),
            "HOTLINE_BOARD__VISITS_DATABASE": str(folder / "visits.sqlite"),
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM],
                cwd=folder,
                env={**environment, "PYTHONPATH": os.pathsep.join(sys.path)},
                stdout=log,
                stderr=log,
            )

    def url(self, path: str) -> str:
        port = self.metrics_port if path == "/metrics" else self.port
        return f"http://127.0.0.1:{port}{path}"

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.url(path), timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def json(self, path: str) -> Json:
        status, body = self.get(path)
        assert status == 200, body
        told: Json = json.loads(body)
        return told

    def figures(self) -> Json:
        """What the board shows, without the moment it was asked at."""
        told = self.json("/api/v1/board")
        del told["served_ms"]
        return told

    def counters(self) -> dict[str, float]:
        """Every counter's sample by its name and labels."""
        _, text = self.get("/metrics")
        samples = (line.rsplit(" ", 1) for line in text.splitlines() if line[:1] != "#")
        return {name: float(value) for name, value in samples if "_total{" in name}

    def stop(self) -> int:
        """SIGTERM, and within five seconds the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(5)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def running(*boards: RunningBoard) -> Iterator[None]:
    try:
        yield
    finally:
        for board in boards:
            board.kill()


def eventually(holds: Callable[[], bool], what: str, limit_s: float = READY_LIMIT_S) -> None:
    until_s = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < until_s, f"not within {limit_s:g} s: {what}"
        time.sleep(0.05)


def ready(board: RunningBoard) -> None:
    eventually(lambda: board.get("/readyz")[0] == 200, f"ready; {board.log.read_text()[-2000:]}")


class Worker:
    """Writes to the topics what a worker would at its checkpoints."""

    def __init__(self, bootstrap: str, prefix: str, partitions: int = 2) -> None:
        options = Settings().kafka.client_options() | {"bootstrap_servers": [bootstrap]}
        provision_topics(options, partitions, prefix=prefix)
        self.prefix = prefix
        self.options = options
        self._producer = KafkaProducer(**options, max_request_size=16 * 1024 * 1024)

    def checkpoint(self, states: Mapping[int, PartitionState], generation: int = 1) -> None:
        for partition, state in states.items():
            for (name, number), (contact, visit) in state.take_closed().items():
                content = orjson.dumps(row(name, number, contact, visit))
                self._send(VISITS.name, partition, visit_key(name, number), content, state.offset)
        self._producer.flush()
        for partition, state in states.items():
            key = state_key(Origin(f"{self.prefix}.calls", partition), generation)
            self.send_state(partition, key, dump(state), state.offset)

    def send_state(self, partition: int, key: bytes, value: bytes, offset: int) -> None:
        self._send(STATE.name, partition, key, value, offset)
        self._producer.flush()

    def _send(self, topic: str, partition: int, key: bytes, value: bytes, offset: int) -> None:
        self._producer.send(
            f"{self.prefix}.{topic}",
            value,
            key=key,
            partition=partition,
            headers=offset_header(offset),
        )

    def close(self) -> None:
        self._producer.close()
