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
FIRST_REPLY_S = 60


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
    """

    contact: str
    queue: str
    asked_ms: int
    clock_ms: int | None = None
    replied_ms: int | None = None
    closed_ms: int | None = None
    closed_by: str = ""
    is_reopened: bool = False
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
    """What chats come to; replies from the moment a person was needed, `total_sum_ms` from the
    first message.
    """
    needed = [e for e in episodes if e.clock_ms is not None]
    replied = [e for e in needed if e.replied_ms is not None]
    waits = [(e.replied_ms or 0) - (e.clock_ms or 0) for e in replied]
    scores = [e.score for e in episodes if e.score is not None]
    return {
        "contacts": len({e.contact for e in episodes}),
        "episodes": len(episodes),
        "reopened": sum(e.is_reopened for e in episodes),
        "needed_reply": len(needed),
        "replied": len(replied),
        "replied_within": {str(FIRST_REPLY_S): sum(w <= 1000 * FIRST_REPLY_S for w in waits)},
        "missed": len(needed) - len(replied),
        "first_reply_sum_ms": sum(waits),
        "total_sum_ms": sum((e.replied_ms or 0) - e.asked_ms for e in replied),
        "closed": dict(sorted(Counter(e.closed_by for e in episodes).items())),
        "rated": len(scores),
        "score_sum": sum(scores),
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
