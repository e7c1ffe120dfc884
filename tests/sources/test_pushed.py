"""A feed of what is pushed: what it gives, whom it tells, and when it is at rest."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from streams.sources.arrivals import Arrivals, Outcome
from streams.sources.onebot import OneBot
from streams.sources.pushed import Doors, PushedFeed
from streams.sources.refused import Personal
from tests.sources.chats import message, onebot, told
from tests.sources.logs import START_S


class Door:
    def __init__(self) -> None:
        self.gap = ""
        self.listening = False
        self.calls: list[str] = []

    async def open(self) -> None:
        self.calls.append("open")
        self.listening = True

    async def close(self) -> None:
        self.calls.append("close")


class Desk:
    """A feed with one door; messages `ago` seconds old are pushed into it."""

    def __init__(self, source: OneBot | None = None, bytes_max: int = 10_000) -> None:
        self.door = Door()
        self.arrivals = Arrivals(bytes_max)
        self.source = source or onebot()
        self.feed = PushedFeed(self.source, self.arrivals, Doors([self.door]), 65_536)
        self.told: list[Outcome] = []

    def push(self, number: int, ago: float = 1) -> bool:
        second = time.time() - START_S - ago
        return self.arrivals.put(Personal(message(second, number)), self.told.append)


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.feed.close()
    assert made.door.calls == ["open", "close"]


def test_a_sender_is_told_when_all_is_stored(desk: Desk) -> None:
    desk.push(1)
    batch = desk.feed.next()
    assert batch
    assert [event["type"] for event in batch.events] == ["chat.opened", "chat.customer_message"]
    desk.push(2)
    assert desk.told == []
    desk.feed.stored()
    assert desk.told == [Outcome.DURABLE]


def test_at_the_end_the_others_are_told_to_try_again() -> None:
    desk = Desk()
    desk.push(1)
    desk.feed.next()
    desk.push(2)
    desk.feed.close()
    assert desk.told == [Outcome.REFUSED] * 2


def test_at_rest_while_the_door_is_open_and_nothing_waits(desk: Desk) -> None:
    assert desk.feed.next() is None
    assert desk.feed.at_rest
    desk.push(1)
    desk.feed.next()
    assert not desk.feed.at_rest
    desk.door.listening = False
    desk.feed.next()
    assert not desk.feed.at_rest


def test_a_restart_tells_silences_first_and_then_the_gap() -> None:
    before = Desk()
    before.push(1, ago=4000)
    before.feed.next()
    state = before.feed.state()
    before.feed.close()
    desk = Desk()
    assert not desk.feed.resume({"kind": "lines"}, lost_too=True)
    assert desk.feed.resume(state, lost_too=True)
    first, second, third = desk.feed.next(), desk.feed.next(), desk.feed.next()
    assert first
    assert second
    assert [word.partition(" ")[2] for word in told(first.events)] == ["closed idle"]
    assert (first.gap, second.gap, third) == ("", "restarted", None)
    desk.feed.close()


def test_what_was_missed_is_a_gap() -> None:
    desk = Desk(bytes_max=10)
    assert not desk.push(1)
    desk.door.gap = "disconnected"
    batch, again = desk.feed.next(), desk.feed.next()
    assert batch
    assert again
    assert (batch.gap, again.gap, desk.feed.next()) == ("overflow", "disconnected", None)
    desk.feed.close()


def test_time_ends_a_conversation_while_nothing_comes() -> None:
    desk = Desk(onebot(idle_s=60))
    desk.push(1, ago=59.9)
    desk.feed.next()
    found: list[str] = []
    until = time.monotonic() + 30
    while not found and time.monotonic() < until:
        batch = desk.feed.next()
        found += told(batch.events) if batch else []
    assert [word.partition(" ")[2] for word in found] == ["closed idle"]
    desk.feed.close()


def test_a_message_from_the_future_is_refused(desk: Desk) -> None:
    desk.push(1, ago=-120)
    batch = desk.feed.next()
    assert batch
    assert [each.reason for each in batch.refused] == ["bad_time"]
