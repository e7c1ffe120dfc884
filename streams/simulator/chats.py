"""Written sessions of one inbox and day: bot, hand-off, people with several at once, reopenings.

Each step is told as an event and noted in the ledger at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from random import Random

from streams.simulator import chance
from streams.simulator.clockwork import Clockwork
from streams.simulator.hours import Spell
from streams.simulator.ledger import ChatEpisode, Ledger
from streams.simulator.profile import ChatQueue
from streams.simulator.telling import Teller

# A conversation is reopened so often at most, and a bot gives up after so many answers.
REOPENED_MAX = 3
BOT_ANSWERS_MAX = 3
GREETED_S = 0.4
_BOT_S = 1.5
_RATED_S = 30.0
# Nobody is back before; who rates has done so by then.
REOPENED_AFTER_S = 120.0
_SCALE_MAX = 5
_LEAST_S = 0.2
_SPREAD = 0.7


@dataclass(slots=True, eq=False)
class Writer:
    """Somebody who writes; one conversation, however often it is reopened."""

    contact: str
    customer: str
    source: str
    chance: Random
    reopened: int = 0


@dataclass(slots=True, eq=False)
class _Desk:
    """Somebody who answers, several at once."""

    name: str
    is_there: bool = False
    sessions: int = 0


@dataclass(slots=True, eq=False)
class _Session:
    """One episode, from opening to end."""

    writer: Writer
    episode: ChatEpisode
    desk: _Desk | None = None

    @property
    def is_over(self) -> bool:
        return self.episode.closed_ms is not None


@dataclass(slots=True)
class Inbox:
    """One chat queue. Writers come by `arrive`; the rest follows on the clock."""

    name: str
    queue: ChatQueue
    clock: Clockwork
    teller: Teller
    ledger: Ledger
    _desks: list[_Desk] = field(default_factory=list)
    _line: deque[_Session] = field(default_factory=deque)

    def staff(self, spells: Iterable[Spell]) -> None:
        """Everybody who answers is there during these spells."""
        self._desks = [_Desk(f"{self.name}.{n}") for n in range(self.queue.agents)]
        for begin_ms, end_ms in spells:
            self.clock.at(begin_ms, partial(self._set_there, is_there=True))
            self.clock.at(end_ms, partial(self._set_there, is_there=False))

    def _set_there(self, *, is_there: bool) -> None:
        for desk in self._desks:
            desk.is_there = is_there
        self._take()

    def arrive(self, writer: Writer) -> None:
        """A conversation begins, or begins again."""
        now_ms, drawn = self.clock.now_ms, writer.chance
        is_reopened = writer.reopened > 0
        episode = self.ledger.ask(writer.contact, self.name, now_ms, is_reopened=is_reopened)
        session = _Session(writer, episode)
        data = {"reopened": True} if is_reopened else None
        self._tell("chat.opened", session, customer=writer.customer, data=data)
        self._tell("chat.customer_message", session)
        if self.queue.greets:
            self.clock.after(GREETED_S, partial(self._reply, session, "auto"))
        if not is_reopened and drawn.random() < self.queue.bot_ratio:
            answers = drawn.randint(1, BOT_ANSWERS_MAX)
            solves = drawn.random() < self.queue.bot_solves_ratio
            self.clock.after(
                self._lasting(drawn, _BOT_S), partial(self._bot, session, answers, solves)
            )
        else:
            self._need_person(session)

    def _tell(self, kind: str, session: _Session, **more: object) -> None:
        writer = session.writer
        self.teller.tell(
            kind, self.clock.now_ms, writer.source, writer.contact, queue=self.name, **more
        )

    @staticmethod
    def _lasting(drawn: Random, mean_s: float) -> float:
        return max(_LEAST_S, chance.lognormal(drawn, mean_s, _SPREAD))

    def _reply(self, session: _Session, by: str) -> None:
        if session.is_over:
            return
        agent = session.desk.name if by == "agent" and session.desk else None
        self._tell("chat.agent_reply", session, agent=agent, data={"by": by})

    def _bot(self, session: _Session, answers: int, solves: bool) -> None:  # noqa: FBT001 - a drawn fact
        self._reply(session, "bot")
        drawn = session.writer.chance
        if answers > 1:
            asks_s = self._lasting(drawn, self.queue.reply_s)
            self.clock.after(asks_s, partial(self._tell, "chat.customer_message", session))
            answers_s = asks_s + self._lasting(drawn, _BOT_S)
            self.clock.after(answers_s, partial(self._bot, session, answers - 1, solves))
        elif solves:
            self._wind_down(session)
        else:
            self.clock.after(self._lasting(drawn, _BOT_S), partial(self._hand_off, session))

    def _hand_off(self, session: _Session) -> None:
        self._tell("chat.transferred", session, data={"to": "queue"})
        self._need_person(session)

    def _need_person(self, session: _Session) -> None:
        """From now on a person's first word is waited for."""
        session.episode.clock_ms = self.clock.now_ms
        patience_s = chance.exponential(session.writer.chance, self.queue.patience_s)
        self.clock.after(patience_s, partial(self._give_up, session))
        self._line.append(session)
        self._take()

    def _give_up(self, session: _Session) -> None:
        if session.episode.replied_ms is None:
            self._close(session, "customer")

    def _take(self) -> None:
        """Give those who wait to whoever has fewest sessions and room for one more."""
        while self._line:
            able = [d for d in self._desks if d.is_there and d.sessions < self.queue.concurrent]
            if not able:
                return
            session = self._line.popleft()
            if session.is_over:
                continue
            desk = min(able, key=lambda each: each.sessions)
            desk.sessions += 1
            session.desk = desk
            thinks_s = self._lasting(session.writer.chance, self.queue.first_reply_s)
            self.clock.after(thinks_s, partial(self._first_reply, session))

    def _first_reply(self, session: _Session) -> None:
        if session.is_over:
            return
        session.episode.replied_ms = self.clock.now_ms
        self._reply(session, "agent")
        drawn = session.writer.chance
        self._go_on(session, round(chance.exponential(drawn, self.queue.exchanges)))

    def _go_on(self, session: _Session, exchanges: int) -> None:
        if not exchanges:
            self._wind_down(session)
            return
        drawn = session.writer.chance
        asks_s = self._lasting(drawn, self.queue.reply_s)
        answers_s = asks_s + self._lasting(drawn, self.queue.reply_s)
        self.clock.after(asks_s, partial(self._tell, "chat.customer_message", session))
        asked_ms = self.clock.now_ms + round(1000 * asks_s)
        self.clock.after(answers_s, partial(self._answer, session, exchanges, asked_ms))

    def _answer(self, session: _Session, exchanges: int, asked_ms: int) -> None:
        session.episode.next_ms.append(self.clock.now_ms - asked_ms)
        self._reply(session, "agent")
        self._go_on(session, exchanges - 1)

    def _wind_down(self, session: _Session) -> None:
        """Nothing more is said: it ends by silence, or by one of the two."""
        drawn = session.writer.chance
        if drawn.random() < self.queue.idle_ratio:
            self.clock.after(self.queue.idle_s, partial(self._close, session, "idle"))
            return
        by = "agent" if session.desk is not None and drawn.random() < 0.5 else "customer"  # noqa: PLR2004 - either
        self.clock.after(
            self._lasting(drawn, self.queue.reply_s), partial(self._close, session, by)
        )

    def _close(self, session: _Session, by: str) -> None:
        episode, writer = session.episode, session.writer
        episode.closed_ms, episode.closed_by = self.clock.now_ms, by
        agent = session.desk.name if by == "agent" and session.desk else None
        self._tell("chat.closed", session, agent=agent, data={"by": by})
        if session.desk is not None:
            session.desk.sessions -= 1
            self._take()
        drawn = writer.chance
        if drawn.random() < self.queue.rated_ratio:
            rates_s = min(self._lasting(drawn, _RATED_S), REOPENED_AFTER_S / 2)
            self.clock.after(rates_s, partial(self._rate, session))
        if writer.reopened < REOPENED_MAX and drawn.random() < self.queue.reopen_ratio:
            writer.reopened += 1
            after_s = REOPENED_AFTER_S + chance.exponential(drawn, self.queue.reopen_after_s)
            self.clock.after(after_s, partial(self.arrive, writer))

    def _rate(self, session: _Session) -> None:
        score = session.writer.chance.choice((1, 2, 3, 4, 4, 5, 5, 5))
        session.episode.score = score
        self._tell("contact.rated", session, data={"score": score, "scale_max": _SCALE_MAX})
