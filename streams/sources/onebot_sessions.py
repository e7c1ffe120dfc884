"""Conversations made of messages: QQ has none of its own. One begins with a customer's message and
is over after a silence.

Knows only hashes of accounts, groups and messages, so that its memory may lie in Kafka.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

# A message may come once more, by another way or after a reconnect; older ones are refused.
REPLAYED_MS = 3_600_000
# So long an answer still belongs to the conversation whose question it answers.
ANSWERED_LATE_MS = 24 * 3_600_000
# All of it is one record in Kafka: together well below the 16 MiB that one may have.
OPEN_MAX = 20_000
LEFT_MAX = 20_000
MESSAGES_MAX = 50_000
# With every message one is added: the oldest few are all that can have become too old.
_LOOKED_AT = 3
# A file's time may go on by so much from one message to the next; live ones have a clock beside.
BELIEVED_MS = 14 * 24 * 3_600_000
# The contact of a message that was withdrawn before it came.
WITHDRAWN = "-"


@dataclass(slots=True)
class Session:
    """One conversation. `said`: the customer's messages that stand. Times are UTC ms, 0 for none:
    of the customer's last message, and of the last reply by a person or a bot.
    """

    contact: str
    group: str
    opened_ms: int
    last_ms: int
    said: int = 0
    asked_ms: int = 0
    answered_ms: int = 0

    @property
    def is_asking(self) -> bool:
        """Whether the customer's last message has no reply."""
        return self.asked_ms > self.answered_ms


@dataclass(slots=True)
class Known:
    """A message that came. `second` of its time; `contact` of the conversation it is part of."""

    second: int
    contact: str
    by_customer: bool


class Sessions:
    """Open conversations by customer, those left without an answer, and the recent messages."""

    def __init__(self, idle_ms: int) -> None:
        self.idle_ms = idle_ms
        self.now_ms = self._previous_ms = 0
        self._open: dict[str, Session] = {}
        self._left: dict[str, Session] = {}
        self._messages: dict[str, Known] = {}

    def dump(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "times": [self.now_ms, self._previous_ms],
            "open": {name: asdict(session) for name, session in self._open.items()},
            "left": {name: asdict(session) for name, session in self._left.items()},
            "messages": {
                name: [known.second, known.contact, known.by_customer]
                for name, known in self._messages.items()
            },
        }

    def load(self, stored: dict[str, Any]) -> None:
        """Go on from what `dump` gave."""
        self.now_ms, self._previous_ms = stored["times"]
        self._open = {name: Session(**each) for name, each in stored["open"].items()}
        self._left = {name: Session(**each) for name, each in stored["left"].items()}
        self._messages = {name: Known(*each) for name, each in stored["messages"].items()}

    def pass_to(self, at_ms: int) -> int:
        """Time goes on once two messages say so: one of them may be damaged. Until when silences
        are certain: a night's need no second message.
        """
        certain_ms = at_ms if at_ms <= self._previous_ms + BELIEVED_MS else self._previous_ms
        self.now_ms = max(self.now_ms, min(at_ms, self._previous_ms))
        self._previous_ms = at_ms
        self._forget()
        return certain_ms

    def _forget(self) -> None:
        now_s = self.now_ms // 1000
        for name, known in list(islice(self._messages.items(), _LOOKED_AT)):
            if known.second < now_s - REPLAYED_MS // 1000 or len(self._messages) > MESSAGES_MAX:
                del self._messages[name]
            elif known.second > now_s:  # a damaged time must not keep all that came after it
                self._messages[name] = self._messages.pop(name)
        for name, session in list(islice(self._left.items(), _LOOKED_AT)):
            if session.last_ms < self.now_ms - ANSWERED_LATE_MS or len(self._left) > LEFT_MAX:
                del self._left[name]

    def over(self, at_ms: int) -> list[Session]:
        """Take out the conversations that have been silent for too long by then, oldest first."""
        found = []
        for name, session in list(self._open.items()):
            if session.last_ms + self.idle_ms < at_ms:
                found.append(session)
                self.end(name, session)
            elif session.last_ms > at_ms:  # as above
                self._open[name] = self._open.pop(name)
            else:
                break
        return sorted(found, key=lambda session: (session.last_ms, session.contact))

    def end(self, name: str, session: Session) -> None:
        """The conversation is over; an unanswered question may still be answered."""
        del self._open[name]
        if session.is_asking:
            self._left.pop(name, None)
            self._left[name] = session

    @property
    def is_full(self) -> bool:
        """Whether one more could not be remembered."""
        return len(self._open) >= OPEN_MAX

    def find(self, name: str) -> Session | None:
        """The open conversation of a customer."""
        return self._open.get(name)

    def unanswered(self, name: str) -> Session | None:
        """The conversation of a customer that was over before anybody answered."""
        return self._left.get(name)

    def answered(self, name: str) -> None:
        """It was answered late."""
        self._left.pop(name, None)

    def begin(self, name: str, session: Session) -> None:
        """Another conversation of this customer."""
        self._left.pop(name, None)
        self._open[name] = session

    def is_ahead(self, session: Session) -> bool:
        """Whether a conversation began at a time that nothing else has confirmed."""
        return session.opened_ms - self.idle_ms > self.now_ms

    def touch(self, name: str, session: Session, at_ms: int) -> None:
        """Something was said in an open conversation."""
        session.last_ms = max(session.last_ms, at_ms)
        self._open[name] = self._open.pop(name)  # they are kept in the order of their last messages

    def asking(self, group: str) -> str | None:
        """Whose question in the group was the last that nobody has answered."""
        asked = [
            (s.asked_ms, name) for name, s in self._open.items() if s.group == group and s.is_asking
        ]
        return max(asked)[1] if asked else None

    def of_contact(self, contact: str) -> tuple[str, Session] | None:
        """An open conversation by its contact."""
        for name, session in self._open.items():
            if session.contact == contact:
                return name, session
        return None

    def message(self, name: str) -> Known | None:
        """What is known of a message."""
        return self._messages.get(name)

    def note(self, name: str, known: Known) -> None:
        """A message has come, or was withdrawn before it came."""
        self._messages.pop(name, None)
        self._messages[name] = known
