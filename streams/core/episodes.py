"""What a conversation's marks tell, read in the order of their times: the facts that are counted.

One mark after the other goes into a `Story`, which keeps what is decided (facts) and what is still
open. Knows neither events nor queues nor when a fact is final.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import NamedTuple

from streams.core.chats import BOT_ONLY, INITIATED, MISSED, REPLIED, TIMED_OUT

# Facts are plain tuples: begin_ms (which interval they belong to), at_ms (which minute), the rest.
Fact = tuple[int, ...]


class Step(IntEnum):
    """What happened; of marks of one moment the smaller comes first."""

    OPENED = 0
    ASKED = 1
    HANDED_ON = 2
    REPLIED = 3
    CLOSED = 4
    RATED = 5


class Mark(NamedTuple):
    """One event as far as its conversation's figures need it; marks sort as they are read.

    `word` is who replied, to whom it was handed on, or a rating in thousandths of its scale.
    """

    at_ms: int
    step: int
    word: str
    id: str
    agent: str


class Story:
    """A conversation up to the last mark read; times are integer ms of UTC, None for not (yet).

    `openings` (begin, at, reopened), `firsts` (begin, at, outcome, total_ms), `nexts` (begin, at)
    `closings` (opened, at, whether it is the last one) and `ratings` (opened, at, permille), the
    last one of each episode, are its facts. `asked_ms` is the first customer message that no person
    has replied to, `with_bot` that a bot has the conversation: nobody waits for a person.
    """

    __slots__ = (
        "agent",
        "asked_ms",
        "closings",
        "firsts",
        "handed_ms",
        "live",
        "nexts",
        "opened_ms",
        "openings",
        "rated",
        "ratings",
        "reopened_ms",
        "replied",
        "told",
        "with_bot",
    )

    def __init__(self) -> None:
        self.opened_ms: int | None = None
        self.openings: list[Fact] = []
        self.firsts: list[Fact] = []
        self.nexts: list[Fact] = []
        self.closings: list[Fact] = []
        self.ratings: list[Fact] = []
        self.rated = False
        self.live = False
        self._clear()

    def _clear(self) -> None:
        self.told = self.replied = self.with_bot = False
        self.asked_ms: int | None = None
        self.handed_ms = self.reopened_ms = 0
        self.agent = ""

    def read(self, mark: Mark) -> None:
        """Read the next mark: none that was read before sorts after it."""
        _READ[mark.step](self, mark)

    def begin(self, at_ms: int, *, told: bool, reopened: bool) -> None:
        """Begin an episode; `told` says that the source did, and it was not concluded."""
        self._clear()
        self.live, self.told, self.rated = True, told, False
        if self.closings:
            self.closings[-1] = (*self.closings[-1][:2], 0)
        if self.opened_ms is None:
            self.opened_ms = at_ms
        if told and reopened:
            self.reopened_ms = at_ms
        self.openings.append((at_ms, at_ms, int(reopened)))

    def waits_since(self) -> int:
        """When the clock of the next reply started; only while somebody waits."""
        assert self.asked_ms is not None, "nobody waits"
        if self.replied:
            return max(self.asked_ms, self.handed_ms)
        return max(self.asked_ms, self.handed_ms, self.reopened_ms)

    def end(self, at_ms: int, outcome: int = MISSED) -> None:
        """End the episode; whoever still waits for a first reply has missed it."""
        if self.asked_ms is not None and not self.replied:
            if self.with_bot:
                outcome = BOT_ONLY
            self.firsts.append((self.waits_since(), at_ms, outcome, at_ms - self.asked_ms))
        assert self.opened_ms is not None, "an episode that never began"
        self.closings.append((self.opened_ms, at_ms, 1))
        self.live = False
        self._clear()

    def expire(self, at_ms: int) -> None:
        """End an episode of which nothing was heard for too long."""
        if self.live:
            self.end(at_ms, TIMED_OUT)


def _opened(story: Story, mark: Mark) -> None:
    reopened = mark.word == "reopened"
    if not story.live:
        story.begin(mark.at_ms, told=True, reopened=reopened or bool(story.openings))
    elif story.told:
        # It was closed without a word: who waits goes on waiting, from here on.
        asked_ms = story.asked_ms
        story.begin(mark.at_ms, told=True, reopened=True)
        story.asked_ms = asked_ms
    else:
        # The message that opened it came first.
        begin_ms, at_ms, was_reopened = story.openings[-1]
        story.told = True
        if reopened or was_reopened:
            story.reopened_ms = mark.at_ms
            story.openings[-1] = (begin_ms, at_ms, 1)


def _asked(story: Story, mark: Mark) -> None:
    if not story.live:
        story.begin(mark.at_ms, told=False, reopened=bool(story.openings))
    if story.asked_ms is None:
        story.asked_ms = mark.at_ms


def _stands(story: Story, mark: Mark) -> bool:
    """Whether there is an episode that a desk's deed belongs to; what was closed stays closed."""
    if not story.live and not story.openings:
        story.begin(mark.at_ms, told=False, reopened=False)
    return story.live


def _handed_on(story: Story, mark: Mark) -> None:
    if not _stands(story, mark):
        return
    story.agent = mark.agent if mark.word == "agent" else ""
    if mark.word == "bot":
        story.with_bot = True
    elif story.with_bot:
        story.with_bot = False
        story.handed_ms = mark.at_ms


def _replied(story: Story, mark: Mark) -> None:
    if not _stands(story, mark):
        return
    if mark.word != "agent":
        # After a hand-off a bot may talk on; it has the conversation only if it is given back.
        if mark.word == "bot" and not story.handed_ms and not story.replied:
            story.with_bot = True
        return
    if story.asked_ms is None:
        if not story.replied:
            story.firsts.append((mark.at_ms, mark.at_ms, INITIATED, 0))
    elif story.replied:
        story.nexts.append((story.waits_since(), mark.at_ms))
    else:
        total_ms = mark.at_ms - story.asked_ms
        story.firsts.append((story.waits_since(), mark.at_ms, REPLIED, total_ms))
    story.replied, story.with_bot, story.asked_ms = True, False, None
    story.agent = mark.agent or story.agent


def _closed(story: Story, mark: Mark) -> None:
    if story.live:
        story.end(mark.at_ms)


def _rated(story: Story, mark: Mark) -> None:
    begin_ms = mark.at_ms if story.opened_ms is None else story.opened_ms
    if story.rated:
        story.ratings.pop()
    story.rated = True
    story.ratings.append((begin_ms, mark.at_ms, int(mark.word)))


_READ: Mapping[int, Callable[[Story, Mark], None]] = MappingProxyType(
    {
        Step.OPENED: _opened,
        Step.ASKED: _asked,
        Step.HANDED_ON: _handed_on,
        Step.REPLIED: _replied,
        Step.CLOSED: _closed,
        Step.RATED: _rated,
    }
)
