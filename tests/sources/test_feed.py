"""Records in the order in which their events are sent, and going on exactly where it ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.sources.asterisk_queue_log import QueueLog
from streams.sources.canonical import Canonical
from streams.sources.feed import Feed, LineFeed, SortedFeed, make_feed
from streams.sources.mapping import Mapping
from streams.sources.table import Table
from tests.sources.logs import KEY, RECORDING, log

BYTES_MAX = 64 * 1024
MAPPING = Mapping.model_validate(
    {
        "contact": ["id"],
        "queue": "queue",
        "time": {"format": "%Y-%m-%d %H:%M:%S", "entered": ["entered"]},
        "wait": {"column": "wait"},
        "talk": {"column": "talk"},
        "outcome": [
            {"when": {"talk": ">0"}, "is": "answered"},
            {"when": {"talk": "0"}, "is": "abandoned"},
        ],
    }
)


def drain(feed: Feed) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    while (batch := feed.next()) is not None:
        events += batch.events
    return events


def stored(feed: Feed) -> Any:
    """As it comes back from Kafka."""
    return orjson.loads(orjson.dumps(feed.state()))


def follow(path: Path) -> LineFeed:
    feed = make_feed(QueueLog("pbx", key=KEY), [path], follow=True, event_bytes_max=BYTES_MAX)
    assert isinstance(feed, LineFeed)
    return feed


@pytest.fixture
def small_log() -> bytes:
    """A restart, a transfer, a line that is none, and a true repetition within a second."""
    return log(
        [
            "+0|a.1|sales|NONE|ENTERQUEUE||0302220843|1",
            "+1|a.1|sales|Ann|RINGNOANSWER|1000",
            "+1|a.1|sales|Ann|RINGNOANSWER|1000",
            "+2|a.1|sales|Bob|CONNECT|2|b.1|1",
            "+3|b.2|sales|NONE|ENTERQUEUE||anonymous|1",
            "+4|rubbish",
            "+5|a.1|sales|Bob|BLINDTRANSFER|200|q|2|3|1",
            "+5|a.1|care|NONE|ENTERQUEUE||0302220843|1",
            "+6|NONE|NONE|NONE|QUEUESTART|",
            "+9|b.3|sales|NONE|ENTERQUEUE||0301|1",
            "+9|b.3|sales|NONE|ABANDON|1|1|0",
        ]
    )


def test_stopped_and_restarted_at_every_byte(tmp_path: Path, small_log: bytes) -> None:
    with closing(follow(tmp_path / "whole")) as feed:
        (tmp_path / "whole").write_bytes(small_log)
        expected = drain(feed)
        assert len({event["id"] for event in expected}) == len(expected) > 10
    path = tmp_path / "queue_log"
    events, state, fates = [], None, []
    for length in range(len(small_log) + 1):
        with path.open("ab") as stream:
            stream.write(small_log[max(0, length - 1) : length])
        with closing(follow(path)) as feed:
            if state is not None:
                assert feed.resume(state, lost_too=False)
            events += drain(feed)
            state = stored(feed)
            fates.append(feed.fates)
    assert events == expected
    assert sum(each.read for each in fates) == 11
    assert sum(each.rejected["unknown_event"] + each.rejected["malformed"] for each in fates) == 1


def test_rotated_between_any_two_lines(tmp_path: Path, small_log: bytes) -> None:
    (tmp_path / "whole").write_bytes(small_log)
    with closing(follow(tmp_path / "whole")) as feed:
        expected = {event["id"] for event in drain(feed)}
    lines = small_log.splitlines(keepends=True)
    for cut in range(1, len(lines)):
        path = tmp_path / f"log{cut}"
        path.write_bytes(b"".join(lines[:cut]))
        with closing(follow(path)) as feed:
            found = drain(feed)
            path.rename(f"{path}.1")
            path.write_bytes(b"".join(lines[cut:]))
            found += drain(feed)
        # Identical lines of one second in two files are one line and its copy, as in a report.
        repeated = cut == 2
        assert len(found) == len(expected), cut
        assert len({event["id"] for event in found}) == len(expected) - repeated


def test_damaged_times_side_by_side_do_not_make_what_follows_late(tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    years = 9 * 365 * 86_400
    path.write_bytes(
        log(
            [
                "+0|a.1|sales|NONE|ENTERQUEUE||0302220843|1",
                f"+{years}|a.2|sales|NONE|ENTERQUEUE||0302220844|1",
                f"+{years + 1}|a.3|sales|NONE|ENTERQUEUE||0302220845|1",
                "+9|a.1|sales|NONE|ABANDON|1|1|9",
                *("+9|NONE|NONE|NONE|CONFIGRELOAD|" for _ in range(3)),
            ]
        )
    )
    feed = make_feed(QueueLog("pbx", key=KEY), [path], follow=False, event_bytes_max=BYTES_MAX)
    with closing(feed):
        events = drain(feed)
    assert [event["type"] for event in events] == ["call.queued", "call.abandoned"]
    assert feed.fates.rejected == {"bad_time": 2}


def test_a_log_that_was_replaced_goes_on_only_where_that_was_asked(tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    path.write_bytes(log(["+0|a.1|sales|NONE|ENTERQUEUE||0302220843|1"]))
    with closing(follow(path)) as feed:
        drain(feed)
        state = stored(feed)
    path.write_bytes(log(["+9|a.1|sales|NONE|ABANDON|1|1|9"]))
    with closing(follow(path)) as feed:
        assert not feed.resume(state, lost_too=False)
    with closing(follow(path)) as feed:
        assert feed.resume(state, lost_too=True)
        first = feed.next()
        assert first is not None
        assert first.gap == "lost"
        [event] = drain(feed)
        # The source remembers the call, though not its line.
        assert (event["type"], event["contact"], event["visit"]) == ("call.abandoned", "pbx:a.1", 1)


def table(folder: Path, *files: str) -> SortedFeed:
    paths = []
    for number, text in enumerate(files):
        paths.append(folder / f"calls{number}.csv")
        paths[-1].write_text(text)
    source = Table("calls", MAPPING, key=KEY)
    feed = make_feed(source, paths, follow=False, event_bytes_max=BYTES_MAX)
    assert isinstance(feed, SortedFeed)
    return feed


FIRST = "id,queue,entered,wait,talk\n" + "".join(
    f"{n},q,2026-01-02 10:{59 - n:02}:00,30,{n % 3 * 600}\n" for n in range(60)
)
SECOND = "talk,wait,queue,id,entered\n0,7,q,late,2026-01-02 10:00:30\n5,x,q,bad 0301234567,now\n"


def test_rows_in_any_order_are_sent_by_time(tmp_path: Path) -> None:
    feed = table(tmp_path, FIRST, SECOND, FIRST)
    first = feed.next()
    assert first is not None
    assert [each.original for each in first.refused] == [b"5\x1fx\x1fq\x1fbad **********\x1fnow"]
    times = [event["at_ms"] for event in first.events]
    assert times == sorted(times)
    assert len(first.events) == 60 * 2 + 40 + 2
    assert len({event["id"] for event in first.events}) == len(first.events)
    assert feed.ended
    assert feed.next() is None
    assert str(feed.fates) == ("122 read, 61 accepted, 60 duplicates, 1 rejected (bad_field 1)")


def test_sorted_rows_go_on_after_any_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = drain(table(tmp_path, FIRST, SECOND))
    monkeypatch.setattr("streams.sources.feed.SORTED_EVENTS", 7)
    feed = table(tmp_path, FIRST, SECOND)
    found = []
    while (batch := feed.next()) is not None:
        found += batch.events
        state = stored(feed)
        feed = table(tmp_path, FIRST, SECOND)
        assert feed.resume(state, lost_too=False)
    assert found == expected
    changed = table(tmp_path, FIRST, SECOND + "0,7,q,new,2026-01-02 10:00:30\n")
    assert not changed.resume(state, lost_too=False)
    assert drain(changed) != expected


def test_canonical_lines_are_sorted_once_and_followed_as_they_come(tmp_path: Path) -> None:
    def line(number: int, at_ms: int) -> bytes:
        event = {"v": 1, "id": f"{number}", "type": "call.queued", "at_ms": at_ms}
        return orjson.dumps({**event, "source": "s", "contact": "c", "queue": "q"})

    path = tmp_path / "events.jsonl"
    array = b"[" + line(3, 2_000) + b'{"type":1}'.join([b",", b"]"])
    path.write_bytes(b"\n".join([line(1, 9_000), line(2, 1_000), array, b"{"]))
    once = make_feed(Canonical("c"), [path], follow=False, event_bytes_max=BYTES_MAX)
    batch = once.next()
    assert batch is not None
    assert [event["id"] for event in batch.events] == ["2", "3", "1"]
    assert [each.reason for each in batch.refused] == ["unknown_type", "not_json"]
    assert (once.fates.accepted, once.fates.rejected.total()) == (2, 2)
    feed = make_feed(Canonical("c"), [path], follow=True, event_bytes_max=BYTES_MAX)
    with closing(feed):
        assert [event["id"] for event in drain(feed)] == ["1", "2", "3"]  # "{" may yet go on


def test_a_table_is_not_followed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="read once"):
        make_feed(
            Table("calls", MAPPING, key=KEY), [tmp_path / "x"], follow=True, event_bytes_max=1
        )


@pytest.fixture
def recording() -> Iterator[Feed]:
    feed = make_feed(QueueLog("pbx", key=KEY), [RECORDING], follow=False, event_bytes_max=BYTES_MAX)
    with closing(feed):
        yield feed


def test_the_recording_at_once_and_nothing_afterwards(recording: Feed) -> None:
    assert len(drain(recording)) > 1_000
    assert recording.ended
    assert (recording.fates.read, recording.fates.rejected) == (1712, {})
    again = make_feed(
        QueueLog("pbx", key=KEY), [RECORDING], follow=False, event_bytes_max=BYTES_MAX
    )
    with closing(again):
        assert again.resume(stored(recording), lost_too=False)
        assert drain(again) == []
        assert again.ended
