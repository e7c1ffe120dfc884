"""Why a visit is counted or left out, rule by rule."""

from __future__ import annotations

from typing import Any, cast

import pytest

from streams.board.why import FIGURES, Counted, Frame, Why, judge_level
from streams.core.book import Span
from streams.core.rows import Row
from streams.core.targets import ServiceLevel, Target

NOW_MS = 1_000_000
STRICT = ServiceLevel()


def visit(wait_ms: int, end: str | None = "answered", **changes: Any) -> Row:
    outcome = end if end in (None, "answered", "abandoned") else "left"
    found = {
        "entered_ms": NOW_MS - wait_ms,
        "left_ms": None if end is None else NOW_MS,
        "outcome": outcome,
        "reason": end if outcome == "left" else None,
        "wait_ms": None if end is None else wait_ms,
        "talking": False,
        "talk_ms": 1000 if end == "answered" else None,
        "wrapup_ms": None,
        **changes,
    }
    return cast("Row", found)


def frame(formula: ServiceLevel = STRICT, kind: str = "talk") -> Frame:
    return Frame(Target(service_level=formula), Span(0, NOW_MS + 1, "left"), NOW_MS, kind)


@pytest.mark.parametrize(
    ("wait_ms", "end", "counted", "why"),
    [
        (20_000, "answered", Counted.MET, Why.ANSWERED_WITHIN),
        (20_001, "answered", Counted.MISSED, Why.ANSWERED_BEYOND),
        (5_000, "abandoned", Counted.LEFT_OUT, Why.ABANDONED_SHORT),
        (5_001, "abandoned", Counted.MISSED, Why.ABANDONED),
        (20_001, "abandoned", Counted.MISSED, Why.ABANDONED_BEYOND),
        (20_000, "key", Counted.LEFT_OUT, Why.LEFT_BY_CHOICE),
        (20_001, "callback", Counted.MISSED, Why.LEFT_BEYOND),
        (0, "full", Counted.MISSED, Why.LEFT_BY_FAILURE),
        (1, "system", Counted.MISSED, Why.LEFT_BY_FAILURE),
        (20_000, None, Counted.WAITING, Why.STILL_WAITING),
        (20_001, None, Counted.WAITING, Why.WAITING_BEYOND),
    ],
)
def test_service_level_by_default(
    wait_ms: int, end: str | None, counted: Counted, why: Why
) -> None:
    assert judge_level(visit(wait_ms, end), frame()) == (counted, why)


def test_the_parameters_of_the_formula() -> None:
    credit = frame(ServiceLevel(credit_short_abandons=True))
    assert judge_level(visit(5_000, "abandoned"), credit)[0] is Counted.MET
    without = frame(ServiceLevel(include_abandons=False))
    assert judge_level(visit(30_000, "abandoned"), without)[0] is Counted.LEFT_OUT
    for end in ("timeout", "key"):
        assert judge_level(visit(30_000, end), without)[0] is Counted.MISSED
    none_short = frame(ServiceLevel(short_abandon_s=0))
    assert judge_level(visit(0, "abandoned"), none_short)[0] is Counted.MISSED


def test_abandonment_leaves_short_ones_out_of_both_parts() -> None:
    judge = FIGURES["abandonment"].judge
    assert judge(visit(5_000, "abandoned"), frame())[0] is Counted.LEFT_OUT
    for end in ("answered", "timeout", "key", "abandoned"):
        assert judge(visit(6_000, end), frame())[0] is Counted.COUNTED


def test_handle_says_why_a_conversation_is_not_in_the_mean() -> None:
    judge = FIGURES["handle"].judge
    assert judge(visit(0), frame()) == (Counted.COUNTED, Why.TALK_KNOWN)
    assert judge(visit(0, talking=True), frame()) == (Counted.LEFT_OUT, Why.STILL_TALKING)
    assert judge(visit(0, talk_ms=None), frame()) == (Counted.LEFT_OUT, Why.TALK_UNKNOWN)
    measured = frame(kind="talk+wrapup")
    assert judge(visit(0), measured) == (Counted.LEFT_OUT, Why.WRAPUP_UNKNOWN)
    assert judge(visit(0, wrapup_ms=5), measured) == (Counted.COUNTED, Why.TALK_KNOWN)


def test_a_window_by_entering_does_not_list_who_entered_before() -> None:
    by_entering = frame()._replace(where=Span(NOW_MS - 10, NOW_MS + 1, "entered"))
    offered = FIGURES["offered"].lists
    assert not offered(visit(11), by_entering)
    assert not offered(visit(11, None), by_entering)
    assert offered(visit(10), by_entering)
    assert offered(visit(10, None), by_entering)
    # But all who wait now can still miss.
    assert FIGURES["service_level"].lists(visit(11, None), by_entering)
