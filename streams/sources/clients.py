"""Producers and consumers of kafka-python as a source needs them, and their ends without remains.

A client that finds no broker raises while it is being built and leaves its thread behind; in an
outage that is a thread a second. Hence the hold on what it builds on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError
from kafka.net.compat import KafkaNetClient

from streams.wire.topics import STATE_RECORD_BYTES_MAX

BOOTSTRAP_LIMIT_MS = 2_000
# The longest that kafka-python takes: until then it goes on with the same sequence numbers, which
# is what keeps a retry from doubling.
DELIVERY_LIMIT_MS = 2**31 - 1
CLOSE_LIMIT_MS = 1_000


def make_producer(options: Mapping[str, Any]) -> KafkaProducer:
    """A producer that is connected; KafkaError or OSError where that takes too long."""
    return _made(
        KafkaProducer,
        {
            **options,
            "acks": "all",
            "enable_idempotence": True,
            "compression_type": "zstd",
            "delivery_timeout_ms": DELIVERY_LIMIT_MS,
            "max_block_ms": BOOTSTRAP_LIMIT_MS,
            "max_request_size": STATE_RECORD_BYTES_MAX,
        },
    )


@contextmanager
def consumer(options: Mapping[str, Any]) -> Iterator[KafkaConsumer]:
    """A consumer without a group; errors as `make_producer`."""
    made = _made(
        KafkaConsumer,
        {
            **options,
            "group_id": None,
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
        },
    )
    try:
        yield made
    finally:
        made.close(timeout_ms=CLOSE_LIMIT_MS)


def end(producer: KafkaProducer, limit_s: float) -> None:
    """Close a producer; what it still has on its way after the limit ends with it."""
    try:
        producer.close(timeout=limit_s)
    except KafkaError:  # an outage: its thread would try for ever
        producer._sender.force_close()  # noqa: SLF001 - there is no other way


def _made(kind: Callable[..., Any], options: Mapping[str, Any]) -> Any:  # noqa: ANN401 - no types
    built: list[Any] = []

    def client(**configs: Any) -> Any:  # noqa: ANN401
        built.append(KafkaNetClient(**configs))
        return built[0]

    try:
        return kind(
            **options,
            kafka_client=client,
            bootstrap_timeout_ms=BOOTSTRAP_LIMIT_MS,
            allow_auto_create_topics=False,
        )
    except BaseException:
        for each in built:
            each.close()
        raise
