"""The opening hours of each queue as the core asks for them; made when they are first needed.

It refuses to know what a clock is for.
"""

from __future__ import annotations

from collections.abc import Callable

from streams.config.queues import QueueSettings

# Names of queues are the input's own words: beyond this they are looked up anew.
_KNOWN_MAX = 10_000


class Openings:
    """When the clock of a reply starts, by site and queue; `queue` gives a queue's settings."""

    def __init__(self, queue: Callable[[str, str], QueueSettings]) -> None:
        self._queue = queue
        self._known: dict[tuple[str, str], Callable[[int], int]] = {}

    def __call__(self, site: str, name: str) -> Callable[[int], int]:
        """Return what gives the start (ms) for who asked at a time (ms)."""
        known = self._known.get((site, name))
        if known is None:
            if len(self._known) >= _KNOWN_MAX:
                self._known.clear()
            known = self._known[site, name] = self._queue(site, name).hours().opening
        return known
