import re

import pytest

from streams.config import KafkaSettings, Settings, WorkerSettings
from streams.worker.app import create_app
from streams.worker.errors import TopicsError
from streams.worker.options import faust_options
from streams.worker.run import check_topics

THERE = {
    **dict.fromkeys(
        ("d.calls", "d.chats", "d.tickets", "d.agents", "d.state", "d.visits", "other"), 3
    ),
    "d.rejected": 1,
}
SETTINGS = Settings(kafka=KafkaSettings(topic_prefix="d", partitions=3))


async def test_faust_takes_every_one_of_them() -> None:
    settings = Settings(worker=WorkerSettings(name="w1", compression="none"))
    conf = create_app(settings).conf
    for name, wanted in {
        "id": "hotline-worker",
        "broker_session_timeout": 6.0,
        "broker_heartbeat_interval": 1.5,
        "broker_request_timeout": 30.0,
        "consumer_auto_offset_reset": "earliest",
        "consumer_group_instance_id": "w1",
        "producer_compression_type": None,
        "producer_max_request_size": 16 * 1024 * 1024,
        "stream_buffer_maxsize": 16,
        "stream_wait_empty": False,
        "table_standby_replicas": 0,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "web_enabled": False,
    }.items():
        assert getattr(conf, name) == wanted, name
    assert str(conf.processing_guarantee.value) == "at_least_once"
    assert conf.producer_acks == -1


async def test_one_agent_a_topic() -> None:
    app = create_app(SETTINGS)
    topics = {agent.channel.get_topic_name() for agent in app.agents.values()}
    assert topics == {"d.calls", "d.chats", "d.tickets", "d.agents"}


def test_several_brokers() -> None:
    kafka = KafkaSettings(bootstrap=("a:9092", "[::1]:9093"))
    assert faust_options(Settings(kafka=kafka))["broker"] == [
        "kafka://a:9092",
        "kafka://[::1]:9093",
    ]


def test_topics_as_they_should_be() -> None:
    check_topics(THERE, SETTINGS)


def test_missing_topics_are_named() -> None:
    found = {name: count for name, count in THERE.items() if name != "d.state"}
    with pytest.raises(TopicsError, match=re.escape("missing: d.state. Run `hotline provision`")):
        check_topics(found, SETTINGS)


def test_topics_cut_differently_are_named() -> None:
    with pytest.raises(TopicsError, match=r"d\.visits has 8 partitions, expected 3"):
        check_topics({**THERE, "d.visits": 8}, SETTINGS)
