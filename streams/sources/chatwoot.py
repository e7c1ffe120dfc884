"""Chatwoot's webhooks into chat events: a conversation of Chatwoot's is a contact.

Versions differ in types and in what they leave out. Texts, names and addresses go no further than
this. One source is one account of Chatwoot's: conversations are numbered within it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass
from types import MappingProxyType
from typing import Any

from streams.config.chatwoot import ChatwootSettings
from streams.config.pairs import pairs_of
from streams.sources.chats import ChatReader
from streams.sources.fields import (
    RecordError,
    identifier_of,
    needed,
    object_in,
    text_in,
    time_ms,
    word_in,
)
from streams.sources.identity import customer
from streams.sources.taken import DUPLICATE, EventDict, Fate, Taken, ignored

# Bounds of the memory; what is forgotten first is what was silent longest.
MESSAGES_MAX = 20_000
CONVERSATIONS_MAX = 20_000
RATING_MAX = 5
_MESSAGE_TYPES: Mapping[str, str] = MappingProxyType(
    {"0": "incoming", "1": "outgoing", "2": "activity", "3": "template"}
)


@dataclass(slots=True)
class Conversation:
    """What was last heard of a conversation; "" for what was not told. `at_ms`: when it was so."""

    status: str = ""
    assignee: str = ""
    team: str = ""
    at_ms: int = 0


class Chatwoot(ChatReader):
    """A reader of one account's webhooks; `name` qualifies its contacts, `key` hides people."""

    def __init__(self, name: str, *, key: bytes, settings: ChatwootSettings) -> None:
        super().__init__(name, key=key)
        self._inboxes = pairs_of(settings.inboxes)
        self._agents = pairs_of(settings.agents)
        self._conversations: dict[str, Conversation] = {}
        self._told: dict[str, None] = {}

    def memory(self) -> dict[str, Any]:
        """Conversations and recent messages, as JSON."""
        known = {name: astuple(each) for name, each in self._conversations.items()}
        return {"conversations": known, "told": list(self._told)}

    def restore(self, memory: dict[str, Any]) -> None:
        """Go on from a stored memory."""
        known = memory["conversations"].items()
        self._conversations = {name: Conversation(*each) for name, each in known}
        self._told = dict.fromkeys(memory["told"])

    def _take(self, found: dict[str, Any], _record_id: str) -> Taken:
        name = word_in(found, "event")
        if not name:
            raise RecordError("bad_field", "event: expected in a webhook's body")
        read = _READERS.get(name)
        return ignored(name) if read is None else read(self, found)

    def _once(self, event_id: str) -> bool:
        """Whether this has not been told before."""
        if event_id in self._told:
            return False
        self._told[event_id] = None
        if len(self._told) > MESSAGES_MAX:
            del self._told[next(iter(self._told))]
        return True

    def _accepted(self, *events: EventDict) -> Taken:
        """Those that were not told before; a duplicate where all were."""
        fresh = [event for event in events if self._once(event["id"])]
        return Taken(Fate.ACCEPTED, events=fresh) if fresh else DUPLICATE

    def _created(self, found: dict[str, Any]) -> Taken:
        """message_created."""
        conversation = object_in(found, "conversation")
        told = identifier_of(found.get("message_type"))
        kind = _MESSAGE_TYPES.get(told, told)
        if found.get("private") is True:
            return ignored("private note")
        if kind == "activity":
            return ignored("activity")
        if kind == "template" and found.get("content_type") == "input_csat":
            return ignored("csat survey")
        if kind not in {"incoming", "outgoing", "template"}:
            raise RecordError("bad_field", "message_type: expected incoming, outgoing, template")
        at_ms = _time(found, "created_at")
        event_id = self._event_id("message", needed(found, "id"))
        if kind == "incoming":
            said = self._event("chat.customer_message", conversation, at_ms, event_id)
            sender = object_in(found, "sender") or object_in(found, "contact")
            return self._accepted(said | self._whose(sender))
        reply = self._event("chat.agent_reply", conversation, at_ms, event_id)
        by, agent = self._author(found, kind)
        return self._accepted(reply | {"data": {"by": by}} | ({"agent": agent} if agent else {}))

    def _author(self, found: dict[str, Any], kind: str) -> tuple[str, str]:
        """Who wrote a message of ours: agent, bot or auto; and the agent's name."""
        sender = object_in(found, "sender")
        sort = text_in(sender, "type").lower()
        if "bot" in sort or "assistant" in sort:
            return "bot", ""
        attributes = object_in(found, "content_attributes")
        automatic = "automation_rule_id" in attributes or "campaign_id" in object_in(
            found, "additional_attributes"
        )
        who = identifier_of(sender.get("id"))
        if kind == "template" or automatic or not who or sort == "contact":
            return "auto", ""
        return "agent", self._agent(who)

    def _agent(self, who: str) -> str:
        return self._agents.get(who) or f"user-{who}"

    def _whose(self, sender: dict[str, Any]) -> EventDict:
        number = customer(text_in(sender, "phone_number"), self._key)
        who = identifier_of(sender.get("id"))
        if not number and not who:
            return {}
        return {"customer": number or self._hidden("customer", who)}

    def _rated(self, found: dict[str, Any]) -> Taken:
        """message_updated: the survey's answer arrives as a change of its message."""
        submitted = object_in(object_in(found, "content_attributes"), "submitted_values")
        rating = object_in(submitted, "csat_survey_response").get("rating")
        if rating is None:
            return ignored("message_updated")
        if type(rating) is not int or not 1 <= rating <= RATING_MAX:
            raise RecordError("bad_field", f"rating: expected 1 to {RATING_MAX}")
        conversation = object_in(found, "conversation")
        at_ms = (
            time_ms(found.get("updated_at"))
            or time_ms(conversation.get("updated_at"))
            or time_ms(conversation.get("timestamp"))
            or _time(found, "created_at")
        )
        # A comment that follows changes the message once more, and not what was rated.
        event_id = self._event_id("rated", needed(found, "id"), str(rating))
        rated = self._event("contact.rated", conversation, at_ms, event_id)
        return self._accepted(rated | {"data": {"score": rating, "scale_max": RATING_MAX}})

    def _opened(self, found: dict[str, Any]) -> Taken:
        """conversation_created."""
        at_ms = time_ms(found.get("created_at")) or _time(found, "timestamp")
        name = needed(found, "id")
        if name not in self._conversations:
            self._note(name, _state_of(found, at_ms))
        event_id = self._event_id("opened", name)
        opened = self._event("chat.opened", found, at_ms, event_id)
        return self._accepted(opened | self._whose(object_in(object_in(found, "meta"), "sender")))

    def _changed(self, found: dict[str, Any]) -> Taken:
        """conversation_updated, conversation_status_changed: what differs from what was heard."""
        name = needed(found, "id")
        at_ms = time_ms(found.get("updated_at")) or _time(found, "timestamp")
        now = _state_of(found, at_ms)
        known = self._conversations.get(name)
        before = known or _state_before(found, now)
        if known and at_ms < known.at_ms:
            return ignored("older than what was heard")
        self._note(name, now)
        events = [*self._moved(found, before, now), *self._handed(found, before, now)]
        if not events:
            return ignored(f"{found['event']} without a change")
        return self._accepted(*events)

    def _note(self, name: str, now: Conversation) -> None:
        self._conversations.pop(name, None)
        self._conversations[name] = now
        if len(self._conversations) > CONVERSATIONS_MAX:
            del self._conversations[next(iter(self._conversations))]

    def _moved(
        self, found: dict[str, Any], before: Conversation, now: Conversation
    ) -> list[EventDict]:
        """Closed, reopened, or between a bot and the queue."""
        match before.status, now.status:
            case was, is_ if was == is_:
                return []
            case _, "resolved":
                by = "agent" if now.assignee else "system"
                return [self._change(found, "chat.closed", now, by=by)]
            case (("resolved" | ""), ("open" | "pending")):
                return [self._change(found, "chat.opened", now, reopened=True)]
            case "pending", "open":
                return [self._change(found, "chat.transferred", now, to="queue")]
            case _, "pending":
                return [self._change(found, "chat.transferred", now, to="bot")]
        return []  # snoozed: somebody will come back to it

    def _handed(
        self, found: dict[str, Any], before: Conversation, now: Conversation
    ) -> list[EventDict]:
        """To another agent or team, or back to the queue."""
        if now.assignee == before.assignee and now.team == before.team:
            return []
        if now.assignee != before.assignee and now.assignee:
            if "bot" in text_in(object_in(found, "meta"), "assignee_type").lower():
                return [self._change(found, "chat.transferred", now, to="bot")]
            handed = self._change(found, "chat.transferred", now, to="agent")
            return [handed | {"agent": self._agent(now.assignee)}]
        return [self._change(found, "chat.transferred", now, to="queue")]

    def _change(
        self, found: dict[str, Any], kind: str, now: Conversation, /, **data: object
    ) -> EventDict:
        parts = (kind, needed(found, "id"), str(now.at_ms), *map(str, data.values()))
        event_id = self._event_id(*parts, now.assignee, now.team)
        return self._event(kind, found, now.at_ms, event_id) | {"data": data}

    def _event(
        self, kind: str, conversation: dict[str, Any], at_ms: int, event_id: str
    ) -> EventDict:
        """An event of a conversation, in the queue of its inbox."""
        number = needed(conversation, "id")
        event = self._bare(kind, f"{self.name}:{number}", event_id, at_ms)
        if inbox := identifier_of(conversation.get("inbox_id")):
            event["queue"] = self._inboxes.get(inbox) or f"inbox-{inbox}"
        return event


