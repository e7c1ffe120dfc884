"""Queues of chats as the API would send them, written by hand, as `boards` has calls."""

from __future__ import annotations

import copy
from typing import Any

from tests.page.boards import SERVED_MS, WINDOWS, Json, board, changed

MINUTE_MS = 60_000


def window(**changes: Any) -> Json:
    """30 minutes in which 40 of 50 were replied to in time; `a__b=c` changes a figure inside."""
    figures: Json = {
        "from_ms": SERVED_MS - 30 * MINUTE_MS,
        "to_ms": SERVED_MS,
        "basis": "left",
        "final": False,
        "waiting": 2,
        "opened": 61,
        "reopened": 4,
        "closed": 55,
        "missed": 3,
        "timed_out": 0,
        "bot_only": 7,
        "initiated": 1,
        "first_reply": {
            "ratio": 0.8,
            "met": 40,
            "eligible": 50,
            "live_ratio": 0.769,
            "live_eligible": 52,
            "count": 47,
            "mean_s": 31.4,
            "p50_s": 22.0,
            "p90_s": 70.0,
            "p95_s": 95.2,
            "percentiles": "exact",
        },
        "next_reply": {"count": 210, "sum_ms": 5_200_000, "mean_s": 24.8},
        "resolution": {"count": 51, "sum_ms": 20_400_000, "mean_s": 400.0},
        "rating": {
            "count": 20,
            "of": 55,
            "rated_ratio": 0.364,
            "mean_ratio": 0.86,
            "satisfied": 17,
            "satisfied_ratio": 0.85,
        },
    }
    return changed(figures, changes)


def chat_queue(name: str, *, figures: Json | None = None, **changes: Any) -> Json:
    """A queue with the same figures in each window, its data two seconds old."""
    told = figures or window()
    tree = {
        "site": "main",
        "queue": name,
        "channel": "chat",
        "title": name,
        "title_zh": name,
        "timezone": "Asia/Shanghai",
        "target": {"objective_ratio": 0.8, "first_reply_s": 60, "bot_only_missed": False},
        "data_ms": SERVED_MS - 2_000,
        "now": {
            "open": 12,
            "unanswered": 3,
            "oldest_unanswered_ms": SERVED_MS - 85_000,
            "unanswered_beyond_target": 2,
            "with_bot": 1,
            "first_reply_waiting": 2,
            "first_reply_beyond_target": 2,
            "agents": 4,
            "per_agent_max": 5,
            "per_agent_mean": 2.75,
        },
        "windows": {name: copy.deepcopy(told) for name in WINDOWS},
    }
    return changed(tree, changes)


def chat_board(*calls: Json, chats: list[Json]) -> Json:
    """A board of these queues of calls and of chats; the chats' total is the first one's."""
    total = {**copy.deepcopy(chats[0]), "site": "*", "queue": "*"}
    definitions = {"first_reply": {"id": "first_reply", "version": 1, "formula": "reply − start"}}
    shown = {"definitions": definitions, "total": total, "queues": chats}
    return {**board(*calls), "chats": shown}
