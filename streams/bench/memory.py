"""`hotline bench memory`: what an open call costs a worker, measured twice.

`worker_bytes`: by how much the resident memory of a running worker grew, with snapshots, buffers
and all. `state_bytes`: what Python's own count (tracemalloc) says of the state alone, in a process
without Kafka.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from streams.bench.ground import PARTITIONS, fill, made_ground
from streams.bench.load import open_calls, partition_of, record_of, single_records
from streams.bench.service import Service, running_worker, wait_until_saved
from streams.core.state import PartitionState
from streams.wire.codec import fold_record
from streams.wire.topics import INPUTS

PREFIX = "bench-memory"
CALLS = INPUTS[0]
COUNTS = (10_000, 100_000)
QUEUES = 50
# Folded first, so that what any worker needs, with calls or without, is there already.
WARMUP = 2_000
EVENTS_PER_CALL = 2
SAVE_LIMIT_S = 90.0
STATE_LIMIT_S = 90.0


def measure(counts: Sequence[int], say: Callable[[str], None]) -> dict[str, Any]:
    """The object that `--json` prints: bytes per open call, by how many are open."""
    start_ms = int(time.time() * 1000) - max(counts) - WARMUP
    worker = _of_worker(start_ms, counts, say)
    calls = {
        str(count): {"worker_bytes": round(worker[count]), "state_bytes": round(_of_state(count))}
        for count in counts
    }
    return {"partitions": PARTITIONS, "queues": QUEUES, "bytes_per_open_call": calls}


def _of_worker(
    start_ms: int, counts: Sequence[int], say: Callable[[str], None]
) -> dict[int, float]:
    """Resident memory gained per call, by the number of open calls."""
    found = {}
    with made_ground() as ground:
        ground.provision(PREFIX)
        with running_worker(ground, PREFIX) as worker:
            worker.wait_for("/readyz")
            first_bytes, warm, done = 0.0, 0, 0
            for count in (min(WARMUP, min(counts) // 2), *sorted(counts)):
                calls = open_calls(start_ms + done, done, count - done, QUEUES)
                records = single_records(calls, PARTITIONS)
                fill(ground.bootstrap, CALLS.full_name(PREFIX), records)
                wait_until_saved(worker, PREFIX, EVENTS_PER_CALL * count, SAVE_LIMIT_S)
                resident = _resident_bytes(worker)
                say(f"{count:,} open calls: {resident / 1e6:.1f} MB resident")
                if done:
                    found[count] = (resident - first_bytes) / (count - warm)
                else:
                    first_bytes, warm = resident, count
                done = count
    return found


def _resident_bytes(worker: Service) -> float:
    return worker.metrics()["process_resident_memory_bytes"]


def _of_state(count: int) -> float:
    """What tracemalloc counts per call; in a process of its own, which nothing else has used."""
    command = [sys.executable, "-m", "streams.bench.memory", str(count)]
    done = subprocess.run(  # noqa: S603 - our own module
        command, check=True, capture_output=True, text=True, timeout=STATE_LIMIT_S
    )
    return float(done.stdout)


def state_bytes(count: int) -> float:
    """Bytes per call of the states of `count` open calls, as Python's allocator hands them out."""
    states = [PartitionState() for _ in range(PARTITIONS)]

    def fold(first: int, calls: int) -> None:
        for call in open_calls(1_700_000_000_000 + first, first, calls, QUEUES):
            state = states[partition_of(call[0]["contact"], PARTITIONS)]
            for event in call:
                _, _, value = record_of([event], PARTITIONS)
                fold_record(state, state.offset + 1, None, value)

    fold(0, min(WARMUP, count))
    gc.collect()
    tracemalloc.start()
    fold(WARMUP, count)
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size / count


def words(result: Mapping[str, Any]) -> str:
    """The result for people."""
    lines = [
        f"{int(count):>9,} open calls: {each['worker_bytes']:,} bytes each in a running worker, "
        f"{each['state_bytes']:,} of them state"
        for count, each in result["bytes_per_open_call"].items()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(f"{state_bytes(int(sys.argv[1]))}\n")
