"""Gives every assigned partition its state: the snapshot with the largest offset, wherever it lies.

It comes in one record, or in two: a whole one and the changes since. A newer one that nobody
committed is as good: a state is a function of its prefix. It refuses to pass over lost input in
silence, and to start from a state that it cannot read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from faust.types import TP

from streams.core.limits import Rules
from streams.core.state import PartitionState
from streams.wire.changes import load_after
from streams.wire.keys import BASE_HEADER, Origin, offset_in, origin_of
from streams.wire.newest import Newest, Piece, Pieces
from streams.wire.snapshot import SnapshotError, new_state
from streams.worker.collection import no_collection
from streams.worker.errors import StateError
from streams.worker.lookup import Lookup, Reach
from streams.worker.partition import Partition

logger = logging.getLogger("hotline.worker.restore")


class Commit(Protocol):
    """aiokafka's OffsetAndMetadata."""

    offset: int
    metadata: str


class Losses(Protocol):
    """What a restore counts."""

    def lost(self, tp: TP, records: int) -> None:
        """Count input records that were deleted before they were folded."""


@dataclass(frozen=True, slots=True)
class Restoring:
    """How partitions are restored. `vocabulary`: full topic name to the word of its events.

    `got_on` is called for every record read and every partition made: a long restore is no stall.
    """

    state_topic: str
    vocabulary: Mapping[str, str]
    rules: Rules
    losses: Losses
    got_on: Callable[[], None] = lambda: None

    async def restore(
        self, lookup: Lookup, tps: Iterable[TP], commits: Mapping[TP, Commit]
    ) -> dict[TP, Partition]:
        """Return the restored partitions; StateError where going on would be wrong."""
        owned = sorted(tps)
        reaches = await lookup.reach({*owned, *map(self._state_of, owned)})
        restored = {}
        # One input topic at a time: its snapshots share partitions with the others'.
        for topic in sorted({tp.topic for tp in owned}):
            mine = [tp for tp in owned if tp.topic == topic]
            found = await self._find(lookup, mine, commits, reaches)
            for tp in mine:
                newest = found[tp].newest()
                restored[tp] = self._made(tp, newest, commits.get(tp), reaches[tp])
                self.got_on()
                await asyncio.sleep(0)
        return restored

    def _state_of(self, tp: TP) -> TP:
        return TP(self.state_topic, tp.partition)

    async def _find(
        self,
        lookup: Lookup,
        tps: list[TP],
        commits: Mapping[TP, Commit],
        reaches: Mapping[TP, Reach],
    ) -> dict[TP, Pieces]:
        """Look where the commit points; then, unless nothing newer can exist, to the end."""
        found = {tp: Pieces() for tp in tps}
        pointers = {tp: _pointer(commits.get(tp), reaches[self._state_of(tp)]) for tp in tps}
        idle = {tp for tp in tps if tp in commits and commits[tp].offset >= reaches[tp].end}
        await self._read(
            lookup,
            {tp: Reach(at, at + 1) for tp in idle if (at := pointers[tp]) is not None},
            found,
        )
        rest = {}
        for tp in tps:
            newest = found[tp].newest()
            reached = newest.offset + 1 if newest else 0
            if reaches[tp].end == 0 or (tp in idle and reached == commits[tp].offset):
                continue  # no input is left that a newer snapshot could hold
            begin, end = reaches[self._state_of(tp)]
            at = pointers[tp]
            rest[tp] = Reach(begin if at is None else at, end)
        await self._read(lookup, rest, found)
        return found

    async def _read(
        self, lookup: Lookup, stretches: Mapping[TP, Reach], found: Mapping[TP, Pieces]
    ) -> None:
        by_state = {self._state_of(tp): tp for tp in stretches}
        async for record in lookup.read({self._state_of(tp): r for tp, r in stretches.items()}):
            self.got_on()
            tp = by_state[TP(record.topic, record.partition)]
            if record.value is None or origin_of(record.key) != Origin(*tp):
                continue
            offset, base = offset_in(record.headers), offset_in(record.headers, BASE_HEADER)
            if offset is not None:
                where = f"{record.topic}/{record.partition} offset {record.offset}"
                found[tp].take(record.key, Piece(offset, base, record.value, where))

    def _made(self, tp: TP, found: Newest | None, commit: Commit | None, log: Reach) -> Partition:
        """Turn what was found into a partition, and say loudly what does not fit."""
        partition = Partition(Origin(*tp), self._state(tp, found))
        state = partition.state
        if commit is not None:
            # Not beyond what was found: where a snapshot is gone, a new one is due.
            partition.saved = min(commit.offset - 1, state.offset)
            if state.offset < commit.offset - 1:
                logger.error(
                    "%s/%d: the snapshot up to offset %d is gone; folding again from %d",
                    *tp,
                    commit.offset - 1,
                    state.offset + 1,
                )
        if log.end <= state.offset:
            raise StateError(
                f"{tp.topic}/{tp.partition} ends at {log.end}, but its state goes up to offset "
                f"{state.offset}: the topic was made anew or cut. Run `hotline rebuild`, or give "
                "this deployment another topic prefix"
            )
        if log.begin > state.offset + 1:
            if commit is not None or found is not None:
                pass_over_lost(partition, log.begin, self.losses)
            else:
                state.offset = log.begin - 1  # a new deployment on an old log
        return partition

    def _state(self, tp: TP, found: Newest | None) -> PartitionState:
        if found is None:
            return new_state(self.vocabulary[tp.topic], self.rules)
        try:
            with no_collection():
                changes = found.changes.value if found.changes else b""
                state = load_after(found.whole.value, changes, self.rules)
        except (SnapshotError, LookupError, TypeError, ValueError) as error:
            raise StateError(
                f"{tp.topic}/{tp.partition}: cannot read the snapshot at {found.where}: {error}. "
                "Was it written by a newer release? Start that one, or run `hotline rebuild`"
            ) from error
        if state.offset != found.offset or state.topic != self.vocabulary[tp.topic]:
            raise StateError(
                f"{tp.topic}/{tp.partition}: the snapshot at {found.where} is of {state.topic} up "
                f"to offset {state.offset}, its key and header say otherwise. Run `hotline rebuild`"
            )
        return state


def pass_over_lost(partition: Partition, begin: int, losses: Losses) -> None:
    """Go on at the log's beginning, loudly: what lay before it is gone for ever."""
    origin, state = partition.origin, partition.state
    lost = begin - state.offset - 1
    logger.error(
        "DATA LOST: %s/%d begins at %d, offsets %d to %d were deleted before they were folded "
        "(%d records). Figures of that time are too low; was the worker away longer than the "
        "topic's retention?",
        *origin,
        begin,
        state.offset + 1,
        begin - 1,
        lost,
    )
    losses.lost(TP(*origin), lost)
    state.offset = begin - 1


def _pointer(commit: Commit | None, state: Reach) -> int | None:
    """Where the commit says that its snapshot lies; None where that says nothing."""
    metadata = commit.metadata if commit is not None else ""
    if not metadata.isascii() or not metadata.isdigit():
        return None
    return int(metadata) if state.begin <= int(metadata) < state.end else None
