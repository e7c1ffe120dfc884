"""A partition's whole state as bytes and back: a line of figures, a line of contacts.

The figures come first so that the board need not read the contacts. The same state gives the same
bytes whatever order its events came in, so snapshots can be compared. An unknown version is refused
with words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any, NamedTuple

import orjson

from streams.core.chat_figures import Desk
from streams.core.chat_state import ChatState
from streams.core.contact import Clock, Contact, contact_due_ms
from streams.core.counts import Counts
from streams.core.facts import read
from streams.core.limits import Rules
from streams.core.state import PartitionState
from streams.core.tally import Tally
from streams.core.visit import Visit
from streams.wire.chat_snapshot import conversation_record, desk_record, load_desk, restore
from streams.wire.codec import kept

VERSION = 2


class SnapshotError(ValueError):
    """Bytes that are no snapshot, or one of a version that this release does not know."""


def encode_tally(at: int | str, tally: Tally) -> bytes:
    """A bucket's bytes, kept on the tally until it changes; empty where all was taken back.

    Such a bucket would tell in what order events came.
    """
    known: list[Any] = [at, tally.cells]
    if tally.waits is not None:
        known += [[number for pair in sorted(tally.waits.items()) for number in pair]]
        known += [int(tally.rounded)]
    empty = not tally.rounded and not any(tally.cells)
    tally.encoded = b"" if empty else kept(known)
    tally.in_base = False
    return tally.encoded


def _buckets(tallies: Mapping[Any, Tally]) -> orjson.Fragment:
    """Most are the same at the next save, and there are thousands: no call for those."""
    pieces = []
    for at in sorted(tallies):
        encoded = tallies[at].encoded
        if encoded is None:
            encoded = encode_tally(at, tallies[at])
        if encoded:
            pieces.append(encoded)
    return orjson.Fragment(b"[%b]" % b",".join(pieces))


def counts_raw(counts: Counts) -> dict[str, Any]:
    """What is told of a queue beside its buckets."""
    return {
        "zone": counts.zone,
        "clock_ms": counts.clock_ms,
        "totals": counts.totals.cells,
        "waiting": sorted(counts.waiting.values()),
        "talking": counts.talking,
    }


def _counts(counts: Counts) -> dict[str, Any]:
    return {
        **counts_raw(counts),
        "minutes": _buckets(counts.minutes),
        "quarters": _buckets(counts.quarters),
        "days": _buckets(counts.days),
    }


_CLOCK = attrgetter("heard_ms", "last_event_ms", "ok", "duplicate", "late", "invalid", "future")
_VISIT_FIELDS = (
    "seen",
    "key",
    "entered_ms",
    "implied_ms",
    "answered",
    "gone",
    "ended",
    "cut",
    "wrapup",
    "transferred",
    "wrapup_follows",
    "rings_missed",
    "expired_ms",
    "counted",
    "served",
)
_VISIT = attrgetter(*_VISIT_FIELDS)
_CONTACT_FIELDS = ("source", "site", "touched_ms", "keep_ms", "customer", "outside", "aside")
_CONTACT = attrgetter(*_CONTACT_FIELDS)


def encode_contact(name: str, contact: Contact) -> bytes:
    """A contact's bytes, kept on it until it changes."""
    visits = [[number, *_VISIT(visit)] for number, visit in sorted(contact.visits.items())]
    contact.encoded = kept([name, *_CONTACT(contact), sorted(contact.ids), visits])
    contact.in_base = False
    return contact.encoded


def _contacts(state: PartitionState, figures: dict[str, Any]) -> list[bytes]:
    """The second line's parts; adds to the first what chats have of their own."""
    if isinstance(state, ChatState):
        desks = sorted(state.desks.items())
        figures["desks"] = [[*key, desk_record(counts, _buckets)] for key, counts in desks]
        return [conversation_record(*each) for each in sorted(state.conversations.items())]
    known = state.contacts
    return [known[name].encoded or encode_contact(name, known[name]) for name in sorted(known)]


def head_raw(state: PartitionState) -> dict[str, Any]:
    """What the first line of a snapshot says of the partition itself."""
    return {
        "v": VERSION,
        "topic": state.topic,
        "offset": state.offset,
        "clock_ms": state.clock_ms,
        "overflown": state.overflown,
        "clocks": [[*key, *_CLOCK(clock)] for key, clock in sorted(state.clocks.items())],
        "outside": [[*key, count] for key, count in sorted(state.outside.items())],
    }


def dump(state: PartitionState) -> bytes:
    """The state as two lines of JSON: figures, contacts."""
    figures = {
        **head_raw(state),
        "queues": [[*key, _counts(counts)] for key, counts in sorted(state.queues.items())],
    }
    contacts = _contacts(state, figures)
    # One join: a second copy of some megabytes costs as much as all that came before.
    first = contacts[0] if contacts else b""
    contacts[:1] = [b"%b\n[%b" % (orjson.dumps(figures), first)]
    contacts[-1] += b"]"
    return b",".join(contacts)


class Figures(NamedTuple):
    """The first line of a snapshot: all that a board needs of a partition.

    `waiting` is {queue: entering times in ms}, `clocks` {(source, site): Clock}, `desks` the queues
    of chats.
    """

    topic: str
    offset: int
    clock_ms: int
    overflown: int
    clocks: dict[tuple[str, str], Clock]
    outside: dict[tuple[str, str], int]
    queues: dict[tuple[str, str], Counts]
    waiting: dict[tuple[str, str], list[int]]
    desks: dict[tuple[str, str], Desk]


