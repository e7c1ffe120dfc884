"""What has changed in a partition's state since its last whole snapshot: little, and often.

Three lines of JSON: figures, changed contacts, names of forgotten ones. Changes always rest on a
whole snapshot, never on other changes: a reader needs two records, however often one was saved.
Buckets and contacts that did not change are left out; all else is told anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from streams.core.chat_state import ChatState
from streams.core.contact import NEVER, Contact
from streams.core.counts import Counts
from streams.core.limits import MINUTE_MS, QUARTER_MS, Rules
from streams.core.state import PartitionState
from streams.core.tally import Tally
from streams.wire.snapshot import (
    Figures,
    SnapshotError,
    contact_lines,
    contacts_of,
    counts_raw,
    encode_contact,
    encode_tally,
    figures_of,
    first_line,
    head_raw,
    load_figures,
    load_tally,
    state_of,
)

_BUCKETS = ("minutes", "quarters", "days")


def takes_changes(state: PartitionState) -> bool:
    """Whether changes of such a state can be told; chats are few, and always saved whole."""
    return not isinstance(state, ChatState)


def mark(state: PartitionState) -> None:
    """From here on changes are those since the snapshot that was just made of the state."""
    for counts in state.queues.values():
        counts.changed_ms = NEVER
        for name in _BUCKETS:
            for tally in getattr(counts, name).values():
                tally.in_base = True
    for contact in state.contacts.values():
        contact.in_base = True
    state.forgotten = set()


def dump_changes(state: PartitionState, base: int) -> bytes:
    """What has changed since `mark`, which was called at offset `base`."""
    queues = state.queues
    figures = {
        **head_raw(state),
        "base": base,
        "queues": [[*key, _counts(counts)] for key, counts in sorted(queues.items())],
    }
    contacts = b",".join(_changed_contacts(state.contacts))
    forgotten = orjson.dumps(sorted(state.forgotten or ()))
    return b"%b\n[%b]\n%b" % (orjson.dumps(figures), contacts, forgotten)


def _counts(counts: Counts) -> dict[str, Any]:
    since_ms = counts.changed_ms
    minutes = _since(counts.minutes, since_ms // MINUTE_MS)
    quarters = _since(counts.quarters, since_ms // QUARTER_MS)
    return {
        **counts_raw(counts),
        "minutes": _changed_buckets(minutes),
        "quarters": _changed_buckets(quarters),
        "days": _changed_buckets(counts.days.items()),
        # What is older has gone: minutes and quarters as time went on, days beyond the last ones.
        "oldest": [min(getattr(counts, name), default=None) for name in _BUCKETS],
    }


def _since(tallies: Mapping[int, Tally], first: int) -> list[tuple[int, Tally]]:
    """Most are older than all that has changed, and there are thousands."""
    return [(at, tallies[at]) for at in tallies if at >= first]


def _changed_buckets(tallies: Iterable[tuple[int | str, Tally]]) -> orjson.Fragment:
    """One from which all was taken back is its time alone."""
    pieces = []
    for at, tally in tallies:
        if tally.encoded is None:
            encode_tally(at, tally)
        if not tally.in_base:
            pieces.append(tally.encoded or orjson.dumps([at]))
    return orjson.Fragment(b"[%b]" % b",".join(pieces))


def _changed_contacts(contacts: Mapping[str, Contact]) -> Iterator[bytes]:
    for name, contact in contacts.items():
        encoded = contact.encoded or encode_contact(name, contact)
        if not contact.in_base:
            yield encoded


def figures_after(base: Figures, value: bytes) -> Figures:
    """The figures of a state whose last whole snapshot has those of `base`.

    What did not change are the very objects of `base`. SnapshotError where these changes rest on
    another one.
    """
    raw = first_line(value)
    if raw.get("base") != base.offset:
        raise SnapshotError(
            f"changes: expected those since offset {base.offset}, found {raw.get('base')}"
        )
    queues = {
        (site, queue): _after(base.queues.get((site, queue)), counts)
        for site, queue, counts in raw["queues"]
    }
    return figures_of(raw, queues)


def _after(base: Counts | None, raw: dict[str, Any]) -> Counts:
    counts = Counts(raw["zone"])
    counts.clock_ms, counts.talking = raw["clock_ms"], raw["talking"]
    counts.totals = Tally(raw["totals"], None)
    for name, oldest in zip(_BUCKETS, raw["oldest"], strict=True):
        found: dict[Any, Tally] = {}
        if base is not None and oldest is not None:
            known = getattr(base, name)
            if not raw[name] and known and min(known) == oldest:
                found = known
            else:
                found = {at: tally for at, tally in known.items() if at >= oldest}
        for at, *rest in raw[name]:
            if rest:
                found[at] = load_tally(*rest)
            else:
                found.pop(at, None)
        setattr(counts, name, found)
    return counts


def contacts_after(whole: bytes, changes: bytes = b"") -> dict[str, Contact]:
    """The contacts of a state from its last whole snapshot and the changes since, if any.

    Those open, and those closed that may still change.
    """
    return contacts_of(_contact_lines(whole, changes))


def _contact_lines(whole: bytes, changes: bytes) -> Iterable[Any]:
    lines = contact_lines(whole.partition(b"\n")[2])
    if not changes:
        return lines
    _, changed, forgotten = changes.split(b"\n")
    found = {raw[0]: raw for raw in lines}
    for name in orjson.loads(forgotten):
        found.pop(name, None)
    found |= {raw[0]: raw for raw in contact_lines(changed)}
    return found.values()


def load_after(whole: bytes, changes: bytes, rules: Rules) -> PartitionState:
    """The state of a whole snapshot and the changes since, ready to fold on from `offset + 1`."""
    figures = load_figures(whole)
    if changes:
        figures = figures_after(figures, changes)
    return state_of(figures, _contact_lines(whole, changes), rules)
