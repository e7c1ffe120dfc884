"""What to do when the record after the last folded one does not come: read again, then look.

A later record is never folded in its place. Only a look of our own into the log, beside the
consumer whose prefetched records may be old, decides that an offset holds nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from faust.types import TP

from streams.worker.lookup import Reach, looking
from streams.worker.partition import Partition
from streams.worker.restore import pass_over_lost

LOOK_LIMIT_S = 10.0

logger = logging.getLogger("hotline.worker.gaps")

Seek = Callable[[Mapping[TP, int]], Awaitable[None]]


class Counts(Protocol):
    """What gaps count."""

    def reread(self) -> None:
        """Count a seek back."""

    def empty_offsets(self, offsets: int) -> None:
        """Count offsets that hold no record."""

    def lost(self, tp: TP, records: int) -> None:
        """Count records deleted before they were folded."""


class Gaps:
    """Closes gaps. `options` are aiokafka's, `seek` moves the group's consumer."""

    def __init__(self, options: Mapping[str, Any], seek: Seek, counts: Counts) -> None:
        self._options = options
        self._seek = seek
        self._counts = counts
        self._read_again: dict[TP, int] = {}
        self._with_holes: set[TP] = set()

    async def close(self, partition: Partition, came: int) -> bool:
        """Go back to the offset that is needed; True where none is needed before what came."""
        tp = TP(*partition.origin)
        needed = partition.state.offset + 1
        try:
            async with asyncio.timeout(LOOK_LIMIT_S):
                if self._read_again.get(tp) == needed or tp in self._with_holes:
                    await self._look(tp, partition, came)
                    if partition.state.offset + 1 == came:
                        return True
                self._read_again[tp] = needed
                await self._seek({tp: partition.state.offset + 1})
            self._counts.reread()
        except Exception as error:  # noqa: BLE001 - the next record meets the same gap
            logger.warning("%s/%d: cannot go back to %d: %r", *tp, needed, error)
        return False

    async def _look(self, tp: TP, partition: Partition, came: int) -> None:
        needed = partition.state.offset + 1
        async with looking(self._options) as lookup:
            reach = (await lookup.reach([tp]))[tp]
            if reach.begin > needed:
                pass_over_lost(partition, reach.begin, self._counts)
                return
            async for record in lookup.read({tp: Reach(needed, came + 1)}):
                if record.offset > needed and partition.state.offset + 1 == needed:
                    logger.warning(
                        "%s/%d: offsets %d to %d hold no record (a transactional producer, or a "
                        "compacted topic)",
                        *tp,
                        needed,
                        record.offset - 1,
                    )
                    self._counts.empty_offsets(record.offset - needed)
                    partition.state.offset = record.offset - 1
                    self._with_holes.add(tp)
                return
