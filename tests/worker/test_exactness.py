"""Workers on a real Kafka, killed, frozen and cut off: the figures stay those of the log."""

import json
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from kafka import KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient

from streams.broker import EmbeddedKafka
from streams.wire.keys import Origin, offset_header, state_key
from streams.wire.rejected import decode
from tests.worker.running import (
    PARTITIONS,
    Ground,
    assert_prefixes,
    assert_true,
    until,
    visits,
)
from tests.worker.traffic import Truth, calls, disturbed, send, spoilt

pytestmark = pytest.mark.live

NUMBER = 2000


@pytest.fixture
def ground(kafka: EmbeddedKafka, prefix: str, tmp_path: Path) -> Iterator[Ground]:
    deployment = Ground(kafka.bootstrap, prefix, tmp_path)
    yield deployment
    deployment.stop()


def start_ms() -> int:
    """The calls of half an hour, the last of which ended some minutes ago."""
    return int(time.time() * 1000) - 3_600_000


def feed(ground: Ground, seed: int, rate: float) -> tuple[threading.Thread, Truth]:
    """Send in the background; returns the thread, and what must come out."""
    all_calls, truth = calls(seed, NUMBER, start_ms())
    events = disturbed(seed, all_calls)
    arguments = (ground.bootstrap, ground.topic("calls"), events, rate)
    thread = threading.Thread(target=send, args=arguments, daemon=True)
    thread.start()
    return thread, truth


def assert_exact(ground: Ground, truth: Truth) -> None:
    ground.until_saved()
    assert_true(ground, truth)
    assert assert_prefixes(ground) >= PARTITIONS
    assert len(visits(ground)) == NUMBER


def test_plain(ground: Ground) -> None:
    worker = ground.start().until_ready()
    all_calls, truth = calls(1, NUMBER, start_ms())
    send(ground.bootstrap, ground.topic("calls"), disturbed(1, all_calls))
    assert_exact(ground, truth)
    rows = visits(ground)
    assert sum(row["outcome"] == "answered" for row in rows.values()) == sum(
        count for (_, name), count in truth.figures.items() if name == "answered"
    )
    assert worker.metric("hotline_worker_lag_records") == 0
    assert worker.get("/healthz")[0] == 200
    assert worker.terminate() == 0


def test_killed_ten_times(ground: Ground) -> None:
    chance = random.Random(7)
    ground.start().until_ready()
    victim = ground.start()
    sending, truth = feed(ground, 2, rate=250)
    for ordinal in range(10):
        if ordinal % 4 == 0:
            victim.until_ready()
        time.sleep(chance.uniform(0.3, 3.0))
        victim.kill()
        victim = ground.start()
    sending.join(60)
    assert_exact(ground, truth)
    victim.until_ready()


def test_frozen_for_twice_the_session(ground: Ground) -> None:
    zombie = ground.start().until_ready()
    ground.start().until_ready()
    sending, truth = feed(ground, 3, rate=400)
    time.sleep(3)
    zombie.signal(signal.SIGSTOP)
    time.sleep(13)
    zombie.signal(signal.SIGCONT)
    sending.join(60)
    assert_exact(ground, truth)
    zombie.until_ready()
    assert zombie.metric("hotline_worker_rebalances_total") >= 2


def test_workers_come_and_go(ground: Ground) -> None:
    chance = random.Random(4)
    ground.start().until_ready()
    sending, truth = feed(ground, 4, rate=500)
    for _ in range(4):
        visitor = ground.start()
        visitor.until_alive()
        time.sleep(chance.uniform(0, 3))
        assert visitor.terminate() == 0, visitor.log.read_text()
    sending.join(60)
    assert_exact(ground, truth)


def test_ended_while_it_joins(ground: Ground) -> None:
    """The broker holds a join back until all members are there: an end does not wait for that."""
    chance = random.Random(11)
    ground.start().until_ready()
    for _ in range(8):
        visitor = ground.start()
        visitor.until_alive()
        time.sleep(chance.uniform(0, 0.5))
        assert visitor.terminate() == 0, visitor.log.read_text()


def test_broker_gone_for_five_seconds(tmp_path: Path) -> None:
    with EmbeddedKafka(tmp_path / "kafka", heap_mb=384) as broker:
        ground = Ground(broker.bootstrap, "bounced", tmp_path)
        try:
            worker = ground.start().until_ready()
            sending, truth = feed(ground, 5, rate=600)
            time.sleep(4)
            broker.kill()
            time.sleep(5)
            broker.start()
            sending.join(60)
            assert_exact(ground, truth)
            assert worker.process.poll() is None
            assert worker.log.stat().st_size < 50_000
        finally:
            ground.stop()


def throw(ground: Ground, rubbish: list[tuple[bytes | None, Counter[str]]]) -> Counter[str]:
    """Send these values; returns how often each reason is expected."""
    producer = KafkaProducer(bootstrap_servers=ground.bootstrap, linger_ms=5)
    for value, _ in rubbish:
        producer.send(ground.topic("calls"), value, key=b"\xff\xfe rubbish")
    producer.flush()
    producer.close()
    return sum((reasons for _, reasons in rubbish), Counter())


