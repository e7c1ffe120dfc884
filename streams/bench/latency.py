"""`hotline bench latency`: from the sending of an event to the moment the board shows it.

Probes are callers of their own, one queue a partition, who only wait: the number waiting there says
which of them the board's stream shows. Worker and board run as shipped, beside a steady load.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import orjson
from aiokafka import AIOKafkaProducer

from streams.bench.ground import PARTITIONS, made_ground
from streams.bench.load import Event, event_of
from streams.bench.samples import MeasureError, percentile
from streams.bench.service import running_board, running_worker
from streams.bench.steady import Steady, send_steadily
from streams.broker.ports import HOST
from streams.wire.topics import INPUTS

PREFIX = "bench-latency"
CALLS = INPUTS[0]
PROBE_EVERY_S = 0.025
# What was sent last is shown by then, or never.
REST_S = 15.0
# A board's message, with 60 queues several hundred KiB, arrives in one line.
READ_BYTES = 32 * 1024 * 1024


@dataclass(slots=True)
class Probes:
    """The waiting callers: when each was sent, by queue, and when the board showed it."""

    sent_s: dict[str, list[float]] = field(
        default_factory=lambda: {f"probe-{number}": [] for number in range(PARTITIONS)}
    )
    seen: dict[str, int] = field(default_factory=dict)
    latencies_s: list[tuple[float, float]] = field(default_factory=list)
    next_s: float = 0.0
    count: int = 0

    def due(self, now_ms: int) -> list[Event]:
        """The next probe where its time has come, about to be sent."""
        now_s = time.monotonic()
        if now_s < self.next_s:
            return []
        self.next_s = now_s + PROBE_EVERY_S
        queue = f"probe-{self.count % PARTITIONS}"
        self.count += 1
        self.sent_s[queue].append(now_s)
        contact = f"probe/{self.count}"
        return [event_of(f"probe-{self.count}", "queued", now_ms, contact, queue)]

    def shown(self, at_s: float, board: Mapping[str, Any]) -> None:
        """Take what the board showed: so many are waiting in each queue."""
        for queue in board["queues"]:
            sent_s = self.sent_s.get(queue["queue"])
            if sent_s is None:
                continue
            before, now = self.seen.get(queue["queue"], 0), queue["now"]["waiting"]
            self.latencies_s += [(sent, at_s - sent) for sent in sent_s[before:now]]
            self.seen[queue["queue"]] = max(before, now)

    @property
    def missing(self) -> int:
        """How many the board has not shown."""
        return self.count - sum(self.seen.values())


def measure(steady: Steady, say: Callable[[str], None]) -> dict[str, float]:
    """The object that `--json` prints: milliseconds, and the events per second really sent."""
    with made_ground() as ground:
        ground.provision(PREFIX)
        with running_worker(ground, PREFIX) as worker, running_board(ground, PREFIX) as board:
            worker.wait_for("/readyz")
            board.wait_for("/readyz")
            say(f"sending {steady.rate:,.0f} events/s for {steady.whole_s:.0f} s")
            return asyncio.run(_measure(ground.bootstrap, board.port, steady, say))


async def _measure(
    bootstrap: str, port: int, steady: Steady, say: Callable[[str], None]
) -> dict[str, float]:
    probes = Probes()
    began_s = time.monotonic()
    watching = asyncio.create_task(_watch(port, probes))
    try:
        async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks=1) as producer:
            # The probes are part of the rate.
            others = replace(steady, rate=max(1.0, steady.rate - 1 / PROBE_EVERY_S))
            rate = await send_steadily(producer, CALLS.full_name(PREFIX), others, probes.due)
        for _ in range(int(REST_S / PROBE_EVERY_S)):
            if watching.done() or not probes.missing:
                break
            await asyncio.sleep(PROBE_EVERY_S)
        if watching.done():
            await watching
    finally:
        watching.cancel()
    if probes.missing:
        raise MeasureError(f"the board never showed {probes.missing} of {probes.count} probes")
    found = [s * 1000 for sent_s, s in probes.latencies_s if sent_s >= began_s + steady.warmup_s]
    p50_ms, p99_ms = percentile(found, 0.5), percentile(found, 0.99)
    say(f"{len(found)} probes, the slowest after {max(found):.0f} ms")
    return {"p50_ms": round(p50_ms, 1), "p99_ms": round(p99_ms, 1), "rate": round(rate, 1)}


def words(result: Mapping[str, float]) -> str:
    """The result for people."""
    return (
        f"From sending an event to its showing on the board, at {result['rate']:,.0f} events/s: "
        f"half within {result['p50_ms']:.0f} ms, 99 of 100 within {result['p99_ms']:.0f} ms.\n"
    )


async def _watch(port: int, probes: Probes) -> None:
    """Read the board's stream until cancelled; what counts is when a message has arrived."""
    url = f"http://{HOST}:{port}/api/v1/stream"
    limit = aiohttp.ClientTimeout(total=None)
    async with (
        aiohttp.ClientSession(timeout=limit, read_bufsize=READ_BYTES) as session,
        session.get(url) as answer,
    ):
        answer.raise_for_status()
        async for line in answer.content:
            at_s = time.monotonic()
            if line.startswith(b"data: "):
                probes.shown(at_s, orjson.loads(line[6:]))
    raise MeasureError("the board's stream ended")
