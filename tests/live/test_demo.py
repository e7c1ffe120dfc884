"""`hotline demo` as a stranger runs it: whatever ends it, nothing runs on or lies about."""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path

import pytest

from streams.broker import EmbeddedKafka
from streams.broker.ports import free_port
from tests.live.running import PATIENCE_S, clean_environment, command, get, until

pytestmark = pytest.mark.live

ENDS_WITHIN_S = 5.0  # what the README promises of Ctrl-C


class Demo:
    """A demo process whose every trace carries the name of its own folder."""

    def __init__(self, folder: Path, *options: str, **settings: object) -> None:
        self.folder = folder
        (folder / "tmp").mkdir()
        self.log = folder / "demo.log"
        environment = clean_environment(
            TMPDIR=folder / "tmp",
            **{
                "HOTLINE_BOARD__PORT": free_port(),
                "HOTLINE_BOARD__METRICS_PORT": free_port(),
                "HOTLINE_WORKER__HEALTH_PORT": free_port(),
                **settings,
            },
        )
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                command("demo", *options),
                cwd=folder,
                env=environment,
                stdout=output,
                stderr=output,
            )

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def until_it_plays(self) -> "Demo":
        until(lambda: "Wallboard:" in self.said() or self.process.poll() is not None, self.said)
        assert self.process.poll() is None, self.said()
        return self

    def processes(self) -> dict[int, str]:
        """The command lines of all processes that have to do with this folder, by process id."""
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    environment = (entry / "environ").read_bytes()
                except (OSError, UnicodeDecodeError):
                    continue
                if line and str(self.folder).encode() in environment + line.encode():
                    found[int(entry.name)] = line
        return found

    def service(self, name: str) -> int | None:
        """The process id of one of its services."""
        word = f"streams.cli {name} "
        return next((pid for pid, line in self.processes().items() if word in line), None)

    def left(self) -> list[str]:
        """Processes and files that outlived it."""
        files = [str(path) for path in (self.folder / "tmp").iterdir()]
        return [*self.processes().values(), *files]

    def end(self) -> None:
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    started: list[Demo] = []

    def start(*options: str, **settings: object) -> Demo:
        started.append(Demo(tmp_path, *options, **settings))
        return started[-1]

    yield start
    for each in started:
        each.end()


Start = Callable[..., Demo]


def test_it_ends_once_the_recording_is_verified(demo: Start) -> None:
    it = demo("--exit")
    assert it.process.wait(2 * PATIENCE_S) == 0, it.said()
    said = it.said()
    assert "Equal: " in said
    assert "The board equals the recording's file." in said
    # 356 offered, 268 answered, 77 abandoned, 9 timed out and 2 by key, 265 within 20 s.
    total = next(line for line in said.splitlines() if line.startswith("all "))
    assert total.split()[1:6] == ["356", "268", "77", "11", "0"]
    assert total.split()[-1] == "265"
    assert it.left() == []


@pytest.mark.parametrize("setting", ["board.port", "board.metrics_port", "worker.health_port"])
def test_a_port_that_is_taken(demo: Start, setting: str) -> None:
    variable = "HOTLINE_" + setting.upper().replace(".", "__")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        it = demo(**{variable: port})
        assert it.process.wait(PATIENCE_S) == 1
    for word in (f"127.0.0.1:{port}", setting, variable):
        assert word in it.said()
    assert "Traceback" not in it.said()
    assert it.left() == []


def sites(port: int) -> set[str]:
    """The sites of which the board at this port has heard."""
    status, body = get(f"http://127.0.0.1:{port}/api/v1/board")
    return (
        {each["site"] for each in json.loads(body)["sources"]} if status == HTTPStatus.OK else set()
    )


def test_its_proof_can_be_run_beside_it(demo: Start) -> None:
    port = free_port()
    it = demo("--only", "recording", HOTLINE_BOARD__PORT=port).until_it_plays()
    (line,) = (each for each in it.said().splitlines() if "Proof:" in each)
    setting, hotline, *options = line.split()[1:]
    assert hotline == "hotline"
    name, _, value = setting.partition("=")
    environment = clean_environment(**{name: value, "HOTLINE_BOARD__PORT": port})
    proof = subprocess.run(
        command(*options),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert proof.returncode == 0, proof.stdout + proof.stderr
    assert "Equal: " in proof.stdout


def test_stopped_while_it_plays_beside_the_city(demo: Start) -> None:
    port = free_port()
    it = demo(HOTLINE_BOARD__PORT=port).until_it_plays()
    until(lambda: sites(port) == {"main", "city"}, it.said)
    it.process.send_signal(signal.SIGINT)
    assert it.process.wait(ENDS_WITHIN_S) == 0, it.said()
    assert "Traceback" not in it.said()
    assert it.left() == []


def test_stopped_while_kafka_starts(demo: Start) -> None:
    it = demo()
    until(lambda: java(it.processes()) is not None, it.said)
    it.process.send_signal(signal.SIGTERM)
    assert it.process.wait(ENDS_WITHIN_S) == 0, it.said()
    assert "Traceback" not in it.said()
    assert it.left() == []


def test_killed_itself(demo: Start) -> None:
    """Nobody is there to clean up, and still nothing runs on; its files are the system's."""
    it = demo()
    until(lambda: it.service("board") is not None, it.said)
    assert java(it.processes()) is not None
    it.process.kill()
    it.process.wait()
    until(lambda: not it.processes(), lambda: str(it.processes()))


def test_kafka_dies(demo: Start) -> None:
    it = demo().until_it_plays()
    kafka = java(it.processes())
    assert kafka is not None
    os.kill(kafka, signal.SIGKILL)
    assert it.process.wait(PATIENCE_S) == 1, it.said()
    assert "Kafka ended by itself" in it.said()
    assert "Traceback" not in it.said()
    assert it.left() == []


def test_a_service_dies(demo: Start, kafka: EmbeddedKafka, prefix: str) -> None:
    """Also on a cluster of one's own, which is left as it was."""
    it = demo(
        "--only",
        "recording",
        HOTLINE_KAFKA__BOOTSTRAP=kafka.bootstrap,
        HOTLINE_KAFKA__TOPIC_PREFIX=prefix,
    )
    worker = it.until_it_plays().service("worker")
    assert worker is not None
    assert java(it.processes()) is None
    os.kill(worker, signal.SIGKILL)
    assert it.process.wait(PATIENCE_S) == 1, it.said()
    assert "the worker ended with -9" in it.said()
    assert kafka.alive()
    assert it.left() == []


def java(processes: Mapping[int, str]) -> int | None:
    """The process id of the demo's Kafka."""
    return next((pid for pid, line in processes.items() if "kafka.Kafka " in line), None)
