"""Order, copies, restarts and partitions cannot matter."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.limits import Rules
from streams.wire.changes import dump_changes, load_after, mark
from streams.wire.snapshot import dump
from tests.laws.boards import board, bytes_of, fold, provisional, totals
from tests.laws.hostile import Event, beat, disturbed, histories, orderly, source_of

RULES = Rules()
END = beat(2_000)
FAR = beat(200_000)


@settings(max_examples=150, deadline=None)
@given(histories(), st.data())
def test_any_order_gives_the_same_figures(history: list[Event], data: st.DataObject) -> None:
    """As long as nothing is late. What was counted as final meanwhile may be corrected later."""
    other = data.draw(st.permutations(history))
    assert provisional(fold([*history, *END])) == provisional(fold([*other, *END]))


@settings(max_examples=100, deadline=None)
@given(orderly(), st.data())
def test_disorder_inside_its_limit_gives_the_same_bytes(
    history: list[Event], data: st.DataObject
) -> None:
    """Counters included: each event at most max_disorder behind a newer one of its source."""
    delays = data.draw(
        st.lists(
            st.integers(0, RULES.max_disorder_ms),
            min_size=len(history),
            max_size=len(history),
        )
    )
    arrived = sorted(zip(history, delays, strict=True), key=lambda one: one[0]["at_ms"] + one[1])
    straight, mixed = fold([*history, *END]), fold([*(one for one, _ in arrived), *END])
    assert bytes_of(straight) == bytes_of(mixed)


@settings(max_examples=100, deadline=None)
@given(histories(), st.data())
def test_copies_change_nothing(history: list[Event], data: st.DataObject) -> None:
    copies = data.draw(st.lists(st.sampled_from(history), max_size=9)) if history else []
    mixed = list(history)
    for copy in copies:
        place = data.draw(st.integers(mixed.index(copy) + 1, len(mixed)))
        mixed.insert(place, copy)
    once, more = fold([*history, *END]), fold([*mixed, *END])
    assert sum(clock.duplicate for clock in more.clocks.values()) == len(copies)
    for clock in more.clocks.values():
        clock.duplicate = 0
    assert bytes_of(once) == bytes_of(more)


@settings(max_examples=200, deadline=None)
@given(disturbed(), st.data())
def test_a_restart_anywhere_changes_nothing(history: list[Event], data: st.DataObject) -> None:
    """Dumped and loaded at any points, the bytes are the same at every later one."""
    stops = data.draw(st.sets(st.integers(0, len(history)), max_size=5))
    whole, stopped = fold([]), fold([])
    for offset, one in enumerate([*history, *FAR]):
        if offset in stops:
            value = dump(stopped)
            stopped = load_after(value, b"", RULES)
            assert dump(stopped) == value
        whole.fold(offset, None, [one])
        stopped.fold(offset, None, [one])
        assert dump(whole) == dump(stopped)


@settings(max_examples=300, deadline=None)
@given(disturbed(), st.data())
def test_changes_come_to_the_whole(history: list[Event], data: st.DataObject) -> None:
    """Whenever a whole snapshot was made: it and the changes since are the state, to the byte."""
    wholes = data.draw(st.sets(st.integers(0, len(history)), max_size=3))
    state = fold([])
    base = dump(state), -1
    mark(state)
    for offset, one in enumerate([*history, *FAR]):
        state.fold(offset, None, [one])
        changes = dump_changes(state, base[1])
        assert dump(load_after(base[0], changes, RULES)) == dump(state)
        if offset in wholes:
            base = dump(state), offset
            mark(state)


@settings(max_examples=300, deadline=None)
@given(disturbed(), st.data())
def test_looking_changes_nothing(history: list[Event], data: st.DataObject) -> None:
    """Visits are counted when somebody looks: whenever that was, the bytes are the same."""
    looks = data.draw(st.sets(st.integers(0, len(history)), max_size=5))
    seen, unseen = fold([]), fold([])
    for offset, one in enumerate([*history, *FAR]):
        if offset in looks:
            dump(seen)
        seen.fold(offset, None, [one])
        unseen.fold(offset, None, [one])
        if offset == len(history) - 1:
            seen = load_after(dump(seen), b"", RULES)
    assert dump(seen) == dump(unseen)


def _split(history: list[Event], homes: dict[str, int], count: int) -> list[list[Event]]:
    found: list[list[Event]] = [[] for _ in range(count)]
    for one in history:
        found[homes[one["contact"]]].append(one)
    return found


@settings(max_examples=120, deadline=None)
@given(histories(), st.lists(st.integers(0, 2), min_size=5, max_size=5))
def test_partitions_add_up_to_the_whole(history: list[Event], homes: list[int]) -> None:
    by_contact = {f"c{number}": home for number, home in enumerate(homes)}
    states = [fold([*part, *END]) for part in _split(history, by_contact, 3)]
    assert board(*states) == board(fold([*history, *END]))


@settings(max_examples=80, deadline=None)
@given(orderly(), st.lists(st.integers(0, 2), min_size=6, max_size=6))
def test_counters_of_partitions_add_up(history: list[Event], homes: list[int]) -> None:
    by_contact = {f"c{number}": home for number, home in enumerate(homes)}
    states = [fold([*part, *END]) for part in _split(history, by_contact, 3)]
    found: dict[Any, list[int]] = {}
    for state in states:
        for key, cells in totals(state).items():
            known = found.get(key, [0] * len(cells))
            found[key] = [one + other for one, other in zip(known, cells, strict=True)]
    assert found == totals(fold([*history, *END]))


@settings(max_examples=60, deadline=None)
@given(histories(), st.integers(1, 9))
def test_records_of_many_events_are_as_good_as_one_each(history: list[Event], size: int) -> None:
    state = fold([])
    for offset in range(0, len(history), size):
        state.fold(offset, None, history[offset : offset + size])
    assert bytes_of(state) == bytes_of(fold(history))


def test_contacts_of_the_generator_have_one_source() -> None:
    assert {source_of(f"c{number}") for number in range(5)} == {"pbx", "other"}
