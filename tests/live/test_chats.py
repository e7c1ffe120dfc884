"""Chats from Kafka to the board with a worker killed on the way: the figures of a plain count."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer

from streams.broker import EmbeddedKafka
from tests.laws.chats import silence, traffic
from tests.laws.plain_chats import EDGES_S, count_chats
from tests.live.running import PARTITIONS, Hotline, Json, series, until

pytestmark = pytest.mark.live

MESSAGES = 4_000
# By name of the plain count: the metric, its further labels, units to one of the count's.
COUNTERS: dict[str, tuple[str, dict[str, str], int]] = {
    "opened": ("chats_opened_total", {}, 1),
    "reopened": ("chats_reopened_total", {}, 1),
    "replied": ("chats_finished_total", {"outcome": "replied"}, 1),
    "missed": ("chats_finished_total", {"outcome": "missed"}, 1),
    "bot_only": ("chats_finished_total", {"outcome": "bot"}, 1),
    "initiated": ("chats_finished_total", {"outcome": "initiated"}, 1),
    "reply_ms": ("first_reply_seconds_sum", {}, 1000),
    "next": ("next_reply_seconds_count", {}, 1),
    "next_ms": ("next_reply_seconds_sum", {}, 1000),
    "resolved": ("chats_resolved_total", {}, 1),
    "resolution_ms": ("chats_resolution_seconds_total", {}, 1000),
    "rated": ("chats_rated_total", {}, 1),
    "satisfied": ("chats_satisfied_total", {}, 1),
    "waiting_next": ("chats_unanswered", {}, 1),
}


@pytest.fixture
def alone(kafka: EmbeddedKafka, prefix: str, tmp_path: Path) -> Iterator[Hotline]:
    running = Hotline(kafka.bootstrap, prefix, tmp_path)
    yield running
    running.stop()


def send(hotline: Hotline, events: list[Json]) -> Counter[str]:
    """Send each event as a record of its own; returns the ends of the partitions."""
    producer = KafkaProducer(bootstrap_servers=hotline.bootstrap, linger_ms=20)
    topic, sent = hotline.topic("chats"), []
    for one in events:
        value = json.dumps(one).encode()
        if "contact" in one:
            sent.append(producer.send(topic, value, key=one["contact"].encode()))
        else:
            sent += [producer.send(topic, value, partition=number) for number in range(PARTITIONS)]
    producer.flush()
    producer.close()
    ends: Counter[str] = Counter()
    for each in sent:
        place = each.get(60)
        ends[str(place.partition)] = max(ends[str(place.partition)], place.offset)
    return ends


def shows(hotline: Hotline, ends: Counter[str]) -> bool:
    board: dict[str, Any] = hotline.json("/api/v1/board")
    return bool(dict(ends) == board["offsets"].get(hotline.topic("chats")))


def test_a_worker_killed_on_the_way_changes_no_figure(alone: Hotline) -> None:
    # All of it is final by now: what was made up lies hours back, and then the source is heard.
    now_ms = int(time.time() * 1000)
    history = list(traffic(11, MESSAGES, start_ms=now_ms - 5 * 3_600_000))
    worker = alone.worker("victim").until_ready()
    board = alone.board().until_ready()
    middle = len(history) // 2
    ends = send(alone, history[:middle])
    until(lambda: shows(alone, ends), board.words)
    send(alone, history[middle:-100])
    worker.kill()
    ends = send(alone, [*history[-100:], silence(now_ms)])
    successor = alone.worker("successor").until_ready()
    until(lambda: shows(alone, ends), successor.words)

    samples = alone.metrics()
    for queue, plain in count_chats(history).items():
        labels = {"site": "main", "queue": queue, "channel": "chat"}
        plain["waiting_next"] = plain.get("waiting_next", 0) + plain.pop("waiting_first", 0)
        for name, (metric, further, unit) in COUNTERS.items():
            found = samples[series(f"hotline_{metric}", {**labels, **further})]
            assert round(found * unit) == plain.get(name, 0), (queue, name)
        for edge in EDGES_S:
            more = {**labels, "le": f"{edge:.1f}"}
            found = samples[series("hotline_first_reply_seconds_bucket", more)]
            assert found == plain.get(f"within {edge}", 0)
        assert samples[series("hotline_chats_corrections_total", labels)] == 0
    assert not {one.partition("{")[0] for one in samples if "agent 1" in one}

    verdict = json.loads(alone.run("verify", "--json"))
    assert verdict["equal"], verdict["differences"]
    assert verdict["records"] == sum(ends.values()) + PARTITIONS
