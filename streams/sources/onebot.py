"""OneBot (QQ), versions 11 and 12, into chat events: what was said becomes conversations.

The same message by several ways, or once more after a reconnect, is one. Accounts, names and texts
go no further than this: a contact is a hash of the message that began it.
"""

from __future__ import annotations

from typing import Any

from streams.config.onebot import OneBotSettings
from streams.config.pairs import pairs_of
from streams.sources.chats import ChatReader
from streams.sources.fields import RecordError
from streams.sources.identity import customer
from streams.sources.onebot_message import Beat, Other, Recalled, Said, parse
from streams.sources.onebot_sessions import (
    OPEN_MAX,
    REPLAYED_MS,
    WITHDRAWN,
    Known,
    Session,
    Sessions,
)
from streams.sources.taken import DUPLICATE, EventDict, Fate, Taken, ignored, rejected

# How far ahead of us a message's time may be, where we know what time it is.
AHEAD_MS = 60_000
# An account that missed so many of the heartbeats it promised is not there.
BEATS_MISSED_MAX = 3


class OneBot(ChatReader):
    """A reader of one deployment's messages; `name` qualifies its contacts, `key` hides people."""

    def __init__(self, name: str, *, key: bytes, settings: OneBotSettings) -> None:
        super().__init__(name, key=key)
        self._sessions = Sessions(settings.idle_s * 1000)
        self._queue = settings.queue
        self._accounts = pairs_of(settings.accounts)
        self._groups = pairs_of(settings.groups)
        self._agents = pairs_of(settings.agents)
        self._bots = pairs_of(settings.bots)
        self._bot_prefixes = settings.bot_prefixes
        self._auto_prefixes = settings.auto_prefixes
        self._keywords = frozenset(word.strip().casefold() for word in settings.closing_keywords)
        self._beats: dict[str, int] = {}

    def memory(self) -> dict[str, Any]:
        """Conversations and recent messages, as JSON."""
        return self._sessions.dump()

    def restore(self, memory: dict[str, Any]) -> None:
        """Go on from a stored memory."""
        self._sessions.load(memory)

    def is_heard(self, now_ms: int) -> bool:
        """Whether every account that promised heartbeats has kept its promise."""
        return all(until_ms >= now_ms for until_ms in self._beats.values())

    def due(self, at_ms: int | None) -> list[EventDict]:
        """The conversations that are over at that time; None: nothing is known of what follows."""
        if at_ms is None:
            return []
        return [self._closed_idle(session) for session in self._sessions.over(at_ms)]

    def _take(self, found: dict[str, Any], record_id: str) -> Taken:
        read = parse(found)
        if isinstance(read, Beat):
            return self._beat(read)
        if isinstance(read, Other):
            return ignored(read.name)
        self._check_time(read.at_ms)
        certain = self.due(self._sessions.pass_to(read.at_ms))
        taken = self._recall(read) if isinstance(read, Recalled) else self._said(read, record_id)
        return Taken(taken.fate, taken.name, taken.words, certain + taken.events)

    def _check_time(self, at_ms: int) -> None:
        if self.present_ms is not None and at_ms > self.present_ms + AHEAD_MS:
            raise RecordError("bad_time", "time: expected at most a minute ahead of this clock")
        if at_ms < self._sessions.now_ms - REPLAYED_MS:
            raise RecordError("late", "time: expected less than an hour behind the messages before")

    def _beat(self, beat: Beat) -> Taken:
        if self.present_ms is not None and beat.interval_ms:
            promised_ms = BEATS_MISSED_MAX * beat.interval_ms
            self._beats[beat.account] = self.present_ms + promised_ms if beat.online else 0
        return ignored("heartbeat")

    def _message_name(self, account: str, group: str, message: str) -> str:
        return self._hidden("message", account, group, message)

    def _said(self, said: Said, record_id: str) -> Taken:
        if said.group and said.group not in self._groups:
            return ignored("group not configured")
        name = self._message_name(said.account, said.group, said.message or record_id)
        known = self._sessions.message(name)
        if known and known.contact == WITHDRAWN:
            return ignored("withdrawn")
        if known and known.second == said.at_ms // 1000:
            return DUPLICATE
        event_id = self._event_id("event", name, str(said.at_ms // 1000))
        ours = said.own or said.sender in self._agents or said.sender in self._bots
        taken, contact = self._replied(said, event_id) if ours else self._asked(said, event_id)
        if taken.fate is not Fate.REJECTED:
            self._sessions.note(name, Known(said.at_ms // 1000, contact, by_customer=not ours))
        return taken

    def _person(self, account: str, group: str, who: str) -> str:
        return self._hidden("person", account, group, who)

    def _going_on(self, name: str, at_ms: int) -> tuple[Session | None, list[EventDict]]:
        """The conversation that a message is part of; with the end of one that was silent for so
        long that it is not.
        """
        session = self._sessions.find(name)
        if session is None or at_ms <= session.last_ms + self._sessions.idle_ms:
            return session, []
        self._sessions.end(name, session)
        return None, [self._closed_idle(session)]

    def _asked(self, said: Said, event_id: str) -> tuple[Taken, str]:
        """A customer's message, and the contact it belongs to."""
        name = self._person(said.account, said.group, said.sender)
        session, events = self._going_on(name, said.at_ms)
        if session and said.at_ms < session.opened_ms - self._sessions.idle_ms:
            if not self._sessions.is_ahead(session):
                words = "time: expected in or near the conversation that goes on"
                return rejected("late", words), ""
            session = None  # its time was damaged
        if session is None and self._sessions.is_full:
            return rejected("too_many", f"expected at most {OPEN_MAX} conversations at once"), ""
        if session is None:
            group = self._hidden("group", said.account, said.group) if said.group else ""
            contact = f"{self.name}:{event_id}"
            session = Session(contact, group, said.at_ms, said.at_ms)
            self._sessions.begin(name, session)
            events.append(self._event("chat.opened", said, session, f"{event_id}.o"))
        self._sessions.touch(name, session, said.at_ms)
        session.said += 1
        session.asked_ms = max(session.asked_ms, said.at_ms)
        events.append(self._event("chat.customer_message", said, session, event_id))
        if self._is_closing(said):
            session.answered_ms = session.asked_ms  # it asks nothing
            events += self._ended(name, session, said, event_id, "customer")
        return Taken(Fate.ACCEPTED, events=events), session.contact

    def _replied(self, said: Said, event_id: str) -> tuple[Taken, str]:
        """A message of ours, and the contact that it answers."""
        name = self._addressed(said)
        if name is None:
            return ignored("reply without a conversation"), ""
        open_, events = self._going_on(name, said.at_ms)
        session = open_ or self._sessions.unanswered(name)
        if session is None:
            return Taken(Fate.IGNORED, "reply without a conversation", events=events), ""
        by = self._by(said)
        reply = self._event("chat.agent_reply", said, session, event_id) | {"data": {"by": by}}
        if by == "agent":
            reply["agent"] = self._agent(said.sender)
        events.append(reply)
        if by != "auto":
            session.answered_ms = max(session.answered_ms, said.at_ms)
            self._sessions.answered(name)
        if open_:
            self._sessions.touch(name, open_, said.at_ms)
        if open_ and self._is_closing(said):
            events += self._ended(
                name, open_, said, event_id, "agent" if by == "agent" else "system"
            )
        return Taken(Fate.ACCEPTED, events=events), session.contact

    def _addressed(self, said: Said) -> str | None:
        """The customer whom a message of ours answers.

        In a group: the author of the message it replies to, else whom it names, else who was the
        last to ask.
        """
        if not said.group:
            return self._person(said.account, "", said.peer) if said.peer else None
        sessions = self._sessions
        if said.answers:
            answered = self._message_name(said.account, said.group, said.answers)
            known = sessions.message(answered)
            if known and (found := sessions.of_contact(known.contact)):
                return found[0]
        for who in said.at:
            name = self._person(said.account, said.group, who)
            if sessions.find(name) or sessions.unanswered(name):
                return name
        return sessions.asking(self._hidden("group", said.account, said.group))

    def _by(self, said: Said) -> str:
        text = said.text.lstrip()
        if self._auto_prefixes and text.startswith(self._auto_prefixes):
            return "auto"
        if said.sender in self._bots or (
            self._bot_prefixes and text.startswith(self._bot_prefixes)
        ):
            return "bot"
        return "agent"

    def _agent(self, account: str) -> str:
        return self._agents.get(account) or f"agent-{self._hidden('agent', account)[:8]}"

    def _recall(self, recalled: Recalled) -> Taken:
        """A customer who takes everything back before anybody replied has left."""
        sessions = self._sessions
        name = self._message_name(recalled.account, recalled.group, recalled.message)
        known = sessions.message(name)
        if known is None:
            sessions.note(name, Known(recalled.at_ms // 1000, WITHDRAWN, by_customer=False))
            return ignored("recall")
        found = sessions.of_contact(known.contact) if known.by_customer else None
        if found is None:
            return ignored("recall")
        known.by_customer = False  # a recall that comes twice is one
        person, session = found
        session.said -= 1
        if session.said > 0 or session.answered_ms:
            return ignored("recall")
        session.asked_ms = 0
        event_id = self._event_id("recall", name)
        events = self._ended(person, session, recalled, event_id, "customer")
        return Taken(Fate.ACCEPTED, events=events)

    def _is_closing(self, said: Said) -> bool:
        return bool(self._keywords) and said.text.strip().casefold() in self._keywords

    def _ended(
        self, name: str, session: Session, last: Said | Recalled, event_id: str, by: str
    ) -> list[EventDict]:
        self._sessions.end(name, session)
        closed = self._bare("chat.closed", session.contact, f"{event_id}.c", last.at_ms)
        return [closed | {"data": {"by": by}}]

    def _closed_idle(self, session: Session) -> EventDict:
        event_id = f"{session.contact.rpartition(':')[2]}.i"
        at_ms = session.last_ms + self._sessions.idle_ms
        return self._bare("chat.closed", session.contact, event_id, at_ms) | {
            "data": {"by": "idle"}
        }

    def _event(self, kind: str, said: Said, session: Session, event_id: str) -> EventDict:
        """An event of a message; with its queue, and on a customer's own whose it is."""
        event = self._bare(kind, session.contact, event_id, said.at_ms)
        queue = (
            self._groups.get(said.group) if said.group else self._accounts.get(said.account)
        ) or self._queue
        event["queue"] = queue
        if kind != "chat.agent_reply":
            event["customer"] = self._customer(said.sender)
        return event

    def _customer(self, account: str) -> str:
        known = customer(account, self._key) if account.isdigit() else None
        return known or self._hidden("who", account)
