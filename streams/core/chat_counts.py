"""The tallies of one queue of chats: facts by minute, quarter and day, totals, and who waits now.

Buckets as for calls: minutes by the moment of the fact, quarters and days by when its need began.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping

from streams.core.chats import (
    CALENDAR_FIRST,
    CHAT_CORRECTIONS,
    CHAT_WIDTH,
    CLOSED,
    CLOSING,
    FIRST,
    NEXT,
    NEXT_FIRST,
    NEXT_REPLIES,
    NEXT_SUM_MS,
    OPENED,
    OPENING,
    OUTCOME_FIRST,
    RATED,
    RATED_SUM_PERMILLE,
    RATING,
    REOPENED,
    REPLIED,
    REPLY_CALENDAR_SUM_MS,
    REPLY_EDGES_MS,
    REPLY_FIRST,
    REPLY_SUM_MS,
    REPLY_TOTAL_SUM_MS,
    RESOLUTION_SUM_MS,
    RESOLVED,
    SATISFIED,
    SATISFIED_PERMILLE,
)
from streams.core.conversation import Conversation, Facts, Now
from streams.core.counts import Buckets
from streams.core.episodes import Fact
from streams.core.tally import Tally, count_wait


class ChatCounts(Buckets):
    """All tallies of a queue of chats. `open` are the conversations open now, as they stand."""

    __slots__ = ("open",)

    def __init__(self, zone: str) -> None:
        super().__init__(zone, CHAT_WIDTH)
        self.open: dict[Conversation, Now] = {}

    def change(self, before: Facts, after: Facts) -> None:
        """Replace what a conversation counted for here by what it counts for now."""
        for kind, (old, new) in enumerate(zip(before, after, strict=True)):
            if old == new:
                continue
            same = 0
            for one, other in zip(old, new, strict=False):
                if one != other:
                    break
                same += 1
            for fact in old[same:]:
                self._count(kind, fact, -1)
            for fact in new[same:]:
                self._count(kind, fact, 1)

    def _count(self, kind: int, fact: Fact, sign: int) -> None:
        count_fact(kind, fact, self._buckets(fact[1], fact[0]), sign)

    def is_empty(self) -> bool:
        """Whether all that ever counted here was taken back before it was final."""
        tallies = (
            self.totals,
            *self.minutes.values(),
            *self.quarters.values(),
            *self.days.values(),
        )
        return not self.open and not any(tally.rounded or any(tally.cells) for tally in tallies)

    def corrected(self) -> None:
        """Count that a final fact changed after it was counted."""
        self.totals.cells[CHAT_CORRECTIONS] += 1


def count_fact(kind: int, fact: Fact, tallies: Iterable[Tally], sign: int) -> None:
    """Count a fact of that kind in each tally (+1), or take it back (-1)."""
    for tally in tallies:
        tally.encoded = None
        _COUNT[kind](tally, fact, sign)


def _opening(tally: Tally, fact: Fact, sign: int) -> None:
    tally.cells[REOPENED if fact[2] else OPENED] += sign


def reply_ms(fact: Fact) -> int:
    """How long a first reply took by the clock that starts at opening time."""
    return max(0, fact[1] - fact[4])


def _first(tally: Tally, fact: Fact, sign: int) -> None:
    begin_ms, at_ms, outcome, total_ms, _ = fact
    cells = tally.cells
    cells[OUTCOME_FIRST + outcome] += sign
    if outcome != REPLIED:
        return
    wait_ms = reply_ms(fact)
    cells[REPLY_SUM_MS] += sign * wait_ms
    cells[REPLY_CALENDAR_SUM_MS] += sign * (at_ms - begin_ms)
    cells[REPLY_TOTAL_SUM_MS] += sign * total_ms
    cells[REPLY_FIRST + bisect_left(REPLY_EDGES_MS, wait_ms)] += sign
    cells[CALENDAR_FIRST + bisect_left(REPLY_EDGES_MS, at_ms - begin_ms)] += sign
    if tally.waits is not None:
        count_wait(tally, tally.waits, wait_ms, sign)


def _next(tally: Tally, fact: Fact, sign: int) -> None:
    wait_ms = fact[1] - fact[0]
    tally.cells[NEXT_REPLIES] += sign
    tally.cells[NEXT_SUM_MS] += sign * wait_ms
    tally.cells[NEXT_FIRST + bisect_left(REPLY_EDGES_MS, wait_ms)] += sign


def _closing(tally: Tally, fact: Fact, sign: int) -> None:
    tally.cells[CLOSED] += sign
    if fact[2]:
        tally.cells[RESOLVED] += sign
        tally.cells[RESOLUTION_SUM_MS] += sign * (fact[1] - fact[0])


def _rating(tally: Tally, fact: Fact, sign: int) -> None:
    tally.cells[RATED] += sign
    tally.cells[RATED_SUM_PERMILLE] += sign * fact[2]
    tally.cells[SATISFIED] += sign * (fact[2] >= SATISFIED_PERMILLE)


_COUNT: Mapping[int, Callable[[Tally, Fact, int], None]] = {
    OPENING: _opening,
    FIRST: _first,
    NEXT: _next,
    CLOSING: _closing,
    RATING: _rating,
}
