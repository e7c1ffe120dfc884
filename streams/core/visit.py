"""The slots of one queue visit: an order-free merge of what was seen of it.

Each event writes its slot by a commutative, associative and idempotent rule (the smallest wins), so
that order and repetition cannot matter. What the visit counts for is read off the slots by `facts`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from streams.core.definitions import Left, Outcome
from streams.core.events import CALL_TYPES, Event
from streams.core.life import PHASES, Phase, Step

UNKNOWN = -1
# By name, once: looking a member up in its class costs more than what is done with it.
_SEEN_QUEUED, _SEEN_ANSWERED, _SEEN_CUT = Step.QUEUED, Step.ANSWERED, Step.CUT
_SEEN_GONE = Step.ABANDONED | Step.LEFT
_IN_DOUBT = _SEEN_GONE | _SEEN_CUT
_TALKING_PHASE, _ANSWERED_PHASE, _LEFT_PHASE = Phase.TALKING, Phase.ANSWERED, Phase.LEFT
_ABANDONED = str(Outcome.ABANDONED)
_EMPTY, _FULL, _SYSTEM = str(Left.EMPTY), str(Left.FULL), str(Left.SYSTEM)

# Site and queue.
QueueKey = tuple[str, str]


class Visit:
    """What was seen of one visit. Times are integer ms of UTC, durations ms; -1 is unknown.

    `answered` is (at_ms, wait_ms, agent), `gone` (at_ms, wait_ms, outcome or reason), `cut`
    (at_ms, wait_ms), `wrapup` (at_ms, wrapup_ms), `transferred` (at_ms, kind), `ended`
    (talk unknown?, at_ms, talk_ms, wait_ms, by). `implied_ms` is the entering that was not seen,
    `expired_ms` when a time-out ended it; any later event clears it. The last five are kept by
    `facts` and `contact`.
    """

    __slots__ = (
        "answered",
        "counted",
        "cut",
        "ended",
        "enter",
        "entered_ms",
        "expired_ms",
        "gone",
        "implied_ms",
        "key",
        "leave",
        "rings_missed",
        "seen",
        "serve",
        "served",
        "transferred",
        "wrapup",
        "wrapup_follows",
    )

    def __init__(self) -> None:
        self.seen = 0
        self.key: QueueKey | None = None
        self.entered_ms: int | None = None
        self.implied_ms: int | None = None
        self.answered: tuple[int, int, str] | None = None
        self.gone: tuple[int, int, str] | None = None
        self.ended: tuple[bool, int, int, int, str] | None = None
        self.cut: tuple[int, int] | None = None
        self.wrapup: tuple[int, int] | None = None
        self.transferred: tuple[int, str] | None = None
        self.wrapup_follows = False
        self.rings_missed = 0
        self.expired_ms: int | None = None
        self.enter: tuple[QueueKey, int] | None = None
        self.leave: tuple[QueueKey, int, int, str, int] | None = None
        self.serve: tuple[QueueKey, int, int, int, int, str, bool] | None = None
        self.counted = False
        self.served = False

    def imply(self, at_ms: int, wait_ms: int) -> None:
        """Note when it entered, as long as its entering was not seen; the earliest stays."""
        if wait_ms != UNKNOWN and self.entered_ms is None:
            entered_ms = at_ms - wait_ms
            if self.implied_ms is None or entered_ms < self.implied_ms:
                self.implied_ms = entered_ms

    def phase(self) -> Phase:
        """Where the visit stands. Of an answer and an exit both seen, the earlier counts."""
        seen = self.seen
        answered = self.answered
        if answered is not None and (seen & _IN_DOUBT or self.gone is not None):
            if self.gone is not None and self.gone[0] < answered[0]:
                seen &= ~_SEEN_ANSWERED
            else:
                seen &= ~_SEEN_GONE
                if self.cut is not None and self.cut[0] < answered[0]:
                    seen &= ~_SEEN_CUT  # it was thought lost, and then answered after all
        phase = PHASES[seen]
        if self.expired_ms is not None:
            return _ANSWERED_PHASE if phase is _TALKING_PHASE else _LEFT_PHASE
        return phase

    def where(self, site: str, queue: str) -> None:
        """Note the queue. A visit has one; of two that disagree the alphabetically first stays."""
        known = self.key
        self.key = (site, queue) if known is None else min(known, (site, queue))


def _number(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name)
    return UNKNOWN if value is None else value


def _queued(visit: Visit, at_ms: int, _event: Event, _data: Mapping[str, Any]) -> None:
    visit.seen |= _SEEN_QUEUED
    if visit.entered_ms is None or at_ms < visit.entered_ms:
        visit.entered_ms = at_ms
    if visit.implied_ms is not None:
        visit.implied_ms = None


def _answered(visit: Visit, at_ms: int, event: Event, data: Mapping[str, Any]) -> None:
    visit.seen |= _SEEN_ANSWERED
    slot = (at_ms, _number(data, "wait_ms"), event.get("agent") or "")
    visit.imply(at_ms, slot[1])
    if visit.answered is None or slot < visit.answered:
        visit.answered = slot


def _cut(visit: Visit, at_ms: int, data: Mapping[str, Any]) -> None:
    visit.seen |= _SEEN_CUT
    slot = (at_ms, _number(data, "wait_ms"))
    if visit.cut is None or slot < visit.cut:
        visit.cut = slot


def _gone(visit: Visit, slot: tuple[int, int, str]) -> None:
    visit.imply(slot[0], slot[1])
    if visit.gone is None or slot < visit.gone:
        visit.gone = slot
        seen = Step.ABANDONED if slot[2] == _ABANDONED else Step.LEFT
        visit.seen = visit.seen & ~_SEEN_GONE | seen


def _abandoned(visit: Visit, at_ms: int, _event: Event, data: Mapping[str, Any]) -> None:
    _gone(visit, (at_ms, _number(data, "wait_ms"), _ABANDONED))


def _left(visit: Visit, at_ms: int, _event: Event, data: Mapping[str, Any]) -> None:
    if data["reason"] == _SYSTEM:
        _cut(visit, at_ms, data)  # the weakest end: whatever else is known of the visit wins
    else:
        _gone(visit, (at_ms, _number(data, "wait_ms"), data["reason"]))


def _refused(visit: Visit, at_ms: int, event: Event, data: Mapping[str, Any]) -> None:
    if event.get("queue") is not None:  # refused at the queue's door: a visit that waited 0 s
        reason = _EMPTY if data.get("reason") == _EMPTY else _FULL
        _gone(visit, (at_ms, 0, reason))


def _ended(visit: Visit, at_ms: int, _event: Event, data: Mapping[str, Any]) -> None:
    by = data.get("by") or ""
    if by == "system":
        _cut(visit, at_ms, data)
        return
    talk_ms = _number(data, "talk_ms")
    visit.seen |= Step.ENDED if talk_ms == UNKNOWN else Step.SERVED
    if data.get("wrapup_follows"):
        visit.wrapup_follows = True
    # Ends that carry their talk time sort before those that do not.
    slot = (talk_ms == UNKNOWN, at_ms, talk_ms, _number(data, "wait_ms"), by)
    if talk_ms != UNKNOWN:
        visit.imply(at_ms - talk_ms, slot[3])
    if visit.ended is None or slot < visit.ended:
        visit.ended = slot


def _transferred(visit: Visit, at_ms: int, _event: Event, data: Mapping[str, Any]) -> None:
    slot = (at_ms, data["kind"])
    if visit.transferred is None or slot < visit.transferred:
        visit.transferred = slot


def _wrapped_up(visit: Visit, at_ms: int, _event: Event, data: Mapping[str, Any]) -> None:
    slot = (at_ms, _number(data, "wrapup_ms"))
    if visit.wrapup is None or slot < visit.wrapup:
        visit.wrapup = slot


def _ring_missed(visit: Visit, _at_ms: int, _event: Event, _data: Mapping[str, Any]) -> None:
    visit.rings_missed += 1  # not idempotent: copies are told by their id before they come here


def _no_slot(visit: Visit, at_ms: int, event: Event, data: Mapping[str, Any]) -> None:
    """Take an event that at most names the queue."""


Writer = Callable[[Visit, int, Event, Mapping[str, Any]], None]
_WRITERS: Mapping[str, Writer] = {
    "call.queued": _queued,
    "call.refused": _refused,
    "call.answered": _answered,
    "call.abandoned": _abandoned,
    "call.left": _left,
    "call.ended": _ended,
    "call.transferred": _transferred,
    "call.wrapped_up": _wrapped_up,
    "call.ring_missed": _ring_missed,
}
# What writes an event into its visit, by type; types that are not here are no call's.
WRITERS: Mapping[str, Writer] = {kind: _WRITERS.get(kind, _no_slot) for kind in CALL_TYPES}
