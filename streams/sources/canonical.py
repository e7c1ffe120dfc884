"""Canonical events as JSON lines: one event or an array of events per line, as on Kafka."""

from __future__ import annotations

from typing import Any

import orjson

from streams.sources.identity import RecordIds
from streams.sources.taken import Fate, Taken, ignored, rejected
from streams.wire.codec import RECORD_BYTES_MAX


class Canonical:
    """A reader of JSON lines. Their form is looked at here, the core judges the events."""

    in_order = False

    def __init__(self, name: str) -> None:
        self.name = name
        self._ids = RecordIds(name)

    def start_file(self) -> None:
        """Another file begins."""
        self._ids = RecordIds(self.name)

    def memory(self) -> Any:  # noqa: ANN401 - the protocol's word
        """Lines stand alone: nothing to remember."""
        return None

    def restore(self, memory: Any) -> None:  # noqa: ANN401
        """Nothing to go on from."""

    def identify(self, record: bytes) -> str:
        """The id of the next line, once per line."""
        return self._ids.alone(record)

    def read(self, record: bytes) -> Taken:
        """Take one line."""
        return self.take(record, "")

    def take(self, record: bytes, _record_id: str) -> Taken:
        """Take one line."""
        if not record.strip():
            return ignored("blank")
        if len(record) > RECORD_BYTES_MAX:
            return rejected("too_large", f"expected a line of at most {RECORD_BYTES_MAX} bytes")
        try:
            decoded = orjson.loads(record)
        except orjson.JSONDecodeError as error:
            return rejected("not_json", str(error))
        events = decoded if isinstance(decoded, list) else [decoded]
        return Taken(Fate.ACCEPTED, events=events)
