"""Simulated happenings as canonical events; a second simulation gives the same ids again."""

from __future__ import annotations

from collections import Counter
from typing import Any

EventDict = dict[str, Any]
HEARTBEAT = "source.heartbeat"


class Teller:
    """Collects the events of one channel at one site, in the order in which they happen."""

    def __init__(self, site: str) -> None:
        self._site = site
        self._told: Counter[str] = Counter()
        self.events: list[EventDict] = []

    def tell(
        self,
        kind: str,
        at_ms: int,
        source: str,
        contact: str,
        **more: object,
    ) -> None:
        """One event about a contact; `more` are queue, agent, visit, data: those that are known."""
        self._told[contact] += 1
        event: EventDict = {
            "v": 1,
            "id": f"{contact}.{self._told[contact]:03}",
            "type": kind,
            "at_ms": at_ms,
            "source": source,
            "site": self._site,
            "contact": contact,
        }
        event |= {name: value for name, value in more.items() if value is not None}
        self.events.append(event)


def heartbeats(source: str, site: str, begin_ms: int, end_ms: int, every_s: int) -> list[EventDict]:
    """A source's signs of life from begin to end, the last of them at the end.

    Days overlap by their last calls: a beat is named by its day's beginning, too.
    """
    times = [*range(begin_ms, end_ms, 1000 * every_s), end_ms]
    return [
        {
            "v": 1,
            "id": f"{source}.{begin_ms}.{at_ms}",
            "type": HEARTBEAT,
            "at_ms": at_ms,
            "source": source,
            "site": site,
        }
        for at_ms in times
    ]
