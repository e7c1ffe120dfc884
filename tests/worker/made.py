"""Records, events and partitions for tests that need no Kafka."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from faust.types import TP

from streams.core.limits import Rules
from streams.core.state import PartitionState
from streams.wire.keys import Origin
from streams.worker.partition import Partition

CALLS = TP("hotline.calls", 0)
NOW_MS = 1_763_800_000_000


@dataclass
class Record:
    offset: int
    value: bytes | None
    key: bytes | None = b"c"
    timestamp: int | None = NOW_MS


@dataclass
class Batch:
    value: list[Record]
    tp: TP = CALLS
    generation_id: int | None = 1


@dataclass
class Counting:
    """Everything that anything counts."""

    counts: Counter[str] = field(default_factory=Counter)

    def folded(self, topic: str, records: int) -> None:
        self.counts[f"folded {topic}"] += records

    def passed_over(self, why: str, records: int) -> None:
        self.counts[why] += records

    def rejected(self, reasons: Sequence[str]) -> None:
        self.counts.update(reasons)

    def lost(self, tp: TP, records: int) -> None:
        self.counts[f"lost {tp.topic}/{tp.partition}"] += records

    def reread(self) -> None:
        self.counts["reread"] += 1

    def empty_offsets(self, offsets: int) -> None:
        self.counts["empty"] += offsets

    def checkpoint(self, result: str, took_s: float) -> None:
        assert took_s >= 0
        self.counts[result] += 1

    def dumped(self, cost_s: float) -> None:
        assert cost_s >= 0


def event(contact: str, kind: str, at_ms: int = NOW_MS, **more: Any) -> dict[str, Any]:
    return {
        "v": 1,
        "id": f"{contact}-{kind}",
        "type": kind,
        "at_ms": at_ms,
        "source": "s",
        "contact": contact,
        "queue": "q",
        **more,
    }


def call(contact: str, offset: int) -> list[Record]:
    """The three records of an answered call, from this offset on."""
    kinds = ("call.queued", "call.answered", "call.ended")
    return [
        Record(offset + place, json.dumps(event(contact, kind, NOW_MS + place * 1000)).encode())
        for place, kind in enumerate(kinds)
    ]


def partition(tp: TP = CALLS) -> Partition:
    return Partition(Origin(*tp), PartitionState("calls", Rules()))
