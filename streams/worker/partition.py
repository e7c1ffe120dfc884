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
from streams.wire.changes import dump_changes, mark, takes_changes
from streams.wire.codec import kept
from streams.wire.keys import Origin, offset_header, visit_key
from streams.wire.rejected import refusals
from streams.wire.snapshot import dump
from streams.worker.collection import no_collection

# A closed visit that waits to be sent, roughly, with its row's key and headers.
ROW_BYTES = 500
# While Kafka takes nothing, memory must not take everything.
OUTBOX_BYTES_MAX = 64 * 1024 * 1024
# Changes come with every checkpoint: once they have grown to this share of a whole snapshot, a new
# one costs less in the long run.
CHANGES_SHARE_MAX = 0.5
# However little changes: a snapshot that is lost or damaged makes do with what came before it.
WHOLE_EVERY_S = 60.0


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
    """A partition at one moment: its snapshot, and what must be durable before it.

    `base` is None where the snapshot is whole, else the offset of the one that its changes rest on.
    """

    partition: Partition
    offset: int
    base: int | None
    snapshot: bytes
    visits: Mapping[bytes, Output]
    rejected: Mapping[bytes, Output]


@dataclass(slots=True)
class Base:
    """A whole snapshot that Kafka has: its offset, where it lies, its bytes, those of changes."""

    offset: int
    pointer: int
    size: int
    made_s: float
    changes_size: int = 0

    def outgrown(self, now_s: float) -> float:
        """How much a new one is due; from 1 on it is."""
        grown = self.changes_size / (CHANGES_SHARE_MAX * self.size)
        return max(grown, (now_s - self.made_s) / WHOLE_EVERY_S)


@dataclass(slots=True, eq=False)
class Partition:
    """`saved` is the last offset whose snapshot is committed; -1 before there is one.

    `base` is the whole snapshot that changes may rest on, None where a new one must be made.
    `too_large`: its snapshot no longer fits into a record, so it cannot be saved.
    """

    origin: Origin
    state: PartitionState
    saved: int = -1
    base: Base | None = None
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

    def seal(self, *, whole: bool = False) -> tuple[Sealed, float]:
        """Take the snapshot and what has to be sent before it; and the seconds it cost.

        Of changes alone, unless it must be `whole`.
        """
        started = time.perf_counter()
        headers = offset_header(self.state.offset)
        for (name, number), (contact, visit) in self.state.take_closed().items():
            content = row(name, number, contact, visit)
            if content is not None:
                output = Output(kept(content), headers)
                self._keep(self.visits, visit_key(name, number), output)
        whole = whole or not takes_changes(self.state)
        base = None if whole or self.base is None else self.base.offset
        with no_collection():
            snapshot = self._whole() if base is None else dump_changes(self.state, base)
        cost_s = time.perf_counter() - started
        outputs = dict(self.visits), dict(self.rejected)
        return Sealed(self, self.state.offset, base, snapshot, *outputs), cost_s

    def _whole(self) -> bytes:
        snapshot = dump(self.state)
        mark(self.state)
        self.base = None  # until Kafka has it
        return snapshot

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

    def kept(self, sealed: Sealed, pointer: int, now_s: float) -> int:
        """Remember that Kafka has its snapshot at `pointer`; returns from where to restore it."""
        size = len(sealed.snapshot)
        if sealed.base is None:
            self.base = Base(sealed.offset, pointer, size, now_s)
        elif self.base is not None:
            self.base.changes_size = size
            return self.base.pointer
        return pointer

    def committed(self, sealed: Sealed) -> None:
        """Remember that this much survives anything."""
        self.saved = max(self.saved, sealed.offset)
