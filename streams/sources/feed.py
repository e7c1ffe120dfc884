"""Records of one source in the order in which their events are sent, and how far that has come.

A log gives its lines as they stand. Other files come in any order: their events are sorted by time
first, or the earlier ones would be late. Refuses to know Kafka; `state` is plain JSON.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, repeat
from operator import itemgetter
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from streams.sources.amazon_connect import AmazonConnect
from streams.sources.asterisk_queue_log import QueueLog
from streams.sources.believable import UNBELIEVABLE, Believable
from streams.sources.canonical import Canonical
from streams.sources.catalogue import AnySource, Traffic, in_reading_order, records
from streams.sources.follow import Follower, Gap, Line
from streams.sources.pieces import Place
from streams.sources.refused import refused_record
from streams.sources.routing import refusal
from streams.sources.table import Table
from streams.sources.taken import EventDict, Fate, Fates, Taken
from streams.wire.rejected import Rejected

# Events sent between two looks at the clock, where a whole file is there to be sent.
SORTED_EVENTS = 5_000

_Source = TypeVar("_Source", bound=AnySource)


@dataclass(slots=True)
class Batch:
    """What is to be sent next. `gap`: why records may be missing before it."""

    events: list[EventDict] = field(default_factory=list)
    refused: list[Rejected] = field(default_factory=list)
    gap: str = ""


class Feed(Protocol):
    """Where events come from. OSError where a file cannot be read."""

    fates: Fates

    @property
    def ended(self) -> bool:
        """Whether there will be nothing more."""
        ...

    @property
    def at_rest(self) -> bool:
        """Whether there was something to read from, and nothing new in it."""
        ...

    def next(self) -> Batch | None:
        """The next records; None when there is nothing new now."""
        ...

    def state(self) -> dict[str, Any]:
        """How far everything that `next` gave has come."""
        ...

    def resume(self, state: dict[str, Any], *, lost_too: bool) -> bool:
        """Go on from there; False, and nothing is changed, where these are not the files.

        With `lost_too` a log goes on with what is there, after a gap.
        """
        ...

    def close(self) -> None:
        """Let go of files."""
        ...


def make_feed(
    source: AnySource, paths: Sequence[Path], *, follow: bool, event_bytes_max: int
) -> Feed:
    """The feed that suits the source. ValueError for a file that cannot be followed."""
    absolute = [path.absolute() for path in paths]
    if isinstance(source, Table | Traffic) and follow:
        raise ValueError("expected no --follow: tables and recorded traffic are read once")
    if isinstance(source, Traffic):
        return RecordFeed(source, in_reading_order(source, absolute), event_bytes_max)
    if isinstance(source, Table) or (isinstance(source, Canonical | AmazonConnect) and not follow):
        return SortedFeed(source, absolute, event_bytes_max)
    last = [absolute.pop()] if follow else []  # need not be there yet, and is the newest
    return LineFeed(
        source, [*in_reading_order(source, absolute), *last], event_bytes_max, follow=follow
    )


class LineFeed:
    """Lines of a log, once or for ever."""

    def __init__(
        self, source: AnySource, paths: Sequence[Path], event_bytes_max: int, *, follow: bool
    ) -> None:
        self.fates = Fates()
        self._source = source
        self._paths = paths
        self._follow = follow
        self._event_bytes_max = event_bytes_max
        self._follower = Follower(paths, follow=follow)
        self._believable = Believable()

    @property
    def ended(self) -> bool:
        """Whether everything was read."""
        return self._follower.ended

    @property
    def at_rest(self) -> bool:
        """Whether the log is read to its present end."""
        return self._follower.at_end

    def close(self) -> None:
        """Let go of the file."""
        self._follower.close()

    def state(self) -> dict[str, Any]:
        """The place, and the source's memory."""
        place = self._follower.place
        return {
            "kind": "lines",
            "place": place and place.as_json(),
            "memory": self._source.memory(),
            "newest_s": self._believable.newest_s,
        }

    def resume(self, state: dict[str, Any], *, lost_too: bool) -> bool:
        """Go on from there, as Feed says."""
        if state["kind"] != "lines":
            return False
        place = Place.from_json(state["place"]) if state["place"] else None
        follower = Follower(self._paths, follow=self._follow, place=place)
        if not follower.found and not (self._follow and lost_too):
            follower.close()
            return False
        self._follower.close()
        self._follower = follower
        self._source.restore(state["memory"])
        self._believable = Believable(state.get("newest_s"))
        return True

    def next(self) -> Batch | None:
        """The next lines' events."""
        items = self._follower.poll()
        if not items:
            return None
        batch = Batch()
        judged = self._judged([item.record for item in items if isinstance(item, Line)])
        for item in items:
            if isinstance(item, Line):
                record_id = self._source.identify(item.record)
                is_believed = next(judged)
                taken = self._source.take(item.record, record_id) if is_believed else UNBELIEVABLE
                place = (self._source.name, str(item.path), item.offset)
                admit(taken, item.record, place, self._event_bytes_max, self.fates, batch)
            elif isinstance(item, Gap):
                batch.gap = item.reason
            elif not isinstance(self._source, Table):
                self._source.start_file()
        return batch

    def _judged(self, lines: list[bytes]) -> Iterator[bool]:
        """Of each line, whether its time may be right."""
        if not isinstance(self._source, QueueLog):
            return repeat(True)  # noqa: FBT003 - what is repeated
        return (is_believed for _, is_believed in self._believable.judged(lines))


