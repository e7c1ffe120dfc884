"""JSON lines: judged by the core, each line counted once."""

import json
from pathlib import Path
from typing import Any

from streams.core.limits import Rules
from streams.report import make_report
from streams.sources.catalogue import make_source
from streams.wire.codec import RECORD_BYTES_MAX

START_MS = 1_700_000_000_000


def event(kind: str, at_s: int, name: str = "c", **more: Any) -> dict[str, Any]:
    return {
        "v": 1,
        "id": f"{name}.{kind}.{at_s}",
        "type": f"call.{kind}",
        "at_ms": START_MS + 1000 * at_s,
        "source": "s",
        "contact": name,
        "queue": "q",
        **more,
    }


def report(folder: Path, *lines: object) -> dict[str, Any]:
    path = folder / "events.jsonl"
    texts = (line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    path.write_bytes(b"\n".join(texts))
    return make_report(make_source("canonical", key=b"k"), [path], Rules()).as_json()


def test_events_one_a_line_or_in_arrays_in_any_order(tmp_path: Path) -> None:
    found = report(
        tmp_path,
        event("ended", 9, data={"talk_ms": 4000}),
        [event("queued", 0), event("answered", 5)],
        event("queued", 7, name="d"),
    )
    assert (found["total"]["offered"], found["total"]["answered"]) == (2, 1)
    assert found["total"]["waiting"] == 1
    assert found["total"]["handle"]["sum_ms"] == 4000
    assert found["records"]["accepted"] == 3


def test_every_line_has_a_fate(tmp_path: Path) -> None:
    found = report(
        tmp_path,
        event("queued", 0),
        event("queued", 0),
        b"",
        b"{",
        b'"text"',
        b"[]",
        b"[1]",
        b"\xff\xfe",
        event("unheard_of", 1),
        event("left", 2, data={"reason": "boredom"}),
        b" " * (RECORD_BYTES_MAX + 1) + b"1",
    )["records"]
    assert found["read"] == 11
    assert (found["accepted"], found["duplicates"], found["ignored"]) == (2, 1, {"blank": 1})
    assert found["rejected"] == {
        "bad_field": 1,
        "not_an_object": 2,
        "not_json": 2,
        "too_large": 1,
        "unknown_type": 1,
    }


def test_an_event_given_again_with_other_words_is_a_duplicate(tmp_path: Path) -> None:
    again = event("queued", 0) | {"data": {"more": 1}}
    found = report(tmp_path, event("queued", 0), again)
    assert found["records"]["duplicates"] == 1
    assert found["total"]["offered"] == 1


def test_sites_keep_queues_of_one_name_apart(tmp_path: Path) -> None:
    events = [event("queued", 0, name=site, site=site) for site in ("north", "south", "south2")]
    found = report(tmp_path, *events[:2])
    assert list(found["queues"]) == ["north/q", "south/q"]
