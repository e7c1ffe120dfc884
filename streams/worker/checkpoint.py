"""The checkpoint: outputs, then snapshots, then the commit, each durable before the next.

So whatever is restored, everything that belongs before it is in Kafka. It never raises for a
broker's sake: what failed is tried again. It refuses to know how anything is sent.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from faust.types import TP

from streams.wire.keys import changes_key, state_key
from streams.wire.topics import REJECTED, STATE, STATE_RECORD_BYTES_MAX, VISITS
from streams.worker.errors import FencedError, SnapshotSizeError
from streams.worker.partition import Output, Partition, Sealed
from streams.worker.transport import Membership

# What a batch adds to its one record: key, headers and frame, generously.
FRAME_BYTES = 4096
SNAPSHOT_BYTES_MAX = STATE_RECORD_BYTES_MAX - FRAME_BYTES
# However dear the last one was: the board lives on snapshots.
PAUSE_MAX_S = 10.0
# Revoking and stopping wait no longer; what is not saved by then is folded again elsewhere.
LAST_LIMIT_S = 3.0

logger = logging.getLogger("hotline.worker.checkpoint")


class Sender(Protocol):
    """What `outlet.Outlet` does."""

    async def send(self, topic: str, partition: int, outputs: Mapping[bytes, Output]) -> None:
        """Send records of one partition; returns when they are acknowledged."""

    async def send_snapshot(self, topic: str, partition: int, key: bytes, sealed: Sealed) -> int:
        """Send a snapshot; returns its offset."""


class Group(Protocol):
    """What `transport.BatchThread` does."""

    def membership(self) -> Membership:
        """Who we are in the group now."""

    async def commit_as(self, member: Membership, offsets: Mapping[TP, tuple[int, str]]) -> None:
        """Commit (offset, metadata) by partition, if we are still `member`."""


class Journal(Protocol):
    """What checkpoints count."""

    def checkpoint(self, result: str, took_s: float) -> None:
        """Count one: saved, failed or fenced."""

    def dumped(self, cost_s: float) -> None:
        """Note what the snapshots of one checkpoint cost."""


class Saved(NamedTuple):
    """A snapshot that is durable, and from where on it is restored."""

    sealed: Sealed
    pointer: int


@dataclass(slots=True)
class Pace:
    """When the next checkpoint is due: `interval_s` apart, and no more than `share` of the time."""

    interval_s: float
    share: float

    def pause_s(self, cost_s: float) -> float:
        """Seconds from one checkpoint's beginning to the next one's, the last having cost this."""
        return max(self.interval_s, min(cost_s / self.share, PAUSE_MAX_S))


class Checkpoint:
    """Saves partitions, one checkpoint at a time."""

    def __init__(self, sender: Sender, group: Group, prefix: str, journal: Journal) -> None:
        self._sender = sender
        self._group = group
        self._state_topic = STATE.full_name(prefix)
        self._visits_topic = VISITS.full_name(prefix)
        self._rejected_topic = REJECTED.full_name(prefix)
        self._journal = journal
        self._one_at_a_time = asyncio.Lock()

    async def attempt(self, partitions: Iterable[Partition]) -> float:
        """Save what has changed; returns the seconds its snapshots cost. Logs what fails."""
        async with self._one_at_a_time:
            changed = [each for each in partitions if each.changed]
            if not changed:
                return 0.0
            started = time.perf_counter()
            result, cost_s = "failed", 0.0
            try:
                member = self._group.membership()
                sealed, cost_s = await self._seal(changed)
                result = "saved" if await self._save(sealed, member) else "failed"
            except FencedError as error:
                result = "fenced"
                logger.warning("checkpoint not committed, the group has moved on: %s", error)
            except Exception as error:  # noqa: BLE001 - tried again at the next tick
                logger.warning("checkpoint failed: %s: %s", type(error).__name__, error)
            self._journal.checkpoint(result, time.perf_counter() - started)
            return cost_s

    async def last(self, partitions: Iterable[Partition]) -> None:
        """Save before partitions are given up, within a limit."""
        try:
            async with asyncio.timeout(LAST_LIMIT_S):
                await self.attempt(partitions)
        except TimeoutError:
            logger.warning("no checkpoint within %g s: others fold the rest again", LAST_LIMIT_S)

    async def _seal(self, partitions: list[Partition]) -> tuple[list[Sealed], float]:
        sealed, cost_s = [], 0.0
        outgrown = _most_outgrown(partitions, time.monotonic())
        for partition in partitions:
            each, dump_s = partition.seal(whole=partition is outgrown)
            cost_s += dump_s
            sealed.append(each)
            await asyncio.sleep(0)
        self._journal.dumped(cost_s)
        return sealed, cost_s

    async def _save(self, sealed: list[Sealed], member: Membership) -> bool:
        """Send and commit; True where all of it worked. A failing partition holds no other up."""
        done = await asyncio.gather(
            *(self._send(each, member.generation) for each in sealed), return_exceptions=True
        )
        saved = [each for each in done if isinstance(each, Saved)]
        for each in done:
            if isinstance(each, BaseException):
                logger.error("not saved: %s: %s", type(each).__name__, each)
        if saved:
            offsets = {
                TP(*each.sealed.partition.origin): (each.sealed.offset + 1, str(each.pointer))
                for each in saved
            }
            await self._group.commit_as(member, offsets)
        for each in saved:
            each.sealed.partition.committed(each.sealed)
        return len(saved) == len(done)

    async def _send(self, sealed: Sealed, generation: int) -> Saved:
        partition = sealed.partition
        origin = partition.origin
        if sealed.visits:
            await self._sender.send(self._visits_topic, origin.partition, sealed.visits)
        if sealed.rejected:
            await self._sender.send(self._rejected_topic, 0, sealed.rejected)
        partition.sent(sealed)
        _require_fit(sealed)
        key = state_key(origin, generation)
        if sealed.base is not None:
            key = changes_key(key)
        pointer = await self._sender.send_snapshot(self._state_topic, origin.partition, key, sealed)
        return Saved(sealed, partition.kept(sealed, pointer, time.monotonic()))


def _most_outgrown(partitions: Iterable[Partition], now_s: float) -> Partition | None:
    """The one whose turn it is to be saved whole: one at a time, so that none waits for all."""
    due = {each: each.base.outgrown(now_s) for each in partitions if each.base is not None}
    most = max(due, key=due.__getitem__, default=None)
    return most if most is not None and due[most] >= 1 else None


def _require_fit(sealed: Sealed) -> None:
    partition, size = sealed.partition, len(sealed.snapshot)
    partition.too_large = size > SNAPSHOT_BYTES_MAX
    if partition.too_large:
        partition.base = None
        raise SnapshotSizeError(
            f"{partition.origin}: the snapshot has {size} bytes, a record takes "
            f"{SNAPSHOT_BYTES_MAX}; after a restart everything since offset "
            f"{partition.saved} is folded again. Use more partitions, or fewer queues"
        )
