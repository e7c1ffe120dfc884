"""AMI traffic made up for a test, recorded traffic, and what a report says of either."""

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from streams.core.limits import Rules
from streams.report import Report, make_report
from streams.sources.asterisk_ami import AsteriskAmi
from streams.sources.asterisk_ami_message import record
from streams.sources.catalogue import make_source
from streams.sources.taken import EventDict, Taken
from tests.sources.logs import KEY, START_S


def report_on(*paths: Path) -> Report:
    return make_report(make_source("asterisk-ami", key=KEY), list(paths), Rules())


def message(second: float, event: str, **headers: object) -> bytes:
    """An event at START_S + second, as lines; an underscore in a name stands for nothing."""
    lines = [f"Event: {event}", "Privilege: agent,all", f"Timestamp: {START_S + second:.6f}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\n".join(lines).encode()


def of_caller(second: float, event: str, call: str = "1.1", **headers: object) -> bytes:
    """An event of the queue about a caller."""
    return message(second, event, Channel=f"PJSIP/{call}", Uniqueid=call, **headers)


def of_queue(second: float, event: str, call: str = "1.1", **headers: object) -> bytes:
    """An event of the queue `sales` about a caller."""
    return of_caller(second, event, call, **{"Queue": "sales", **headers})


def told(*texts: bytes) -> list[Taken]:
    """What one reader makes of these messages; the last one is what their end makes certain."""
    source = AsteriskAmi("pbx", key=KEY)
    taken = [source.read(record(text, f"{START_S}.0")) for text in texts]
    return [*taken, Taken(taken[-1].fate, events=source.due(None))]


def events(*texts: bytes) -> list[EventDict]:
    """The events of these messages and of their end."""
    return [event for taken in told(*texts) for event in taken.events]


def brief(found: Iterable[EventDict]) -> list[tuple[Any, ...]]:
    """(type, seconds from the start, reason, kind or by) of each event."""
    return [
        (
            event["type"].partition(".")[2],
            (event["at_ms"] - 1000 * START_S) / 1000,
            *(event["data"][name] for name in ("reason", "kind", "by") if name in event["data"]),
        )
        for event in found
    ]


def recorded(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a recording: {t, conn, kind, lines}."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        yield from (json.loads(line) for line in stream)


def as_text(path: Path) -> bytes:
    """A recording as a capture of the connections would hold it."""
    found = []
    for one in recorded(path):
        if one["lines"]:
            ends = "\r\n" if one["kind"] == "banner" else "\r\n\r\n"
            found.append("\r\n".join(one["lines"]) + ends)
    return "".join(found).encode()
