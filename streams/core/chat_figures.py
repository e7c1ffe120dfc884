"""Tallies of chats into figures: the objects that board, report and exporter show.

Sums before ratios: each queue is held to its own threshold, then added up. A ratio or mean of
nothing is None; its count always stands beside it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from streams.core.book import WINDOWS, Span, span, tallies_in
from streams.core.chat_counts import ChatCounts
from streams.core.chats import (
    BOT_ONLY,
    CALENDAR_FIRST,
    CHAT_CORRECTIONS,
    CHAT_WIDTH,
    CLOSED,
    INITIATED,
    MISSED,
    NEXT_FIRST,
    NEXT_REPLIES,
    NEXT_SUM_MS,
    OPENED,
    OUTCOME_FIRST,
    RATED,
    RATED_SUM_PERMILLE,
    REOPENED,
    REPLIED,
    REPLIED_WITHIN_S,
    REPLY_CALENDAR_SUM_MS,
    REPLY_EDGES_MS,
    REPLY_FIRST,
    REPLY_SUM_MS,
    REPLY_TOTAL_SUM_MS,
    RESOLUTION_SUM_MS,
    RESOLVED,
    SATISFIED,
    TIMED_OUT,
)
from streams.core.conversation import Awaits, Now
from streams.core.figures import mean_s, percentiles_s, ratio
from streams.core.tally import Tally, plus
from streams.core.targets import Target

# When somebody began to wait, by the wall clock and by the one that starts at opening time (ms).
Wait = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Desk:
    """One queue of chats over all partitions: its tallies, and how things stand now.

    `first` wait for their first reply, `following` for a further one, `with_bot` for nobody as long
    as a bot has them; `held` is {person: open conversations}, `open` all of them.
    """

    counts: Sequence[ChatCounts]
    first: Sequence[Wait]
    following: Sequence[Wait]
    with_bot: Sequence[Wait]
    held: Counter[str]
    open: int

    def totals(self) -> Tally:
        """What is final since the beginning; only grows."""
        return plus_chats([part.totals for part in self.counts])


Part = tuple[Desk, Target]


def waits_for(awaits: Awaits, standing: Iterable[Now]) -> list[Wait]:
    """Since when those wait that await this, sorted."""
    return sorted((now.since_ms, now.from_ms) for now in standing if now.awaits == awaits)


def plus_chats(tallies: Sequence[Tally]) -> Tally:
    """The sum of tallies of chats; of none it is a tally of nothing."""
    return plus(tallies) if tallies else Tally([0] * CHAT_WIDTH)


def replied_within(tally: Tally, first: int, edge_s: int) -> int:
    """Replies of at most `edge_s` in the histogram that starts at column `first`."""
    return sum(tally.cells[first : first + bisect_left(REPLY_EDGES_MS, 1000 * edge_s) + 1])


def beyond(waits: Iterable[Wait], threshold_s: int, now_ms: int) -> int:
    """How many have waited for more than `threshold_s` since opening time."""
    return sum(from_ms < now_ms - 1000 * threshold_s for _, from_ms in waits)


class Judged(NamedTuple):
    """What depends on a queue's own threshold, as counts that add up over queues."""

    met: int
    met_calendar: int
    eligible: int
    beyond: int


def judge(tally: Tally, target: Target, waiting_beyond: int = 0) -> Judged:
    """Hold a tally to a target; the unanswered beyond it stand apart."""
    cells = tally.cells
    eligible = cells[OUTCOME_FIRST + REPLIED] + missed(tally)
    if target.bot_only_missed:
        eligible += cells[OUTCOME_FIRST + BOT_ONLY]
    return Judged(
        replied_within(tally, REPLY_FIRST, target.first_reply_s),
        replied_within(tally, CALENDAR_FIRST, target.first_reply_s),
        eligible,
        waiting_beyond,
    )


def together(parts: Iterable[Judged]) -> Judged:
    """The sum over queues, each judged by its own threshold."""
    columns = zip((0, 0, 0, 0), *parts, strict=True)
    return Judged(*(sum(column) for column in columns))


def missed(tally: Tally) -> int:
    """Episodes that nobody replied to, closed or timed out; those of bots alone stand apart."""
    return tally.cells[OUTCOME_FIRST + MISSED] + tally.cells[OUTCOME_FIRST + TIMED_OUT]


def _replies(count: int, sum_ms: int, tally: Tally, first: int) -> dict[str, Any]:
    return {
        "count": count,
        "sum_ms": sum_ms,
        "mean_s": mean_s(sum_ms, count),
        "within": {str(s): replied_within(tally, first, s) for s in REPLIED_WITHIN_S},
    }


