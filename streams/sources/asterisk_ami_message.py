"""AMI traffic as records, whatever holds it: a live connection, a capture's text, JSON lines.

One record is `<epoch seconds>|<message>`, the message's lines parted by line feeds. The time is the
message's own Timestamp, else when it arrived, else its neighbours'. Knows no event's meaning.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

import orjson

from streams.core.limits import DURATION_MS_MAX
from streams.sources.packed import unpacked

# Ten times the longest message seen; Asterisk's own buffers end far below.
MESSAGE_BYTES_MAX = 64 * 1024
BANNER = b"Asterisk Call Manager/"
# How what happens to a connection stands among its messages.
CONNECTED, DISCONNECTED = b"Connected: ", b"Disconnected: "
_LINE_BYTES_MAX = 16 * MESSAGE_BYTES_MAX  # a message as one line of JSON, escapes and all
_TIME = re.compile(r"(\d{9,10})(?:\.(\d{1,6})\d*)?")
_STAMP = re.compile(rb"^timestamp: *([^\n]*)$", re.IGNORECASE | re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MILLISECONDS_FROM = 10**11  # epoch seconds reach this in the year 5138
_NAME_MAX = 256
_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d+)?")


class MessageError(ValueError):
    """A message that cannot be taken: `reason` names it, the text says what was expected."""

    def __init__(self, reason: str, words: str) -> None:
        super().__init__(words)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `name` is the event's (or `Response`, `Action`), `at_ms` is UTC or None.

    `headers` are by their names in small letters; of one that repeats, the first counts.
    """

    name: str
    at_ms: int | None
    headers: Mapping[str, str]

    def text(self, *names: str) -> str:
        """The first of these headers that has a value; else ""."""
        return next((found for name in names if (found := self.headers.get(name, ""))), "")

    def identifier(self, *names: str) -> str:
        """As `text`, for what must name something; MessageError where it is missing or damaged."""
        found = self.text(*names)
        if not 0 < len(found) <= _NAME_MAX or _CONTROL.search(found):
            raise MessageError("bad_field", f"{self.name}: expected the header {names[0]}")
        return found

    def number_ms(self, name: str, unit_ms: int = 1000) -> int | None:
        """A duration in ms; None where it is missing or negative."""
        text = self.text(name).strip()
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            raise MessageError("bad_field", f"{self.name}: expected a number as {name}")
        value_ms = round(float(text) * unit_ms)
        if value_ms > DURATION_MS_MAX:
            raise MessageError("bad_field", f"{self.name}: expected at most 40 days as {name}")
        return value_ms if value_ms >= 0 else None


def parse(record: bytes) -> Message:
    """The message of a record; MessageError where it is none."""
    stamp, _, raw = record.partition(b"|")
    if len(raw) > MESSAGE_BYTES_MAX:
        raise MessageError("too_large", f"expected a message of at most {MESSAGE_BYTES_MAX} bytes")
    if raw.startswith(BANNER):
        return Message("banner", _at_ms(stamp), {})
    headers: dict[str, str] = {}
    for line in raw.decode("utf-8", "replace").split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), _CONTROL.sub("\ufffd", value.strip()))
    for kind in ("connected", "disconnected", "action"):
        if kind in headers:
            return Message(kind.capitalize(), _at_ms(stamp), headers)
    event = headers.get("event", "")
    if not event and "response" not in headers:
        raise MessageError("malformed", "expected a message with the header Event or Response")
    if not stamp and "timestamp" in headers:
        raise MessageError("bad_time", "expected the epoch in seconds as Timestamp")
    return Message(event[:_NAME_MAX] or "Response", _at_ms(stamp), headers)


def _at_ms(stamp: bytes) -> int | None:
    time = _TIME.fullmatch(stamp.decode("ascii", "replace"))
    return None if time is None else int(time[1]) * 1000 + int((time[2] or "").ljust(3, "0")[:3])


def stamp_s(text: bytes) -> float | None:
    """The Timestamp of a message; None where it has none, or no good one."""
    own = _STAMP.search(text)
    good = own and _TIME.fullmatch(own[1].strip().decode("ascii", "replace"))
    return float(good[0]) if good else None


def record(text: bytes, arrived: str) -> bytes:
    """A message as a record; `arrived` (epoch seconds, or "") where it has no Timestamp."""
    own = _STAMP.search(text)
    if own is None:
        return arrived.encode() + b"|" + text
    stamp = own[1].strip()
    good = _TIME.fullmatch(stamp.decode("ascii", "replace"))
    return (stamp if good else b"") + b"|" + text


class Assembler:
    """Lines into messages: one ends with an empty line, or torn off where another begins."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._size = 0

    @property
    def empty(self) -> bool:
        """Whether no message has begun."""
        return not self._lines

    def push(self, line: bytes) -> list[bytes]:
        """The messages that end with this line."""
        line = line.rstrip(b"\r\n")
        if not line:
            return self.rest()
        if line.startswith(BANNER):
            return [*self.rest(), line]
        ended = self.rest() if line.startswith(b"Event: ") else []
        if self._size <= MESSAGE_BYTES_MAX:  # of one that is too long its beginning is enough
            self._lines.append(line)
            self._size += len(line) + 1
        return ended

    def rest(self) -> list[bytes]:
        """The message that has begun, as far as it came."""
        lines, self._lines, self._size = self._lines, [], 0
        return [b"\n".join(lines)] if lines else []


def records(stream: IO[bytes]) -> Iterator[bytes]:
    """The records of a file: AMI text or JSON lines, plain or gzip. OSError for a damaged gzip."""
    with unpacked(stream) as content:
        yield from _timed(_messages(content))


def _messages(stream: IO[bytes]) -> Iterator[tuple[bytes, str]]:
    """(message, when it arrived or "") in the order of the file."""
    assembler = Assembler()
    while line := stream.readline(_LINE_BYTES_MAX):
        if line.lstrip().startswith(b"{") and (assembler.empty or line.startswith(b'{"')):
            yield from ((text, "") for text in assembler.rest())
            yield _of_json(line)
        else:
            yield from ((text, "") for text in assembler.push(line))
    yield from ((text, "") for text in assembler.rest())


def _timed(messages: Iterable[tuple[bytes, str]]) -> Iterator[bytes]:
    """Records, those without a time at that of the one before, or at the file's first."""
    known = ""
    early: list[bytes] = []
    for text, arrived in messages:
        made = record(text, arrived or known)
        stamp = made.partition(b"|")[0].decode()
        if not stamp and not known and not _STAMP.search(text):
            early.append(text)
            continue
        known = stamp or known
        yield from (record(each, known) for each in early)
        early.clear()
        yield made
    yield from (record(each, known) for each in early)


def _of_json(line: bytes) -> tuple[bytes, str]:
    """One message as JSON: {t, kind, lines}, or its headers by name; else the line as it stands."""
    line = line.strip()
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return line, ""
    arrived = _arrival(found.get("t"))
    kind, lines = found.get("kind"), found.get("lines")
    if kind in {"connected", "disconnected"}:
        marker = CONNECTED if kind == "connected" else DISCONNECTED
        return marker + str(found.get("conn", "")).encode(), arrived
    if isinstance(lines, list):
        texts = [str(each).replace("\n", " ") for each in lines if each]
    else:
        texts = [f"{name}: {value}" for name, value in found.items() if isinstance(value, str)]
    return "\n".join(texts).encode("utf-8", "replace") or line, arrived


def _arrival(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return ""
    seconds = value / 1000 if value > _MILLISECONDS_FROM else value
    return f"{seconds:.6f}" if _TIME.fullmatch(f"{seconds:.6f}") else ""
