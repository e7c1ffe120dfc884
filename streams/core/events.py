"""What can happen, and what an event must look like before anything is believed of it.

Knows the envelope and the vocabulary; knows neither bytes nor state. An event stays the plain
mapping that it arrived as: it is read once, and objects per event would cost more than all tallies
together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from streams.core.definitions import Left
from streams.core.limits import AT_MS_MAX, DURATION_MS_MAX, TEXT_MAX, VISITS_PER_CONTACT_MAX

Event = Mapping[str, Any]

ENVELOPE_VERSION = 1
DEFAULT_SITE = "main"

CALL_TYPES = frozenset(
    f"call.{kind}"
    for kind in (
        "arrived",
        "refused",
        "voicemail",
        "queued",
        "ringing",
        "ring_missed",
        "answered",
        "held",
        "resumed",
        "transferred",
        "abandoned",
        "left",
        "ended",
        "wrapped_up",
    )
)
SOURCE_TYPES = frozenset({"source.heartbeat", "source.gap"})
TYPES_OF_TOPIC: Mapping[str, frozenset[str]] = {
    "calls": CALL_TYPES,
    "chats": frozenset(
        {
            "chat.opened",
            "chat.customer_message",
            "chat.agent_reply",
            "chat.transferred",
            "chat.closed",
            "contact.rated",
        }
    ),
    "tickets": frozenset(
        {
            "ticket.opened",
            "ticket.assigned",
            "ticket.replied",
            "ticket.work_done",
            "ticket.closed",
            "ticket.reopened",
            "callback.promised",
            "callback.attempted",
            "callback.reached",
            "callback.failed",
            "contact.rated",
        }
    ),
    "agents": frozenset({"agent.state_changed", "config.changed"}),
}
ALL_TYPES = frozenset().union(SOURCE_TYPES, *TYPES_OF_TOPIC.values())
LEFT_REASONS = frozenset(str(reason) for reason in Left)
TRANSFER_KINDS = frozenset({"blind", "attended"})
# What else is one of a few words, by type: the field, the words, whether it must be there.
CHAT_WORDS: Mapping[str, tuple[str, tuple[str, ...], bool]] = {
    "chat.agent_reply": ("by", ("agent", "bot", "auto"), False),
    "chat.transferred": ("to", ("agent", "queue", "bot"), True),
    "chat.closed": ("by", ("agent", "customer", "idle", "system"), False),
}
# Grades, stars, faces and percentages all fit.
RATING_SCALE_MAX = 100


class Reason(StrEnum):
    """Why something was refused; the label of every count and rejected record."""

    NOT_JSON = "not_json"
    EMPTY = "empty"
    NOT_AN_OBJECT = "not_an_object"
    TOO_LARGE = "too_large"
    BAD_VERSION = "bad_version"
    BAD_FIELD = "bad_field"
    UNKNOWN_TYPE = "unknown_type"
    WRONG_TOPIC = "wrong_topic"
    LATE = "late"
    FUTURE = "future"
    TOO_MANY_EVENTS = "too_many_events"
    TOO_MANY_CONTACTS = "too_many_contacts"


# A refusal and, in words, what was expected.
Refusal = tuple[Reason, str]

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DURATIONS = frozenset({"wait_ms", "talk_ms", "wrapup_ms", "ring_ms"})
_TEXTS = ("queue", "agent", "customer", "site")


def is_text(value: object) -> bool:
    """Whether it is a name: text without control characters, neither empty nor too long."""
    if type(value) is not str or not 0 < len(value) <= TEXT_MAX:
        return False
    # Names hold wide and no-break spaces, which are not "printable": only controls are bad.
    return value.isprintable() or not _CONTROL.search(value)


def _is_word(value: object) -> bool:
    return type(value) is str and len(value) <= TEXT_MAX


def _is_one_of(value: object, words: frozenset[str]) -> bool:
    return type(value) is str and value in words


def _text(event: Event, name: str) -> Refusal | None:
    if is_text(event.get(name)):
        return None
    return Reason.BAD_FIELD, f"{name}: expected 1 to {TEXT_MAX} printable characters"


def _data(event: Event) -> Refusal | None:  # noqa: PLR0911 - one answer per refusal
    data = event.get("data")
    if data is None:
        return None
    if not isinstance(data, dict):
        return Reason.BAD_FIELD, "data: expected an object"
    for name in sorted(_DURATIONS):
        value = data.get(name)
        if value is not None and not (type(value) is int and 0 <= value <= DURATION_MS_MAX):
            return Reason.BAD_FIELD, f"data.{name}: expected milliseconds from 0 to 40 days"
    if event["type"] == "call.left" and not _is_one_of(data.get("reason"), LEFT_REASONS):
        return Reason.BAD_FIELD, f"data.reason: expected one of {', '.join(sorted(LEFT_REASONS))}"
    if event["type"] == "call.transferred" and not _is_one_of(data.get("kind"), TRANSFER_KINDS):
        return Reason.BAD_FIELD, "data.kind: expected blind or attended"
    for name in ("by", "reason"):
        if not _is_word(data.get(name, "")):
            return Reason.BAD_FIELD, f"data.{name}: expected a word"
    return _chat_data(event["type"], data)


def _chat_data(kind: str, data: Mapping[str, Any]) -> Refusal | None:
    """What is wrong with the data of a chat's event, or with a rating."""
    if kind == "contact.rated":
        scale, score = data.get("scale_max"), data.get("score")
        if type(scale) is not int or not 1 <= scale <= RATING_SCALE_MAX:
            return Reason.BAD_FIELD, f"data.scale_max: expected 1 to {RATING_SCALE_MAX}"
        if type(score) is not int or not 0 <= score <= scale:
            return Reason.BAD_FIELD, f"data.score: expected an integer from 0 to {scale}"
        return None
    name, words, needed = CHAT_WORDS.get(kind, ("", (), False))
    if not words or (not needed and data.get(name) is None):
        return None
    if not _is_one_of(data.get(name), frozenset(words)):
        return Reason.BAD_FIELD, f"data.{name}: expected one of {', '.join(words)}"
    return None


