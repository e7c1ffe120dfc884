"""The offset check: every record of an owned partition is folded once, in order, or not at all.

It refuses to create state: a partition that was not restored is nobody's, whatever arrives for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, Protocol

from faust.types import TP

from streams.wire.codec import fold_record
from streams.worker.partition import InputRecord, Partition

# The loop is given back after this long: heartbeats of the main loop, health and checkpoints run.
SLICE_S = 0.02
OUTBOX_POLL_S = 0.05


class Batch(Protocol):
    """A message of the coalescing transport."""

    tp: TP
    value: Any
    generation_id: int | None


class Tally(Protocol):
    """What folding counts."""

    def folded(self, topic: str, records: int) -> None:
        """Count records folded."""

    def passed_over(self, why: str, records: int) -> None:
        """Count records not folded: folded_before, stale_generation, not_restored."""

    def rejected(self, reasons: Sequence[str]) -> None:
        """Count events refused."""


class Partitions:
    """The partitions of this worker; none while the group rearranges itself."""

    def __init__(self) -> None:
        self._owned: dict[TP, Partition] = {}
        self.restored = False

    def __iter__(self) -> Iterator[Partition]:
        return iter(list(self._owned.values()))

    def __len__(self) -> int:
        return len(self._owned)

    def get(self, tp: TP) -> Partition | None:
        """The partition, where it is owned and restored."""
        return self._owned.get(tp)

    def own(self, restored: dict[TP, Partition]) -> None:
        """Replace everything by what was restored."""
        self.restored = True
        self._owned = dict(restored)

    def drop(self, tps: set[TP] | None = None) -> None:
        """Forget these partitions, or all."""
        self.restored = self.restored and tps is not None
        gone = set(self._owned) if tps is None else tps
        self._owned = {tp: each for tp, each in self._owned.items() if tp not in gone}

    def positions(self) -> dict[TP, int]:
        """The offset that each partition needs next."""
        return {tp: partition.state.offset + 1 for tp, partition in self._owned.items()}


class Folding:
    """Folds batches into the owned partitions.

    `generation` gives the group's current one. `reread` is called with the partition and the first
    offset that came, where the one needed did not; it says whether to go on from there.
    """

    def __init__(
        self,
        partitions: Partitions,
        generation: Callable[[], int],
        reread: Callable[[Partition, int], Awaitable[bool]],
        tally: Tally,
    ) -> None:
        self.partitions = partitions
        self.generation = generation
        self.reread = reread
        self.tally = tally

    async def fold(self, batch: Batch) -> None:
        """Fold one batch; raises what the core raises, and then gives the partition up unsaved."""
        if batch.generation_id != self.generation():
            self.tally.passed_over("stale_generation", len(batch.value))
            return
        partition = self.partitions.get(batch.tp)
        if partition is None:
            self.tally.passed_over("not_restored", len(batch.value))
            return
        try:
            await self._fold(batch.tp, partition, batch.value)
        except Exception:
            # Half an event may be folded: nobody may save this state.
            self.partitions.drop({batch.tp})
            raise

    async def _fold(self, tp: TP, partition: Partition, records: Sequence[InputRecord]) -> None:
        state = partition.state
        folded = known = 0
        until = time.perf_counter() + SLICE_S
        for record in records:
            if record.offset != state.offset + 1:
                if record.offset <= state.offset:
                    known += 1
                    continue
                passed = await self.reread(partition, record.offset)
                if not passed or self.partitions.get(tp) is not partition:
                    break
            fold_record(state, record.offset, record.timestamp, record.value)
            folded += 1
            if state.refused:
                self.tally.rejected(partition.note_refusals(record))
            if time.perf_counter() > until:
                await self._give_way(tp, partition)
                if self.partitions.get(tp) is not partition:
                    break
                until = time.perf_counter() + SLICE_S
        self.tally.folded(tp.topic, folded)
        if known:
            self.tally.passed_over("folded_before", known)

    async def _give_way(self, tp: TP, partition: Partition) -> None:
        """Let others run, and wait while what is to be sent piles up."""
        await asyncio.sleep(0)
        while self.partitions.get(tp) is partition and partition.overfull:  # noqa: ASYNC110
            await asyncio.sleep(OUTBOX_POLL_S)
