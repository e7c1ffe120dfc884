"""Keys and headers of the records that the worker writes, spelt once for all who read them.

Refuses to know Kafka: a key is bytes, a header a name and bytes.
"""

from __future__ import annotations

from typing import NamedTuple

# A zombie of an older generation cannot compact its successor's snapshot away. Four: a member
# that comes back after four rebalances was thrown out of the group long before.
GENERATIONS_TOLD_APART = 4

OFFSET_HEADER = "offset"
"""On snapshots and visits: the last input offset folded into them, in ASCII digits.

Of two visits with the same key, of two snapshots of one partition, the larger offset is true.
"""

BASE_HEADER = "base"
"""On changes since a snapshot: the offset of the one that they rest on, in ASCII digits."""

RESENT_HEADER = "hotline-resent"
"""On an input record that was refused once and sent again: the rejected record's key."""


class Origin(NamedTuple):
    """An input partition by its full topic name: what a snapshot is the state of."""

    topic: str
    partition: int


# Whole snapshots and changes since then have keys of their own: both outlive compaction.
_CHANGES = b"|changes"


def changes_key(key: bytes) -> bytes:
    """Return the key of changes since the snapshot that has this key."""
    return key + _CHANGES


def whole_key(key: bytes) -> bytes:
    """Return the key of the snapshot that a record with this key is, or rests on."""
    return key.removesuffix(_CHANGES)


def state_key(origin: Origin, generation: int) -> bytes:
    """Return the key of a snapshot, `topic|partition|generation modulo 4`."""
    return b"%s|%d|%d" % (
        origin.topic.encode(),
        origin.partition,
        generation % GENERATIONS_TOLD_APART,
    )


def origin_of(key: bytes | None) -> Origin | None:
    """Return whose snapshot, or changes, a key of the state topic names; None for another key."""
    parts = whole_key(key or b"").split(b"|")
    if len(parts) != 3 or not parts[1].isdigit():  # noqa: PLR2004 - see state_key
        return None
    return Origin(parts[0].decode(errors="replace"), int(parts[1]))


def visit_key(contact: str, visit: int) -> bytes:
    """Return the key of a visit's row, `contact/visit`."""
    return f"{contact}/{visit}".encode()


def offset_header(offset: int) -> list[tuple[str, bytes]]:
    """Return the headers that say how much input a record rests on."""
    return [(OFFSET_HEADER, b"%d" % offset)]


def base_header(base: int) -> list[tuple[str, bytes]]:
    """Return the header that says on which snapshot changes rest."""
    return [(BASE_HEADER, b"%d" % base)]


def offset_in(headers: object, named: str = OFFSET_HEADER) -> int | None:
    """Return the offset in a record's headers (name, bytes); None where there is none."""
    for name, value in headers if isinstance(headers, list | tuple) else ():
        if name == named and isinstance(value, bytes):
            return int(value) if value.removeprefix(b"-").isdigit() else None
    return None
