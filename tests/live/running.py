"""The product as its users have it: commands as processes, set up by environment alone."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from streams.broker.ports import free_port

ROOT = Path(__file__).parents[2]
PARTITIONS = 4
# Long enough for a loaded machine; a passing test never waits for it.
PATIENCE_S = 90.0
PAUSE_S = 0.1
Json = dict[str, Any]
# By `series`.
Samples = dict[str, float]
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def until(holds: Callable[[], bool], words: Callable[[], str], limit_s: float = PATIENCE_S) -> None:
    """Wait for a condition; the test fails with the words where it does not come."""
    deadline = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < deadline, f"not within {limit_s:g} s: {words()}"
        time.sleep(PAUSE_S)


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "streams.cli", *map(str, arguments)]


def clean_environment(**own: object) -> dict[str, str]:
    """This process's environment without settings of the product, and with these."""
    inherited = {key: text for key, text in os.environ.items() if not key.startswith("HOTLINE_")}
    return {**inherited, "PYTHONPATH": str(ROOT), **{key: str(text) for key, text in own.items()}}


def get(url: str) -> tuple[int, str]:
    """Status and body; status 0 where nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def series(name: str, labels: Mapping[str, str]) -> str:
    """A series' name with its labels in the alphabet's order."""
    return name + "{" + ",".join(f'{key}="{labels[key]}"' for key in sorted(labels)) + "}"


def read_samples(text: str) -> Samples:
    """Every sample of the text format by its `series`."""
    samples = {}
    for line in text.splitlines():
        if line and line[0] != "#":
            name, value = line.rsplit(" ", 1)
            labels = dict(LABEL.findall(name.partition("{")[2]))
            samples[series(name.partition("{")[0], labels)] = float(value)
    return samples


class Service:
    """One running service; what it says goes to its log."""

    def __init__(
        self, line: Sequence[str], environment: Mapping[str, str], log: Path, url: str
    ) -> None:
        self.url, self.log = url, log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                line, cwd=log.parent, env=environment, stdout=output, stderr=output
            )

    def ready(self) -> bool:
        assert self.process.poll() is None, self.words()
        return get(f"{self.url}/readyz")[0] == 200

    def until_ready(self) -> Service:
        until(self.ready, self.words)
        return self

    def words(self) -> str:
        return self.log.read_text("utf-8", "replace")[-3000:]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Hotline:
    """One deployment: topics of a prefix, any number of workers and a board at one address."""

    def __init__(self, bootstrap: str, prefix: str, folder: Path, **settings: object) -> None:
        self.prefix, self.folder = prefix, folder
        self.bootstrap = bootstrap
        self.board_port = free_port()
        self.url = f"http://127.0.0.1:{self.board_port}"
        self.metrics_port = free_port()
        self.metrics_url = f"http://127.0.0.1:{self.metrics_port}/metrics"
        self.environment = clean_environment(
            HOTLINE_KAFKA__BOOTSTRAP=bootstrap,
            HOTLINE_KAFKA__TOPIC_PREFIX=prefix,
            HOTLINE_KAFKA__PARTITIONS=PARTITIONS,
            HOTLINE_BOARD__PORT=self.board_port,
            HOTLINE_BOARD__METRICS_PORT=self.metrics_port,
            HOTLINE_BOARD__VISITS_DATABASE=folder / "visits.sqlite",
            HOTLINE_SOURCE__CUSTOMER_KEY="a key of these tests",
            **settings,
        )
        self._services: list[Service] = []
        self.run("provision")

    def run(self, *arguments: object, code: int = 0, **settings: object) -> str:
        """Run a command to its end and return its standard output."""
        done = self.tried(*arguments, **settings)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def tried(self, *arguments: object, **settings: object) -> subprocess.CompletedProcess[str]:
        own = {key: str(text) for key, text in settings.items()}
        return subprocess.run(
            command(*arguments),
            cwd=self.folder,
            env={**self.environment, **own},
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * PATIENCE_S,
        )

    def worker(self, name: str = "worker", **settings: object) -> Service:
        port = free_port()
        own = {"HOTLINE_WORKER__HEALTH_PORT": port, **settings}
        return self._start("worker", name, f"http://127.0.0.1:{port}", own)

    def board(self) -> Service:
        return self._start("board", "board", self.url, {})

    def restart_board(self) -> None:
        """Kill it where it runs, and return once another one is there."""
        for service in self._services:
            if service.url == self.url:
                service.kill()
        self.board().until_ready()

    def _start(self, kind: str, name: str, url: str, own: Mapping[str, object]) -> Service:
        environment = {**self.environment, **{key: str(text) for key, text in own.items()}}
        service = Service(command(kind), environment, self.folder / f"{name}.log", url)
        self._services.append(service)
        return service

    def stop(self) -> None:
        for service in self._services:
            service.kill()

    def json(self, path: str) -> Json:
        status, body = get(self.url + path)
        assert status == 200, body
        told: Json = json.loads(body)
        return told

    def metrics(self) -> Samples:
        """Every sample that the board exports."""
        status, body = get(self.metrics_url)
        assert status == 200, body
        return read_samples(body)

    def topic(self, name: str) -> str:
        return f"{self.prefix}.{name}"

    def records(self, name: str) -> Iterator[Any]:
        """Every record of a topic, each partition's in order."""
        consumer = KafkaConsumer(
            bootstrap_servers=self.bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            reconnect_backoff_max_ms=1000,
        )
        with contextlib.closing(consumer):
            numbers = consumer.partitions_for_topic(self.topic(name)) or ()
            places = [TopicPartition(self.topic(name), number) for number in sorted(numbers)]
            ends = consumer.end_offsets(places)
            for place in places:
                consumer.assign([place])
                consumer.seek_to_beginning(place)
                while consumer.position(place) < ends[place]:
                    for records in consumer.poll(500).values():
                        yield from records

    def events_counted(self) -> Counter[str]:
        """What became of events, over all sources: hotline_pipeline_events_total by result."""
        counted: Counter[str] = Counter()
        for name, value in self.metrics().items():
            if name.startswith("hotline_pipeline_events_total{"):
                counted[name.partition('result="')[2].partition('"')[0]] += int(value)
        return +counted
