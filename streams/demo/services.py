"""The demo's processes: our own commands, started, watched and ended together."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from streams.broker import EmbeddedKafka
from streams.broker.leash import Leashed

# A loaded machine of two cores needs a quarter of it.
READY_LIMIT_S = 60.0
STOP_LIMIT_S = 4.0
POLL_S = 0.1
TAIL_LINES = 15


class DemoError(RuntimeError):
    """The demo cannot go on: what happened, and what to do."""


def say(words: str) -> None:
    """One line to the person at the terminal."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


class Services:
    """Our own commands as processes that cannot outlive this one; their words go to files.

    `kafka` is the node that they live on, where it is ours.
    """

    def __init__(
        self,
        folder: Path,
        config: Path,
        environment: Mapping[str, str],
        kafka: EmbeddedKafka | None,
    ) -> None:
        self._folder = folder
        self._kafka = kafka
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
        """DemoError, with its last words, where one or their Kafka has ended by itself."""
        if self._kafka is not None and not self._kafka.alive():
            raise DemoError(f"Kafka ended by itself; its last words:\n{_tail(self._kafka.log)}")
        for command, (process, _) in self._running.items():
            if process.poll() is not None:
                words = _tail(self._log(command))
                raise DemoError(f"the {command} ended with {process.returncode}:\n{words}")

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


def _tail(log: Path) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-TAIL_LINES:])


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
