"""Judges the snapshots in the state topic: readable, fresh, small enough, and with their input.

It refuses to know figures: of a snapshot it takes the offset and the sources' clocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import orjson

from streams.doctor.facts import Look, Place, Seen
from streams.doctor.findings import Finding, listing, ok, problem, span, warning
from streams.doctor.sources import Speaker
from streams.wire.keys import origin_of
from streams.wire.snapshot import VERSION, Figures, SnapshotError, figures_of, first_line
from streams.wire.topics import STATE_RECORD_BYTES_MAX

# Where there is something to save, a worker does so several times a second.
AGE_MS_MAX = 60_000
# From here on there is still time to act.
LARGE_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The newest one of an input partition, or changes since one, and how it lies in Kafka.

    `size_bytes` is the largest of those read.
    """

    append_ms: int
    size_bytes: int
    figures: Figures = field(repr=False)


@dataclass(slots=True)
class Snapshots:
    """The newest usable one by input partition; `refused` says in words what could not be read."""

    newest: dict[Place, Snapshot] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    newer: bool = False

    def clocks(self) -> dict[Place, dict[Speaker, int]]:
        """The newest times by input partition and source that the snapshots remember."""
        return {
            place: {
                Speaker(*key): max(clock.heard_ms, clock.last_event_ms)
                for key, clock in one.figures.clocks.items()
            }
            for place, one in self.newest.items()
        }


def gather(tails: Mapping[Place, Sequence[Seen]]) -> Snapshots:
    """Read what lies at the end of the state topic."""
    found = Snapshots()
    for place, records in tails.items():
        for record in records:
            if record.value is not None:
                _take(found, f"{place} offset {record.offset}", record, record.value)
    return found


def _take(found: Snapshots, where: str, record: Seen, value: bytes) -> None:
    origin = origin_of(record.key)
    if origin is None:
        found.refused.append(f"{where}: its key {(record.key or b'')[:60]!r} is no snapshot's")
        return
    try:
        # Of changes the queues are those of the snapshot that they rest on: not looked at here.
        figures = figures_of(first_line(value), {})
    except (SnapshotError, LookupError, TypeError, ValueError) as error:
        found.refused.append(f"{where} ({origin.topic}/{origin.partition}): {error}")
        found.newer |= _is_newer(value)
        return
    place = Place(*origin)
    known = found.newest.get(place)
    # Changes are small; the limit is met by the whole snapshots that they rest on.
    size_bytes = max(len(value), known.size_bytes if known else 0)
    if known is None or known.figures.offset <= figures.offset:
        found.newest[place] = Snapshot(record.append_ms, size_bytes, figures)
    else:
        found.newest[place] = replace(known, size_bytes=size_bytes)


def _is_newer(value: bytes) -> bool:
    try:
        version = orjson.loads(value.partition(b"\n")[0])["v"]
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return False
    return isinstance(version, int) and version > VERSION


def check_state(found: Snapshots, look: Look) -> list[Finding]:
    """Everything about the snapshots of the places looked at."""
    findings = [*_readable(found), *_sizes(found), *_ages(found, look), *_inputs(found, look)]
    if not findings and not found.newest:
        return [warning("state-empty", "no snapshot yet: nothing was saved", "start a worker")]
    if not findings:
        findings.append(ok("state", f"{len(found.newest)} snapshots, readable and up to date"))
    return findings


def _readable(found: Snapshots) -> Iterator[Finding]:
    if not found.refused:
        return
    words = f"snapshots that this release cannot read: {listing(found.refused[:3])}"
    advice = (
        "they were written by a newer release: start that one, of workers and boards"
        if found.newer
        else "something else wrote to the state topic, or it is damaged: stop what does; "
        "where the newest snapshot is hit, fold the input log again under another topic prefix"
    )
    yield problem("state-unreadable", words, advice)


def _sizes(found: Snapshots) -> Iterator[Finding]:
    large = {
        place: one.size_bytes
        for place, one in found.newest.items()
        if one.size_bytes > LARGE_SHARE * STATE_RECORD_BYTES_MAX
    }
    if not large:
        return
    named = listing(f"{place} ({size / 2**20:.1f} MiB)" for place, size in sorted(large.items()))
    words = f"snapshots close to the limit of {STATE_RECORD_BYTES_MAX / 2**20:.0f} MiB: {named}"
    advice = "above it nothing is saved: use more partitions, or lower limits.open_contacts"
    if max(large.values()) > STATE_RECORD_BYTES_MAX:
        yield problem("state-size", words, advice)
    else:
        yield warning("state-size", words, advice)


def _ages(found: Snapshots, look: Look) -> Iterator[Finding]:
    old = {}
    for place in look.lagging:
        one = found.newest.get(place)
        if one is not None and look.at_ms - one.append_ms > AGE_MS_MAX:
            old[place] = look.at_ms - one.append_ms
    if old:
        named = listing(f"{place} ({span(age)})" for place, age in sorted(old.items()))
        words = f"boards show the past: newest snapshot older than its input: {named}"
        yield problem("state-old", words, "see what is said about the workers")


def _inputs(found: Snapshots, look: Look) -> Iterator[Finding]:
    for place, (begin, end) in sorted(look.reaches.items()):
        offset = _reached(found, look, place)
        if offset is None:
            continue
        if end <= offset:
            words = f"{place} ends at {end}, but its state goes up to offset {offset}"
            advice = (
                "the topic was made anew or cut: workers will refuse to start; "
                "use another kafka.topic_prefix"
            )
            yield problem("input-shorter", words, advice)
        elif begin > offset + 1:
            words = f"{place}: records {offset + 1} to {begin - 1} were deleted before being folded"
            advice = (
                "they are lost to the figures (the worker counts them): have workers run, and "
                "keep retention.ms longer than they may be away"
            )
            yield problem("input-lost", words, advice)


def _reached(found: Snapshots, look: Look, place: Place) -> int | None:
    """The last offset that was folded and saved; None where nothing ever was."""
    one, commit = found.newest.get(place), look.commits.get(place)
    known: Iterable[int] = (
        *([one.figures.offset] if one else []),
        *([commit.offset - 1] if commit else []),
    )
    return max(known, default=None)
