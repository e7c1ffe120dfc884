"""The board agrees with a plain count of the events, window by window and queue by queue."""

import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.histories import NOON_MS
from tests.laws.boards import board, fold
from tests.laws.hostile import QUEUES, Event, beat, events
from tests.laws.naive import Plain, visits

KINDS = (
    "queued", "queued", "answered", "abandoned", "left", "ended", "wrapped_up", "transferred",
    "ring_missed", "held",
)  # fmt: skip
END_S = 950  # an interval of events behind it, and nothing is late yet
END_MS = NOON_MS + 1000 * END_S
REASONS = ("timeout", "key", "empty", "full", "withdrawn", "callback")


def _plain(one: Event) -> bool:
    """Ends by the system have a rank of their own, which stories tell."""
    return "system" not in (one["data"].get("reason"), one["data"].get("by"))


HISTORIES = st.lists(
    events(900, KINDS).filter(_plain),
    max_size=40,
    unique_by=(lambda one: one["id"], lambda one: one["at_ms"]),
)


def _percentile(waits: list[int], percent: int) -> float | None:
    if not waits:
        return None
    return sorted(waits)[math.ceil(len(waits) * percent / 100) - 1] / 1000


def _window(found: list[Plain], name: str) -> dict[str, Any]:
    """The figures of a window over these visits, by the words of the definitions."""
    if name == "interval":
        first, last = NOON_MS + 900_000, NOON_MS + 1_800_000
    elif name == "today":
        first, last = NOON_MS - 12 * 3_600_000, NOON_MS + 12 * 3_600_000
    else:
        last = END_MS - END_MS % 60_000 + 60_000
        first = last - int(name.removesuffix("m")) * 60_000
    entered = [one for one in found if first <= one.entered < last]
    if name in {"interval", "today"}:
        gone = [one for one in entered if one.outcome != "waiting"]
    else:
        gone = [one for one in found if one.outcome != "waiting" and first <= one.left < last]
    answered = [one.wait for one in gone if one.outcome == "answered"]
    abandoned = [one.wait for one in gone if one.outcome == "abandoned"]
    served = [one for one in gone if one.talk is not None]
    wrapped = [one for one in served if one.wrapup is not None]
    handled = wrapped or served
    handle_ms = sum((one.talk or 0) + (one.wrapup or 0) for one in handled)
    met, eligible = _service_level(gone)
    long = sum(wait > 5_000 for wait in abandoned)
    other = len(gone) - len(answered) - len(abandoned)
    return {
        "entered": len(entered),
        "finished": len(gone),
        "answered": len(answered),
        "abandoned": len(abandoned),
        "abandoned_short": len(abandoned) - long,
        "left": {r: n for r in REASONS if (n := sum(one.outcome == r for one in gone))},
        "blind": sum(one.transferred == "blind" for one in gone),
        "attended": sum(one.transferred == "attended" for one in gone),
        "met": met,
        "eligible": eligible,
        "abandonment": (long, len(answered) + long + other),
        "waits": (len(answered), sum(answered)),
        "percentiles": [_percentile(answered, percent) for percent in (50, 90, 95)],
        "within": [
            sum(w <= 1000 * s for w in answered) for s in (3, 5, 9, 10, 15, 20, 30, 60, 180)
        ],
        "abandon_waits": (len(abandoned), sum(abandoned)),
        "handle": (len(handled), handle_ms),
    }


def _service_level(gone: list[Plain]) -> tuple[int, int]:
    met = eligible = 0
    for one in gone:
        if one.outcome == "answered":
            met += one.wait <= 20_000
            eligible += 1
        elif one.outcome == "abandoned":
            eligible += one.wait > 5_000
        elif one.outcome in {"key", "callback", "withdrawn"}:
            eligible += one.wait > 20_000
        else:
            eligible += 1
    return met, eligible


def _told(window: dict[str, Any]) -> dict[str, Any]:
    """A window of the board in the same form."""
    plain = ("entered", "finished", "answered", "abandoned", "abandoned_short", "left")
    level, abandonment = window["service_level"], window["abandonment"]
    answer, abandon, handle = window["answer"], window["abandon"], window["handle"]
    assert level["ratio"] == (level["met"] / level["eligible"] if level["eligible"] else None)
    return {
        **{name: window[name] for name in plain},
        **window["transferred"],
        "met": level["met"],
        "eligible": level["eligible"],
        "abandonment": (abandonment["abandoned"], abandonment["of"]),
        "waits": (answer["count"], answer["sum_ms"]),
        "percentiles": [answer[f"p{percent}_s"] for percent in (50, 90, 95)],
        "within": list(answer["within"].values()),
        "abandon_waits": (abandon["count"], abandon["sum_ms"]),
        "handle": (handle["count"], handle["sum_ms"]),
    }


@settings(max_examples=200, deadline=None)
@given(HISTORIES)
def test_the_board_agrees_with_a_plain_count(history: list[Event]) -> None:
    tiles = board(fold([*history, *beat(END_S)]))
    found = visits(history)
    for queue in ("*", "unknown", *QUEUES):
        theirs = [one for one in found if queue in {"*", one.queue}]
        if queue not in tiles:
            assert theirs == []
            continue
        now = tiles[queue]["now"]
        starts = [one.entered for one in theirs if one.outcome == "waiting"]
        assert now["waiting"] == len(starts)
        assert now["longest_wait_start_ms"] == min(starts, default=None)
        assert now["waiting_beyond_target"] == sum(END_MS - at > 20_000 for at in starts)
        assert now["talking"] == sum(one.talking for one in theirs)
        for name, window in tiles[queue]["windows"].items():
            if queue == "*" and len(QUEUES) > 1:
                # Kinds of handle time are kept apart by queue before they are summed.
                window["handle"] = {"count": 0, "sum_ms": 0}
            expected = _window(theirs, name)
            if queue == "*":
                expected["handle"] = (0, 0)
            assert _told(window) == expected, (queue, name)