def _needs(event: Event, kind: str) -> Refusal | None:
    """What some types cannot do without."""
    if kind == "call.queued" and event.get("queue") is None:
        return Reason.BAD_FIELD, "queue: expected on call.queued"
    if kind in _NEED_DATA and not event.get("data"):
        return Reason.BAD_FIELD, f"data: expected on {kind}"
    return None


_NEED_DATA = frozenset({"call.left", "call.transferred", "chat.transferred", "contact.rated"})
_WORDS = frozenset({"by", "reason"})


def _envelope(event: Event) -> Refusal | None:
    if event.get("v", ENVELOPE_VERSION) != ENVELOPE_VERSION:
        return Reason.BAD_VERSION, f"v: expected {ENVELOPE_VERSION}"
    at_ms = event.get("at_ms")
    if type(at_ms) is not int or not 0 < at_ms < AT_MS_MAX:
        return Reason.BAD_FIELD, "at_ms: expected integer milliseconds of UTC before 2100"
    lateness = event.get("lateness_ms", 0)
    if type(lateness) is not int or not 0 <= lateness <= DURATION_MS_MAX:
        return Reason.BAD_FIELD, "lateness_ms: expected milliseconds from 0 to 40 days"
    visit = event.get("visit", 1)
    if type(visit) is not int or not 1 <= visit <= VISITS_PER_CONTACT_MAX:
        return Reason.BAD_FIELD, f"visit: expected 1 to {VISITS_PER_CONTACT_MAX}"
    if type(event.get("backfill", False)) is not bool:
        return Reason.BAD_FIELD, "backfill: expected true or false"
    return None


def is_plain_data(data: Mapping[str, Any]) -> bool:
    """Whether all durations and words of an event's data are as they should be."""
    for field, value in data.items():
        if type(value) is int:
            if not 0 <= value <= DURATION_MS_MAX or field in _WORDS:
                return False
        elif field in _DURATIONS or (field in _WORDS and not _is_word(value)):
            return False
    return True


def explain(event: object, topic: str) -> Refusal | None:
    """Why `event` cannot be taken on `topic` (calls, chats, tickets, agents); None where it can."""
    if not isinstance(event, dict):
        return Reason.NOT_AN_OBJECT, "expected an object"
    kind = event.get("type")
    if type(kind) is not str or kind not in ALL_TYPES:
        return Reason.UNKNOWN_TYPE, f"type: {str(kind)[:64]!r} is not known"
    if kind not in SOURCE_TYPES and kind not in TYPES_OF_TOPIC[topic]:
        return Reason.WRONG_TOPIC, f"type: {kind} does not belong on {topic}"
    named = ("id", "source") if kind in SOURCE_TYPES else ("id", "source", "contact")
    if topic == "agents" and kind == "agent.state_changed":
        named = ("id", "source", "agent")
    for name in named:
        if refusal := _text(event, name):
            return refusal
    for name in _TEXTS:
        if event.get(name) is not None and (refusal := _text(event, name)):
            return refusal
    return _envelope(event) or _data(event) or _needs(event, kind)
