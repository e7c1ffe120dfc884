"""The table against the design's own list, and against what Kafka demands of every topic."""

import re
from dataclasses import FrozenInstanceError

import pytest

from streams.wire.topics import INPUTS, STATE, TOPICS, Topic

DAY_MS = 86_400_000
EVERY = pytest.mark.parametrize("topic", TOPICS.values(), ids=TOPICS.keys())


def test_these_are_the_topics() -> None:
    inputs = ["calls", "chats", "tickets", "agents"]
    ours = ["state", "visits", "customers", "rejected", "positions", "floor"]
    assert list(TOPICS) == [*inputs, *ours]


@EVERY
def test_the_prefix_goes_in_front(topic: Topic) -> None:
    assert topic.full_name() == f"hotline.{topic.name}"
    assert topic.full_name("branch-2") == f"branch-2.{topic.name}"


@EVERY
def test_a_name_never_passes_kafkas_limit_with_the_longest_prefix(topic: Topic) -> None:
    name = topic.full_name("p" * 200)
    assert len(name) <= 249
    assert re.fullmatch(r"[A-Za-z0-9._-]+", name)


@pytest.mark.parametrize("topic", INPUTS, ids=lambda topic: topic.name)
def test_inputs_are_alike(topic: Topic) -> None:
    configs = topic.configs()
    assert topic.partitions(8) == 8
    assert configs["cleanup.policy"] == "delete"
    assert configs["retention.ms"] == str(7 * DAY_MS)
    assert configs["retention.bytes"] == "-1"


def test_state_is_compacted_and_takes_16_mib() -> None:
    configs = STATE.configs()
    assert STATE.partitions(8) == 8
    assert configs["cleanup.policy"] == "compact"
    assert configs["min.compaction.lag.ms"] == "60000"
    assert configs["max.message.bytes"] == "16777216"
    assert int(configs["segment.bytes"]) > int(configs["max.message.bytes"])


@pytest.mark.parametrize(
    ("name", "partitions", "cleanup", "kept_ms"),
    [
        ("visits", 8, "compact", None),
        ("customers", 8, "delete", 40 * DAY_MS),
        ("rejected", 1, "delete", 40 * DAY_MS),
        ("positions", 1, "compact", None),
        ("floor", 1, "delete", -1),
    ],
)
def test_the_rest(name: str, partitions: int, cleanup: str, kept_ms: int | None) -> None:
    topic = TOPICS[name]
    configs = topic.configs()
    assert topic.partitions(8) == partitions
    assert configs["cleanup.policy"] == cleanup
    assert configs.get("retention.ms") == (None if kept_ms is None else str(kept_ms))


@EVERY
def test_time_is_the_brokers_everywhere(topic: Topic) -> None:
    assert topic.configs()["message.timestamp.type"] == "LogAppendTime"


@EVERY
def test_a_record_of_1_mib_with_its_key_fits(topic: Topic) -> None:
    assert int(topic.configs()["max.message.bytes"]) > 1024 * 1024 + 1024


@pytest.mark.parametrize(("replication", "in_sync"), [(1, "1"), (2, "1"), (3, "2")])
def test_one_broker_may_be_lost(replication: int, in_sync: str) -> None:
    assert STATE.configs(replication)["min.insync.replicas"] == in_sync


@EVERY
def test_every_value_is_text_as_kafka_wants_it(topic: Topic) -> None:
    assert all(type(value) is str for value in topic.configs().values())


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        TOPICS["more"] = STATE  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        STATE.name = "other"  # type: ignore[misc]
