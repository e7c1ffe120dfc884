"""Provisioning against a real broker: repeated, rehearsed, and after somebody changed things."""

import time
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, KafkaAdminClient

from streams.broker import EmbeddedKafka
from streams.provisioning import Action, Difference, ProvisioningError, provision_topics
from streams.wire.topics import TOPICS

DAY_MS = 86_400_000
live = pytest.mark.live


@pytest.fixture
def options(kafka: EmbeddedKafka) -> dict[str, Any]:
    return {"bootstrap_servers": kafka.bootstrap}


@live
def test_twice_is_once(options: dict[str, Any], prefix: str) -> None:
    first = provision_topics(options, 3, prefix=prefix)
    second = provision_topics(options, 3, prefix=prefix)
    assert [each.topic for each in first] == [f"{prefix}.{name}" for name in TOPICS]
    assert {each.outcome for each in first} == {"created"}
    assert {each.outcome for each in second} == {"exists"}
    assert partition_counts(options, prefix) == {
        **dict.fromkeys(["calls", "chats", "tickets", "agents", "state", "visits", "customers"], 3),
        **dict.fromkeys(["rejected", "positions", "floor"], 1),
    }


@live
def test_a_dry_run_changes_nothing(options: dict[str, Any], prefix: str) -> None:
    rehearsed = provision_topics(options, 2, prefix=prefix, dry_run=True)
    assert {each.outcome for each in rehearsed} == {"created"}
    assert str(rehearsed[0]) == f"{prefix}.calls: would be created"
    assert partition_counts(options, prefix) == {}


@live
def test_drift_is_found_rehearsed_and_repaired(options: dict[str, Any], prefix: str) -> None:
    provision_topics(options, 2, prefix=prefix)
    calls = f"{prefix}.calls"
    alter(options, calls, {"retention.ms": "1000", "message.timestamp.type": "CreateTime"})
    drift = (
        Difference("message.timestamp.type", "CreateTime", "LogAppendTime"),
        Difference("retention.ms", "1000", str(7 * DAY_MS)),
    )

    rehearsed = provision_topics(options, 2, prefix=prefix, dry_run=True)
    assert rehearsed[0] == Action(calls, "altered", drift, dry_run=True)
    assert setting(options, calls, "retention.ms") == "1000"

    assert provision_topics(options, 2, prefix=prefix)[0] == Action(calls, "altered", drift)
    await_setting(options, calls, "retention.ms", str(7 * DAY_MS))
    await_setting(options, calls, "message.timestamp.type", "LogAppendTime")
    assert {each.outcome for each in provision_topics(options, 2, prefix=prefix)} == {"exists"}


@live
def test_what_nobody_asked_for_is_left_alone(options: dict[str, Any], prefix: str) -> None:
    provision_topics(options, 1, prefix=prefix)
    alter(options, f"{prefix}.calls", {"compression.type": "zstd"})
    assert provision_topics(options, 1, prefix=prefix)[0].outcome == "exists"
    assert setting(options, f"{prefix}.calls", "compression.type") == "zstd"


@live
def test_a_number_of_partitions_is_reported_and_kept(options: dict[str, Any], prefix: str) -> None:
    provision_topics(options, 2, prefix=prefix)
    alter(options, f"{prefix}.calls", {"retention.ms": "1000"})
    calls, *_, floor = provision_topics(options, 3, prefix=prefix)
    assert str(calls) == (
        f"{prefix}.calls: differs (partitions is 2, wanted 3: not changed; "
        "retention.ms 1000 -> 604800000)"
    )
    assert floor.outcome == "exists"
    assert partition_counts(options, prefix)["calls"] == 2
    await_setting(options, f"{prefix}.calls", "retention.ms", str(7 * DAY_MS))


