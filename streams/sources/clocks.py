"""What time it is for each source that a feed speaks for, and the heartbeats that say so.

A heartbeat says: everything up to here was sent. While a backlog is read that is the newest event's
time; with nothing left to read it is the present. The present is given, never looked up.
"""

from __future__ import annotations

from typing import Any

from streams.core.limits import SOURCES_MAX
from streams.sources.taken import EventDict

# (source, site); the site is None where its events name none.
Speaker = tuple[str, str | None]


class Clocks:
    """Newest event times (ms of UTC) by source and site; not those `future_ms` ahead of us.

    `behind_ms`: how old the last event was when it came, once there was nothing left to read.
    """

    def __init__(self, future_ms: int) -> None:
        self._future_ms = future_ms
        self._newest: dict[Speaker, int] = {}
        self._own: set[str] = set()
        self._at_rest_ms = 0
        self.behind_ms = 0

    def know(self, source: str, site: str | None) -> None:
        """Speak for this source also before its first event."""
        self._newest.setdefault((source, site), 0)

    def note(self, event: EventDict, now_ms: int) -> None:
        """Note an event's time, unless nobody will believe it."""
        speaker = (event["source"], event.get("site"))
        if event["type"] == "source.heartbeat":
            self._own.add(speaker[0])
        at_ms = event["at_ms"]
        known = speaker in self._newest or len(self._newest) < SOURCES_MAX
        if known and at_ms <= now_ms + self._future_ms:
            self._newest[speaker] = max(at_ms, self._newest.get(speaker, 0))
        if self._at_rest_ms:
            self.behind_ms = now_ms - at_ms

    def rest(self, at_ms: int) -> bool:
        """There was nothing left to read then; says whether that was so before."""
        before, self._at_rest_ms = self._at_rest_ms, at_ms
        return before > 0

    def events(self, kind: str, *, ahead_ms: int = 0, **data: str) -> list[EventDict]:
        """One event of this kind for each source, at its time and `ahead_ms`.

        Sources that send heartbeats of their own need none of ours, and one whose time is unknown
        has nothing to say.
        """
        found = []
        for (source, site), newest_ms in self._newest.items():
            at_ms = max(newest_ms, self._at_rest_ms) + ahead_ms
            if source in self._own or at_ms <= ahead_ms:
                continue
            word = kind.partition(".")[2]
            event: EventDict = {"v": 1, "id": f"{word}.{at_ms}", "type": kind, "at_ms": at_ms}
            event |= {"source": source} | ({"site": site} if site else {})
            found.append(event | ({"data": data} if data else {}))
        return found

    def dump(self) -> dict[str, Any]:
        """As plain JSON."""
        newest = [[*speaker, at_ms] for speaker, at_ms in self._newest.items()]
        return {"newest": newest, "own": sorted(self._own)}

    def load(self, stored: dict[str, Any]) -> None:
        """Go on from what `dump` gave."""
        self._newest |= {(source, site): at_ms for source, site, at_ms in stored["newest"]}
        self._own = set(stored["own"])