def _time(found: dict[str, Any], name: str) -> int:
    at_ms = time_ms(found.get(name))
    if at_ms is None:
        raise RecordError("bad_time", f"{name}: expected epoch seconds or an ISO time")
    return at_ms


def _state_of(found: dict[str, Any], at_ms: int) -> Conversation:
    meta = object_in(found, "meta")
    return Conversation(
        text_in(found, "status"),
        identifier_of(object_in(meta, "assignee").get("id")),
        identifier_of(object_in(meta, "team").get("id")),
        at_ms,
    )


def _state_before(found: dict[str, Any], now: Conversation) -> Conversation:
    """What a conversation that is new to us was before, as far as its change says so."""
    changes: dict[str, Any] = {}
    listed = found.get("changed_attributes")
    for each in listed if isinstance(listed, list) else [listed]:
        changes |= each if isinstance(each, dict) else {}

    def previous(name: str, present: str) -> str:
        if name not in changes:
            return present
        return identifier_of(object_in(changes, name).get("previous_value"))

    told = "status" not in changes and found.get("event") == "conversation_status_changed"
    return Conversation(
        "" if told else previous("status", now.status),
        previous("assignee_id", now.assignee),
        previous("team_id", now.team),
    )


_Reader = Callable[[Chatwoot, dict[str, Any]], Taken]
_READERS: Mapping[str, _Reader] = MappingProxyType(
    {
        "message_created": Chatwoot._created,  # noqa: SLF001 - one table beside its class
        "message_updated": Chatwoot._rated,  # noqa: SLF001
        "conversation_created": Chatwoot._opened,  # noqa: SLF001
        "conversation_updated": Chatwoot._changed,  # noqa: SLF001
        "conversation_status_changed": Chatwoot._changed,  # noqa: SLF001
    }
)
