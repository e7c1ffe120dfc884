"""Which visits are behind a figure, and why each of them was counted or left out.

Pure and independent of the tallies: it judges visits one by one, so the two can be held against
each other. Codes, not sentences: the page has the words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from streams.core.book import Span
from streams.core.definitions import LEFT_OUT, Outcome
from streams.core.rows import Row
from streams.core.targets import Target


class Counted(StrEnum):
    """What became of a visit in a figure; `counted` where there is nothing to meet."""

    MET = "met"
    MISSED = "missed"
    COUNTED = "counted"
    LEFT_OUT = "left out"
    WAITING = "waiting"


class Why(StrEnum):
    """The reason, one code per rule of the definitions."""

    ANSWERED_WITHIN = "answered_within_threshold"
    ANSWERED_BEYOND = "answered_beyond_threshold"
    ABANDONED_SHORT = "abandoned_short"
    ABANDONED = "abandoned_after_short"
    ABANDONED_BEYOND = "abandoned_beyond_threshold"
    LEFT_BY_CHOICE = "left_by_choice"
    LEFT_BY_FAILURE = "left_by_failure"
    LEFT_BEYOND = "left_beyond_threshold"
    LEFT = "left"
    STILL_WAITING = "still_waiting"
    WAITING_BEYOND = "waiting_beyond_threshold"
    ANSWERED = "answered"
    ENTERED = "entered"
    TALK_KNOWN = "talk_known"
    TALK_UNKNOWN = "talk_unknown"
    WRAPUP_UNKNOWN = "wrapup_unknown"
    STILL_TALKING = "still_talking"


class Frame(NamedTuple):
    """What a visit is judged by: its queue's target, the window, the moment, the kind of handle."""

    target: Target
    where: Span
    now_ms: int
    handle_kind: str


Verdict = tuple[Counted, Why]
_CHOICE = frozenset(str(reason) for reason in LEFT_OUT)


def waits(row: Row) -> bool:
    """Whether the visit is in the queue now."""
    return row["left_ms"] is None


def waited_ms(row: Row, now_ms: int) -> int:
    """How long the visit waited, or has until now."""
    if row["left_ms"] is None:
        return max(0, now_ms - row["entered_ms"])
    return row["wait_ms"] or 0


def _finished(row: Row, frame: Frame) -> bool:
    at_ms = row["left_ms"] if frame.where.basis == "left" else row["entered_ms"]
    return row["left_ms"] is not None and at_ms is not None and _in(at_ms, frame.where)


def _in(at_ms: int, where: Span) -> bool:
    return where.from_ms <= at_ms < where.to_ms


def _entered(row: Row, frame: Frame) -> bool:
    return _in(row["entered_ms"], frame.where)


def _offered(row: Row, frame: Frame) -> bool:
    if waits(row):
        return frame.where.basis == "left" or _entered(row, frame)
    return _finished(row, frame)


def _ended_as(outcome: Outcome) -> Callable[[Row, Frame], bool]:
    return lambda row, frame: row["outcome"] == outcome and _finished(row, frame)


def _is_short(row: Row, frame: Frame) -> bool:
    short_s = frame.target.service_level.short_abandon_s
    return short_s > 0 and (row["wait_ms"] or 0) <= 1000 * short_s


def _is_beyond(row: Row, frame: Frame) -> bool:
    return waited_ms(row, frame.now_ms) > 1000 * frame.target.service_level.threshold_s


def _wait(row: Row, frame: Frame) -> Verdict:
    beyond = _is_beyond(row, frame)
    return Counted.WAITING, Why.WAITING_BEYOND if beyond else Why.STILL_WAITING


def judge_level(row: Row, frame: Frame) -> Verdict:
    """A visit in the service level of its queue: design 7, with the formula's parameters."""
    beyond = _is_beyond(row, frame)
    if waits(row):
        return _wait(row, frame)
    if row["outcome"] != Outcome.ANSWERED:
        return _judge_unanswered(row, frame, beyond=beyond)
    if beyond:
        return Counted.MISSED, Why.ANSWERED_BEYOND
    return Counted.MET, Why.ANSWERED_WITHIN


