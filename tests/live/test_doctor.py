"""`hotline doctor` on a deployment that is well, and on others of which one thing is wrong."""

import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka.admin import ConfigResource, KafkaAdminClient

from streams.broker import EmbeddedKafka, Listener
from streams.broker.ports import free_port
from streams.config import Settings, load
from streams.doctor.findings import Finding, Severity
from streams.doctor.run import examine
from streams.provisioning import provision_topics
from streams.wire.topics import worker_group
from tests.live.recording import events, heartbeat, now_s, send
from tests.live.running import PARTITIONS, Hotline, Service, until

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def deployed(
    kafka: EmbeddedKafka, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Hotline, Service, Service]]:
    hotline = Hotline(kafka.bootstrap, f"doctor{os.getpid()}", tmp_path_factory.mktemp("doctor"))
    try:
        worker, board = hotline.worker(), hotline.board()
        yield hotline, worker.until_ready(), board.until_ready()
    finally:
        hotline.stop()


def settings(bootstrap: str, prefix: str, **own: object) -> Settings:
    """Those of a deployment without a board and a worker of its own."""
    environment = {
        "HOTLINE_KAFKA__BOOTSTRAP": bootstrap,
        "HOTLINE_KAFKA__TOPIC_PREFIX": prefix,
        "HOTLINE_KAFKA__PARTITIONS": PARTITIONS,
        "HOTLINE_BOARD__PORT": 0,
        "HOTLINE_WORKER__HEALTH_PORT": 0,
        **own,
    }
    return load(None, {key: str(text) for key, text in environment.items()})


@pytest.fixture
def alone(kafka: EmbeddedKafka, prefix: str, tmp_path: Path) -> tuple[Hotline, Settings]:
    """Topics, and nobody who works."""
    return Hotline(kafka.bootstrap, prefix, tmp_path), settings(kafka.bootstrap, prefix)


def by_id(findings: list[Finding]) -> dict[str, Finding]:
    return {each.id: each for each in findings}


def seen(hotline: Hotline, now_ms: int) -> bool:
    """Whether every partition's heartbeat of that time is on the board."""
    return (hotline.json("/api/v1/board")["watermark_ms"] or 0) >= now_ms - 60_000


def test_a_deployment_that_is_well_and_then_refuses_much(
    deployed: tuple[Hotline, Service, Service],
) -> None:
    hotline, worker, board = deployed
    now_ms = 1000 * now_s()
    send(hotline, [heartbeat("pbx", "main", now_ms)])
    until(lambda: seen(hotline, now_ms), lambda: "the board shows no heartbeat")
    known = ("doctor", "--json", "--worker", worker.url, "--board", board.url)
    told = json.loads(hotline.run(*known))
    assert told["ok"] is True
    assert {each["severity"] for each in told["findings"]} == {"ok"}, told
    assert {each["id"] for each in told["findings"]} == {
        *("broker", "topics", "clock", "source", "group", "lag", "state", "rejects"),
        *("worker", "board", "board-data"),
    }
    assert members(hotline) == 1
    send(hotline, [{"v": 1, "type": "call.queued", "contact": f"c{each}"} for each in range(70)])
    until(lambda: len(list(hotline.records("rejected"))) >= 70, worker.words)
    done = hotline.tried("doctor", "--worker", worker.url)
    assert done.returncode == 1
    (said,) = [line for line in done.stdout.splitlines() if line.startswith("problem")]
    assert said.startswith("problem  70 events refused in the last hour: 70 bad_field -> see ")
    assert members(hotline) == 1


def members(hotline: Hotline) -> int:
    """How many take part in anything on this prefix: the worker, and never the doctor."""
    with KafkaAdminClient(bootstrap_servers=hotline.bootstrap) as admin:
        name = worker_group(hotline.prefix)
        return len(admin.describe_groups([name])[name]["members"])


def test_no_broker_is_said_in_words_and_soon(prefix: str) -> None:
    finding = examine(settings(f"127.0.0.1:{free_port()}", prefix))[0]
    assert (finding.id, finding.severity) == ("broker", Severity.PROBLEM)
    assert "Connection refused" in finding.words


