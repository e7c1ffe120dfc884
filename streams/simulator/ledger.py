"""What truly happened on a simulated day, counted here and nowhere else.

The form is that of `hotline report --json`; the counting shares nothing with the core that it is
there to judge, so that agreeing with it means something. Import-linter keeps it so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

ANSWERED_WITHIN_S = (3, 5, 9, 10, 15, 20, 30, 60, 180)
ABANDONED_WITHIN_S = (3, 5, 20)
PERCENTILES = (50, 90, 95)
# Chats: what a report lists, the default threshold, and four fifths of the scale.
REPLIED_WITHIN_S = (10, 20, 30, 60, 120, 300)
FIRST_REPLY_S = 60
SATISFIED_SCORE = 4


@dataclass(slots=True)
class CallVisit:
    """One caller's stay in one queue; times ms of UTC, durations ms, None: not, or not known.

    `outcome` is answered, abandoned, or the reason why it left.
    """

    contact: str
    number: int
    queue: str
    source: str
    entered_ms: int
    left_ms: int | None = None
    outcome: str | None = None
    wait_ms: int | None = None
    talk_ms: int | None = None
    wrapup_ms: int | None = None
    talking: bool = False
    transferred: str = ""

    def leave(self, at_ms: int, outcome: str) -> int:
        """It is over with waiting; the wait in ms."""
        self.left_ms, self.outcome = at_ms, outcome
        self.wait_ms = at_ms - self.entered_ms
        return self.wait_ms


@dataclass(slots=True)
class ChatEpisode:
    """One session from its opening, or reopening, to its end; times ms of UTC.

    `clock_ms` is when a person was first needed: the first message, or a bot's hand-off after it.
    `next_ms` are the waits for each further reply.
    """

    contact: str
    queue: str
    asked_ms: int
    clock_ms: int | None = None
    replied_ms: int | None = None
    closed_ms: int | None = None
    closed_by: str = ""
    is_reopened: bool = False
    next_ms: list[int] = field(default_factory=list)
    score: int | None = None


@dataclass(slots=True)
class Ledger:
    """Everything of one or more days; `outside` are contacts that no queue was offered."""

    visits: list[CallVisit] = field(default_factory=list)
    outside: Counter[str] = field(default_factory=Counter)
    episodes: list[ChatEpisode] = field(default_factory=list)

    def enter(self, contact: str, number: int, queue: str, source: str, at_ms: int) -> CallVisit:
        """A caller begins to wait."""
        visit = CallVisit(contact, number, queue, source, at_ms)
        self.visits.append(visit)
        return visit

    def ask(self, contact: str, queue: str, at_ms: int, *, is_reopened: bool) -> ChatEpisode:
        """Somebody writes."""
        episode = ChatEpisode(contact, queue, at_ms, is_reopened=is_reopened)
        self.episodes.append(episode)
        return episode

    def add(self, other: Ledger) -> None:
        """Another day, too."""
        self.visits += other.visits
        self.outside += other.outside
        self.episodes += other.episodes

    def calls(self) -> dict[str, Any]:
        """`outside`, `total` and `queues` as a report has them."""
        return {
            "outside": dict(sorted(self.outside.items())),
            **_by_queue(self.visits, call_figures),
        }

    def chats(self) -> dict[str, Any]:
        """`total` and `queues` of the chats."""
        return _by_queue(self.episodes, chat_figures)

    def as_seen(self, change: Callable[[CallVisit], CallVisit]) -> Ledger:
        """The same day as it looks where each visit is seen as `change` makes it."""
        return replace(self, visits=[change(replace(visit)) for visit in self.visits])


_Counted = TypeVar("_Counted", CallVisit, ChatEpisode)


def _by_queue(
    found: Sequence[_Counted], figures: Callable[[list[_Counted]], dict[str, Any]]
) -> dict[str, Any]:
    queues: dict[str, list[_Counted]] = defaultdict(list)
    for each in found:
        queues[each.queue].append(each)
    by_name = {name: figures(queues[name]) for name in sorted(queues)}
    return {"total": figures(list(found)), "queues": by_name}


def call_figures(visits: list[CallVisit]) -> dict[str, Any]:
    """The object F of a report."""
    answered = sorted(v.wait_ms or 0 for v in visits if v.outcome == "answered")
    abandoned = sorted(v.wait_ms or 0 for v in visits if v.outcome == "abandoned")
    reasons = Counter(v.outcome for v in visits if v.outcome)
    left = {name: n for name, n in reasons.items() if name not in {"answered", "abandoned"}}
    return {
        "offered": len(visits),
        "answered": len(answered),
        "abandoned": len(abandoned),
        "left": dict(sorted(left.items())),
        "waiting": len(visits) - reasons.total(),
        "talking": sum(v.talking for v in visits),
        "transferred": {
            kind: sum(v.transferred == kind for v in visits) for kind in ("blind", "attended")
        },
        "answer": {
            "count": len(answered),
            "sum_ms": sum(answered),
            "mean_s": _mean_s(answered),
            **{f"p{percent}_s": _percentile_s(answered, percent) for percent in PERCENTILES},
            "within": _within(answered, ANSWERED_WITHIN_S),
        },
        "abandon": {
            "count": len(abandoned),
            "sum_ms": sum(abandoned),
            "within": _within(abandoned, ABANDONED_WITHIN_S),
        },
        "handle": _handle(visits),
        "max_waiting": _most_at_once(visits),
    }


def chat_figures(episodes: list[ChatEpisode]) -> dict[str, Any]:
    """What a report says of chats, as far as it is counted here: no opening hours, no time-outs."""
    needed = [e for e in episodes if e.clock_ms is not None]
    replied = [e for e in needed if e.replied_ms is not None]
    waits = sorted((e.replied_ms or 0) - (e.clock_ms or 0) for e in replied)
    totals = [(e.replied_ms or 0) - e.asked_ms for e in replied]
    further = [wait for e in episodes for wait in e.next_ms]
    ends: dict[str, list[int]] = defaultdict(list)
    for episode in episodes:
        ends[episode.contact] += [episode.asked_ms, episode.closed_ms or episode.asked_ms]
    spans = [max(times) - min(times) for times in ends.values()]
    scores = [e.score for e in episodes if e.score is not None]
    return {
        "opened": len(ends),
        "reopened": sum(e.is_reopened for e in episodes),
        "closed": len(episodes),
        "missed": len(needed) - len(replied),
        "bot_only": len(episodes) - len(needed),
        "first_reply": {
            "met": sum(wait <= 1000 * FIRST_REPLY_S for wait in waits),
            "eligible": len(needed),
            **_replies(waits),
            **{f"p{percent}_s": _percentile_s(waits, percent) for percent in PERCENTILES},
            "total_sum_ms": sum(totals),
            "total_mean_s": _mean_s(totals),
        },
        "next_reply": _replies(further),
        "resolution": {"count": len(spans), "sum_ms": sum(spans), "mean_s": _mean_s(spans)},
        "rating": {
            "count": len(scores),
            "of": len(episodes),
            "satisfied": sum(score >= SATISFIED_SCORE for score in scores),
        },
    }


def _replies(waits_ms: Sequence[int]) -> dict[str, Any]:
    return {
        "count": len(waits_ms),
        "sum_ms": sum(waits_ms),
        "mean_s": _mean_s(waits_ms),
        "within": _within(waits_ms, REPLIED_WITHIN_S),
    }


def _mean_s(times_ms: Sequence[int]) -> float | None:
    return sum(times_ms) / len(times_ms) / 1000 if times_ms else None


def _percentile_s(ordered: Sequence[int], percent: int) -> float | None:
    """Nearest rank: the smallest with at least so many per cent at or below it."""
    rank = -(-len(ordered) * percent // 100)
    return ordered[rank - 1] / 1000 if ordered else None


def _within(waits_ms: Iterable[int], limits_s: Iterable[int]) -> dict[str, int]:
    waits = list(waits_ms)
    return {str(limit): sum(wait <= 1000 * limit for wait in waits) for limit in limits_s}


def _handle(visits: Sequence[CallVisit]) -> dict[str, Any]:
    """Talk and wrap-up; where any wrap-up was measured, only of visits that have one."""
    known = [v for v in visits if v.talk_ms is not None]
    wrapped = [v for v in known if v.wrapup_ms is not None]
    times = [(v.talk_ms or 0) + (v.wrapup_ms or 0) for v in wrapped or known]
    return {"count": len(times), "sum_ms": sum(times), "mean_s": _mean_s(times)}


def _most_at_once(visits: Iterable[CallVisit]) -> int:
    changes: Counter[int] = Counter()
    for visit in visits:
        changes[visit.entered_ms] += 1
        if visit.left_ms is not None:
            changes[visit.left_ms] -= 1
    most = now = 0
    for at_ms in sorted(changes):
        now += changes[at_ms]
        most = max(most, now)
    return most
