"""What a visit counts for, read off its slots: that it entered, how it left, how it was served.

Each is a plain tuple with everything that the tallies need, so that a change is the old one taken
back and the new one added. Nothing here remembers, or decides when a fact is final, except
`left_settled_ms` and `served_settled_ms`.
"""

from __future__ import annotations

from streams.core.definitions import Left, Outcome
from streams.core.life import Phase, Step
from streams.core.limits import Rules
from streams.core.visit import UNKNOWN, QueueKey, Visit

# Queue and entered_ms.
Enter = tuple[QueueKey, int]
# Queue, entered_ms, left_ms, outcome or reason, wait_ms.
Leave = tuple[QueueKey, int, int, str, int]
# Queue, entered_ms, left_ms, talk_ms, wrapup_ms, transfer kind, still talking.
Serve = tuple[QueueKey, int, int, int, int, str, bool]
Facts = tuple[Enter | None, Leave | None, Serve | None]

NOTHING: Facts = (None, None, None)
_NO_QUEUE: QueueKey = ("main", "unknown")
_WAITING, _UNSEEN = Phase.WAITING, Phase.UNSEEN
_TALKING, _SERVED = Phase.TALKING, Phase.ANSWERED
_ANSWERED = str(Outcome.ANSWERED)
_ABANDONED = str(Outcome.ABANDONED)
_SYSTEM = str(Left.SYSTEM)


def read(visit: Visit) -> Facts:
    """(enter, leave, serve) of the visit as its slots stand; None for what has not happened.

    A visit whose entering was never seen entered at leaving minus the wait that the source gave;
    without either it counts for nothing yet.
    """
    phase = visit.phase()
    key = visit.key or _NO_QUEUE
    entered_ms = visit.entered_ms
    if phase is _WAITING:
        return ((key, entered_ms), None, None) if entered_ms is not None else NOTHING
    if phase is _UNSEEN:
        return NOTHING
    if entered_ms is None:
        entered_ms = visit.implied_ms
        if entered_ms is None:
            return NOTHING
    if visit.answered is not None and (phase is _TALKING or phase is _SERVED):
        left_ms, wait_ms, _ = visit.answered
        outcome = _ANSWERED
    else:
        left_ms, wait_ms, outcome = _leaving(visit, phase)
    if wait_ms == UNKNOWN:
        wait_ms = max(0, left_ms - entered_ms)
    leave = (key, entered_ms, left_ms, outcome, wait_ms)
    serve = _service(visit, phase, leave) if outcome == _ANSWERED else None
    return (key, entered_ms), leave, serve


def _leaving(visit: Visit, phase: Phase) -> tuple[int, int, str]:
    """(left_ms, wait_ms, outcome or reason) of a visit whose answer was not seen."""
    if visit.ended is not None and (phase is _TALKING or phase is _SERVED):
        _, at_ms, talk_ms, wait_ms, _ = visit.ended
        return at_ms - talk_ms, wait_ms, _ANSWERED  # the end tells the whole story
    if visit.expired_ms is not None:
        return visit.expired_ms, UNKNOWN, _SYSTEM
    if visit.gone is not None:
        return visit.gone
    if phase is Phase.ABANDONED and visit.ended is not None:
        return visit.ended[1], UNKNOWN, _ABANDONED  # hung up while waiting
    assert visit.cut is not None, f"a visit in {phase} without an end"
    return visit.cut[0], visit.cut[1], _SYSTEM


def _service(visit: Visit, phase: Phase, leave: Leave) -> Serve:
    talk_ms = wrapup_ms = UNKNOWN
    ended = visit.ended
    if phase is _SERVED and ended is not None:
        talk_ms = ended[2] if ended[2] != UNKNOWN else max(0, ended[1] - leave[2])
        if visit.wrapup is not None:
            at_ms, wrapup_ms = visit.wrapup
            if wrapup_ms == UNKNOWN:
                wrapup_ms = max(0, at_ms - ended[1])
    kind = visit.transferred[1] if visit.transferred is not None else ""
    talking = phase is _TALKING
    return leave[0], leave[1], leave[2], talk_ms, wrapup_ms, kind, talking


_SEEN_QUEUED = Step.QUEUED
_SEEN_LEAVING = Step.ANSWERED | Step.ABANDONED | Step.LEFT


def left_settled_ms(visit: Visit, leave: Leave, rules: Rules, disorder_ms: int) -> int:
    """Watermark from which the outcome is final: at once where both ends were seen themselves.

    What was concluded (no entering seen, lost in a restart, timed out) may still be contradicted by
    an event that is under way, so it waits for the allowed lateness.
    """
    direct = visit.seen & _SEEN_QUEUED and visit.seen & _SEEN_LEAVING
    return leave[2] + (disorder_ms if direct else rules.allowed_lateness_ms)


def served_settled_ms(visit: Visit, rules: Rules, disorder_ms: int) -> int | None:
    """Watermark from which the service time is final; None while the conversation goes on."""
    if visit.ended is not None and not visit.ended[0]:
        # What the end itself announces is waited for: a wrap-up, the transfer's kind.
        done = (visit.wrapup is not None or not visit.wrapup_follows) and (
            visit.transferred is not None or visit.ended[4] != "transfer"
        )
        end_ms = max(visit.ended[1], visit.wrapup[0] if visit.wrapup else 0)
        return end_ms + (disorder_ms if done else rules.allowed_lateness_ms)
    for end in (
        visit.ended[1] if visit.ended else None,
        visit.expired_ms,
        visit.cut and visit.cut[0],
    ):
        if end is not None:
            return end + rules.allowed_lateness_ms
    return None
