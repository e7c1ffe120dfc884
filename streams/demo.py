"""`hotline demo`: everything on one bare machine, with a real PBX's recording moving on the
wallboard.

A real Kafka (ours, unless the configuration names one), a worker and a board as processes of their
own, and the recording played into it. Whatever ends the demo ends them too.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from streams.broker import EmbeddedKafka
from streams.broker.leash import Leashed
from streams.config import Settings, load
from streams.provisioning import provision_topics
from streams.report import figures, read_report, text
from streams.simulator.player import Player
from streams.verify import Verdict, fetch_board, verify

# A loaded machine of two cores needs a quarter of it.
READY_LIMIT_S = 60.0
DRAIN_LIMIT_S = 120.0
STOP_LIMIT_S = 4.0
POLL_S = 0.1
TAIL_LINES = 15
RECORDING = "asterisk_22_run_a"


class DemoError(RuntimeError):
    """The demo cannot go on: what happened, and what to do."""


def demo_settings(path: Path | None) -> tuple[Settings, Path]:
    """The settings of the demo: one's own configuration, or the packaged one; and its file."""
    own = path or os.environ.get("HOTLINE_CONFIG") or "hotline.toml"
    if Path(own).exists() or path or os.environ.get("HOTLINE_CONFIG"):
        return load(Path(own)), Path(own)
    packaged = Path(str(files("streams.simulator").joinpath("demo.toml")))
    return load(packaged), packaged


def run_demo(settings: Settings, config: Path, *, speed: float, leave: bool) -> int:
    """Run until Ctrl-C or, with `leave`, until the recording is drained and verified."""
    _require_free("board.port", settings.board.host, settings.board.port)
    _require_free("worker.health_port", settings.worker.health_host, settings.worker.health_port)
    with _signals_interrupt(), ExitStack() as stack:
        try:
            return _run(settings, config, stack, speed=speed, leave=leave)
        except KeyboardInterrupt:
            say("Stopping …")
            return 0


def say(words: str) -> None:
    """One line to the person at the terminal."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def _run(settings: Settings, config: Path, stack: ExitStack, *, speed: float, leave: bool) -> int:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hotline-demo-")))
    bootstrap = list(settings.kafka.bootstrap)
    if "bootstrap" not in settings.kafka.model_fields_set:
        say("Starting Kafka …")
        kafka = EmbeddedKafka(folder / "kafka", progress=say)
        bootstrap = [stack.enter_context(kafka).bootstrap]
    environment = {
        "HOTLINE_KAFKA__BOOTSTRAP": ",".join(bootstrap),
        "HOTLINE_BOARD__VISITS_DATABASE": str(folder / "visits.sqlite"),
    }
    settings = load(config, {**os.environ, **environment})
    kafka_settings = settings.kafka
    provision_topics(
        kafka_settings.client_options(),
        kafka_settings.partitions,
        kafka_settings.replication,
        kafka_settings.topic_prefix,
    )
    say("Starting worker and board …")
    services = Services(folder, config, environment)
    stack.callback(services.stop)
    worker = f"http://{settings.worker.health_host}:{settings.worker.health_port}"
    board = f"http://{settings.board.host}:{settings.board.port}"
    services.start("worker", f"{worker}/readyz")
    services.start("board", f"{board}/readyz", "--demo")
    services.wait_ready()
    player = stack.enter_context(Player(settings, recording_path()))
    player.play_history()
    say(f"\n  Wallboard: {board}\n  Metrics:   {board}/metrics\n  Ctrl-C stops everything.\n")
    if leave:
        return _drain_and_verify(settings, board, player, services)
    while True:
        player.play_round(speed, services.check)


def recording_path() -> Path:
    """The packaged recording: the queue_log of a real Asterisk 22 under generated load."""
    return Path(str(files("streams.simulator").joinpath("recordings", RECORDING, "queue_log")))


class Services:
    """Our own commands as processes that cannot outlive this one; their words go to files."""

    def __init__(self, folder: Path, config: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._config = config
        self._environment = {**os.environ, **environment}
        self._running: dict[str, tuple[subprocess.Popen[bytes], str]] = {}

    def start(self, command: str, ready: str, *options: str) -> None:
        """Start `hotline <command>`; `ready` is the address that answers 200 when it is."""
        line = [sys.executable, "-m", "streams.cli", command, "--config", str(self._config)]
        leashed = Leashed([*line, *options], self._log(command), self._environment)
        self._running[command] = (leashed.process, ready)

    def _log(self, command: str) -> Path:
        return self._folder / f"{command}.log"

    def check(self) -> None:
        """DemoError, with its last words, where one has ended by itself."""
        for command, (process, _) in self._running.items():
            if process.poll() is not None:
                lines = self._log(command).read_text("utf-8", "replace").splitlines()
                tail = "\n".join(lines[-TAIL_LINES:])
                raise DemoError(f"the {command} ended with {process.returncode}:\n{tail}")

    def wait_ready(self) -> None:
        """Return when all are ready."""
        waiting = dict(self._running)
        for _ in wait_until(lambda: not waiting, "worker and board to be ready"):
            self.check()
            for command, (_, ready) in list(waiting.items()):
                if _answers(ready):
                    del waiting[command]

    def stop(self) -> None:
        """End all of them, together, within five seconds."""
        for process, _ in self._running.values():
            process.terminate()
        deadline = time.monotonic() + STOP_LIMIT_S
        for process, _ in self._running.values():
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()


def wait_until(
    reached: Callable[[], bool], what: str, limit_s: float = READY_LIMIT_S
) -> Iterator[None]:
    """Yield until `reached`, a little apart; DemoError after `limit_s`."""
    deadline = time.monotonic() + limit_s
    while not reached():
        if time.monotonic() > deadline:
            raise DemoError(f"waited {limit_s:g} s for {what}")
        yield
        time.sleep(POLL_S)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own services
            return True
    except (urllib.error.URLError, OSError):
        return False


def _require_free(setting: str, host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise DemoError(
                f"{host}:{port} is not free: {error.strerror}. Stop what uses it, "
                f"or set another one ({setting}, HOTLINE_{setting.upper().replace('.', '__')})"
            ) from error


@contextmanager
def _signals_interrupt() -> Iterator[None]:
    """SIGTERM ends the demo as Ctrl-C does: through every `finally`."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _drain_and_verify(
    settings: Settings, board_url: str, player: Player, services: Services
) -> int:
    """Wait until all is counted, then hold the board to the batch, and both to the file."""
    say("Waiting until everything is counted …")
    board: dict[str, Any] = {}

    def drained() -> bool:
        nonlocal board
        player.heartbeat()
        board = fetch_board(board_url)
        return player.is_drained(board)

    for _ in wait_until(drained, "the board to count everything sent", DRAIN_LIMIT_S):
        services.check()
    verdict = verify(settings, board)
    say(verdict.as_text().rstrip())
    expected = read_report(settings, "asterisk-queue-log", [recording_path()])
    sys.stdout.write(text(expected))
    return 0 if not verdict.differences and _equals_file(verdict, expected) else 1


def _equals_file(verdict: Verdict, expected: Mapping[str, Any]) -> bool:
    """Whether the visits behind the board give the very figures of the recording's file."""
    found = figures(verdict.rows)
    equal = found["total"] == expected["total"] and found["queues"] == expected["queues"]
    say("The board equals the recording's file." if equal else "NOT equal to the recording's file.")
    return equal
