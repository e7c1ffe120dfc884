"""FreeSWITCH events as records: what an event socket prints, or one JSON object a line.

One record is `<epoch seconds>|<headers>`, parted by line feeds. Knows no event's meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO
from urllib.parse import unquote

import orjson

from streams.core.limits import DURATION_MS_MAX
from streams.sources.asterisk_ami_message import MESSAGE_BYTES_MAX, Assembler, MessageError
from streams.sources.packed import unpacked

_LINE_BYTES_MAX = 16 * MESSAGE_BYTES_MAX
_TIME = re.compile(r"(\d{9,10})(?:\.(\d{6}))?")
_MICROSECONDS = re.compile(r"(\d{9,10})(\d{6})")
_SECONDS = re.compile(r"\d{1,10}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NAME_MAX = 120
# An event socket says so of the event that follows.
_FRAME = (b"Content-Length: ", b"Content-Type: ")


@dataclass(frozen=True, slots=True)
class SwitchEvent:
    """One event: when (UTC ms, None where it does not say), and its headers by name."""

    at_ms: int | None
    headers: Mapping[str, str]

    def text(self, name: str) -> str:
        """A header; "" where it is missing."""
        return self.headers.get(name, "")

    def identifier(self, name: str) -> str:
        """A header that must name something; MessageError where it is missing or damaged."""
        found = self.text(name)
        if not 0 < len(found) <= _NAME_MAX or _CONTROL.search(found):
            raise MessageError("bad_field", f"expected the header {name}")
        return found

    def second(self, name: str) -> int | None:
        """A time in whole epoch seconds; None where it is missing or 0 (did not happen)."""
        text = self.text(name)
        if text and not _SECONDS.fullmatch(text):
            raise MessageError("bad_field", f"expected epoch seconds as {name}")
        return int(text) or None if text else None

    def between_ms(self, first: str, last: str) -> int | None:
        """From one of its times to another; None where either is missing or cannot be."""
        begin, end = self.second(first), self.second(last)
        if begin is None or end is None:
            return None
        found = (end - begin) * 1000
        return found if 0 <= found <= DURATION_MS_MAX else None


def parse(record: bytes) -> SwitchEvent:
    """The event of a record; MessageError where it is none."""
    stamp, _, raw = record.partition(b"|")
    if len(raw) > MESSAGE_BYTES_MAX:
        raise MessageError("too_large", f"expected an event of at most {MESSAGE_BYTES_MAX} bytes")
    headers: dict[str, str] = {}
    for line in raw.decode("utf-8", "replace").split("\n"):
        name, colon, value = line.partition(": ")
        if colon:
            headers.setdefault(name.strip(), value.strip())
    if not headers:
        raise MessageError("malformed", "expected an event's headers")
    time = _TIME.fullmatch(stamp.decode("ascii", "replace"))
    at_ms = None if time is None else int(time[1]) * 1000 + int((time[2] or "000000")[:3])
    return SwitchEvent(at_ms, headers)


def records(stream: IO[bytes]) -> Iterator[bytes]:
    """The records of a file, plain or gzip; OSError for a damaged gzip."""
    with unpacked(stream) as content:
        assembler = Assembler()
        while line := content.readline(_LINE_BYTES_MAX):
            if assembler.empty and line.lstrip().startswith(b"{"):
                yield _of_json(line.strip())
            else:
                yield from _of_texts(assembler.push(line))
        yield from _of_texts(assembler.rest())


def _of_texts(texts: Iterable[bytes]) -> Iterator[bytes]:
    """Events of the plain form, in which values are URL-encoded; not what only frames them."""
    for text in texts:
        if not text.startswith(_FRAME):
            encoded = text.decode("utf-8", "replace").replace("%0A", " ").replace("%0a", " ")
            yield _dated(unquote(encoded))


def _of_json(line: bytes) -> bytes:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return b"|" + line
    headers = [
        f"{name}: {str(value).replace(chr(10), ' ')}"
        for name, value in found.items()
        if isinstance(value, (str, int)) and name != "_body"
    ]
    return _dated("\n".join(headers))


def _dated(text: str) -> bytes:
    stamp = ""
    for line in text.split("\n"):
        if line.startswith("Event-Date-Timestamp: "):
            found = _MICROSECONDS.fullmatch(line.partition(": ")[2].strip())
            stamp = f"{found[1]}.{found[2]}" if found else ""
            break
    return f"{stamp}|{text}".encode("utf-8", "replace")
