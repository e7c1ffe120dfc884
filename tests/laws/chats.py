"""Conversations made up: with bots, hand-offs, reopenings, ratings and gaps, in seeded disorder."""

import random
from collections.abc import Iterator
from typing import Any

from streams.core.chat_state import ChatState
from streams.core.chats import (
    BOT_ONLY,
    CLOSED,
    INITIATED,
    MISSED,
    NEXT_REPLIES,
    NEXT_SUM_MS,
    OPENED,
    OUTCOME_FIRST,
    RATED,
    REOPENED,
    REPLIED,
    REPLY_EDGES_S,
    REPLY_FIRST,
    REPLY_SUM_MS,
    REPLY_TOTAL_SUM_MS,
    RESOLUTION_SUM_MS,
    RESOLVED,
    SATISFIED,
)
from streams.core.tally import Tally
from tests.core.histories import NOON_MS

Event = dict[str, Any]
QUEUES = ("售前", "售后", "vip")
COLUMNS = {
    "opened": OPENED,
    "reopened": REOPENED,
    "replied": OUTCOME_FIRST + REPLIED,
    "missed": OUTCOME_FIRST + MISSED,
    "bot_only": OUTCOME_FIRST + BOT_ONLY,
    "initiated": OUTCOME_FIRST + INITIATED,
    "reply_ms": REPLY_SUM_MS,
    "total_ms": REPLY_TOTAL_SUM_MS,
    "next": NEXT_REPLIES,
    "next_ms": NEXT_SUM_MS,
    "closed": CLOSED,
    "resolved": RESOLVED,
    "resolution_ms": RESOLUTION_SUM_MS,
    "rated": RATED,
    "satisfied": SATISFIED,
}


def counted(tally: Tally) -> dict[str, int]:
    """The tally by the names of the plain count."""
    found = {name: tally.cells[column] for name, column in COLUMNS.items()}
    for place, edge in enumerate(REPLY_EDGES_S):
        found[f"within {edge}"] = sum(tally.cells[REPLY_FIRST : REPLY_FIRST + place + 1])
    return {name: count for name, count in found.items() if count}


def fold(history: list[Event]) -> ChatState:
    state = ChatState()
    for offset, one in enumerate(history):
        state.fold(offset, None, [one])
    return state


class _Talk:
    """One conversation being made up; no two of its events are of one moment."""

    def __init__(self, chance: random.Random, name: str, at_ms: int) -> None:
        self.chance, self.name, self.at_ms = chance, name, at_ms
        self.queue, self.who = chance.choice(QUEUES), f"agent {chance.randint(1, 9)}"
        self.made: list[Event] = []

    def say(self, kind: str, agent: str = "", **data: Any) -> None:
        self.at_ms += int(self.chance.expovariate(1 / 20_000)) + 1
        made = {"v": 1, "id": f"{self.name}.{len(self.made)}", "type": kind, "source": "qq"}
        made |= {"at_ms": self.at_ms, "contact": self.name, "data": data}
        if not self.made or self.chance.random() < 0.9:
            made["queue"] = self.queue
        self.made.append(made | ({"agent": agent} if agent else {}))

    def step(self, kind: str) -> None:
        if kind == "ask":
            self.say("chat.customer_message")
        elif kind == "reply":
            self.say("chat.agent_reply", self.who, **self.chance.choice(({"by": "agent"}, {})))
        elif kind in {"bot", "auto"}:
            self.say("chat.agent_reply", by=kind)
        else:
            to = kind.removeprefix("to ")
            self.say("chat.transferred", self.who if to == "agent" else "", to=to)

    def episode(self) -> None:
        kinds = ["ask", "ask", "reply", "reply", "auto", "to agent"]
        if self.chance.random() < 0.4:
            kinds += ["bot", "bot", "to queue", "to bot"]
        for _ in range(self.chance.randint(1, 12)):
            self.step(self.chance.choice(kinds))
        if self.chance.random() < 0.9:
            by = self.chance.choice(("agent", "customer", "idle", "system"))
            self.say("chat.closed", by=by)
        if self.chance.random() < 0.2:
            self.say("contact.rated", score=self.chance.randint(1, 5), scale_max=5)


def conversation(chance: random.Random, name: str, at_ms: int) -> list[Event]:
    """One conversation from `at_ms` on, in order, of one episode or a few."""
    talk = _Talk(chance, name, at_ms)
    if chance.random() < 0.9:
        talk.say("chat.opened")
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        talk.episode()
        how = chance.random()
        if how < 0.3:
            talk.say("chat.opened", reopened=True)
        elif how < 0.4:
            talk.say("chat.customer_message")
            talk.say("chat.opened")
        elif how < 0.8:
            break
    return talk.made


def traffic(
    seed: int, messages: int, apart_ms: int = 400, start_ms: int = NOON_MS
) -> Iterator[Event]:
    """So many events at least: of many conversations at once, up to 4 s out of order, some twice.

    Conversations begin `apart_ms` apart; yields them as they would arrive.
    """
    chance = random.Random(seed)
    waiting: list[tuple[int, int, Event]] = []
    made = number = 0
    while made < messages or waiting:
        if made < messages:
            begin_ms = start_ms + number * apart_ms
            for one in conversation(chance, f"c{seed}-{number}", begin_ms):
                made += 1
                for _ in range(2 if chance.random() < 0.05 else 1):
                    due_ms = one["at_ms"] + chance.randint(0, 4_000)
                    waiting.append((due_ms, len(waiting), one))
            number += 1
        else:
            begin_ms = 1 << 60
        if len(waiting) > 50_000 or made >= messages:
            waiting.sort(key=lambda each: each[0])
            ready = [each for each in waiting if each[0] < begin_ms]
            waiting = waiting[len(ready) :]
            yield from (one for _, _, one in ready)


def silence(at_ms: int) -> Event:
    """A sign of life of the source."""
    return {"id": f"beat {at_ms}", "type": "source.heartbeat", "at_ms": at_ms, "source": "qq"}
