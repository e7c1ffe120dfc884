"""Where each event goes: topic by its type, partition by its key; and which share one record.

Pure. The partition is murmur2 of the key, positive, modulo the number of partitions: what Kafka's
Java client does with keys, and every producer with it, so that a contact never has two homes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson
from kafka.partitioner.default import murmur2

from streams.core.events import SOURCE_TYPES, TYPES_OF_TOPIC, Reason, Refusal, explain

# A type of several topics belongs to the first: ratings come with chats.
_TOPIC_OF_TYPE: Mapping[str, str] = MappingProxyType(
    {kind: topic for topic in reversed(list(TYPES_OF_TOPIC)) for kind in TYPES_OF_TOPIC[topic]}
)
_POSITIVE = 0x7FFFFFFF
# A call's events come within minutes of each other, and hashing in Python costs more than a look.
_PARTITIONS_KNOWN_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Unit:
    """One event on its way: `id` tells whether it is in Kafka already."""

    id: str
    key: bytes
    value: bytes


class Packed(NamedTuple):
    """One record: the key of its first event, and the event or an array of them."""

    key: bytes
    value: bytes


# By topic (without prefix) and partition, in order.
Groups = dict[tuple[str, int], list[Unit]]


@lru_cache(maxsize=_PARTITIONS_KNOWN_MAX)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key, as Kafka's Java client has it."""
    return int(murmur2(key) & _POSITIVE) % partitions


def topic_of(event: object) -> str | None:
    """The input topic of an event's type; None for what goes to all of them, or to none."""
    kind = event.get("type") if isinstance(event, dict) else None
    return _TOPIC_OF_TYPE.get(kind) if isinstance(kind, str) else None


def refusal(event: object, event_bytes_max: int) -> Refusal | None:
    """Why the event cannot be sent, judged as the core will judge it; None where it can."""
    if refused := explain(event, topic_of(event) or "calls"):
        return refused
    if len(_encode(event)) > event_bytes_max:
        return Reason.TOO_LARGE, f"event: expected at most {event_bytes_max} bytes"
    return None


def route(events: Iterable[Mapping[str, Any]], topics: Iterable[str], partitions: int) -> Groups:
    """Each event to its partition, those about the source itself to every partition of `topics`.

    The order within a partition is that of `events`.
    """
    groups: Groups = {}
    everywhere = [(topic, number) for topic in sorted(topics) for number in range(partitions)]
    for event in events:
        if event["type"] in SOURCE_TYPES:
            key, places = event["source"].encode(), everywhere
        else:
            topic = _TOPIC_OF_TYPE[event["type"]]
            key = _key(topic, event)
            places = [(topic, partition_of(key, partitions))]
        unit = Unit(event["id"], key, _encode(event))
        for place in places:
            groups.setdefault(place, []).append(unit)
    return groups


def pack(units: Iterable[Unit], events_max: int, bytes_max: int) -> Iterator[Packed]:
    """Join units of one partition, in order, into as few records as the two limits allow."""
    joined: list[Unit] = []
    size = 0
    for unit in units:
        size += len(unit.value) + 1
        if joined and (len(joined) >= events_max or size + 1 > bytes_max):
            yield _record(joined)
            joined, size = [], len(unit.value) + 1
        joined.append(unit)
    if joined:
        yield _record(joined)


def _record(units: list[Unit]) -> Packed:
    if len(units) == 1:
        return Packed(units[0].key, units[0].value)
    return Packed(units[0].key, b"[" + b",".join(unit.value for unit in units) + b"]")


def _key(topic: str, event: Mapping[str, Any]) -> bytes:
    name = event.get("agent") if topic == "agents" else None
    return str(name or event["contact"]).encode()


def _encode(event: object) -> bytes:
    return orjson.dumps(event)
