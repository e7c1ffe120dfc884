"""A live AMI connection as a feed: what it says, and what its silence makes certain.

AMI repeats nothing. What was not heard is a `source.gap`; while there is no connection the feed is
not at rest, so that its heartbeats stand still and the board greys.
"""

from __future__ import annotations

import time
from typing import Any

from streams.sources.asterisk_ami import AsteriskAmi
from streams.sources.asterisk_ami_client import AmiClient
from streams.sources.believable import second_of
from streams.sources.feed import Batch, admit, admit_events
from streams.sources.taken import Fates

# Taken at once; while a backlog is there, positions are stored in between.
BATCH_RECORDS = 2_000


class LiveAmi:
    """The feed of one connection, which it starts and closes. Never ends by itself."""

    ended = False

    def __init__(self, source: AsteriskAmi, client: AmiClient, event_bytes_max: int) -> None:
        self.fates = Fates()
        self.at_rest = False
        self._source = source
        self._client = client
        self._event_bytes_max = event_bytes_max
        self._taken = 0
        self._newest_s: float = 0
        self._newest_at_s = 0.0
        client.start()

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def state(self) -> dict[str, Any]:
        """What the source remembers; there is no place to go back to."""
        return {"kind": "ami", "memory": self._source.memory()}

    def resume(self, state: dict[str, Any], *, lost_too: bool) -> bool:  # noqa: ARG002 - Feed's
        """Go on with the visits that were open."""
        if state["kind"] != "ami":
            return False
        self._source.restore(state["memory"])
        self._source.interrupted()
        return True

    def next(self) -> Batch | None:
        """What has arrived; or what is certain by now, as nothing else came."""
        listening = self._client.logged_in
        records = self._client.take(BATCH_RECORDS)
        self.at_rest = listening and not records
        batch = Batch()
        for record in records:
            record_id = self._source.identify(record)
            place = (self._source.name, f"ami:{self._client.where}", self._taken)
            self._taken += 1
            taken = self._source.take(record, record_id)
            admit(taken, record, place, self._event_bytes_max, self.fates, batch)
        if records:
            self._newest_s = second_of(records[-1]) or self._newest_s
            self._newest_at_s = time.monotonic()
        elif listening:
            # By the PBX's clock, which need not be ours.
            now_s = self._newest_s + time.monotonic() - self._newest_at_s
            admit_events(self._source.due(int(now_s * 1000)), self._event_bytes_max, batch)
        return batch if records or batch.events else None