def test_something_else_that_listens_is_no_kafka(prefix: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started_s = time.monotonic()
        (finding,) = examine(settings(f"127.0.0.1:{silent.getsockname()[1]}", prefix))
        assert time.monotonic() - started_s < 30
    assert (finding.id, finding.severity) == ("broker", Severity.PROBLEM)
    assert "does not answer as Kafka does" in finding.words


def test_a_listener_that_asks_for_a_password(tmp_path: Path, prefix: str) -> None:
    login = "org.apache.kafka.common.security.plain.PlainLoginModule"
    asking = Listener("ASKING", free_port(), "SASL_PLAINTEXT")
    properties = {
        "listener.name.asking.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.asking.plain.sasl.jaas.config": f'{login} required user_hot="right";',
    }
    where = f"127.0.0.1:{asking.port}"
    shared = {
        "HOTLINE_KAFKA__SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "HOTLINE_KAFKA__SASL_MECHANISM": "PLAIN",
        "HOTLINE_KAFKA__SASL_USERNAME": "hot",
    }
    with EmbeddedKafka(tmp_path, heap_mb=256, listeners=[asking], properties=properties):
        right = examine(settings(where, prefix, **shared, HOTLINE_KAFKA__SASL_PASSWORD="right"))
        (wrong,) = examine(settings(where, prefix, **shared, HOTLINE_KAFKA__SASL_PASSWORD="wrong"))
        (plain,) = examine(settings(where, prefix))
    assert [each.id for each in right] == ["broker", "topics-missing"]
    assert right[0].severity is Severity.OK
    assert (wrong.id, wrong.severity) == ("credentials", Severity.PROBLEM)
    assert "wrong" not in wrong.words
    assert plain.words == f"{where} hangs up when spoken to in PLAINTEXT"


def test_topics_that_are_missing_or_otherwise(kafka: EmbeddedKafka, prefix: str) -> None:
    options = {"bootstrap_servers": kafka.bootstrap}
    expected = settings(kafka.bootstrap, prefix)
    (missing,) = [each for each in examine(expected) if each.severity is Severity.PROBLEM]
    assert missing.id == "topics-missing"
    assert missing.words.startswith(f"topics missing: {prefix}.calls, {prefix}.chats")
    provision_topics(options, PARTITIONS - 1, prefix=prefix)
    state = f"{prefix}.state"
    short = {"retention.ms": "1000", "cleanup.policy": "delete"}
    with KafkaAdminClient(**options) as admin:
        admin.alter_configs([ConfigResource("TOPIC", state, {"cleanup.policy": "delete"})])
        admin.alter_configs([ConfigResource("TOPIC", f"{prefix}.chats", short)])
    wanted = {
        f"{prefix}.calls: partitions is 3, expected 4",
        f"{prefix}.chats: retention.ms is 1000, expected 604800000",
        f"{state}: cleanup.policy is delete, expected compact",
    }
    found: set[str] = set()

    def grave() -> bool:
        findings = [each for each in examine(expected) if each.severity is Severity.PROBLEM]
        found.update(each.words for each in findings)
        return wanted <= found

    until(grave, lambda: str(sorted(found)))


def test_a_state_topic_that_is_gone_stops_no_other_check(alone: tuple[Hotline, Settings]) -> None:
    hotline, expected = alone
    with KafkaAdminClient(bootstrap_servers=hotline.bootstrap) as admin:
        admin.delete_topics([hotline.topic("state"), hotline.topic("rejected")])
    words = f"topics missing: {hotline.topic('state')}, {hotline.topic('rejected')}"
    found: dict[str, Finding] = {}

    def said() -> bool:
        found.update(by_id(examine(expected)))
        return "topics-missing" in found and found["topics-missing"].words == words

    until(said, lambda: str(found))
    assert {"broker", "group-empty", "state-empty", "sources-none"} <= set(found)


def test_nobody_who_consumes(alone: tuple[Hotline, Settings]) -> None:
    hotline, expected = alone
    send(hotline, [heartbeat("pbx", "main", 1000 * now_s())])
    found = by_id(examine(expected))
    assert found["group-empty"].severity is Severity.PROBLEM
    assert found["group-empty"].words.endswith(f"{PARTITIONS} records wait")
    assert found["source"].severity is Severity.OK
    assert found["state-empty"].severity is Severity.WARNING


def test_sources_without_heartbeats_and_with_wrong_clocks(
    alone: tuple[Hotline, Settings], kafka: EmbeddedKafka
) -> None:
    hotline, expected = alone
    send(hotline, [*events("mute", "east")[:40], heartbeat("fast", "w", 1000 * now_s() + 90_000)])
    found = by_id(examine(expected))
    assert found["source-no-heartbeats"].words.startswith("source mute (site east) on ")
    assert found["source-clock"].words.startswith("source fast (site w) on ")
    quick = settings(
        kafka.bootstrap,
        hotline.prefix,
        HOTLINE_BOARD__STALE_AFTER_S=1,
        HOTLINE_SOURCE__HEARTBEAT_INTERVAL_S=1,
    )
    until(lambda: "source-silent" in by_id(examine(quick)), lambda: "never said to be silent")
