"""Chats made up for a test: messages as OneBot and Chatwoot send them, with invented accounts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from streams.config.chatwoot import ChatwootSettings
from streams.config.onebot import OneBotSettings
from streams.core.events import explain
from streams.sources.chatwoot import Chatwoot
from streams.sources.onebot import OneBot
from streams.sources.taken import EventDict
from tests.sources.logs import KEY, START_S

ACCOUNT, CUSTOMER, AGENT, BOT, GROUP = (
    100_000_001,
    200_000_002,
    300_000_003,
    400_000_004,
    500_000_005,
)


def onebot(**settings: Any) -> OneBot:
    return OneBot("qq", key=KEY, settings=OneBotSettings.model_validate(settings))


def chatwoot(**settings: Any) -> Chatwoot:
    return Chatwoot("desk", key=KEY, settings=ChatwootSettings.model_validate(settings))


def message(second: float, number: int | str, text: Any = "hello", **fields: Any) -> bytes:
    """A private message of version 11 from CUSTOMER to ACCOUNT."""
    found = {
        "time": START_S + second,
        "self_id": ACCOUNT,
        "post_type": "message",
        "message_type": "private",
        "sub_type": "friend",
        "message_id": number,
        "user_id": CUSTOMER,
        "message": text,
        "raw_message": text if isinstance(text, str) else "",
        "font": 0,
        "sender": {"user_id": CUSTOMER, "nickname": "Somebody", "sex": "unknown", "age": 0},
    }
    return json.dumps(found | fields).encode()


def own(second: float, number: int, text: Any = "hello", **fields: Any) -> bytes:
    """The same from ACCOUNT to CUSTOMER."""
    sent = {"post_type": "message_sent", "user_id": ACCOUNT, "target_id": CUSTOMER}
    return message(second, number, text, **(sent | fields))


def in_group(second: float, number: int, who: int, text: Any = "hello", **fields: Any) -> bytes:
    """A message in GROUP."""
    return message(
        second,
        number,
        text,
        **(
            {"message_type": "group", "sub_type": "normal", "group_id": GROUP, "user_id": who}
            | fields
        ),
    )


def events(source: OneBot | Chatwoot, *records: bytes) -> list[EventDict]:
    """What the records give; each can be taken by the core, and the memory survives between."""
    found: list[EventDict] = []
    for record in records:
        for event in source.read(record).events:
            assert explain(event, "chats") is None, event
            found.append(event)
        source.restore(json.loads(json.dumps(source.memory())))
    return found


def told(found: Iterable[EventDict]) -> list[str]:
    """Events in a few words: seconds since START_S, type, and by whom or to whom."""
    return [
        " ".join(
            filter(
                None,
                (
                    f"{event['at_ms'] / 1000 - START_S:g}",
                    event["type"].partition(".")[2],
                    str(event.get("data", {}).get("by") or event.get("data", {}).get("to") or ""),
                ),
            )
        )
        for event in found
    ]


def webhook(event: str, **fields: Any) -> bytes:
    """A body as Chatwoot posts it."""
    return json.dumps({"event": event, **fields}).encode()


def conversation(second: float, status: str = "open", **fields: Any) -> dict[str, Any]:
    """Conversation 50 of inbox 3 as `conversation_…` events hold it."""
    found = {
        "id": 50,
        "inbox_id": 3,
        "channel": "Channel::WebWidget",
        "status": status,
        "meta": {
            "sender": {"id": 9, "name": "Somebody", "phone_number": None, "type": "contact"},
            "assignee": None,
            "team": None,
        },
        "messages": [],
        "created_at": START_S,
        "timestamp": int(START_S + second),
        "updated_at": START_S + second,
    }
    return found | fields


def chat_message(second: float, number: int, kind: Any = "incoming", **fields: Any) -> bytes:
    """message_created in conversation 50."""
    sender = {"id": 9, "name": "Somebody", "type": "contact"}
    if kind in {"outgoing", 1}:
        sender = {"id": 7, "name": "Ann Example", "email": "ann@example.org", "type": "user"}
    found = {
        "id": number,
        "content": "a text that nobody may keep",
        "message_type": kind,
        "content_type": "text",
        "private": False,
        "created_at": START_S + second,
        "sender": sender,
        "conversation": conversation(second),
        "inbox": {"id": 3, "name": "Website"},
        "account": {"id": 1, "name": "Example"},
    }
    return webhook("message_created", **(found | fields))