class _WholeFiles(Generic[_Source]):
    """Files that are read once, and told from others by all of their bytes."""

    def __init__(self, source: _Source, paths: Sequence[Path], event_bytes_max: int) -> None:
        self.fates = Fates()
        self.ended = self.at_rest = False
        self._source = source
        self._paths = paths
        self._event_bytes_max = event_bytes_max
        self._given = 0

    def close(self) -> None:
        """Nothing stays open for long."""

    @cached_property
    def _digests(self) -> list[str]:
        return [_digest(path) for path in self._paths]


class RecordFeed(_WholeFiles[Traffic]):
    """Whole files of recorded traffic, in their order; the source's memory goes with it."""

    def __init__(self, source: Traffic, paths: Sequence[Path], event_bytes_max: int) -> None:
        super().__init__(source, paths, event_bytes_max)
        self._records = self._read()
        self._skipped = 0
        self._memory: dict[str, Any] | None = None

    def close(self) -> None:
        """Let go of the file that is being read."""
        self._records.close()

    def state(self) -> dict[str, Any]:
        """The files, how many of their records were given, and the source's memory."""
        memory = self._source.memory()
        return {"kind": "records", "files": self._digests, "given": self._given, "memory": memory}

    def resume(self, state: dict[str, Any], *, lost_too: bool) -> bool:  # noqa: ARG002 - Feed's
        """Go on from there; False where the files are others, or have changed."""
        if state["kind"] != "records" or state["files"] != self._digests:
            return False
        self._skipped = self._given = state["given"]
        self._memory = state["memory"]
        return True

    def next(self) -> Batch | None:
        """The next records' events; after the last one what their end makes certain."""
        if self.ended:
            return None
        batch, count = Batch(), 0
        for path, ordinal, record, record_id, is_believed in islice(self._records, SORTED_EVENTS):
            if self._memory is not None:
                self._source.restore(self._memory)
                self._memory = None
            taken = self._source.take(record, record_id) if is_believed else UNBELIEVABLE
            place = (self._source.name, str(path), ordinal)
            admit(taken, record, place, self._event_bytes_max, self.fates, batch)
            count += 1
        self._given += count
        if count < SORTED_EVENTS:
            self.ended = True
            admit_events(self._source.due(None), self._event_bytes_max, batch)
        return batch

    def _read(self) -> Generator[tuple[Path, int, bytes, str, bool], None, None]:
        """(file, ordinal in it, record, id, whether its time may be right) of what is new."""
        seen: set[str] = set()
        believable = Believable()
        for path in self._paths:
            with path.open("rb") as stream:
                found = believable.judged(records(self._source, stream))
                for ordinal, (record, is_believed) in enumerate(found):
                    record_id = self._source.identify(record)
                    if record_id in seen:
                        self.fates.note(Fate.DUPLICATE)
                        continue
                    seen.add(record_id)
                    if len(seen) > self._skipped:
                        yield path, ordinal, record, record_id, is_believed


