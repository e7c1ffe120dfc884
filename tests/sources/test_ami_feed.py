"""Recorded AMI traffic as a feed: going on exactly where it ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.sources import feed as feeds
from streams.sources.asterisk_ami import AsteriskAmi
from streams.sources.feed import Feed, RecordFeed, make_feed
from tests.sources.ami import of_caller, of_queue
from tests.sources.logs import KEY


def story(calls: int) -> bytes:
    texts = []
    for second in range(calls):
        call = f"{second}.1"
        texts += [
            of_queue(second, "QueueCallerJoin", call=call),
            of_queue(second + 0.25, "AgentConnect", call=call, MemberName="Ann", HoldTime=0),
            of_caller(second + 0.5, "Hangup", call=call),
            b"rubbish",
        ]
    return b"\n\n".join(texts) + b"\n\n"


def made(*paths: Path) -> Feed:
    source = AsteriskAmi("pbx", key=KEY)
    return make_feed(source, paths, follow=False, event_bytes_max=64 * 1024)


def drain(feed: Feed) -> tuple[list[dict[str, Any]], int]:
    events, refused = [], 0
    while (batch := feed.next()) is not None:
        events += batch.events
        refused += len(batch.refused)
    return events, refused


def test_goes_on_where_it_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "SORTED_EVENTS", 7)
    path = tmp_path / "ami.txt"
    path.write_bytes(story(20))
    whole, refused = drain(made(path))
    assert ([event["type"] for event in whole].count("call.ended"), refused) == (20, 20)
    first = made(path)
    events, parts = [], 0
    while (batch := first.next()) is not None:
        events += batch.events
        parts += 1
        following = made(path)
        assert following.resume(orjson.loads(orjson.dumps(first.state())), lost_too=False)
        first.close()
        if first.ended:
            break
        first = following
    assert parts > 5
    assert events == whole


def test_the_same_file_twice_and_another_one(tmp_path: Path) -> None:
    path, copy, other = (tmp_path / name for name in ("a", "b", "c"))
    path.write_bytes(story(3))
    copy.write_bytes(story(3))
    other.write_bytes(story(4))
    feed = made(path, copy)
    assert drain(feed)[0] == drain(made(path))[0]
    assert feed.fates.duplicates == 12
    assert not made(other).resume(feed.state(), lost_too=True)
    assert not made(path).resume({"kind": "lines"}, lost_too=True)


def test_traffic_cannot_be_followed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected no --follow"):
        make_feed(AsteriskAmi("pbx", key=KEY), [tmp_path / "x"], follow=True, event_bytes_max=1024)
    assert RecordFeed(AsteriskAmi("pbx", key=KEY), [], 1024).next() is not None
