"""The simulated city beside the recording: today up to now, then what comes as time goes by."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from streams.demo.city import City

Event = dict[str, Any]
SECOND_MS = 1000
# Noon in Shanghai.
NOON_MS = round(datetime(2026, 3, 4, 4, tzinfo=UTC).timestamp() * SECOND_MS)
MIDNIGHT_MS = NOON_MS + 12 * 3600 * SECOND_MS


def of(topic: str, sent: list[Event]) -> Callable[[str, list[Event]], None]:
    """A way to deliver that keeps what goes to this topic."""
    return lambda where, events: sent.extend(events) if where == topic else None


def caught_up(city: City, sent: list[Event], now_ms: int) -> list[Event]:
    """What is sent until nothing more is due."""
    before = len(sent)
    while True:
        already = len(sent)
        city.step(now_ms)
        if len(sent) == already:
            return sent[before:]


def is_beat(event: Event) -> bool:
    return bool(event["type"] == "source.heartbeat")


def test_the_day_so_far_and_what_comes_then() -> None:
    sent: list[Event] = []
    city = City(of("calls", sent), NOON_MS)
    morning = caught_up(city, sent, NOON_MS)
    times = [event["at_ms"] for event in morning]
    assert times == sorted(times)
    assert times[0] >= NOON_MS - 12 * 3600 * SECOND_MS
    assert times[-1] <= NOON_MS
    arrived = [event for event in morning if event["type"] == "call.arrived"]
    assert len(arrived) > 1000
    assert {event["site"] for event in morning} == {"city"}
    beats = [event["at_ms"] for event in morning if is_beat(event)]
    assert min(beats) > NOON_MS - 61 * SECOND_MS
    assert caught_up(city, sent, NOON_MS) == []
    later = caught_up(city, sent, NOON_MS + 60 * SECOND_MS)
    assert all(NOON_MS < event["at_ms"] <= NOON_MS + 60 * SECOND_MS for event in later)
    assert sum(map(is_beat, later)) == 2 * 6  # two PBXs, each ten seconds


def test_chats_go_to_their_own_topic() -> None:
    sent: list[Event] = []
    caught_up(City(of("chats", sent), NOON_MS), sent, NOON_MS)
    assert {event["source"] for event in sent} == {"city-chat"}
    assert sum(event["type"] == "chat.opened" for event in sent) > 100


def test_the_next_day_follows() -> None:
    sent: list[Event] = []
    city = City(of("calls", sent), NOON_MS)
    caught_up(city, sent, MIDNIGHT_MS + 3600 * SECOND_MS)
    after = [event for event in sent if event["at_ms"] > MIDNIGHT_MS + 1800 * SECOND_MS]
    assert any(event["type"] == "call.arrived" for event in after)
    ids = [event["id"] for event in sent]
    assert len(ids) == len(set(ids))


def test_another_run_has_calls_of_its_own() -> None:
    contacts = []
    for now_ms in (NOON_MS, NOON_MS + 1):
        sent: list[Event] = []
        caught_up(City(of("calls", sent), now_ms), sent, NOON_MS)
        contacts.append({event["contact"] for event in sent if "contact" in event})
    assert len(contacts[0]) == len(contacts[1])
    assert not contacts[0] & contacts[1]
