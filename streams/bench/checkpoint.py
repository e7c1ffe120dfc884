"""`hotline bench checkpoint`: what saving the state costs a worker that holds many open calls.

Told twice: `share` is the time from the beginning of a checkpoint to its commit, most of which is
waiting for the broker while folding goes on; `cpu_share` is the processor's time that checkpoints
take, by comparison with the same worker under the same load saving far less often.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer

from streams.bench.ground import PARTITIONS, Ground, fill, made_ground
from streams.bench.load import open_calls, single_records
from streams.bench.service import running_worker, wait_until_saved
from streams.bench.steady import Steady, send_steadily
from streams.core.state import PartitionState
from streams.wire.codec import fold_record
from streams.wire.snapshot import dump
from streams.wire.topics import INPUTS
from streams.worker.collection import no_collection

CALLS = INPUTS[0]
QUEUES = 50
SAVE_LIMIT_S = 60.0
SELDOM_MS = 60_000
EVENTS_PER_CALL = 2


@dataclass(frozen=True, slots=True)
class Size:
    """So many open calls beneath a steady load."""

    open_calls: int = 10_000
    steady: Steady = Steady(warmup_s=8.0, measured_s=20.0)  # noqa: RUF009 - frozen


def measure(size: Size, say: Callable[[str], None]) -> dict[str, Any]:
    """The object that `--json` prints; shares of elapsed time, snapshots of one partition."""
    with made_ground() as ground:
        often = _under_load(ground, "bench-often", size, {})
        say(f"saving as shipped: {often['checkpoints']:.0f} checkpoints")
        seldom = _under_load(ground, "bench-seldom", size, {"checkpoint_interval_ms": SELDOM_MS})
        say(f"saving seldom: {seldom['checkpoints']:.0f} checkpoints")
    snapshot_bytes, snapshot_ms = snapshot_cost(size.open_calls)
    return {
        "open_calls": size.open_calls,
        "queues": QUEUES,
        "checkpoints": round(often["checkpoints"]),
        "share": round(often["saving"], 4),
        "dump_share": round(often["dumping"], 4),
        "cpu": round(often["cpu"], 4),
        "cpu_share": round(max(0.0, often["cpu"] - seldom["cpu"]), 4),
        "snapshot": {"bytes": snapshot_bytes, "ms": round(snapshot_ms, 2)},
    }


def _under_load(
    ground: Ground, prefix: str, size: Size, settings: Mapping[str, object]
) -> dict[str, float]:
    """Per elapsed second: saving, dumping and processor time; and how many checkpoints."""
    ground.provision(prefix)
    topic = CALLS.full_name(prefix)
    count = size.open_calls
    start_ms = int(time.time() * 1000) - count
    calls = open_calls(start_ms, 0, count, QUEUES)
    fill(ground.bootstrap, topic, single_records(calls, PARTITIONS))
    with running_worker(ground, prefix, settings) as worker:
        worker.wait_for("/readyz")
        if not settings:
            wait_until_saved(worker, prefix, EVENTS_PER_CALL * count, SAVE_LIMIT_S)
        before, after, elapsed_s = asyncio.run(_load(ground.bootstrap, topic, size, worker.metrics))
    gained = {name: value - before.get(name, 0.0) for name, value in after.items()}
    return {
        "checkpoints": gained["hotline_worker_checkpoint_seconds_count"],
        "saving": gained["hotline_worker_checkpoint_seconds_sum"] / elapsed_s,
        "dumping": gained["hotline_worker_dump_seconds_sum"] / elapsed_s,
        "cpu": gained["process_cpu_seconds_total"] / elapsed_s,
    }


async def _load(
    bootstrap: str, topic: str, size: Size, look: Callable[[], dict[str, float]]
) -> tuple[dict[str, float], dict[str, float], float]:
    """The metrics before and after the measured part, and how long that was."""

    async def first() -> tuple[dict[str, float], float]:
        await asyncio.sleep(size.steady.warmup_s)
        return await asyncio.to_thread(look), time.monotonic()

    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks=1) as producer:
        beginning = asyncio.create_task(first())
        await send_steadily(producer, topic, size.steady)
        after = await asyncio.to_thread(look)
        ended_s = time.monotonic()
        before, began_s = await beginning
    return before, after, ended_s - began_s


def snapshot_cost(open_now: int) -> tuple[int, float]:
    """Bytes and ms of one snapshot that holds all these calls (as if there were one partition)."""
    state = PartitionState()
    for _, _, value in single_records(open_calls(1_700_000_000_000, 0, open_now, QUEUES), 1):
        fold_record(state, state.offset + 1, None, value)
    costs_ms = []
    for _ in range(5):
        started = time.perf_counter()
        with no_collection():  # as the worker does
            snapshot = dump(state)
        costs_ms.append((time.perf_counter() - started) * 1000)
    return len(snapshot), sorted(costs_ms)[2]


def words(result: Mapping[str, Any]) -> str:
    """The result for people."""
    snapshot = result["snapshot"]
    return (
        f"With {result['open_calls']:,} open calls in {result['queues']} queues, "
        f"{result['checkpoints']} checkpoints took {result['cpu_share']:.1%} of a core "
        f"(the worker {result['cpu']:.1%} in all); from beginning to commit one was under way for "
        f"{result['share']:.1%} of the time, dumping for {result['dump_share']:.1%}. "
        f"One snapshot of them all: {snapshot['bytes']:,} bytes, {snapshot['ms']} ms.\n"
    )
