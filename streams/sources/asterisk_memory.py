"""Which queue visits of a PBX are open: what the queue log's reader must remember between lines.

Lines name their visit badly: one call has several visits, a transfer is logged under a consulting
channel, an end may lack its beginning. Here a line's visit is found; what it means is
`asterisk_queue_log`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from streams.sources.passages import REMEMBERED_MS, Passage, Passages

# Whole seconds: hold and talk may each be one second off the difference of two lines.
HOLD_SLACK_MS = 1_000
TALK_SLACK_MS = 2_000


@dataclass(slots=True)
class Open(Passage):
    """One visit as the log told it.

    `cut`: a restart or a later entering ended it for us; `handed_on`: by an attended transfer.
    """

    hold_ms: int | None = None
    handed_on: bool = False

    def began_near(self, began_ms: int) -> bool:
        """Whether it entered then, within what whole seconds allow."""
        known_ms = self.entered_ms
        if known_ms is None and self.connected_ms is not None:
            known_ms = self.connected_ms - (self.hold_ms or 0)
        return known_ms is not None and abs(known_ms - began_ms) <= HOLD_SLACK_MS

    @property
    def last_ms(self) -> int:
        """Its end, or so far its answer; 0 while it waits."""
        return self.closed_ms or self.connected_ms or 0


class Memory(Passages[Open]):
    """Visits by call, and the calls that attended transfers joined (`joined`, both ways)."""

    def __init__(self) -> None:
        super().__init__(Open)
        self.joined: dict[str, list[str]] = {}

    def dump(self) -> dict[str, Any]:
        """As plain JSON, to be stored with the read position."""
        return {
            "visits": [asdict(visit) for visits in self.calls.values() for visit in visits],
            "joined": self.joined,
            "last_ms": self._last_ms,
            "previous_ms": self._previous_ms,
            "now_ms": self.now_ms,
        }

    def load(self, stored: dict[str, Any]) -> None:
        """Go on from what `dump` gave."""
        self.calls = {}
        for raw in stored["visits"]:
            visit = Open(**raw)
            self.calls.setdefault(visit.call, []).append(visit)
        self.joined = {call: list(others) for call, others in stored["joined"].items()}
        self._last_ms = dict(stored["last_ms"])
        self._previous_ms, self.now_ms = stored["previous_ms"], stored["now_ms"]

    def touch(self, call: str, at_ms: int) -> None:
        """Note a line of the call; forget calls whose last line is a day old."""
        super().touch(call, at_ms)
        while (oldest := next(iter(self._last_ms))) != call:
            if self._last_ms[oldest] > self.now_ms - REMEMBERED_MS:
                break
            del self._last_ms[oldest]
            self.calls.pop(oldest, None)
            self.joined.pop(oldest, None)

    def join(self, one: str, other: str) -> None:
        """An attended transfer has made one conversation of two calls."""
        self.joined.setdefault(one, []).append(other)
        self.joined.setdefault(other, []).append(one)

    def names(self, call: str) -> list[str]:
        """The call and all that it was joined with, itself first."""
        found = [call]
        for name in found:
            found += [other for other in self.joined.get(name, ()) if other not in found]
        return found

    def of(self, call: str, queue: str) -> list[Open]:
        """The call's visits to the queue, oldest first."""
        return [visit for visit in self.calls.get(call, ()) if visit.queue == queue]

    def all_of(self, call: str, queue: str) -> list[Open]:
        """The visits to the queue of the call (last) and of all that it was joined with."""
        return [visit for name in reversed(self.names(call)) for visit in self.of(name, queue)]

    def waiting(self, call: str, queue: str, at_ms: int, wait_ms: int | None) -> Open | None:
        """The visit that a line about the end of waiting means."""
        for name in self.names(call):
            found = [visit for visit in self.of(name, queue) if visit.waiting]
            if found:
                return _closest(found, at_ms, wait_ms)
        return self._moved(call, queue, at_ms, wait_ms)

    def _moved(self, call: str, queue: str, at_ms: int, wait_ms: int | None) -> Open | None:
        """A visit that entered under a consulting channel and goes on under the caller's own.

        Only where either was handed on, and exactly one visit entered then.
        """
        if wait_ms is None:
            return None
        began_ms = at_ms - wait_ms
        if any(visit.began_near(began_ms) for visit in self.all_of(call, queue)):
            return None  # that is the visit, and its end is told twice
        found = [
            visit
            for visit in self.everything()
            if visit.queue == queue
            and visit.waiting
            and not visit.cut
            and visit.began_near(began_ms)
            and (self._handed_on(call) or self._handed_on(visit.call))
        ]
        if len(found) != 1:
            return None
        self.join(call, found[0].call)
        return found[0]

    def _handed_on(self, call: str) -> bool:
        return any(visit.handed_on for visit in self.calls.get(call, ()))

    def talking(
        self, call: str, queue: str, agent: str, fits: Callable[[Open], bool]
    ) -> Open | None:
        """The conversation that a line about its end means; `fits` compares hold and talk times.

        By call and queue; else by queue and agent, for transfers logged under a consulting channel.
        """
        for name in self.names(call):
            found = [visit for visit in self.of(name, queue) if visit.talking]
            meant = [visit for visit in found if visit.agent == agent and fits(visit)]
            meant = meant or [visit for visit in found if visit.agent == agent or fits(visit)]
            if meant:
                return meant[0]
            if found and not any(visit.agent == agent for visit in self.of(name, queue)):
                return found[0]
        found = [
            visit
            for visit in self.everything()
            if visit.talking
            and not visit.cut
            and visit.queue == queue
            and visit.agent == agent
            and fits(visit)
        ]
        return max(found, key=lambda visit: visit.connected_ms or 0, default=None)


def _closest(found: list[Open], at_ms: int, wait_ms: int | None) -> Open:
    """Of several the one that entered when the line says, else the latest not cut."""
    if wait_ms is not None:
        entered_ms = at_ms - wait_ms
        return min(found, key=lambda visit: (abs((visit.entered_ms or 0) - entered_ms), visit.cut))
    return max(found, key=lambda visit: (not visit.cut, visit.number))
