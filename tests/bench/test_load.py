"""The made-up hotline: the same for the same seed, and nothing that the core refuses."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise

import orjson
import pytest

from streams.bench.load import (
    EVENTS_PER_ARRAY,
    LONGEST_TALK_MS,
    LONGEST_WAIT_MS,
    Load,
    Record,
    array_records,
    in_order,
    open_calls,
    partition_of,
    single_records,
)
from streams.core.events import explain
from streams.core.limits import Rules

START_MS = 1_763_800_000_000
EVENTS = 2_000


def calls(seed: int = 1) -> list[list[dict[str, object]]]:
    return list(Load(START_MS, seed).calls(EVENTS))


def test_every_event_can_be_taken() -> None:
    events = [event for call in calls() for event in call]
    events += [event for call in open_calls(START_MS, 0, 100, 5) for event in call]
    assert [event for event in events if explain(event, "calls")] == []


def test_ids_are_told_apart() -> None:
    ids = [event["id"] for call in calls() for event in call]
    ids += [event["id"] for call in open_calls(START_MS, 0, 100, 5) for event in call]
    assert len(set(ids)) == len(ids)


def test_the_same_seed_gives_the_same_events() -> None:
    assert calls() == calls()
    assert calls(2) != calls()


def test_as_many_events_as_asked_for_in_whole_calls() -> None:
    made = calls()
    assert EVENTS <= sum(map(len, made)) < EVENTS + 4
    assert {call[-1]["type"] for call in made} == {"call.abandoned", "call.wrapped_up"}


def test_nothing_lies_beyond_the_duration() -> None:
    load = Load(START_MS)
    last_ms = max(event["at_ms"] for call in load.calls(EVENTS) for event in call)
    assert last_ms <= START_MS + load.duration_ms(EVENTS)


def test_a_finished_call_sent_whole_is_never_late() -> None:
    assert Rules().allowed_lateness_ms > LONGEST_WAIT_MS + LONGEST_TALK_MS


def test_events_in_order_are_all_of_them() -> None:
    ordered = list(in_order(iter(calls())))
    assert all(one["at_ms"] <= other["at_ms"] for one, other in pairwise(ordered))
    assert Counter(event["id"] for event in ordered) == Counter(
        event["id"] for call in calls() for event in call
    )


@pytest.mark.parametrize("cut", [single_records, array_records])
def test_records_hold_the_same_events_each_on_its_contacts_partition(
    cut: Callable[..., Iterator[Record]],
) -> None:
    ids = []
    for partition, _, value in cut(iter(calls()), 4):
        read = orjson.loads(value)
        events = read if isinstance(read, list) else [read]
        assert {partition_of(event["contact"], 4) for event in events} == {partition}
        ids += [event["id"] for event in events]
    assert Counter(ids) == Counter(event["id"] for call in calls() for event in call)


def test_arrays_keep_a_call_together_and_are_of_the_size_named() -> None:
    sizes = []
    for _, _, value in array_records(iter(calls()), 4):
        contacts = [event["contact"] for event in orjson.loads(value)]
        runs = 1 + sum(one != other for one, other in pairwise(contacts))
        assert runs == len(set(contacts))
        sizes.append(len(contacts))
    assert sorted(sizes)[4] >= EVENTS_PER_ARRAY
    assert max(sizes) < EVENTS_PER_ARRAY + 4
