"""The packaged recording with its figures, counted by another program from the same log."""

from __future__ import annotations

import csv
import json
import random
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from kafka import KafkaProducer

from streams.demo.player import read_events
from streams.demo.run import recording_path
from streams.simulator.pacing import retimed
from tests.live.running import Hotline, Json, Samples, series

DATA = Path(__file__).parents[1] / "data" / "asterisk_22_run_a"
ORACLE: Mapping[str, Json] = json.loads((DATA / "oracle.json").read_text("utf-8"))[
    "queue_log_by_fields"
]
QUEUES = sorted(set(ORACLE) - {"*"})
EDGES_S = (3, 9, 20)
SHORT_ABANDON_S = 5
# What only looks final becomes so when it is too late for a contradiction: the recording ends
# longer ago than that, and is whole in the last sixty minutes.
ENDED_AGO_S = 20 * 60


def visits() -> list[dict[str, str]]:
    """One line per visit, in the order of their beginnings."""
    with (DATA / "visits.csv").open(encoding="utf-8", newline="") as stream:
        return sorted(csv.DictReader(stream), key=lambda line: float(line["joined"]))


def retimed_log(folder: Path, name: str, ended_ago_s: int = ENDED_AGO_S) -> Path:
    """The log itself as if it had ended so many seconds ago; call names stay as they are."""
    lines = [line.split(b"|", 1) for line in recording_path().read_bytes().splitlines()]
    shift_s = now_s() - ended_ago_s - max(int(second) for second, _ in lines)
    path = folder / name
    path.write_bytes(b"".join(b"%d|%s\n" % (int(s) + shift_s, rest) for s, rest in lines))
    return path


def events(source: str, site: str, *, round_number: int = 0) -> list[Json]:
    """The recording's events, the last of them `ENDED_AGO_S` ago, in their order."""
    end_ms = 1000 * (now_s() - ENDED_AGO_S)
    return retimed(read_events(source, site, recording_path()), str(round_number), end_ms)


def shuffled(found: Sequence[Json], seed: int, within_ms: int = 60_000) -> list[Json]:
    """Each event up to a minute later than it should come."""
    chance = random.Random(seed)
    return sorted(found, key=lambda event: event["at_ms"] + chance.uniform(0, within_ms))


def heartbeat(source: str, site: str, at_ms: int) -> Json:
    kind = "source.heartbeat"
    return {
        "v": 1,
        "id": f"{source}{at_ms}",
        "type": kind,
        "at_ms": at_ms,
        "source": source,
        "site": site,
    }


def send(hotline: Hotline, found: Sequence[Json]) -> None:
    """One event a record, keyed by its contact; what is about the source to every partition."""
    topic = hotline.topic("calls")
    producer = KafkaProducer(bootstrap_servers=hotline.bootstrap, linger_ms=5)
    try:
        numbers = producer.partitions_for(topic)
        for event in found:
            value = json.dumps(event).encode()
            if event["type"].startswith("source."):
                for number in numbers:
                    producer.send(topic, value, partition=number)
            else:
                producer.send(topic, value, key=event["contact"].encode())
        producer.flush(timeout=60)
    finally:
        producer.close()


def true_counters(site: str, times: int = 1) -> Samples:
    """What /metrics must show of the recording: from the oracle and, for sums, from visits.csv."""
    truth: Samples = {}
    for queue in QUEUES:
        labels = {"channel": "voice", "queue": queue, "site": site}
        for (name, further), value in _of_queue(queue).items():
            truth[series(name, {**labels, **dict(further)})] = times * value
    return truth


# Name and further labels.
Key = tuple[str, tuple[tuple[str, str], ...]]


def _of_queue(queue: str) -> dict[Key, float]:
    oracle = ORACLE[queue]
    mine = [line for line in visits() if line["queue"] == queue]
    waits = {
        outcome: [int(line["ql_hold"]) for line in mine if line["ql_outcome"] == outcome]
        for outcome in ("answered", "abandon")
    }
    talks = [int(line["ql_talk"]) for line in mine if line["ql_talk"]]
    short = sum(wait <= SHORT_ABANDON_S for wait in waits["abandon"])
    outcomes = {
        "answered": oracle["answered"],
        "abandoned": oracle["abandoned"] - short,
        "abandoned_short": short,
        "timeout": oracle["timed_out"],
        "key": oracle["exit_key"],
    }
    answer = "hotline_speed_of_answer_seconds"
    truth: dict[Key, float] = {
        ("hotline_contacts_offered_total", ()): oracle["offered"],
        (f"{answer}_sum", ()): sum(waits["answered"]),
        (f"{answer}_count", ()): oracle["answered"],
        ("hotline_abandon_wait_seconds_sum", ()): sum(waits["abandon"]),
        ("hotline_handle_seconds_sum", ()): sum(talks),
        ("hotline_handle_seconds_count", ()): oracle["talk_n"],
        ("hotline_corrections_total", ()): 0,
    }
    for outcome, count in outcomes.items():
        truth["hotline_contacts_finished_total", (("outcome", outcome),)] = count
    for kind in ("blind", "attended"):
        truth["hotline_transfers_total", (("kind", kind),)] = oracle[f"transferred_{kind}"]
    for edge in EDGES_S:
        truth[f"{answer}_bucket", (("le", f"{edge}.0"),)] = oracle[f"answered_within_{edge}s"]
    return truth


def now_s() -> int:
    """The present, in whole seconds."""
    return int(time.time())