def _judge_unanswered(row: Row, frame: Frame, *, beyond: bool) -> Verdict:
    formula = frame.target.service_level
    if row["outcome"] == Outcome.ABANDONED:
        if _is_short(row, frame):
            met = formula.credit_short_abandons
            return Counted.MET if met else Counted.LEFT_OUT, Why.ABANDONED_SHORT
        counted = Counted.MISSED if formula.include_abandons else Counted.LEFT_OUT
        return counted, Why.ABANDONED_BEYOND if beyond else Why.ABANDONED
    if row["reason"] not in _CHOICE:
        return Counted.MISSED, Why.LEFT_BY_FAILURE
    if beyond:
        return Counted.MISSED, Why.LEFT_BEYOND
    return Counted.LEFT_OUT, Why.LEFT_BY_CHOICE


def judge_abandonment(row: Row, frame: Frame) -> Verdict:
    """A finished visit in the abandonment: short ones are in neither part of the ratio."""
    if row["outcome"] == Outcome.ABANDONED:
        short = _is_short(row, frame)
        return (
            (Counted.LEFT_OUT, Why.ABANDONED_SHORT) if short else (Counted.COUNTED, Why.ABANDONED)
        )
    answered = row["outcome"] == Outcome.ANSWERED
    return Counted.COUNTED, Why.ANSWERED if answered else Why.LEFT


def judge_handle(row: Row, frame: Frame) -> Verdict:
    """An answered visit in the handle time: kinds are not mixed in one mean."""
    if row["talking"]:
        return Counted.LEFT_OUT, Why.STILL_TALKING
    if row["talk_ms"] is None:
        return Counted.LEFT_OUT, Why.TALK_UNKNOWN
    if frame.handle_kind == "talk+wrapup" and row["wrapup_ms"] is None:
        return Counted.LEFT_OUT, Why.WRAPUP_UNKNOWN
    return Counted.COUNTED, Why.TALK_KNOWN


def _judge_entered(row: Row, frame: Frame) -> Verdict:
    return (Counted.COUNTED, Why.ENTERED) if not waits(row) else _wait(row, frame)


def _judge_end(row: Row, frame: Frame) -> Verdict:
    if waits(row):
        return _wait(row, frame)
    verdict = judge_abandonment(row, frame)
    return Counted.COUNTED, verdict[1]


def _judge_talking(_row: Row, _frame: Frame) -> Verdict:
    return Counted.COUNTED, Why.STILL_TALKING


class Figure(NamedTuple):
    """Which visits a figure lists, what it says of each, and which definition is behind it."""

    lists: Callable[[Row, Frame], bool]
    judge: Callable[[Row, Frame], Verdict]
    definition: str | None = None


_ANSWERED = _ended_as(Outcome.ANSWERED)

FIGURES: Mapping[str, Figure] = MappingProxyType(
    {
        # All who wait now can still miss, whenever they entered: as in the live ratio.
        "service_level": Figure(
            lambda row, frame: waits(row) or _finished(row, frame), judge_level, "service_level"
        ),
        "abandonment": Figure(_finished, judge_abandonment, "abandonment"),
        "abandoned": Figure(_ended_as(Outcome.ABANDONED), judge_abandonment, "abandonment"),
        "answered": Figure(_ANSWERED, _judge_end, "answer_speed"),
        "left": Figure(_ended_as(Outcome.LEFT), _judge_end),
        "finished": Figure(_finished, _judge_end),
        "entered": Figure(_entered, _judge_entered),
        "offered": Figure(_offered, _judge_end),
        "transferred": Figure(
            lambda row, frame: row["transferred"] is not None and _ANSWERED(row, frame), _judge_end
        ),
        "handle": Figure(_ANSWERED, judge_handle, "handle_time"),
        # Of now, not of the window.
        "waiting": Figure(lambda row, _frame: waits(row), _wait, "waiting"),
        "talking": Figure(lambda row, _frame: row["talking"], _judge_talking),
    }
)
