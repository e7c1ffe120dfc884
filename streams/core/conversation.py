"""One conversation: its marks in order, what they tell, and what of that was counted already.

Each event is one mark, and marks are kept sorted: so neither order nor repetition can matter.
Knows neither tallies nor when it must be looked at.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from streams.core.contact import NEVER, Clock, Remembered
from streams.core.episodes import Fact, Mark, Step, Story
from streams.core.events import Event
from streams.core.visit import QueueKey

# By what they are about (`chats.OPENING` and on), each in the order of time.
Facts = tuple[tuple[Fact, ...], ...]
NOTHING: Facts = ((), (), (), (), ())
KINDS = len(NOTHING)
# When the clock of a reply starts, given when somebody asked (ms): at opening time, or at once.
Opening = Callable[[int], int]


class Awaits(IntEnum):
    """Whose reply an open conversation waits for: nobody's, a first, a further one, a bot's."""

    NOTHING = 0
    FIRST = 1
    NEXT = 2
    BOT = 3


class Now(NamedTuple):
    """How an open conversation stands: who has it, and what is waited for since when (ms).

    `since_ms` is by the wall clock, `from_ms` by the one that starts at opening time.
    """

    agent: str
    awaits: Awaits
    since_ms: int
    from_ms: int


class Conversation(Remembered):
    """`marks` are sorted, `named` is the earliest mark with a queue: (at_ms, id, site, queue).

    `facts` are what it counts for in `place`, the queue that it `named_as` then or `other`;
    `settled` how many of each kind are final, `expired_ms` when silence ended it; any later event
    clears that.
    """

    __slots__ = (
        "expired_ms",
        "facts",
        "ids",
        "marks",
        "named",
        "named_as",
        "now",
        "place",
        "settled",
        "story",
    )

    def __init__(self, source: str, site: str, clock: Clock) -> None:
        super().__init__(source, site, clock)
        self.ids: set[str] = set()
        self.marks: list[Mark] = []
        self.named: tuple[int, str, str, str] | None = None
        self.story = Story()
        self.expired_ms: int | None = None
        self.facts: Facts = NOTHING
        self.now: Now | None = None
        self.place: QueueKey | None = None
        self.named_as: QueueKey | None = None
        self.settled = [0] * KINDS

    @property
    def key(self) -> QueueKey:
        """Site and queue: those of the earliest event that names a queue."""
        return self.named[2:] if self.named is not None else (self.site, "unknown")

    def name_queue(self, at_ms: int, event_id: str, key: QueueKey) -> None:
        """Note the queue that an event names; the earliest event's stays."""
        named = (at_ms, event_id, *key)
        if self.named is None or named < self.named:
            self.named = named

    def due_next(self, settled_ms: Callable[[Conversation, int, Fact], int]) -> int:
        """The watermark at which the next fact becomes final; `NEVER` where all are."""
        due_ms = NEVER
        for kind, facts in enumerate(self.facts):
            if len(facts) > self.settled[kind]:
                due_ms = min(due_ms, settled_ms(self, kind, facts[self.settled[kind]]))
        return due_ms

    def add(self, mark: Mark) -> None:
        """Put a mark in its place, and read on, or again where it is not the last."""
        self.ids.add(mark.id)
        if self.expired_ms is None and (not self.marks or self.marks[-1] < mark):
            self.marks.append(mark)
            self.story.read(mark)
            return
        insort(self.marks, mark)
        self.reread()

    def reread(self) -> None:
        """Read all marks from the beginning; takes a time-out back."""
        self.expired_ms = None
        self.story = Story()
        for mark in self.marks:
            self.story.read(mark)

    def told(self, opening: Opening) -> Facts:
        """The facts as they stand; those known already are the very same tuples."""
        story = self.story
        return (
            tuple(story.openings),
            _timed(self.facts[1], story.firsts, opening),
            _timed(self.facts[2], story.nexts, None),
            tuple(story.closings),
            tuple(story.ratings),
        )

    def standing(self, opening: Opening) -> Now | None:
        """How it stands now; None where it is not open. A bot that has it keeps nobody waiting."""
        story = self.story
        if not story.live:
            return None
        if story.asked_ms is None or (story.with_bot and story.replied):
            return Now(story.agent, Awaits.NOTHING, 0, 0)
        awaits = Awaits.NEXT if story.replied else Awaits.FIRST
        since_ms = story.waits_since()
        from_ms = max(since_ms, opening(since_ms))
        return Now(story.agent, Awaits.BOT if story.with_bot else awaits, since_ms, from_ms)


def _timed(known: tuple[Fact, ...], facts: list[Fact], opening: Opening | None) -> tuple[Fact, ...]:
    """The facts, each with when its clock started; once counted that stays as it was."""
    found = []
    for number, fact in enumerate(facts):
        if number < len(known) and known[number][:-1] == fact:
            found.append(known[number])
        else:
            begin_ms = fact[0]
            found.append((*fact, begin_ms if opening is None else max(begin_ms, opening(begin_ms))))
    return tuple(found)


def _permille(data: Mapping[str, Any]) -> int:
    score, scale = data["score"], data["scale_max"]
    return int((2000 * score + scale) // (2 * scale))


Write = Callable[[Conversation, int, Event, Mapping[str, Any]], None]


def _write(step: Step, word: Callable[[Mapping[str, Any]], str]) -> Write:
    def write(
        conversation: Conversation, at_ms: int, event: Event, data: Mapping[str, Any]
    ) -> None:
        agent = event.get("agent") or ""
        conversation.add(Mark(at_ms, int(step), word(data), event["id"], agent))

    return write


# What writes an event into its conversation, by type.
WRITERS: Mapping[str, Write] = MappingProxyType(
    {
        "chat.opened": _write(
            Step.OPENED, lambda data: "reopened" if data.get("reopened") is True else ""
        ),
        "chat.customer_message": _write(Step.ASKED, lambda _: ""),
        "chat.transferred": _write(Step.HANDED_ON, lambda data: str(data["to"])),
        "chat.agent_reply": _write(Step.REPLIED, lambda data: str(data.get("by") or "agent")),
        "chat.closed": _write(Step.CLOSED, lambda _: ""),
        "contact.rated": _write(Step.RATED, lambda data: str(_permille(data))),
    }
)
