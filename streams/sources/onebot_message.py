"""OneBot's events, versions 11 and 12, as the few things that a conversation is made of.

Knows how the versions and NapCat, go-cqhttp and LLOneBot differ; knows no conversations.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from streams.sources.fields import (
    RecordError,
    identifier_of,
    needed,
    object_in,
    text_in,
    time_ms,
    word_in,
)

# Prefixes and keywords are short: nothing further into a message is looked at.
TEXT_CHARACTERS = 512
# As much of a message's parts: one may hold thousands of pictures.
SEGMENTS_MAX = 200
_CODE = re.compile(r"\[CQ:([a-z_]{1,20})((?:,[^\[\],]{1,2000})*)\]", re.IGNORECASE)
_ESCAPES = (("&#91;", "["), ("&#93;", "]"), ("&#44;", ","), ("&amp;", "&"))
_REQUIRED_12 = ("id", "time", "type", "detail_type", "sub_type")


@dataclass(frozen=True, slots=True)
class Said:
    """A message. `peer`: the other side of a private one; `group`: "" for those.

    `at`: accounts it speaks to, `answers`: the message it replies to. Nothing of this is kept.
    """

    account: str
    sender: str
    peer: str
    group: str
    message: str
    at_ms: int
    own: bool
    text: str = ""
    at: tuple[str, ...] = ()
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Recalled:
    """A message was withdrawn."""

    account: str
    group: str
    message: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Beat:
    """The system is alive; it says so every `interval_ms`. `online`: and QQ can be reached."""

    account: str
    interval_ms: int
    online: bool


@dataclass(frozen=True, slots=True)
class Other:
    """Anything else, by name."""

    name: str


Read = Said | Recalled | Beat | Other


def parse(found: dict[str, Any]) -> Read:
    """What one event says; RecordError for what is none."""
    if text_in(found, "post_type"):
        return _version_11(found)
    if text_in(found, "type") and "detail_type" in found:
        return _version_12(found)
    if "retcode" in found or "echo" in found:
        return Other("response")
    raise RecordError("malformed", "expected post_type (version 11) or type and detail_type (12)")


def _at_ms(found: dict[str, Any]) -> int:
    at_ms = time_ms(found.get("time"))
    if at_ms is None:
        raise RecordError("bad_time", "time: expected seconds since 1970")
    return at_ms


def _version_11(found: dict[str, Any]) -> Read:
    kind = word_in(found, "post_type")
    if kind in {"message", "message_sent"}:
        return _message_11(found, own=kind == "message_sent")
    if kind == "meta_event":
        return _beat_11(found)
    name = word_in(found, f"{kind}_type")
    if kind == "notice" and name in {"friend_recall", "group_recall"}:
        group = needed(found, "group_id") if name == "group_recall" else ""
        return Recalled(needed(found, "self_id"), group, needed(found, "message_id"), _at_ms(found))
    return Other(f"{kind}.{name}" if name else kind)


def _message_11(found: dict[str, Any], *, own: bool) -> Read:
    kind = word_in(found, "message_type")
    if kind not in {"private", "group"}:
        return Other(f"message.{kind}")
    account, sender = needed(found, "self_id"), needed(found, "user_id")
    own = own or sender == account or found.get("message_sent_type") == "self"
    peer = identifier_of(found.get("target_id")) if own else sender
    if own and not peer and sender != account:
        peer = sender
    parts = found.get("message")
    if not isinstance(parts, str | list):
        parts = text_in(found, "raw_message")
    text, at, answers = _of_parts(parts) if isinstance(parts, list) else _of_codes(parts)
    return Said(
        account,
        account if own else sender,
        peer,
        needed(found, "group_id") if kind == "group" else "",
        identifier_of(found.get("message_id")),
        _at_ms(found),
        own,
        text,
        at,
        answers,
    )


def _beat_11(found: dict[str, Any]) -> Read:
    name = word_in(found, "meta_event_type")
    if name != "heartbeat":
        return Other(f"meta_event.{name}")
    status = object_in(found, "status")
    online = status.get("online") is not False and status.get("good") is not False
    return Beat(identifier_of(found.get("self_id")), _interval_ms(found), online)


def _interval_ms(found: dict[str, Any]) -> int:
    interval = found.get("interval")
    return interval if type(interval) is int and interval > 0 else 0


def _version_12(found: dict[str, Any]) -> Read:
    kind, detail = word_in(found, "type"), word_in(found, "detail_type")
    if kind == "meta":
        beat = detail == "heartbeat"
        return Beat("", _interval_ms(found), online=True) if beat else Other(f"meta.{detail}")
    missing = [name for name in (*_REQUIRED_12, "self") if name not in found]
    if missing:
        raise RecordError("bad_field", f"expected {', '.join(missing)} (version 12)")
    account = needed(object_in(found, "self"), "user_id")
    if kind == "message" and detail in {"private", "group"}:
        return _message_12(found, account, detail)
    if kind == "notice" and detail in {"private_message_delete", "group_message_delete"}:
        group = needed(found, "group_id") if detail == "group_message_delete" else ""
        return Recalled(account, group, needed(found, "message_id"), _at_ms(found))
    return Other(f"{kind}.{detail}")


def _message_12(found: dict[str, Any], account: str, detail: str) -> Said:
    sender = needed(found, "user_id")
    own = sender == account
    parts = found.get("message")
    text, at, answers = _of_parts(parts if isinstance(parts, list) else [])
    return Said(
        account,
        sender,
        identifier_of(found.get("target_id")) if own else sender,
        needed(found, "group_id") if detail == "group" else "",
        identifier_of(found.get("message_id")),
        _at_ms(found),
        own,
        text or text_in(found, "alt_message")[:TEXT_CHARACTERS],
        at,
        answers,
    )


def _of_parts(parts: list[Any]) -> tuple[str, tuple[str, ...], str]:
    """Text, accounts spoken to, and the message answered, of a list of segments."""
    texts: list[str] = []
    at: list[str] = []
    answers = ""
    for part in parts[:SEGMENTS_MAX]:
        if not isinstance(part, dict):
            continue
        data = object_in(part, "data")
        match part.get("type"):
            case "text":
                texts.append(text_in(data, "text")[:TEXT_CHARACTERS])
            case "at":
                at.append(identifier_of(data.get("qq")))
            case "mention":
                at.append(identifier_of(data.get("user_id")))
            case "reply":
                answers = identifier_of(data.get("id")) or identifier_of(data.get("message_id"))
    return "".join(texts)[:TEXT_CHARACTERS], tuple(filter(None, at)), answers


def _of_codes(text: str) -> tuple[str, tuple[str, ...], str]:
    """The same of a text with CQ codes."""
    text = text[: 4 * TEXT_CHARACTERS]
    at: list[str] = []
    answers = ""
    for code in _CODE.finditer(text):
        values = dict(each.split("=", 1) for each in code[2].split(",") if "=" in each)
        if code[1] == "at":
            at.append(values.get("qq", ""))
        elif code[1] == "reply":
            answers = values.get("id", "")
    plain = _CODE.sub("", text)
    for escaped, character in _ESCAPES:
        plain = plain.replace(escaped, character)
    return plain[:TEXT_CHARACTERS], tuple(filter(None, at)), answers