def load_figures(value: bytes) -> Figures:
    """The figures of a snapshot; SnapshotError where it is none or of another version."""
    raw = first_line(value)
    if "base" in raw:
        raise SnapshotError(f"snapshot: expected a whole one, found changes since {raw['base']}")
    return figures_of(raw, {(site, queue): _load_counts(of) for site, queue, of in raw["queues"]})


def first_line(value: bytes) -> dict[str, Any]:
    """The first line of a snapshot or of changes; SnapshotError where this release knows none."""
    try:
        raw = orjson.loads(value.partition(b"\n")[0])
    except orjson.JSONDecodeError as error:
        raise SnapshotError(f"snapshot: expected JSON, found {error}") from error
    version = raw.get("v") if isinstance(raw, dict) else None
    if version != VERSION:
        raise SnapshotError(f"snapshot: expected version {VERSION}, found {version!r}")
    known: dict[str, Any] = raw
    return known


def figures_of(raw: dict[str, Any], queues: dict[tuple[str, str], Counts]) -> Figures:
    """The figures that a first line tells, with the tallies that are true of its queues."""
    return Figures(
        topic=raw["topic"],
        offset=raw["offset"],
        clock_ms=raw["clock_ms"],
        overflown=raw["overflown"],
        clocks={(source, site): _load_clock(rest) for source, site, *rest in raw["clocks"]},
        outside={(site, reason): count for site, reason, count in raw["outside"]},
        queues=queues,
        waiting={(site, queue): counts["waiting"] for site, queue, counts in raw["queues"]},
        desks={
            (site, queue): load_desk(desk, load_tally) for site, queue, desk in raw.get("desks", ())
        },
    )


def _load_clock(values: list[int]) -> Clock:
    clock = Clock()
    clock.heard_ms, clock.last_event_ms, clock.ok, clock.duplicate, clock.late = values[:5]
    clock.invalid, clock.future = values[5:]
    return clock


def load_tally(cells: list[int], waits: list[int] | None = None, rounded: int = 0) -> Tally:
    """A bucket from what its bytes hold after its time."""
    if waits is None:
        return Tally(cells, None)
    return Tally(cells, dict(zip(waits[::2], waits[1::2], strict=True)), bool(rounded))


def _load_counts(raw: dict[str, Any]) -> Counts:
    counts = Counts(raw["zone"])
    counts.clock_ms = raw["clock_ms"]
    counts.minutes = {at: load_tally(*rest) for at, *rest in raw["minutes"]}
    counts.quarters = {at: load_tally(*rest) for at, *rest in raw["quarters"]}
    counts.days = {day: load_tally(*rest) for day, *rest in raw["days"]}
    counts.totals = Tally(raw["totals"], None)
    counts.talking = raw["talking"]
    return counts


def contact_lines(line: bytes) -> list[Any]:
    """What a line of contacts holds, as JSON has it."""
    try:
        contacts: list[Any] = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise SnapshotError(f"snapshot: expected contacts, found {error}") from error
    return contacts


def contacts_of(contacts: Iterable[Any]) -> dict[str, Contact]:
    """Contacts by name; their clock is yet to be given to them."""
    clock = Clock()
    keys: _Keys = {}
    return {raw[0]: _load_contact(raw, clock, keys) for raw in contacts}


# Every visit to a queue names it again and again: all of them are one tuple.
_Keys = dict[tuple[str, str], tuple[str, str]]


def _load_contact(raw: list[Any], clock: Clock, keys: _Keys) -> Contact:
    contact = Contact(raw[1], raw[2], clock)
    _, _, _, contact.touched_ms, contact.keep_ms, contact.customer, contact.outside, *rest = raw
    contact.aside, contact.ids, visits = rest
    for number, *slots in visits:
        contact.visits[number] = _load_visit(slots, keys)
    return contact


def _load_visit(slots: list[Any], keys: _Keys) -> Visit:
    visit = Visit()
    for name, value in zip(_VISIT_FIELDS, slots, strict=True):
        if type(value) is not list:
            setattr(visit, name, value)
        elif name == "key":
            visit.key = _key(value, keys)
        else:
            setattr(visit, name, tuple(value))
    # What it counts for is read off the slots again: whoever saved it had counted it.
    visit.enter, visit.leave, visit.serve = read(visit)
    return visit


def _key(value: list[str], keys: _Keys) -> tuple[str, str]:
    key = (value[0], value[1])
    return keys.setdefault(key, key)


def new_state(topic: str, rules: Rules | None = None) -> PartitionState:
    """A state of nothing yet; `topic` is the vocabulary: calls, chats, tickets or agents."""
    return ChatState(rules) if topic == "chats" else PartitionState(topic, rules)


def state_of(figures: Figures, contacts: Iterable[Any], rules: Rules) -> PartitionState:
    """The state that has these figures, and contacts as JSON has them."""
    state = new_state(figures.topic, rules)
    state.offset, state.clock_ms = figures.offset, figures.clock_ms
    state.overflown, state.clocks = figures.overflown, figures.clocks
    state.outside.update(figures.outside)
    state.queues.update(figures.queues)
    for (source, _), clock in state.clocks.items():
        clock.disorder_ms = rules.disorder_of(source)
    if isinstance(state, ChatState):
        restore(state, figures.desks, contacts)
        return state
    state.contacts.update(contacts_of(contacts))
    for name, contact in state.contacts.items():
        for visit in contact.visits.values():
            if visit.enter is not None and visit.leave is None:
                state.queues[visit.enter[0]].waiting[visit] = visit.enter[1]
        contact.clock = state.clock_of(contact.source, contact.site)
        contact.clock.remind(contact, name, contact_due_ms(contact, rules))
    return state
