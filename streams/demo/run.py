"""`hotline demo`: everything on one bare machine, with a real PBX's recording moving on the
wallboard.

A real Kafka (ours, unless the configuration names one), a worker and a board as processes of their
own, and the recording played into it. Whatever ends the demo ends them too.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from streams.broker import EmbeddedKafka
from streams.config import Settings, load
from streams.demo.city import City
from streams.demo.player import Player, now_ms
from streams.demo.services import DemoError, Services, say, wait_until
from streams.provisioning import provision_topics
from streams.report import figures, read_report, text
from streams.verify import Verdict, fetch_board, verify

DRAIN_LIMIT_S = 120.0
RECORDING = "asterisk_22_run_a"


def demo_settings(path: Path | None) -> tuple[Settings, Path]:
    """The settings of the demo: one's own configuration, or the packaged one; and its file."""
    own = path or os.environ.get("HOTLINE_CONFIG") or "hotline.toml"
    if Path(own).exists() or path or os.environ.get("HOTLINE_CONFIG"):
        return load(Path(own)), Path(own)
    packaged = Path(str(files("streams.simulator").joinpath("demo.toml")))
    return load(packaged), packaged


def run_demo(
    settings: Settings, config: Path, *, speed: float, leave: bool, has_city: bool = True
) -> int:
    """Run until Ctrl-C or, with `leave`, until the recording is drained and verified.

    `has_city`: whether a simulated city is shown beside it, in its own time; never with `leave`.
    """
    _require_free("board.port", settings.board.host, settings.board.port)
    _require_free("board.metrics_port", settings.board.metrics_host, settings.board.metrics_port)
    _require_free("worker.health_port", settings.worker.health_host, settings.worker.health_port)
    with _signals_interrupt(), ExitStack() as stack:
        try:
            return _run(settings, config, stack, speed=speed, leave=leave, has_city=has_city)
        except KeyboardInterrupt:
            say("Stopping …")
            return 0


def _run(
    settings: Settings,
    config: Path,
    stack: ExitStack,
    *,
    speed: float,
    leave: bool,
    has_city: bool,
) -> int:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hotline-demo-")))
    bootstrap, kafka = list(settings.kafka.bootstrap), None
    if "bootstrap" not in settings.kafka.model_fields_set:
        say("Starting Kafka …")
        kafka = EmbeddedKafka(folder / "kafka", progress=say)
        bootstrap = [kafka.start().bootstrap]
        # Its folder goes with it: there is nothing to save, and somebody waits at the terminal.
        stack.callback(kafka.kill)
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
    services = Services(folder, config, environment, kafka)
    stack.callback(services.stop)
    worker = f"http://{settings.worker.health_host}:{settings.worker.health_port}"
    board = f"http://{settings.board.host}:{settings.board.port}"
    services.start("worker", f"{worker}/readyz")
    services.start("board", f"{board}/readyz", "--demo")
    services.wait_ready()
    player = stack.enter_context(Player(settings, recording_path(), services.check))
    player.play_history()
    metrics = f"http://{settings.board.metrics_host}:{settings.board.metrics_port}/metrics"
    prove = f"HOTLINE_KAFKA__BOOTSTRAP={','.join(bootstrap)} hotline verify --config {config}"
    say(
        f"\n  Wallboard: {board}\n  Metrics:   {metrics}\n  Proof:     {prove}\n"
        "  Ctrl-C stops everything.\n"
    )
    if leave:
        return _drain_and_verify(settings, board, player, services)
    city = City(player.deliver, now_ms()) if has_city else None
    while True:
        player.play_round(speed, lambda: city.step(now_ms()) if city else None)


def recording_path() -> Path:
    """The packaged recording: the queue_log of a real Asterisk 22 under generated load."""
    return Path(str(files("streams.simulator").joinpath("recordings", RECORDING, "queue_log")))


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
    """SIGTERM ends the demo as Ctrl-C does: through every `finally`.

    SIGINT is asked for, too: a script's shell has its background programs ignore it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = {each: signal.signal(each, interrupt) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _drain_and_verify(
    settings: Settings, board_url: str, player: Player, services: Services
) -> int:
    """Wait until all is counted, then hold the board to the batch, and both to the file."""
    say("Waiting until everything is counted …")
    board: dict[str, Any] = {}

    def drained() -> bool:
        nonlocal board
        player.heartbeat()
        board = fetch_board(board_url, settings.access.token_to_show())
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
    equal: bool = found["total"] == expected["total"] and found["queues"] == expected["queues"]
    say("The board equals the recording's file." if equal else "NOT equal to the recording's file.")
    return equal
