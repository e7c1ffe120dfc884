"""What readers have in common: how a record gets its id, and what is asked of every reader.

Refuses to know what a record means.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import orjson

from streams.sources.believable import second_of
from streams.sources.identity import RecordIds
from streams.sources.taken import Taken, ignored, rejected
from streams.wire.codec import RECORD_BYTES_MAX


class JsonReader(ABC):
    """A reader of JSON records that stand alone: in any order, and every repetition is a copy."""

    in_order = False

    def __init__(self, name: str) -> None:
        self.name = name
        self._ids = RecordIds(name)

    def start_file(self) -> None:  # noqa: B027 - nothing is what most do
        """Records stand alone: nothing begins anew."""

    def memory(self) -> Any:  # noqa: ANN401 - the protocol's word
        """Records stand alone: nothing to remember."""
        return None

    def restore(self, memory: Any) -> None:  # noqa: ANN401, B027
        """Nothing to go on from."""

    def identify(self, record: bytes) -> str:
        """The id of a record: its every repetition is a copy."""
        return self._ids.alone(record)

    def read(self, record: bytes) -> Taken:
        """Take one record."""
        return self.take(record, "")

    def take(self, record: bytes, _record_id: str) -> Taken:
        """Take one record, as JSON."""
        if not record.strip():
            return ignored("blank")
        if len(record) > RECORD_BYTES_MAX:
            return rejected("too_large", f"expected a record of at most {RECORD_BYTES_MAX} bytes")
        try:
            found = orjson.loads(record)
        except orjson.JSONDecodeError as error:
            return rejected("not_json", str(error))
        return self._take(found)

    @abstractmethod
    def _take(self, found: Any) -> Taken:  # noqa: ANN401 - looks at anything
        """Take what the JSON holds."""


class OrderedReader(ABC):
    """A reader of one PBX's records, each told apart from its like within its second."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._ids = RecordIds(name)

    def start_file(self) -> None:
        """Another file begins: ordinals of identical records start anew, open visits go on."""
        self._ids = RecordIds(self.name)

    def identify(self, record: bytes) -> str:
        """The id of the next record; to be called once per record, in order, before `take`."""
        second = second_of(record)
        return self._ids.of(record, "" if second is None else str(second))

    def read(self, record: bytes) -> Taken:
        """Take one record (without its line end)."""
        return self.take(record, self.identify(record))

    @abstractmethod
    def take(self, record: bytes, record_id: str) -> Taken:
        """Take one record that has this id; never raises for what the record holds."""