class SortedFeed(_WholeFiles[AnySource]):
    """Whole files, sorted by time; their records are held in memory."""

    def __init__(self, source: AnySource, paths: Sequence[Path], event_bytes_max: int) -> None:
        super().__init__(source, paths, event_bytes_max)
        self._events: Iterator[EventDict] | None = None

    def state(self) -> dict[str, Any]:
        """The files, and how many of their events were given."""
        return {"kind": "sorted", "files": self._digests, "events": self._given}

    def resume(self, state: dict[str, Any], *, lost_too: bool) -> bool:  # noqa: ARG002 - Feed's
        """Go on from there; False where the files are others, or have changed."""
        if state["kind"] != "sorted" or state["files"] != self._digests:
            return False
        self._given = state["events"]
        return True

    def next(self) -> Batch | None:
        """The next events in the order of time; the first batch has all that was refused."""
        batch = Batch()
        if self._events is None:
            self._events = self._by_time(self._read(batch))
            if self._given:
                batch.refused.clear()  # was sent with the first batch
                next(islice(self._events, self._given - 1, self._given), None)
        batch.events += islice(self._events, SORTED_EVENTS)
        self._given += len(batch.events)
        self.ended = len(batch.events) < SORTED_EVENTS
        return batch if batch.events or batch.refused else None

    def _read(self, batch: Batch) -> list[tuple[int, str, bytes, Any]]:
        """(time of the first event, id, record, memory) of every record that has events."""
        found = []
        seen = set()
        for path in self._paths:
            with path.open("rb") as stream:
                for ordinal, record in enumerate(records(self._source, stream)):
                    record_id = self._source.identify(record)
                    if record_id in seen:
                        self.fates.note(Fate.DUPLICATE)
                        continue
                    seen.add(record_id)
                    taken = self._source.take(record, record_id)
                    good = Batch(refused=batch.refused)
                    place = (self._source.name, str(path), ordinal)
                    admit(taken, record, place, self._event_bytes_max, self.fates, good)
                    if good.events:
                        first_ms = min(event["at_ms"] for event in good.events)
                        found.append((first_ms, record_id, record, self._source.memory()))
        found.sort(key=itemgetter(0, 1))
        return found

    def _by_time(self, read: list[tuple[int, str, bytes, Any]]) -> Iterator[EventDict]:
        """The records' events by time; at once, only those of overlapping records."""
        waiting: list[tuple[int, int, EventDict]] = []
        number = 0
        for first_ms, record_id, record, memory in read:
            while waiting and waiting[0][0] <= first_ms:
                yield heapq.heappop(waiting)[2]
            self._source.restore(memory)
            for event in self._source.take(record, record_id).events:
                if refusal(event, self._event_bytes_max) is None:
                    number += 1
                    heapq.heappush(waiting, (event["at_ms"], number, event))
        while waiting:
            yield heapq.heappop(waiting)[2]


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "blake2b").hexdigest()


def admit(
    taken: Taken,
    record: bytes,
    place: tuple[str, str, int],
    event_bytes_max: int,
    fates: Fates,
    batch: Batch,
) -> None:
    """Add to the batch what a record gives; with any of its events, the record is rejected."""
    fate, name = taken.fate, taken.name
    if fate is Fate.REJECTED:
        batch.refused.append(refused_record(place, 0, name, taken.words, record))
    for index, event in enumerate(taken.events):
        refused = refusal(event, event_bytes_max)
        if refused is None:
            batch.events.append(event)
            continue
        fate, name = Fate.REJECTED, str(refused[0])
        batch.refused.append(refused_record(place, index, name, refused[1], record))
    fates.note(fate, name)


def admit_events(events: Iterable[EventDict], event_bytes_max: int, batch: Batch) -> None:
    """Add to the batch what no record gives, but time."""
    batch.events += (event for event in events if refusal(event, event_bytes_max) is None)
