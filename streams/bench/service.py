"""The worker and the board as they are shipped, run as processes, and what their ports tell.

Refuses to look inside them: what is measured is what any operator can see.
"""

from __future__ import annotations

import contextlib
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from streams.bench.ground import COMMAND, POLL_S, Ground, Program
from streams.bench.samples import MeasureError
from streams.broker.ports import HOST, free_port

START_LIMIT_S = 30.0
ANSWER_LIMIT_S = 5.0


class Service(NamedTuple):
    """A running service and the port it answers on."""

    program: Program
    port: int

    def get(self, path: str) -> bytes:
        """What it answers, whatever the status; raises OSError where it does not."""
        url = f"http://{HOST}:{self.port}{path}"
        try:
            with urllib.request.urlopen(url, timeout=ANSWER_LIMIT_S) as answer:
                body: bytes = answer.read()
        except urllib.error.HTTPError as error:
            raise OSError(f"{url}: {error.code}") from error
        return body

    def wait_for(self, path: str) -> None:
        """Return once `path` is answered with 200; MeasureError after a while."""
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline:
            self.program.require_alive()
            with contextlib.suppress(OSError):
                self.get(path)
                return
            time.sleep(POLL_S)
        raise MeasureError(f"{self.program.name} was not ready within {START_LIMIT_S:g} s")

    def metrics(self) -> dict[str, float]:
        """Its metrics: the series as it is written, and its value."""
        lines = self.get("/metrics").decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
        return {series: float(value) for series, value in pairs}


@contextlib.contextmanager
def running_worker(
    ground: Ground, prefix: str, settings: Mapping[str, object] | None = None
) -> Iterator[Service]:
    """A worker on this prefix; `settings` are keys of `[worker]` that differ from the defaults."""
    port = free_port()
    config = ground.configure(prefix, {"worker": {"health_port": port, **(settings or {})}})
    with ground.program("worker", [*COMMAND, "worker", "--config", str(config)]) as program:
        yield Service(program, port)


@contextlib.contextmanager
def running_board(ground: Ground, prefix: str) -> Iterator[Service]:
    """A board on this prefix."""
    port = free_port()
    keys = {
        "port": port,
        "metrics_port": free_port(),
        "visits_database": str(ground.folder / "visits.sqlite"),
    }
    config = ground.configure(prefix, {"board": keys})
    with ground.program("board", [*COMMAND, "board", "--config", str(config)]) as program:
        yield Service(program, port)


def folded_records(metrics: Mapping[str, float], prefix: str) -> int:
    """How many records of the calls a worker has folded."""
    return int(metrics.get(f'hotline_worker_records_total{{topic="{prefix}.calls"}}', 0.0))


def wait_until_saved(worker: Service, prefix: str, records: int, limit_s: float) -> None:
    """Return once so many records are folded and a checkpoint has followed."""
    deadline = time.monotonic() + limit_s
    saved_before: float | None = None
    while time.monotonic() < deadline:
        worker.program.require_alive()
        metrics = worker.metrics()
        saved = metrics.get('hotline_worker_checkpoints_total{result="saved"}', 0.0)
        if folded_records(metrics, prefix) >= records:
            if saved_before is not None and saved > saved_before:
                return
            saved_before = saved if saved_before is None else saved_before
        time.sleep(POLL_S)
    raise MeasureError(f"the worker did not save {records} records within {limit_s:g} s")
