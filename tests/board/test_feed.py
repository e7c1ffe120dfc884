"""When a view is published, and when none may be."""

from __future__ import annotations

import gc

import pytest

from streams.board import feed as feed_module
from streams.board.feed import INTERVAL_S, StateFeed
from streams.board.reader import Record
from streams.board.view import View, Views
from streams.config import Settings
from streams.wire.keys import Origin, state_key
from streams.wire.snapshot import dump
from tests.board.calls import NOON_MS, Call, fold


class Clock:
    """`time`, moved by hand."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(feed_module, "time", clock)
    return clock


def snapshots(count: int) -> list[bytes]:
    calls = [Call(f"c{n}", NOON_MS - 60_000, 0) for n in range(4)]
    return [dump(state) for state in fold(calls, partitions=count).values()]


def record(partition: int, value: bytes, based_on: int) -> Record:
    key = state_key(Origin("hotline.calls", partition), 1)
    return Record(partition, 0, key, value, based_on)


def fed() -> tuple[StateFeed, list[View]]:
    published: list[View] = []
    feed = StateFeed(Views(Settings(), "0"), published.append)
    feed.begin("topic")
    return feed, published


def test_a_burst_becomes_one_view(clock: Clock) -> None:
    feed, published = fed()
    feed.turn()
    clock.now_s += 1
    first, second = snapshots(2)
    feed.take([record(0, first, 1)])
    assert 0 < feed.turn() <= 8
    feed.take([record(1, second, 1)])
    feed.turn()
    assert len(published) == 1
    clock.now_s += 0.01
    feed.turn()
    assert len(published) == 2
    assert published[-1].board["total"]["windows"]["5m"]["answered"] == 4


def test_a_burst_that_does_not_end_is_not_waited_for(clock: Clock) -> None:
    feed, published = fed()
    feed.turn()
    clock.now_s += 1
    (value,) = snapshots(1)
    for offset in range(10):
        feed.take([record(0, value, offset)])
        feed.turn()
        clock.now_s += 0.005
    assert len(published) == 2


def test_views_are_no_closer_than_their_interval(clock: Clock) -> None:
    feed, published = fed()
    feed.turn()
    (value,) = snapshots(1)
    for offset in range(10):
        feed.take([record(0, value, offset)])
        clock.now_s += INTERVAL_S / 2
        feed.turn()
    assert len(published) <= 6


def test_what_is_older_changes_nothing(clock: Clock) -> None:
    feed, published = fed()
    (value,) = snapshots(1)
    feed.take([record(0, value, 9)])
    feed.turn()
    clock.now_s += 1
    feed.take([record(0, value, 8)])
    feed.turn()
    assert len(published) == 1


def test_sums_without_a_partition_are_not_published(clock: Clock) -> None:
    feed, published = fed()
    first, second = snapshots(2)
    feed.take([record(0, first, 1), record(1, second.replace(b'"v":2', b'"v":9', 1), 1)])
    feed.turn()
    assert published == []
    assert feed.view is None
    assert "hotline.calls/1" in feed.words
    assert "expected version 2, found 9" in feed.words
    clock.now_s += 1
    feed.take([record(1, second, 2)])
    feed.turn()
    assert len(published) == 1
    assert feed.words == ""
    assert feed.refused == 1


def test_a_topic_made_anew_begins_anew(clock: Clock) -> None:
    feed, published = fed()
    (value,) = snapshots(1)
    feed.take([record(0, value, 1000)])
    feed.turn()
    feed.begin("another")
    clock.now_s += 1
    feed.take([record(0, value, 5)])
    clock.now_s += 1
    feed.turn()
    assert len(published) == 2


def test_the_garbage_collector_is_on_again(clock: Clock) -> None:
    feed, _ = fed()
    feed.turn()
    assert gc.isenabled()
    assert clock.now_s
