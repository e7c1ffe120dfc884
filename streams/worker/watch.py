"""Feeds liveness from the event loop, and watches from a thread that the loop still does it.

Logs' ends are asked for beside the group's consumer: one that stands still would say that there is
nothing to read. Where Kafka cannot be reached, nobody is blamed: a restart would not help.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

from aiokafka.errors import KafkaError
from faust.types import TP

from streams.worker.folding import Partitions
from streams.worker.liveness import LIMIT_S, Liveness, Standing
from streams.worker.lookup import Lookup, looking

ROUND_S = 5.0
ASK_LIMIT_S = 5.0
BEAT_S = 1.0
EXIT_STUCK = 70  # EX_SOFTWARE of sysexits.h: a supervisor restarts on anything but 0

logger = logging.getLogger("hotline.worker.watch")


def die(reasons: Sequence[str]) -> None:
    """End the process as it stands: nothing that could still be saved is worth trusting."""
    logger.critical("not alive, ending: %s", "; ".join(reasons))
    for handler in logging.getLogger().handlers:
        handler.flush()
    os._exit(EXIT_STUCK)


async def _close(connection: AsyncExitStack) -> None:
    try:
        async with asyncio.timeout(ASK_LIMIT_S):
            await connection.aclose()
    except (KafkaError, OSError, TimeoutError) as error:
        logger.debug("a connection that failed could not be closed: %r", error)


class Watch:
    """Judges the worker. `rebalancing` tells whether it is, `options` are aiokafka's."""

    def __init__(
        self,
        partitions: Partitions,
        rebalancing: Callable[[], bool],
        options: Mapping[str, Any],
        liveness: Liveness | None = None,
    ) -> None:
        self._partitions = partitions
        self._rebalancing = rebalancing
        self._options = options
        self._liveness = liveness or Liveness()
        self._ends: dict[TP, int] = {}
        self._rounds = 0
        self._silent_beats = 0
        self._progress = 0

    def got_on(self) -> None:
        """Note that a rebalance gets on, however long it takes."""
        self._progress += 1

    async def run(self) -> None:
        """Look every few seconds, until cancelled."""
        last = time.monotonic()
        async with AsyncExitStack() as connection:
            lookup: Lookup | None = None
            while True:
                try:
                    async with asyncio.timeout(ASK_LIMIT_S):
                        if lookup is None:
                            lookup = await connection.enter_async_context(looking(self._options))
                        tps = [TP(*each.origin) for each in self._partitions]
                        self._ends = await lookup.ends(tps) if tps else {}
                    reachable = True
                except (KafkaError, OSError, TimeoutError) as error:
                    logger.warning("cannot ask Kafka how far its logs reach: %r", error)
                    reachable, self._ends = False, {}
                    # Asked anew over another connection: this one may be what stands still.
                    lookup = None
                    await _close(connection)
                now = time.monotonic()
                self._observe(now - last, reachable=reachable)
                last = now
                await asyncio.sleep(ROUND_S)

    def _observe(self, round_s: float, *, reachable: bool) -> None:
        rebalancing = reachable and self._rebalancing()
        self._liveness.observe(
            round_s, self._standings(), rebalancing=rebalancing, progress=self._progress
        )
        self._rounds += 1

    def _standings(self) -> Iterator[Standing]:
        for each in self._partitions:
            tp = TP(*each.origin)
            yield Standing(
                f"{tp.topic}/{tp.partition}",
                each.saved + 1,
                each.state.offset + 1,
                self._ends.get(tp),
                each.too_large,
            )

    def lags(self) -> Iterator[tuple[TP, int]]:
        """How many records each owned partition is behind, where that is known."""
        for each in self._partitions:
            tp = TP(*each.origin)
            end = self._ends.get(tp)
            if end is not None:
                yield tp, max(0, end - each.state.offset - 1)

    def reasons(self) -> list[str]:
        """Why the worker counts as dead; empty while it lives."""
        reasons = self._liveness.reasons()
        if self._silent_beats * BEAT_S >= LIMIT_S:
            reasons.append(f"event loop: no answer for {self._silent_beats * BEAT_S:.0f} s")
        return reasons

    def guard(self, when_dead: Callable[[Sequence[str]], None] = die) -> None:
        """Start the thread that looks after the loop and ends a worker that is stuck."""

        def beat() -> None:
            while not (reasons := self._beat()):
                time.sleep(BEAT_S)
            when_dead(reasons)

        threading.Thread(target=beat, name="watchdog", daemon=True).start()

    def _beat(self) -> list[str]:
        seen, self._rounds = self._rounds, 0
        self._silent_beats = 0 if seen else self._silent_beats + 1
        return self.reasons()
