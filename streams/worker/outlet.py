"""Sends what a checkpoint needs and waits until the broker has it, in whole batches.

Refuses to know what it sends. A send that fails raises; whoever asked still has everything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from aiokafka import AIOKafkaProducer

from streams.wire.keys import base_header, offset_header
from streams.worker.partition import Output, Sealed


class Outlet:
    """Everything the worker writes. `producer` gives the running producer."""

    def __init__(self, producer: Callable[[], AIOKafkaProducer]) -> None:
        self._producer = producer

    async def send(self, topic: str, partition: int, outputs: Mapping[bytes, Output]) -> None:
        """Send these records and return when all are acknowledged; raises aiokafka's errors."""
        producer = self._producer()
        acknowledgements = []
        for batch in _batches(producer, outputs):
            sent = await producer.send_batch(batch, topic, partition=partition)
            acknowledgements.append(_kept_quiet(sent))
        for each in acknowledgements:
            await asyncio.shield(each)

    async def send_snapshot(self, topic: str, partition: int, key: bytes, sealed: Sealed) -> int:
        """Send one snapshot; returns where it lies in its partition."""
        headers = offset_header(sealed.offset)
        if sealed.base is not None:
            headers += base_header(sealed.base)
        sent = await self._producer().send(
            topic, sealed.snapshot, key=key, partition=partition, headers=headers
        )
        metadata = await asyncio.shield(_kept_quiet(sent))
        return int(metadata.offset)


def _batches(producer: AIOKafkaProducer, outputs: Mapping[bytes, Output]) -> Iterator[Any]:
    batch = producer.create_batch()
    for key, (value, headers) in outputs.items():
        record = {"timestamp": None, "key": key, "value": value, "headers": headers}
        if batch.append(**record) is None:
            yield batch
            batch = producer.create_batch()
            batch.append(**record)  # an empty batch takes any record
    if batch.record_count():
        batch.close()
        yield batch


def _kept_quiet(sent: asyncio.Future[Any]) -> asyncio.Future[Any]:
    """Whoever waited may have been told to stop: then nobody asks how it went."""
    sent.add_done_callback(lambda done: done.cancelled() or done.exception())
    return sent
