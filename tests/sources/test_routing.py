"""Each event to its one partition, and as few records as the limits allow."""

import itertools
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.events import TYPES_OF_TOPIC
from streams.sources.routing import Unit, pack, partition_of, refusal, route, topic_of

# Kafka's own test of Utils.murmur2 (clients/src/test/.../UtilsTest.java).
MURMUR2 = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


def event(kind: str = "call.queued", **fields: Any) -> dict[str, Any]:
    common = {"v": 1, "id": "i", "type": kind, "at_ms": 1, "source": "s"}
    return {**common, "contact": "s:1", "queue": "q", **fields}


@pytest.mark.parametrize(("key", "murmur2"), MURMUR2.items())
def test_partitions_are_those_of_the_java_client(key: bytes, murmur2: int) -> None:
    for partitions in (1, 4, 8, 12):
        assert partition_of(key, partitions) == (murmur2 & 0x7FFFFFFF) % partitions


def test_topic_by_type() -> None:
    for topic, kinds in TYPES_OF_TOPIC.items():
        for kind in kinds - {"contact.rated"}:
            assert topic_of(event(kind)) == topic
    assert topic_of(event("contact.rated")) == "chats"
    nowhere: list[object] = [event("source.gap"), event("x"), {"type": 1}, [], None]
    assert [topic_of(each) for each in nowhere] == [None] * 5


def test_what_is_about_the_source_goes_everywhere_in_its_place() -> None:
    gap = event("source.gap", id="gap")
    groups = route([event(id="1"), gap, event(id="2")], ["calls"], 3)
    home = partition_of(b"s:1", 3)
    assert {place: [unit.id for unit in units] for place, units in groups.items()} == {
        ("calls", number): ["1", "gap", "2"] if number == home else ["gap"] for number in range(3)
    }
    assert {unit.key for unit in groups["calls", (home + 1) % 3]} == {b"s"}


def test_agents_have_the_agent_as_key() -> None:
    changed = event("agent.state_changed", agent="Ann")
    [((topic, partition), [unit])] = route([changed], [], 8).items()
    assert (topic, partition, unit.key) == ("agents", partition_of(b"Ann", 8), b"Ann")


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        (event(), None),
        (event("call.nonsense"), "unknown_type"),
        (event(contact=""), "bad_field"),
        ([], "not_an_object"),
        (event(data={"note": "x" * 300}), "too_large"),
    ],
)
def test_refusals(what: object, reason: str | None) -> None:
    refused = refusal(what, 300)
    assert (refused and str(refused[0])) == reason


def unit(number: int, size: int) -> Unit:
    return Unit(str(number), b"%d" % number, orjson.dumps({"n": number, "pad": "x" * size}))


@given(
    st.lists(st.integers(0, 60), max_size=40),
    st.integers(1, 10),
    st.integers(120, 400),
)
def test_records_hold_everything_in_order_within_the_limits(
    sizes: list[int], events_max: int, bytes_max: int
) -> None:
    records = list(pack([unit(n, size) for n, size in enumerate(sizes)], events_max, bytes_max))
    decoded = [orjson.loads(record.value) for record in records]
    lists = [each if isinstance(each, list) else [each] for each in decoded]
    assert [each["n"] for events in lists for each in events] == list(range(len(sizes)))
    assert all(len(record.value) <= bytes_max for record in records)
    assert all(len(events) <= events_max for events in lists)
    assert [record.key for record in records] == [b"%d" % events[0]["n"] for events in lists]
    # As few as can be: the next one's first event would not have fitted.
    for events, following in itertools.pairwise(lists):
        longer = len(orjson.dumps([*events, following[0]]))
        assert len(events) == events_max or longer > bytes_max - 2


def test_one_event_stands_alone() -> None:
    [record] = pack([unit(1, 0)], 500, 1000)
    assert orjson.loads(record.value) == {"n": 1, "pad": ""}
