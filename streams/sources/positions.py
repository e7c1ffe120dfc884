"""What Kafka knows of a source: how far it was read, and which of its events were sent after that.

Reads only. A position says up to which offsets of the input topics it was taken; ids found behind
those are of lines that a crashed reader sent and had no time to note.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
from kafka import KafkaConsumer, TopicPartition

VERSION = 1
ANSWER_LIMIT_MS = 10_000
_POLL_MS = 500

# The offset that comes next, by full topic name and partition.
Ends = dict[tuple[str, int], int]
# How often an id occurs, by the same.
Ids = dict[tuple[str, int], Counter[str]]


def position_key(source: str, path: str) -> bytes:
    """The key of a source's position: `source|path`, of the file being written."""
    return f"{source}|{path}".encode()


def ends_of(consumer: KafkaConsumer, places: Iterable[tuple[str, int]]) -> Ends:
    """Where these partitions end now; kafka-python's errors."""
    found = consumer.end_offsets(
        [TopicPartition(*place) for place in places], timeout_ms=ANSWER_LIMIT_MS
    )
    return {(each.topic, each.partition): end for each, end in found.items()}


def read_from(consumer: KafkaConsumer, starts: Ends) -> Iterator[Any]:
    """The records from there (or from what retention has left) to the present ends."""
    ends = ends_of(consumer, starts)
    first = consumer.beginning_offsets(
        [TopicPartition(*place) for place in starts], timeout_ms=ANSWER_LIMIT_MS
    )
    begins = {place: max(start, first[TopicPartition(*place)]) for place, start in starts.items()}
    open_ = {place for place, start in begins.items() if start < ends[place]}
    consumer.assign([TopicPartition(*place) for place in open_])
    for place in open_:
        consumer.seek(TopicPartition(*place), begins[place])
    while open_:
        for records in consumer.poll(timeout_ms=_POLL_MS).values():
            yield from records
        # By position: what compaction or transactions left no record of counts as read.
        open_ = {
            place for place in open_ if consumer.position(TopicPartition(*place)) < ends[place]
        }


def read_positions(consumer: KafkaConsumer, topic: str, source: str) -> dict[bytes, dict[str, Any]]:
    """The newest position by key, newest last, of every path that this source has read."""
    found: dict[bytes, dict[str, Any]] = {}
    for record in read_from(consumer, {(topic, 0): 0}):
        key = record.key or b""
        if not key.startswith(f"{source}|".encode()):
            continue
        found.pop(key, None)
        value = orjson.loads(record.value) if record.value else None
        if value and value.get("v") == VERSION:
            found[key] = value
    return found


def ids_since(consumer: KafkaConsumer, starts: Ends, rejected_topic: str) -> Ids:
    """The ids of all events behind `starts` except heartbeats; of rejected records, their keys.

    Everybody's: ids are unique, and a source may speak in others' names.
    """
    found: Ids = {}
    for record in read_from(consumer, starts):
        place = (record.topic, record.partition)
        ids = found.setdefault(place, Counter())
        if record.topic == rejected_topic:
            ids[(record.key or b"").decode(errors="replace")] += 1
        else:
            ids.update(_ids(record.value or b""))
    return found


def _ids(value: bytes) -> Iterator[str]:
    try:
        decoded = orjson.loads(value)
    except orjson.JSONDecodeError:
        return
    for event in decoded if isinstance(decoded, list) else [decoded]:
        if isinstance(event, dict) and event.get("type") != "source.heartbeat":
            yield str(event.get("id"))


def ends_as_json(ends: Ends) -> Mapping[str, Mapping[str, int]]:
    """{topic: {partition: offset}}, with the partitions as texts."""
    found: dict[str, dict[str, int]] = {}
    for (topic, partition), end in sorted(ends.items()):
        found.setdefault(topic, {})[str(partition)] = end
    return found


def ends_from_json(stored: Mapping[str, Mapping[str, int]]) -> Ends:
    """What `ends_as_json` gave."""
    return {
        (topic, int(partition)): end
        for topic, partitions in stored.items()
        for partition, end in partitions.items()
    }