@live
def test_append_time_is_in_force(options: dict[str, Any], prefix: str) -> None:
    provision_topics(options, 1, prefix=prefix)
    before_ms = int(time.time() * 1000)
    producer = KafkaProducer(**options)
    producer.send(f"{prefix}.calls", b"{}", timestamp_ms=1_000).get(timeout=30)
    producer.close()
    consumer = KafkaConsumer(auto_offset_reset="earliest", consumer_timeout_ms=30_000, **options)
    consumer.assign([TopicPartition(f"{prefix}.calls", 0)])
    record = next(consumer)
    consumer.close()
    assert record.timestamp >= before_ms


@live
@pytest.mark.parametrize("dry_run", [False, True])
def test_more_copies_than_brokers_are_refused(
    options: dict[str, Any], prefix: str, *, dry_run: bool
) -> None:
    with pytest.raises(ProvisioningError, match=rf"does not create {prefix}\.calls: .*1 broker"):
        provision_topics(options, 1, replication=3, prefix=prefix, dry_run=dry_run)
    assert partition_counts(options, prefix) == {}


@live
def test_a_missing_topic_among_others_is_created(options: dict[str, Any], prefix: str) -> None:
    provision_topics(options, 1, prefix=prefix)
    with KafkaAdminClient(**options) as admin:
        admin.delete_topics([f"{prefix}.chats"])
    while "chats" in partition_counts(options, prefix):
        time.sleep(0.05)
    outcomes = {each.topic: each.outcome for each in provision_topics(options, 1, prefix=prefix)}
    assert outcomes[f"{prefix}.chats"] == "created"
    assert outcomes[f"{prefix}.calls"] == "exists"


@live
def test_who_was_quicker_is_left_in_peace_or_corrected(
    options: dict[str, Any], prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = KafkaAdminClient.create_topics

    def be_slower(admin: KafkaAdminClient, orders: dict[str, Any], **how: Any) -> Any:
        create(admin, {f"{prefix}.calls": {"num_partitions": 1, "replication_factor": 1}})
        return create(admin, orders, **how)

    monkeypatch.setattr(KafkaAdminClient, "create_topics", be_slower)
    calls, chats, *_ = provision_topics(options, 2, prefix=prefix)
    assert calls.outcome == "differs"
    assert calls.differences[0] == Difference("partitions", "1", "2", repairable=False)
    assert chats.outcome == "created"
    await_setting(options, f"{prefix}.calls", "message.timestamp.type", "LogAppendTime")


def test_a_broker_out_of_reach_is_named() -> None:
    with pytest.raises(ProvisioningError, match=r"no Kafka answered at 127\.0\.0\.1:1, h\.invalid"):
        provision_topics(
            {"bootstrap_servers": ["127.0.0.1:1", "h.invalid:9092"]}, 1, connect_limit_s=0.3
        )


def partition_counts(options: dict[str, Any], prefix: str) -> dict[str, int]:
    with KafkaAdminClient(**options) as admin:
        return {
            each["name"].removeprefix(f"{prefix}."): len(each["partitions"])
            for each in admin.describe_topics()
            if each["name"].startswith(f"{prefix}.")
        }


def alter(options: dict[str, Any], topic: str, settings: dict[str, str]) -> None:
    with KafkaAdminClient(**options) as admin:
        admin.alter_configs([ConfigResource("TOPIC", topic, settings)])
    for name, value in settings.items():
        await_setting(options, topic, name, value)


def setting(options: dict[str, Any], topic: str, name: str) -> str:
    with KafkaAdminClient(**options) as admin:
        found = admin.describe_configs([ConfigResource("TOPIC", topic)], config_filter="all")
    return str(found["topic"][topic][name]["value"])


def await_setting(options: dict[str, Any], topic: str, name: str, value: str) -> None:
    """The broker acknowledges a change a moment before it tells of it."""
    deadline = time.monotonic() + 20
    while setting(options, topic, name) != value:
        assert time.monotonic() < deadline, f"{topic} never got {name} = {value}"
        time.sleep(0.05)
