"""Alive means progress: every owned partition is saved further, or there is nothing left to save.

Pure judgement over what it is shown; knows neither Kafka nor a clock. A stopped process is not
blamed for the time it was stopped: time is what its own rounds add up to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

# The known stalls of the client libraries never end by themselves; a restart takes seconds. With a
# round of looking and a beat of the watchdog a stuck worker has ended itself within a minute.
LIMIT_S = 50.0
# A round that took longer was no round: the process was stopped, or the machine asleep.
ROUND_S_MAX = 10.0


class Standing(NamedTuple):
    """One partition: the next offset to save, to fold, and the log's end (None: not known)."""

    name: str
    to_save: int
    to_fold: int
    end: int | None
    too_large: bool = False

    @property
    def reached(self) -> int:
        """How far it got; by folding alone where its snapshot is too large to be saved."""
        return self.to_fold if self.too_large else self.to_save


@dataclass(slots=True)
class Liveness:
    """Adds up for how long each thing has stood still."""

    limit_s: float = LIMIT_S
    _stands_s: dict[str, float] = field(default_factory=dict)
    _reached: dict[str, int] = field(default_factory=dict)

    def observe(
        self, round_s: float, standings: Iterable[Standing], *, rebalancing: bool, progress: int = 0
    ) -> None:
        """Look once, `round_s` after the last look.

        `progress` is any number that changes while a rebalance gets on (records restored).
        """
        each = {one.name: one for one in standings}
        now = {name: one.reached for name, one in each.items()}
        still = {
            name
            for name, reached in now.items()
            if self._reached.get(name) == reached
            and (end := each[name].end) is not None
            and reached < end
        }
        if rebalancing:
            now["rebalance"] = progress
            if self._reached.get("rebalance") == progress:
                still.add("rebalance")
        added_s = min(round_s, ROUND_S_MAX)
        self._stands_s = {name: self._stands_s.get(name, 0.0) + added_s for name in still}
        self._reached = now

    def reasons(self) -> list[str]:
        """Why the worker counts as dead, in words; empty while it lives."""
        return [
            f"{name}: no progress for {stands_s:.0f} s"
            for name, stands_s in sorted(self._stands_s.items())
            if stands_s >= self.limit_s
        ]
