"""What is stored comes back, and what was sent after it is found."""

from collections.abc import Iterator

import orjson
import pytest
from kafka import KafkaProducer

from streams.broker import EmbeddedKafka
from streams.sources.clients import consumer
from streams.sources.positions import (
    Ends,
    ends_as_json,
    ends_from_json,
    ends_of,
    ids_since,
    position_key,
    read_from,
    read_positions,
)
from tests.sources.topics import Deployment


def test_ends_come_back() -> None:
    ends: Ends = {("hotline.calls", 0): 7, ("hotline.calls", 11): 0, ("hotline.rejected", 0): 3}
    stored = orjson.loads(orjson.dumps(ends_as_json(ends)))
    assert stored == {"hotline.calls": {"0": 7, "11": 0}, "hotline.rejected": {"0": 3}}
    assert ends_from_json(stored) == ends


@pytest.fixture
def topics(kafka: EmbeddedKafka, prefix: str) -> Iterator[tuple[str, KafkaProducer]]:
    Deployment(kafka.bootstrap, prefix, partitions=2)
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all")
    yield prefix, producer
    producer.close()


@pytest.mark.live
def test_positions_of_one_source(kafka: EmbeddedKafka, topics: tuple[str, KafkaProducer]) -> None:
    prefix, producer = topics
    topic = f"{prefix}.positions"

    def store(key: bytes, **value: object) -> None:
        producer.send(topic, key=key, value=orjson.dumps(value) if value else None).get(10)

    store(position_key("pbx", "/a"), v=1, n=1)
    store(position_key("pbx", "/b"), v=1, n=2)
    store(position_key("pbx-2", "/a"), v=1, n=3)
    store(position_key("pbx", "/gone"), v=1, n=4)
    store(position_key("pbx", "/gone"))
    store(position_key("pbx", "/a"), v=1, n=5)
    store(position_key("pbx", "/future"), v=99)
    with consumer({"bootstrap_servers": kafka.bootstrap}) as reader:
        found = read_positions(reader, topic, "pbx")
        assert [(key, value["n"]) for key, value in found.items()] == [
            (b"pbx|/b", 2),
            (b"pbx|/a", 5),
        ]


@pytest.mark.live
def test_ids_after_the_ends(kafka: EmbeddedKafka, topics: tuple[str, KafkaProducer]) -> None:
    prefix, producer = topics
    calls, rejected = f"{prefix}.calls", f"{prefix}.rejected"

    def send(*events: object) -> None:
        producer.send(calls, partition=1, value=orjson.dumps(events)).get(10)

    places = [(calls, 0), (calls, 1), (rejected, 0)]
    with consumer({"bootstrap_servers": kafka.bootstrap}) as reader:
        send({"id": "before"})
        ends = ends_of(reader, places)
        assert ends == {(calls, 0): 0, (calls, 1): 1, (rejected, 0): 0}
        assert list(read_from(reader, ends)) == []
        send({"id": "a"}, {"id": "b"}, {"id": "a"}, {"id": "x", "type": "source.heartbeat"}, 7)
        producer.send(calls, partition=1, value=b"no JSON").get(10)
        producer.send(rejected, key=b"source:pbx:/log|-1|5|0", value=b"{}").get(10)
        assert ids_since(reader, ends, rejected) == {
            (calls, 1): {"a": 2, "b": 1},
            (rejected, 0): {"source:pbx:/log|-1|5|0": 1},
        }
