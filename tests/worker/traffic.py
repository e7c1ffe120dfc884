"""Made-up calls and the truth about them, counted as they are made: no code of the product."""

import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from kafka import KafkaProducer

QUEUES = ("sales", "service", "claims")


@dataclass
class Truth:
    """What every queue must show: counts and sums of milliseconds."""

    figures: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, queue: str, **amounts: int) -> None:
        for name, amount in amounts.items():
            self.figures[queue, name] += amount


def calls(seed: int, number: int, start_ms: int) -> tuple[list[list[dict[str, Any]]], Truth]:
    """Return the events of each call, in the order of the calls' beginnings, and the truth."""
    chance, truth, all_calls = random.Random(seed), Truth(), []
    for ordinal in range(number):
        queue, at_ms = chance.choice(QUEUES), start_ms + ordinal * 500
        wait_ms = int(chance.expovariate(1 / 15_000))
        events: list[tuple[int, str, dict[str, Any]]] = [(at_ms, "call.queued", {})]
        truth.add(queue, offered=1)
        if chance.random() < 0.25:
            events.append((at_ms + wait_ms, "call.abandoned", {}))
            truth.add(queue, abandoned=1, abandon_ms=wait_ms)
        else:
            talk_ms = int(chance.expovariate(1 / 60_000))
            events.append((at_ms + wait_ms, "call.answered", {}))
            events.append((at_ms + wait_ms + talk_ms, "call.ended", {}))
            truth.add(queue, answered=1, wait_ms=wait_ms, talk_ms=talk_ms)
            truth.add(queue, within_20_s=int(wait_ms <= 20_000))
        name = f"{seed}-{ordinal}"
        all_calls.append([_event(name, queue, *each) for each in events])
    return all_calls, truth


def _event(name: str, queue: str, at_ms: int, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "v": 1,
        "id": f"{name}-{kind}",
        "type": kind,
        "at_ms": at_ms,
        "source": "test-pbx",
        "contact": name,
        "queue": queue,
        "visit": 1,
        "data": data,
    }


def disturbed(seed: int, all_calls: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Every event, in the order of time shuffled within a minute, one in twenty sent twice."""
    chance = random.Random(seed)
    events = [event for each in all_calls for event in each]
    events += [event for event in events if chance.random() < 0.05]
    return sorted(events, key=lambda event: event["at_ms"] + chance.uniform(0, 60_000))


def spoilt(seed: int, number: int) -> list[tuple[bytes | None, Counter[str]]]:
    """Values that hold nothing good, each with the reasons for which it must be refused."""
    chance = random.Random(seed)
    made: list[tuple[bytes | None, Counter[str]]] = []
    for ordinal in range(number):
        event = _event(f"bad{seed}-{ordinal}", "sales", int(time.time() * 1000), "call.queued", {})
        kinds: list[tuple[object, Counter[str]]] = [
            (None, Counter(empty=1)),
            (b"", Counter(empty=1)),
            (b"{" + chance.randbytes(40), Counter(not_json=1)),
            (json.dumps(event)[:-9].encode(), Counter(not_json=1)),
            (17, Counter(not_an_object=1)),
            ([[], None, "call"], Counter(not_an_object=3)),
            ({**event, "type": "call.dreamt"}, Counter(unknown_type=1)),
            ({**event, "type": "chat.opened"}, Counter(wrong_topic=1)),
            ({**event, "at_ms": "noon"}, Counter(bad_field=1)),
            ({**event, "contact": ""}, Counter(bad_field=1)),
            ({**event, "v": 9}, Counter(bad_version=1)),
            ({**event, "at_ms": event["at_ms"] + 86_400_000}, Counter(future=1)),
            ([{**event, "queue": 5}, {**event, "visit": -1}], Counter(bad_field=2)),
            ({**event, "data": {"padding": "x" * 70_000}}, Counter(too_large=1)),
        ]
        value, reasons = chance.choice(kinds)
        if value is not None and not isinstance(value, bytes):
            value = json.dumps(value).encode()
        made.append((value, reasons))
    return made


def send(
    bootstrap: str, topic: str, events: list[dict[str, Any]], rate: float | None = None
) -> None:
    """Send one event a record, keyed by its contact, at most `rate` a second."""
    producer = KafkaProducer(bootstrap_servers=bootstrap, linger_ms=5, reconnect_backoff_max_ms=500)
    started = time.monotonic()
    try:
        for number, event in enumerate(events):
            if rate is not None and number % 20 == 0:
                time.sleep(max(0.0, started + number / rate - time.monotonic()))
            producer.send(topic, json.dumps(event).encode(), key=event["contact"].encode())
        producer.flush(timeout=60)
    finally:
        producer.close()
