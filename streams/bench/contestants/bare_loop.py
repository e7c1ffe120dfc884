"""The floor beneath every Python consumer: aiokafka's `getmany`, `orjson.loads`, the small state.

No framework, no group, no checks, and nothing is saved.
"""

from __future__ import annotations

import asyncio
import sys

import orjson
from aiokafka import AIOKafkaConsumer

from streams.bench.contestants.progress import Progress
from streams.bench.small_state import SmallState

# As the worker's own.
FETCH_BYTES = 4 * 1024 * 1024
POLL_MS = 200


async def run(bootstrap: str, topic: str) -> None:
    """Read until ended from outside."""
    progress, state = Progress(), SmallState()
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=FETCH_BYTES,
    )
    await consumer.start()
    try:
        while True:
            for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                for record in records:
                    state.fold(orjson.loads(record.value))
                progress.events += len(records)
    finally:
        await consumer.stop()


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:]))
