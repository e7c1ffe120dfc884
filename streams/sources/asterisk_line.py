"""One line of Asterisk's queue_log as its fields, for every version from 1.2 to 22.

Knows the line's form and each event's parameters; knows nothing of calls. Parameters per version:
docs/sources.md. `|` is not escaped in names, so the event is searched for where it is not in its
place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CALL_EVENTS = frozenset(
    {
        "ENTERQUEUE",
        "CONNECT",
        "COMPLETEAGENT",
        "COMPLETECALLER",
        "ABANDON",
        "EXITWITHTIMEOUT",
        "EXITWITHKEY",
        "EXITEMPTY",
        "WITHDRAW",
        "TRANSFER",
        "BLINDTRANSFER",
        "ATTENDEDTRANSFER",
        "RINGNOANSWER",
        "RINGCANCELED",
        "AGENTDUMP",
    }
)
HOUSEKEEPING = frozenset(
    {
        "CONFIGRELOAD",
        "SYSCOMPAT",
        "ADDMEMBER",
        "REMOVEMEMBER",
        "PAUSE",
        "UNPAUSE",
        "PAUSEALL",
        "UNPAUSEALL",
        "PENALTY",
        "RINGINUSE",
        "AGENTLOGIN",
        "AGENTLOGOFF",
        "AGENTCALLBACKLOGIN",
        "AGENTCALLBACKLOGOFF",
        "OUTCALL",
    }
)
STANDARD = CALL_EVENTS | HOUSEKEEPING | {"QUEUESTART"}
# QueueLog() lets a dialplan write any name; those seen are capitals.
CUSTOM = re.compile(r"[A-Z][A-Z0-9_]+")
_TIME = re.compile(r"(\d{9,10})(?:\.(\d{1,6}))?")
_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d+)?")
_EVENT_PLACE = 4
LINE_BYTES_MAX = 64 * 1024
# What a power failure or an editor leaves in front of a good line.
_NOT_OF_THE_LINE = b"\x00\xef\xbb\xbf"
# A crash tears its last line off without an end; the start's own line then stands behind it.
_START = re.compile(rb"\d{9,10}\|NONE\|NONE\|NONE\|QUEUESTART\|?\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NAME_MAX = 256


class LineError(ValueError):
    """A line that is no queue_log line: `reason` names it, the text says what was expected."""

    def __init__(self, reason: str, words: str) -> None:
        super().__init__(words)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `at_ms` is UTC; `parameters` without trailing empty ones."""

    at_ms: int
    call: str
    queue: str
    agent: str
    event: str
    parameters: list[str]

    def text(self, place: int) -> str:
        """A parameter, "" where the line has none there; from the right with negative places."""
        try:
            return self.parameters[place]
        except IndexError:
            return ""

    def number_ms(self, place: int, unit_ms: int = 1000) -> int | None:
        """A duration parameter in ms; None where it is missing, empty or negative."""
        text = self.text(place).strip()
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            raise LineError("bad_field", f"parameter {place} of {self.event}: expected a number")
        value = float(text)
        return round(value * unit_ms) if value >= 0 else None


def parse(line: bytes) -> Entry:
    """The fields of a line (without its line end); LineError where it is none."""
    if len(line) > LINE_BYTES_MAX:
        raise LineError("too_large", f"expected a line of at most {LINE_BYTES_MAX} bytes")
    if line.endswith((b"QUEUESTART|", b"QUEUESTART")) and (start := _START.search(line)):
        line = start[0]
    # Old logs hold names in latin-1 or GBK: they stay recognisable, and numbers are not touched.
    fields = line.lstrip(_NOT_OF_THE_LINE).decode("utf-8", "replace").split("|")
    if len(fields) <= _EVENT_PLACE:
        raise LineError("malformed", "expected epoch|call|queue|agent|EVENT|…")
    time = _TIME.fullmatch(fields[0])
    if time is None:
        raise LineError("bad_time", "expected the epoch in seconds in front")
    place = _event_place(fields)
    parameters = fields[place + 1 :]
    while parameters and not parameters[-1]:
        parameters.pop()
    at_ms = int(time[1]) * 1000 + int((time[2] or "").ljust(3, "0")[:3])
    agent = _CONTROL.sub("\ufffd", "|".join(fields[3:place]))[:_NAME_MAX]
    return Entry(at_ms, fields[1], fields[2], agent, fields[place], parameters)


def is_name(text: str) -> bool:
    """Whether a call or a queue can be called so; a damaged one must not become another's."""
    return 0 < len(text) <= _NAME_MAX and not _CONTROL.search(text)


def _event_place(fields: list[str]) -> int:
    """Where the event stands: a `|` in a member's name moves it to the right."""
    name = fields[_EVENT_PLACE]
    if name in STANDARD:
        return _EVENT_PLACE
    if CUSTOM.fullmatch(name):
        return _EVENT_PLACE
    for place in range(_EVENT_PLACE + 1, len(fields)):
        if fields[place] in STANDARD:
            return place
    raise LineError("unknown_event", "expected an event's name in capitals")


def durations_ms(entry: Entry) -> tuple[int | None, int | None]:
    """(hold, talk) of a line that ends a conversation, wherever its version puts them."""
    if entry.event in {"COMPLETEAGENT", "COMPLETECALLER"}:
        return entry.number_ms(0), entry.number_ms(1)
    if entry.event in {"TRANSFER", "BLINDTRANSFER"}:
        # exten, context; 1.4 adds hold and talk, 1.6 the original position
        return entry.number_ms(2), entry.number_ms(3)
    # BRIDGE or APP and one name, LINK and two; then hold, talk, origpos. Read from the right, or
    # where a database kept five parameters only, from the left.
    tails = ((-3, -2), (3, 4)) if entry.text(0) == "LINK" else ((-3, -2),)
    for hold, talk in tails:
        if _NUMBER.fullmatch(entry.text(hold)) and _NUMBER.fullmatch(entry.text(talk)):
            return entry.number_ms(hold), entry.number_ms(talk)
    return None, None


# Where the waiting time stands in the lines of those who leave; older versions write less.
WAIT_PLACES = {"ABANDON": 2, "EXITWITHTIMEOUT": 2, "EXITEMPTY": 2, "WITHDRAW": 2, "EXITWITHKEY": 3}
