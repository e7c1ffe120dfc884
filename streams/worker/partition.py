"""One owned partition: its state, how much of it is saved, and what still has to be sent.

Knows no Kafka client: given records, it hands out bytes. What was not acknowledged stays here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from streams.core.rows import row
from streams.core.state import PartitionState
from streams.wire.codec import kept
from streams.wire.keys import Origin, offset_header, visit_key
from streams.wire.rejected import refusals
from streams.wire.snapshot import dump
from streams.worker.collection import no_collection

# A closed visit that waits to be sent, roughly, with its row's key and headers.
ROW_BYTES = 500
# While Kafka takes nothing, memory must not take everything.
OUTBOX_BYTES_MAX = 64 * 1024 * 1024


class InputRecord(Protocol):
    """What is read of an input record; aiokafka's has more."""

    offset: int
    timestamp: int | None
    key: bytes | None
    value: bytes | None


class Output(NamedTuple):
    """A record to be sent."""

    value: bytes
    headers: list[tuple[str, bytes]]


Outputs = dict[bytes, Output]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A partition at one moment: its snapshot, and what must be durable before it."""

    partition: Partition
    offset: int
    snapshot: bytes
    visits: Mapping[bytes, Output]
    rejected: Mapping[bytes, Output]


@dataclass(slots=True, eq=False)
class Partition:
    """`saved` is the last offset whose snapshot is committed; -1 before there is one.

    `too_large`: its snapshot no longer fits into a record, so it cannot be saved.
    """

    origin: Origin
    state: PartitionState
    saved: int = -1
    too_large: bool = False
    visits: Outputs = field(default_factory=dict)
    rejected: Outputs = field(default_factory=dict)
    outbox_bytes: int = 0

    @property
    def changed(self) -> bool:
        """Whether something was folded since the last commit."""
        return self.state.offset > self.saved

    @property
    def overfull(self) -> bool:
        """Whether so much waits to be sent that folding has to wait, too."""
        return self.outbox_bytes + self.state.unsaved_visits * ROW_BYTES > OUTBOX_BYTES_MAX

    def note_refusals(self, record: InputRecord) -> list[str]:
        """Keep what the state refused of `record`, with its bytes; returns the reasons."""
        refused = self.state.take_refused()
        for each in refusals(self.origin, (record.key, record.value, record.timestamp), refused):
            self._keep(self.rejected, each.key, Output(each.encode(), []))
        return [str(reason) for _, _, reason, _ in refused]

    def seal(self) -> tuple[Sealed, float]:
        """Take the snapshot and what has to be sent before it; and the seconds it cost."""
        started = time.perf_counter()
        headers = offset_header(self.state.offset)
        for (name, number), (contact, visit) in self.state.take_closed().items():
            content = row(name, number, contact, visit)
            if content is not None:
                output = Output(kept(content), headers)
                self._keep(self.visits, visit_key(name, number), output)
        with no_collection():
            snapshot = dump(self.state)
        cost_s = time.perf_counter() - started
        offset = self.state.offset
        return Sealed(self, offset, snapshot, dict(self.visits), dict(self.rejected)), cost_s

    def _keep(self, outputs: Outputs, key: bytes, output: Output) -> None:
        before = outputs.get(key)
        self.outbox_bytes += len(output.value) - (len(before.value) if before else 0)
        outputs[key] = output

    def sent(self, sealed: Sealed) -> None:
        """Forget what the broker has acknowledged; what was replaced meanwhile stays."""
        for mine, gone in ((self.visits, sealed.visits), (self.rejected, sealed.rejected)):
            for key, output in gone.items():
                if mine.get(key) is output:
                    del mine[key]
                    self.outbox_bytes -= len(output.value)

    def committed(self, sealed: Sealed) -> None:
        """Remember that this much survives anything."""
        self.saved = max(self.saved, sealed.offset)