def test_rubbish_around_good_events(ground: Ground) -> None:
    worker = ground.start().until_ready()
    all_calls, truth = calls(6, NUMBER, start_ms())
    events = disturbed(6, all_calls)
    rubbish = throw(ground, spoilt(6, 1000))
    send(ground.bootstrap, ground.topic("calls"), events)
    sending = throw(ground, spoilt(7, 1000))
    assert_exact(ground, truth)
    records = {record.key: decode(record.value) for record in ground.records("rejected")}
    assert len(records) == sum(rubbish.values()) + sum(sending.values())
    reasons = Counter(each.reason for each in records.values())
    assert reasons == rubbish + sending
    assert worker.metric("hotline_worker_rejected_total") == len(records)
    assert worker.process.poll() is None


def test_after_a_clean_stop_nothing_is_folded_again(ground: Ground) -> None:
    first = ground.start().until_ready()
    all_calls, truth = calls(8, NUMBER, start_ms())
    events = disturbed(8, all_calls)
    send(ground.bootstrap, ground.topic("calls"), events[: len(events) // 2])
    until(lambda: first.metric("hotline_worker_records_total") == len(events) // 2, 30)
    started = time.monotonic()
    assert first.terminate() == 0
    assert time.monotonic() - started < 5
    second = ground.start().until_ready()
    send(ground.bootstrap, ground.topic("calls"), events[len(events) // 2 :])
    assert_exact(ground, truth)
    assert second.metric("hotline_worker_records_total") == len(events) - len(events) // 2


def test_topics_are_missing(ground: Ground) -> None:
    worker = ground.start(extra="[kafka2]\n")
    assert worker.process.wait(20) == 2
    assert "kafka2" in worker.log.read_text()
    ground.prefix = "nowhere"
    worker = ground.start()
    assert worker.process.wait(20) == 1
    assert "topics missing: nowhere.agents" in worker.log.read_text()
    assert "hotline provision" in worker.log.read_text()


def test_without_kafka_it_waits(tmp_path: Path) -> None:
    broker = EmbeddedKafka(tmp_path / "kafka", heap_mb=384)
    with broker:
        ground = Ground(broker.bootstrap, "away", tmp_path)
    try:
        first, second = ground.start(), ground.start()
        first.until_alive()
        assert first.get("/readyz")[0] == 503
        assert "no Kafka at 127.0.0.1" in first.log.read_text()
        assert first.terminate() == 0
        broker.start()
        second.until_ready()
        broker.kill()
        started = time.monotonic()
        second.terminate()
        assert time.monotonic() - started < 5.5
    finally:
        ground.stop()
        broker.kill()


async def test_a_log_with_holes(ground: Ground) -> None:
    """A transactional producer leaves markers between its records: offsets that nobody gets."""
    worker = ground.start().until_ready()
    all_calls, truth = calls(9, 100, start_ms())
    options = {"bootstrap_servers": ground.bootstrap, "transactional_id": ground.prefix}
    async with AIOKafkaProducer(**options) as producer:
        for each in all_calls:
            async with producer.transaction():
                for event in each:
                    await producer.send(
                        ground.topic("calls"), json.dumps(event).encode(), partition=1
                    )
    total = sum(map(len, all_calls))
    until(lambda: worker.metric("hotline_worker_records_total") == total, 60, worker.log.read_text)
    assert worker.terminate() == 0
    assert_true(ground, truth)
    assert "hold no record (a transactional producer" in worker.log.read_text()


def test_input_deleted_before_it_was_folded(ground: Ground) -> None:
    worker = ground.start().until_ready()
    all_calls, _ = calls(10, 200, start_ms())
    events = [event for each in all_calls for event in each]
    send(ground.bootstrap, ground.topic("calls"), events)
    ground.until_saved()
    until(lambda: worker.metric("hotline_worker_checkpoints_total") > 0, 10)
    assert worker.terminate() == 0
    send(ground.bootstrap, ground.topic("calls"), events)
    tps = [TopicPartition(ground.topic("calls"), number) for number in range(PARTITIONS)]
    with closing(ground.consumer()) as consumer:
        ends = consumer.end_offsets(tps)
    with closing(KafkaAdminClient(bootstrap_servers=ground.bootstrap)) as admin:
        admin.delete_records({tp: end - 3 for tp, end in ends.items()})
    worker = ground.start().until_ready()
    lost = len(events) - 3 * PARTITIONS
    assert worker.metric("hotline_worker_data_lost_records_total") == lost
    until(lambda: worker.metric("hotline_worker_records_total") == 3 * PARTITIONS, 20)
    assert worker.log.read_text().count("DATA LOST") >= 1


def test_a_state_that_cannot_be_read_stops_the_worker(ground: Ground) -> None:
    with closing(KafkaProducer(bootstrap_servers=ground.bootstrap)) as producer:
        producer.send(
            ground.topic("state"),
            b'{"v":99}\n[]',
            key=state_key(Origin(ground.topic("calls"), 2), 1),
            partition=2,
            headers=offset_header(4),
        )
        for _ in range(9):
            producer.send(ground.topic("calls"), b"{}", partition=2)
    worker = ground.start()
    assert worker.process.wait(30) == 1
    assert "cannot read the snapshot at" in worker.log.read_text()
    assert "newer release" in worker.log.read_text()
