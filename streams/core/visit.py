"""The slots of one queue visit: an order-free merge of what was seen of it.

Each event writes its slot by a commutative, associative and idempotent rule (the smallest wins), so
that order and repetition cannot matter. What the visit counts for is read off the slots by `facts`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from streams.core.definitions import Left, Outcome
from streams.core.events import DEFAULT_SITE, Event
from streams.core.life import PHASES, Phase, Step

UNKNOWN = -1
_IN_DOUBT = Step.ABANDONED | Step.LEFT | Step.CUT

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

    # Defaults on the class: most visits set few of these, and setting is what costs.
    seen: int = 0
    key: QueueKey | None = None
    entered_ms: int | None = None
    implied_ms: int | None = None
    answered: tuple[int, int, str] | None = None
    gone: tuple[int, int, str] | None = None
    ended: tuple[bool, int, int, int, str] | None = None
    cut: tuple[int, int] | None = None
    wrapup: tuple[int, int] | None = None
    transferred: tuple[int, str] | None = None
    wrapup_follows: bool = False
    rings_missed: int = 0
    expired_ms: int | None = None
    enter: tuple[QueueKey, int] | None = None
    leave: tuple[QueueKey, int, int, str, int] | None = None
    serve: tuple[QueueKey, int, int, int, int, str, bool] | None = None
    counted: bool = False
    served: bool = False

    def imply(self, at_ms: int, wait_ms: int) -> None:
        """Note when it must have entered, its entering not being seen; the earliest stays."""
        if wait_ms != UNKNOWN and self.entered_ms is None:
            entered_ms = at_ms - wait_ms
            if self.implied_ms is None or entered_ms < self.implied_ms:
                self.implied_ms = entered_ms

    def phase(self) -> Phase:
        """Where the visit stands. Of an answer and an exit both seen, the earlier counts."""
        seen = self.seen
        answered = self.answered
        if self.expired_ms is not None:
            return Phase.ANSWERED if PHASES[seen] is Phase.TALKING else Phase.LEFT
        if answered is not None:
            if self.gone is not None and self.gone[0] < answered[0]:
                seen &= ~Step.ANSWERED
            elif seen & _IN_DOUBT:
                seen &= ~(Step.ABANDONED | Step.LEFT)
                if self.cut is not None and self.cut[0] < answered[0]:
                    seen &= ~Step.CUT  # it was thought lost, and then answered after all
        return PHASES[seen]

    def where(self, event: Event, queue: str) -> None:
        """Note the queue. A visit has one; of two that disagree the alphabetically first stays."""
        site = event.get("site") or DEFAULT_SITE
        known = self.key
        if known is None:
            self.key = (site, queue)
        elif known[1] != queue or known[0] != site:
            self.key = min(known, (site, queue))


_NOTHING: Mapping[str, Any] = MappingProxyType({})


def _number(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name)
    return UNKNOWN if value is None else value


def _queued(visit: Visit, at_ms: int, _event: Event, _data: Mapping[str, Any]) -> None:
    visit.seen |= Step.QUEUED
    if visit.entered_ms is None or at_ms < visit.entered_ms:
        visit.entered_ms = at_ms
    if visit.implied_ms is not None:
        visit.implied_ms = None


def _answered(visit: Visit, at_ms: int, event: Event, data: Mapping[str, Any]) -> None:
    visit.seen |= Step.ANSWERED
    slot = (at_ms, _number(data, "wait_ms"), event.get("agent") or "")
    visit.imply(at_ms, slot[1])
    if visit.answered is None or slot < visit.answered:
        visit.answered = slot


def _cut(visit: Visit, at_ms: int, data: Mapping[str, Any]) -> None:
    visit.seen |= Step.CUT
    slot = (at_ms, _number(data, "wait_ms"))
    if visit.cut is None or slot < visit.cut:
        visit.cut = slot


def _gone(visit: Visit, slot: tuple[int, int, str]) -> None:
    visit.imply(slot[0], slot[1])
    if visit.gone is None or slot < visit.gone:
        visit.gone = slot
        visit.seen &= ~(Step.ABANDONED | Step.LEFT)
        visit.seen |= Step.ABANDONED if slot[2] == Outcome.ABANDONED else Step.LEFT


def _abandoned(visit: Visit, at_ms: int, _event: Event, data: Mapping[str, Any]) -> None:
    _gone(visit, (at_ms, _number(data, "wait_ms"), str(Outcome.ABANDONED)))


def _left(visit: Visit, at_ms: int, _event: Event, data: Mapping[str, Any]) -> None:
    if data["reason"] == Left.SYSTEM:
        _cut(visit, at_ms, data)  # the weakest end: whatever else is known of the visit wins
    else:
        _gone(visit, (at_ms, _number(data, "wait_ms"), data["reason"]))


def _refused(visit: Visit, at_ms: int, event: Event, data: Mapping[str, Any]) -> None:
    if event.get("queue") is not None:  # refused at the queue's door: a visit that waited 0 s
        reason = Left.EMPTY if data.get("reason") == Left.EMPTY else Left.FULL
        _gone(visit, (at_ms, 0, str(reason)))


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


_WRITERS: Mapping[str, Callable[[Visit, int, Event, Mapping[str, Any]], None]] = MappingProxyType(
    {
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
)


def merge(visit: Visit, event: Event) -> None:
    """Write what `event` says into the visit's slots. Types without a slot only name the queue."""
    if visit.expired_ms is not None:
        visit.expired_ms = None
    queue = event.get("queue")
    if queue is not None:
        visit.where(event, queue)
    write = _WRITERS.get(event["type"])
    if write is not None:
        write(visit, event["at_ms"], event, event.get("data") or _NOTHING)
