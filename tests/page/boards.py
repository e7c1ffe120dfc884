"""Boards as the API would send them, written by hand: the product computes nothing here."""

from __future__ import annotations

import copy
from typing import Any

Json = dict[str, Any]

# Monday 2 March 2026, 14:03:27 in Shanghai: far from the clock of the machine that runs the tests.
SERVED_MS = 1_772_431_407_000
MINUTE_MS = 60_000
WINDOWS = ("5m", "15m", "30m", "60m", "interval", "today")
DEFINITIONS = {
    "service_level": {"id": "service_level", "version": 1, "formula": "met ÷ eligible"},
    "abandonment": {"id": "abandonment", "version": 2, "formula": "abandoned ÷ offered"},
}


def window(**changes: Any) -> Json:
    """30 minutes in which 268 of 356 were answered; `a__b=c` changes a figure inside a figure."""
    figures: Json = {
        "from_ms": SERVED_MS - 30 * MINUTE_MS,
        "to_ms": SERVED_MS,
        "basis": "left",
        "final": False,
        "entered": 356,
        "finished": 354,
        "offered": 356,
        "answered": 268,
        "abandoned": 77,
        "abandoned_short": 12,
        "left": {"timeout": 9, "key": 2},
        "waiting": 2,
        "talking": 5,
        "transferred": {"blind": 10, "attended": 5},
        "service_level": {
            "ratio": 0.86,
            "met": 301,
            "eligible": 350,
            "live_ratio": 0.86,
            "live_eligible": 350,
        },
        "abandonment": {"ratio": 0.19, "abandoned": 65, "of": 342},
        "answer": {
            "count": 268,
            "sum_ms": 1_661_600,
            "mean_s": 6.2,
            "p50_s": 4.1,
            "p90_s": 14.0,
            "p95_s": 19.3,
            "percentiles": "exact",
            "within": {"3": 133, "9": 219, "20": 265},
        },
        "abandon": {"count": 77, "sum_ms": 770_000, "mean_s": 10.0, "within": {"5": 12}},
        "handle": {"count": 268, "sum_ms": 49_580_000, "mean_s": 185.0, "kind": "talk"},
    }
    return changed(figures, changes)


def empty_window() -> Json:
    """A window in which nothing happened: counts are zero, ratios and means have no value."""
    return window(
        entered=0,
        finished=0,
        offered=0,
        answered=0,
        abandoned=0,
        abandoned_short=0,
        left={},
        service_level={
            "ratio": None,
            "met": 0,
            "eligible": 0,
            "live_ratio": None,
            "live_eligible": 0,
        },
        abandonment={"ratio": None, "abandoned": 0, "of": 0},
        answer__count=0,
        answer__mean_s=None,
        answer__p90_s=None,
        handle={"count": 0, "sum_ms": 0, "mean_s": None, "kind": "talk"},
    )


def changed(tree: Json, changes: Json) -> Json:
    for path, value in changes.items():
        *branches, leaf = path.split("__")
        place = tree
        for branch in branches:
            place = place[branch]
        place[leaf] = value
    return tree


def queue(name: str, *, figures: Json | None = None, **changes: Any) -> Json:
    """A queue with the same figures in each window, its data two seconds old."""
    told = figures or window()
    tree = {
        "site": "main",
        "queue": name,
        "channel": "voice",
        "title": name,
        "title_zh": name,
        "timezone": "Asia/Shanghai",
        "target": {
            "objective_ratio": 0.8,
            "threshold_s": 20,
            "short_abandon_s": 5,
            "asa_s": None,
            "abandon_ratio": None,
        },
        "data_ms": SERVED_MS - 2_000,
        "now": {
            "waiting": 0,
            "longest_wait_start_ms": None,
            "waiting_beyond_target": 0,
            "talking": 5,
        },
        "windows": {name: copy.deepcopy(told) for name in WINDOWS},
    }
    return changed(tree, changes)


def board(*queues: Json, **changes: Any) -> Json:
    """A board of these queues; the total's figures are the first queue's."""
    total = copy.deepcopy(queues[0]) if queues else queue("*")
    total.update(site="*", queue="*", title="*", title_zh="*")
    tree = {
        "version": "0.1.0",
        "served_ms": SERVED_MS,
        "now_ms": SERVED_MS - 2_000,
        "watermark_ms": SERVED_MS - 7_000,
        "stale_after_s": 25,
        "demo": False,
        "offsets": {"hotline.calls": {"0": 1234}},
        "sources": [],
        "events": {"ok": 1234, "duplicate": 5, "late": 1, "invalid": 3, "future": 0},
        "definitions": DEFINITIONS,
        "total": total,
        "queues": list(queues),
    }
    return changed(tree, changes)
