"""From the state topic to the view that everybody is shown: when one is made, and when none may be.

A checkpoint's snapshots come in a burst, one per partition: they are gathered before figures are
made of them. It refuses to know Kafka, and never publishes sums in which a partition is missing.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Mapping, Sequence

from streams.board.partitions import Partitions
from streams.board.reader import POLL_MS, Record
from streams.board.view import View, Views

# The snapshots of one checkpoint arrive within milliseconds of each other ...
GATHER_S = 0.008
# ... and after this nobody waits for the rest of them.
GATHER_MAX_S = 0.025
# Nobody reads faster; and where a view is dear, making views takes half of the time at most.
INTERVAL_S = 0.1
SHARE = 0.5

logger = logging.getLogger("hotline.board")


class StateFeed:
    """The sink of the state topic. `view` is the newest one, None before there may be one.

    `publish` is called with each view, in the reader's thread. `words` says why there is none.
    """

    def __init__(self, views: Views, publish: Callable[[View], None]) -> None:
        self.view: View | None = None
        self.words = ""
        self.cost_s = 0.0
        self._views = views
        self._publish = publish
        self._partitions = Partitions()
        self._identity: str | None = None
        self._first_s = self._last_s = 0.0
        self._published_s = 0.0
        self._dirty = False

    @property
    def refused(self) -> int:
        """Records of the state topic that could not be used."""
        return self._partitions.refused

    def begin(self, identity: str) -> Mapping[int, int]:
        """From the beginning, always; a topic made anew starts a new life of all offsets."""
        if self._identity not in (None, identity):
            logger.warning("the state topic was made anew: beginning again")
            self._partitions = Partitions()
        self._identity = identity
        return {}

    def take(self, records: Sequence[Record]) -> None:
        """Keep what is newer."""
        refused = self._partitions.refused
        take = self._partitions.take
        newer = [take(each.key, each.value, each.based_on, each.base) for each in records]
        self._say_refused(refused)
        if any(newer):
            self._last_s = time.monotonic()
            if not self._dirty:
                self._dirty, self._first_s = True, self._last_s

    def turn(self) -> int:
        """Publish where it is time; returns the ms until it may be."""
        if not self._dirty and self.view is not None:
            return POLL_MS
        now_s = time.monotonic()
        gathered_s = min(self._last_s + GATHER_S, self._first_s + GATHER_MAX_S)
        pause_s = max(INTERVAL_S, self.cost_s / SHARE)
        due_s = max(gathered_s, self._published_s + pause_s)
        if self.view is not None and now_s < due_s:
            return max(1, int(1000 * (due_s - now_s)))
        self._dirty = False
        self._make()
        return POLL_MS

    def _make(self) -> None:
        started_s = self._published_s = time.monotonic()
        refused = self._partitions.refused
        # Hundreds of thousands of small objects and no cycle among them: looking for some takes
        # longer than all the rest.
        gc.disable()
        try:
            held = self._partitions.held()
            self._say_refused(refused)
            missing = [place for place in self._partitions.unusable() if place not in held]
            if missing:
                named = ", ".join(f"{topic}/{partition}" for topic, partition in missing)
                self.words = f"no usable snapshot of {named}: {self._partitions.words}"
                return
            self.view = self._views.view(held)
            self.words = ""
        finally:
            gc.enable()
        self.cost_s = time.monotonic() - started_s
        self._publish(self.view)

    def _say_refused(self, before: int) -> None:
        if self._partitions.refused > before:
            logger.error(
                "state records refused: %d, the last one: %s",
                self._partitions.refused,
                self._partitions.words,
            )
