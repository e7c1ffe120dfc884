"""Workers on a real Kafka, killed, frozen and cut off: the figures stay those of the log."""

import random
import signal
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from kafka import KafkaProducer

from streams.broker import EmbeddedKafka
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

NUMBER = 3000


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
    sending, truth = feed(ground, 2, rate=600)
    for _ in range(10):
        time.sleep(chance.uniform(0.3, 4.0))
        victim.kill()
        victim = ground.start()
    sending.join(60)
    assert_exact(ground, truth)
    victim.until_ready()


def test_frozen_for_twice_the_session(ground: Ground) -> None:
    zombie = ground.start().until_ready()
    ground.start().until_ready()
    sending, truth = feed(ground, 3, rate=800)
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
    sending, truth = feed(ground, 4, rate=600)
    for _ in range(4):
        visitor = ground.start()
        visitor.until_alive()
        time.sleep(chance.uniform(0, 3))
        assert visitor.terminate() == 0
    sending.join(60)
    assert_exact(ground, truth)


def test_broker_gone_for_five_seconds(tmp_path: Path) -> None:
    with EmbeddedKafka(tmp_path / "kafka", heap_mb=384) as broker:
        ground = Ground(broker.bootstrap, "bounced", tmp_path)
        try:
            worker = ground.start().until_ready()
            sending, truth = feed(ground, 5, rate=900)
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
    rubbish = throw(ground, spoilt(6, 2000))
    send(ground.bootstrap, ground.topic("calls"), events)
    sending = throw(ground, spoilt(7, 2000))
    assert_exact(ground, truth)
    records = {record.key: decode(record.value) for record in ground.records("rejected")}
    assert len(records) == sum(rubbish.values()) + sum(sending.values())
    reasons = Counter(each.reason for each in records.values())
    assert reasons == rubbish + sending
    assert worker.metric("hotline_worker_rejected_total") == len(records)
    assert worker.process.poll() is None


def test_two_hours_later_it_goes_on_where_it_was(ground: Ground) -> None:
    """A clean stop leaves nothing to fold again, and a restart does not read the log once more."""
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
    ground.prefix = "nowhere"
    worker = ground.start()
    assert worker.process.wait(20) == 1
    assert "topics missing: nowhere.agents" in worker.log.read_text()
    assert "hotline provision" in worker.log.read_text()
