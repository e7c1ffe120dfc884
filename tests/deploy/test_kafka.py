"""The broker's variables, given to the Kafka that they are for."""

import base64
from pathlib import Path

import pytest
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from streams.broker import EmbeddedKafka
from tests.deploy import compose

PREFIX = "KAFKA_"
# Where it listens and keeps its data is of the container.
PLACES = {"listeners", "advertised.listeners", "controller.quorum.voters", "log.dirs"}
# Of the image's scripts, not of the broker.
SCRIPTS = {"KAFKA_HEAP_OPTS"}


def properties() -> dict[str, str]:
    """The variables as the image turns them into properties."""
    environment = compose.services()["kafka"]["environment"]
    return {
        name.removeprefix(PREFIX).lower().replace("_", "."): str(value)
        for name, value in environment.items()
        if name.startswith(PREFIX) and name not in SCRIPTS
    }


def test_the_cluster_has_an_id_as_kafka_writes_it() -> None:
    cluster_id = compose.services()["kafka"]["environment"]["CLUSTER_ID"]
    assert len(base64.urlsafe_b64decode(f"{cluster_id}==")) == 16


def test_all_listeners_go_by_names_that_are_mapped() -> None:
    found = properties()
    names = {address.split("://")[0] for address in found["listeners"].split(",")}
    mapped = {pair.split(":")[0] for pair in found["listener.security.protocol.map"].split(",")}
    assert names == mapped
    assert found["controller.quorum.voters"] == f"{found['node.id']}@kafka:9093"
    assert found["advertised.listeners"] == "PLAINTEXT://kafka:9092"


@pytest.mark.live
def test_kafka_takes_every_setting(tmp_path: Path) -> None:
    wanted = {name: value for name, value in properties().items() if name not in PLACES}
    with EmbeddedKafka(tmp_path, properties=wanted) as kafka:
        admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
        broker = ConfigResource(ConfigResourceType.BROKER, wanted["node.id"])
        answer = admin.describe_configs([broker], config_filter="all")
        admin.close()
    found = answer["broker"][wanted["node.id"]]
    assert {name: found[name]["value"] for name in wanted} == wanted
