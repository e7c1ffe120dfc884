"""The sources by name, and how each is made: the one list that commands and documentation read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO

from streams.config import Settings
from streams.sources import amazon_connect, asterisk_ami_message, freeswitch_event
from streams.sources.amazon_connect import AmazonConnect
from streams.sources.asterisk_ami import AsteriskAmi
from streams.sources.asterisk_queue_log import QueueLog
from streams.sources.believable import second_of
from streams.sources.canonical import Canonical
from streams.sources.chats import ChatReader
from streams.sources.chatwoot import Chatwoot
from streams.sources.fields import second_told
from streams.sources.freeswitch import FreeSwitch
from streams.sources.mapping import built_in, load_mapping
from streams.sources.onebot import OneBot
from streams.sources.refused import Personal
from streams.sources.table import Table
from streams.wire.codec import RECORD_BYTES_MAX

NAMES = (
    "canonical",
    "asterisk-queue-log",
    "asterisk-ami",
    "freeswitch",
    "amazon-connect",
    "table",
    "onebot",
    "chatwoot",
)
# Recorded traffic, whose messages follow from those before.
Traffic = AsteriskAmi | FreeSwitch | ChatReader
AnySource = Traffic | QueueLog | AmazonConnect | Canonical | Table


class SourceError(ValueError):
    """A source that cannot be had as asked: what was found, what was expected."""


def make_source(  # noqa: PLR0911, PLR0913 - one answer per kind, what some kinds need
    kind: str,
    *,
    key: bytes,
    name: str | None = None,
    site: str | None = None,
    mapping: str | None = None,
    zone: str | None = None,
    beside_ami: bool = False,
    settings: Settings | None = None,
) -> AnySource:
    """A source of that kind. `name` qualifies its contacts, `key` hashes its callers' numbers.

    The queue log and AMI of one PBX have one name; with `beside_ami` the log gives way. Of
    `settings` chats take who is who in them.
    """
    if kind not in NAMES:
        raise SourceError(f"source {kind!r}: expected one of {', '.join(NAMES)}")
    if kind == "canonical":
        return Canonical(name or kind)
    if kind == "asterisk-queue-log":
        return QueueLog(name or "asterisk", site=site, key=key, beside_ami=beside_ami)
    if kind == "asterisk-ami":
        return AsteriskAmi(name or "asterisk", site=site, key=key)
    if kind == "freeswitch":
        return FreeSwitch(name or kind, site=site, key=key)
    if kind == "amazon-connect":
        return AmazonConnect(name or kind, key=key)
    if kind == "onebot":
        return OneBot(name or kind, key=key, settings=(settings or Settings()).onebot)
    if kind == "chatwoot":
        return Chatwoot(name or kind, key=key, settings=(settings or Settings()).chatwoot)
    if mapping is None:
        raise SourceError(f"source table: expected --mapping ({', '.join(built_in())}, or a file)")
    return Table(name or "table", load_mapping(mapping), key=key, zone=zone)


def topic_of_source(source: AnySource) -> str:
    """The topic (without prefix) that a source's events go to."""
    return "chats" if isinstance(source, ChatReader) else "calls"


def records(source: AnySource, stream: IO[bytes]) -> Iterator[bytes]:
    """The records of a file: a table's rows, AMI's messages, else lines without their ends."""
    if isinstance(source, Table):
        yield from source.records(stream)
        return
    source.start_file()
    if isinstance(source, AsteriskAmi):
        yield from asterisk_ami_message.records(stream)
        return
    if isinstance(source, FreeSwitch):
        yield from freeswitch_event.records(stream)
        return
    if isinstance(source, AmazonConnect):
        yield from amazon_connect.records(stream)
        return
    if isinstance(source, ChatReader):
        yield from map(Personal, _lines(stream))
        return
    yield from _lines(stream)


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Lines without their ends. One longer than any that is taken is cut: it is refused anyway."""
    while line := stream.readline(RECORD_BYTES_MAX + 2):
        whole = line
        while not whole.endswith(b"\n") and (more := stream.readline(RECORD_BYTES_MAX)):
            whole = more
        yield line.rstrip(b"\r\n")


def in_reading_order(source: AnySource, paths: list[Path]) -> list[Path]:
    """Files by their first timestamp, so that rotated pieces may be named in any order."""
    if not isinstance(source, QueueLog | Traffic):
        return paths
    return sorted(paths, key=lambda path: _first_second(source, path))


def _first_second(source: AnySource, path: Path) -> int:
    with path.open("rb") as stream:
        for record in records(source, stream):
            second = second_told(record) if isinstance(source, ChatReader) else second_of(record)
            if second is not None:
                return second
    return 0