def figures(tally: Tally, judged: Judged) -> dict[str, Any]:
    """All figures of a tally, as board and report show them."""
    cells = tally.cells
    replied = cells[OUTCOME_FIRST + REPLIED]
    met, calendar, eligible, waiting = judged
    total_ms, calendar_ms = cells[REPLY_TOTAL_SUM_MS], cells[REPLY_CALENDAR_SUM_MS]
    rated, resolved, closed = cells[RATED], cells[RESOLVED], cells[CLOSED]
    return {
        "opened": cells[OPENED],
        "reopened": cells[REOPENED],
        "closed": closed,
        "missed": missed(tally),
        "timed_out": cells[OUTCOME_FIRST + TIMED_OUT],
        "bot_only": cells[OUTCOME_FIRST + BOT_ONLY],
        "initiated": cells[OUTCOME_FIRST + INITIATED],
        "first_reply": {
            "ratio": ratio(met, eligible),
            "met": met,
            "eligible": eligible,
            "live_ratio": ratio(met, eligible + waiting),
            "live_eligible": eligible + waiting,
            "calendar_ratio": ratio(calendar, eligible),
            "calendar_met": calendar,
            **_replies(replied, cells[REPLY_SUM_MS], tally, REPLY_FIRST),
            **percentiles_s(tally.waits),
            "percentiles": "within 1 %" if tally.rounded else "exact",
            "calendar_sum_ms": calendar_ms,
            "calendar_mean_s": mean_s(calendar_ms, replied),
            "total_sum_ms": total_ms,
            "total_mean_s": mean_s(total_ms, replied),
        },
        "next_reply": _replies(cells[NEXT_REPLIES], cells[NEXT_SUM_MS], tally, NEXT_FIRST),
        "resolution": {
            "count": resolved,
            "sum_ms": cells[RESOLUTION_SUM_MS],
            "mean_s": mean_s(cells[RESOLUTION_SUM_MS], resolved),
        },
        "rating": {
            "count": rated,
            "of": closed,
            "rated_ratio": ratio(rated, closed),
            "mean_ratio": ratio(cells[RATED_SUM_PERMILLE], 1000 * rated),
            "satisfied": cells[SATISFIED],
            "satisfied_ratio": ratio(cells[SATISFIED], rated),
        },
    }


def final_counts(tally: Tally) -> dict[str, int]:
    """What the counters say of a queue's totals."""
    return {"finished": sum(outcomes(tally).values()), "corrections": tally.cells[CHAT_CORRECTIONS]}


OUTCOMES = ("replied", "missed", "timeout", "bot", "initiated")


def outcomes(tally: Tally) -> dict[str, int]:
    """{what became of the first reply: episodes}."""
    return {name: tally.cells[OUTCOME_FIRST + place] for place, name in enumerate(OUTCOMES)}


def now_of(parts: Sequence[Part], now_ms: int) -> dict[str, Any]:
    """Who waits at this moment, and how many conversations each person has; nobody is named."""
    held: Counter[str] = Counter()
    for desk, _ in parts:
        held += desk.held
    since = [wait[0] for desk, _ in parts for wait in (*desk.first, *desk.following)]
    first = sum(_first_beyond(part, now_ms) for part in parts)
    later = sum(beyond(desk.following, target.first_reply_s, now_ms) for desk, target in parts)
    return {
        "open": sum(desk.open for desk, _ in parts),
        "unanswered": len(since),
        "oldest_unanswered_ms": min(since, default=None),
        "unanswered_beyond_target": first + later,
        "with_bot": sum(len(desk.with_bot) for desk, _ in parts),
        "first_reply_waiting": sum(len(desk.first) for desk, _ in parts),
        "first_reply_beyond_target": first,
        "agents": len(held),
        "per_agent_max": max(held.values(), default=None),
        "per_agent_mean": ratio(sum(held.values()), len(held)),
    }


def _first_beyond(part: Part, now_ms: int) -> int:
    """Who waits for a first reply beyond the threshold, by the queue's own rule on bots."""
    desk, target = part
    waits = (*desk.first, *desk.with_bot) if target.bot_only_missed else desk.first
    return beyond(waits, target.first_reply_s, now_ms)


class Measured(NamedTuple):
    """One queue in one window, before anything became a ratio; `waiting` began in it."""

    where: Span
    tally: Tally
    judged: Judged
    waiting: int


def measure(part: Part, name: str, now_ms: int) -> Measured:
    """One queue in one window, held to its own threshold."""
    desk, target = part
    where = span(name, now_ms, target)
    tally = plus_chats(tallies_in(desk.counts, where))
    late = _first_beyond(part, now_ms)
    waiting = sum(where.from_ms <= since_ms < where.to_ms for since_ms, _ in desk.first)
    return Measured(where, tally, judge(tally, target, late), waiting)


def window_over(queues: Sequence[Measured], now_ms: int) -> dict[str, Any]:
    """One window's figures over some queues, each held to its own threshold."""
    tally = plus_chats([queue.tally for queue in queues])
    judged = Judged(
        *(sum(column) for column in zip(*(each.judged for each in queues), strict=True))
    )
    to_ms = max((queue.where.to_ms for queue in queues), default=now_ms)
    waiting = sum(queue.waiting for queue in queues)
    return {
        "from_ms": min((queue.where.from_ms for queue in queues), default=now_ms),
        "to_ms": to_ms,
        "basis": queues[0].where.basis,
        "final": waiting == 0 and now_ms >= to_ms,
        "waiting": waiting,
        **figures(tally, judged),
    }


def board_of(parts: Sequence[Part], now_ms: int) -> dict[str, Any]:
    """What a tile shows over some queues, one at least: one part for a queue, all for the total."""
    return {
        "now": now_of(parts, now_ms),
        "windows": {
            name: window_over([measure(part, name, now_ms) for part in parts], now_ms)
            for name in WINDOWS
        },
    }
