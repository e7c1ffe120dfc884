"""Which snapshot of a partition counts, and which is refused."""

from __future__ import annotations

import orjson

from streams.board.partitions import Partitions
from streams.board.view import Views
from streams.config import Settings
from streams.core.state import PartitionState
from streams.wire.changes import contacts_after, dump_changes, mark
from streams.wire.keys import Origin, changes_key, state_key
from streams.wire.snapshot import dump
from tests.board.calls import MINUTE_MS, NOON_MS, Call, fold, some_calls

ORIGIN = Origin("hotline.calls", 3)


def snapshot(offset: int, calls: list[Call] | None = None) -> bytes:
    state = fold(calls or [], partitions=1)[0]
    state.offset = offset
    return dump(state)


def offset_held(partitions: Partitions) -> int:
    return partitions.held()[ORIGIN].figures.offset


def test_the_largest_offset_stays_whatever_comes_later() -> None:
    partitions = Partitions()
    assert partitions.take(state_key(ORIGIN, 1), snapshot(10), 10)
    assert partitions.take(state_key(ORIGIN, 2), snapshot(12), 12)
    assert not partitions.take(state_key(ORIGIN, 1), snapshot(11), 11)
    assert offset_held(partitions) == 12
    assert not partitions.take(state_key(ORIGIN, 5), snapshot(12), 12)
    assert offset_held(partitions) == 12


def test_a_snapshot_without_a_header_says_its_offset_itself() -> None:
    partitions = Partitions()
    assert partitions.take(state_key(ORIGIN, 1), snapshot(7))
    assert not partitions.take(state_key(ORIGIN, 1), snapshot(6))
    assert offset_held(partitions) == 7


def test_a_tombstone_takes_nothing_away() -> None:
    partitions = Partitions()
    partitions.take(state_key(ORIGIN, 1), snapshot(7), 7)
    assert not partitions.take(state_key(ORIGIN, 1), None)
    assert offset_held(partitions) == 7
    assert partitions.refused == 0


def test_what_is_no_snapshot_is_refused_with_words() -> None:
    partitions = Partitions()
    assert not partitions.take(b"nonsense", snapshot(7), 7)
    assert "topic|partition|generation" in partitions.words
    assert not partitions.take(state_key(ORIGIN, 1), b"rubbish")
    assert "JSON" in partitions.words
    assert partitions.refused == 2
    assert partitions.held() == {}


def test_an_unknown_version_is_refused_and_what_was_held_stays() -> None:
    partitions = Partitions()
    partitions.take(state_key(ORIGIN, 1), snapshot(7), 7)
    assert offset_held(partitions) == 7
    figures, contacts = snapshot(9).split(b"\n")
    newer = orjson.dumps({**orjson.loads(figures), "v": 99}) + b"\n" + contacts
    assert partitions.take(state_key(ORIGIN, 1), newer, 9)
    assert offset_held(partitions) == 7
    assert "expected version 2, found 99" in partitions.words
    assert partitions.refused == 1
    assert partitions.unusable() == [ORIGIN]
    # The worker goes back to a version that is known, at whatever offset it is by then.
    assert partitions.take(state_key(ORIGIN, 2), snapshot(8), 8)
    assert offset_held(partitions) == 8
    assert partitions.unusable() == []


def test_what_has_not_changed_stays_the_same_object() -> None:
    partitions = Partitions()
    calls = some_calls(1, 100)
    for number, minutes in enumerate((2, 0)):
        state = fold(calls, NOON_MS - minutes * MINUTE_MS, partitions=1)[0]
        partitions.take(state_key(ORIGIN, 1), dump(state), number)
        if number == 0:
            before = partitions.held()[ORIGIN].figures.queues["main", "queue 0"]
    after = partitions.held()[ORIGIN].figures.queues["main", "queue 0"]
    hour = range((NOON_MS - 60 * MINUTE_MS) // MINUTE_MS, NOON_MS // MINUTE_MS - 5)
    old = [at for at in before.minutes if at in hour]
    assert old
    assert all(after.minutes[at] is before.minutes[at] for at in old)
    # And what is not the same is what a state that nobody has reused says.
    fresh = Partitions()
    fresh.take(state_key(ORIGIN, 1), dump(state), 1)
    assert fresh.held()[ORIGIN].figures.queues["main", "queue 0"].minutes == after.minutes


def folded_twice() -> tuple[bytes, bytes, bytes]:
    """A whole snapshot at offset 7, the changes of two minutes since, and what they come to."""
    calls = some_calls(1, 100)
    state = fold(calls, NOON_MS - 2 * MINUTE_MS, partitions=1)[0]
    state.offset = 7
    whole = dump(state)
    mark(state)
    later = [event for each in calls for event in each.events()]
    later = [each for each in later if 0 < each["at_ms"] - NOON_MS + 2 * MINUTE_MS <= 2 * MINUTE_MS]
    for event in later:
        state.fold(state.offset + 1, None, [event])
    state.offset = 9
    return whole, dump_changes(state, 7), dump(state)


def test_changes_and_their_snapshot_tell_what_a_whole_one_would() -> None:
    whole, changes, after = folded_twice()
    partitions, straight = Partitions(), Partitions()
    partitions.take(state_key(ORIGIN, 1), whole, 7)
    before = partitions.held()[ORIGIN].figures
    assert partitions.take(changes_key(state_key(ORIGIN, 1)), changes, 9, 7)
    straight.take(state_key(ORIGIN, 1), after, 9)
    views = [Views(Settings(), "").view(each.held()) for each in (partitions, straight)]
    assert views[0].body == views[1].body
    held = partitions.held()[ORIGIN]
    assert contacts_after(held.value, held.changes).keys() == contacts_after(after).keys()
    # What did not change is the very object that was held before.
    old = [
        (key, at)
        for key, counts in before.queues.items()
        for at, tally in counts.quarters.items()
        if held.figures.queues[key].quarters.get(at) is tally
    ]
    assert old


def test_changes_whose_snapshot_is_not_there_wait_for_it() -> None:
    whole, changes, _ = folded_twice()
    partitions = Partitions()
    assert not partitions.take(changes_key(state_key(ORIGIN, 1)), changes, 9, 7)
    assert partitions.held() == {}
    assert partitions.take(state_key(ORIGIN, 1), whole, 7)
    assert offset_held(partitions) == 9


def test_changes_that_cannot_be_read_leave_what_was_held() -> None:
    whole, changes, _ = folded_twice()
    partitions = Partitions()
    partitions.take(state_key(ORIGIN, 1), whole, 7)
    assert offset_held(partitions) == 7
    key = changes_key(state_key(ORIGIN, 1))
    partitions.take(key, changes.replace(b'"base":7', b'"base":6'), 9, 7)
    assert offset_held(partitions) == 7
    assert "expected those since offset 7, found 6" in partitions.words
    assert partitions.take(key, changes, 9, 7)
    assert offset_held(partitions) == 9


def test_an_empty_state_is_a_state() -> None:
    partitions = Partitions()
    assert partitions.take(state_key(ORIGIN, 1), dump(PartitionState("calls", Settings().rules())))
    assert partitions.held()[ORIGIN].figures.queues == {}
