"""A queue's tile as `/api/v1/board` has it, counted plainly from a simulated queue or by hand."""

import math
from typing import Any

from tests.staffing.simulation import Hotline

Json = dict[str, Any]
NAMES = {"5m": 300, "15m": 900, "30m": 1800, "60m": 3600}
# Monday 2 March 2026, 06:03:27 UTC.
NOW_MS = 1_772_431_407_000


def window(
    from_ms: float,
    entered: int = 0,
    handled: tuple[int, float] = (0, 0.0),
    answered: tuple[int, float] = (0, 0.0),
    abandoned: tuple[int, float] = (0, 0.0),
) -> Json:
    """What staffing reads of a window; pairs are (count, seconds)."""
    return {
        "from_ms": round(from_ms),
        "to_ms": NOW_MS,
        "entered": entered,
        "abandoned": abandoned[0],
        "answer": {"count": answered[0], "sum_ms": round(1000 * answered[1])},
        "abandon": {"count": abandoned[0], "sum_ms": round(1000 * abandoned[1])},
        "handle": {
            "count": handled[0],
            "sum_ms": round(1000 * handled[1]),
            "mean_s": handled[1] / handled[0] if handled[0] else None,
        },
    }


def windows(**changed: Json) -> Json:
    """Nothing in any window but those given, by `w5m`, `w15m`, … and `today`."""
    found = {name: window(NOW_MS - 1000 * long_s) for name, long_s in NAMES.items()}
    found["today"] = window(NOW_MS - 6 * 3_600_000)
    return found | {name.removeprefix("w"): given for name, given in changed.items()}


def tile(
    queue: str, seen: Json, *, site: str = "main", waiting: int = 0, talking: int = 0, **now: Any
) -> Json:
    return {
        "site": site,
        "queue": queue,
        "channel": "voice",
        "target": {"objective_ratio": 0.8, "threshold_s": 20, "short_abandon_s": 5},
        "now": {
            "waiting": waiting,
            "talking": talking,
            "longest_wait_start_ms": None,
            "waiting_beyond_target": 0,
            **now,
        },
        "windows": seen,
    }


def board(*tiles: Json, total: Json | None = None) -> Json:
    """A board of these queues; its data is two seconds old."""
    return {
        "served_ms": NOW_MS + 2000,
        "now_ms": NOW_MS,
        "stale_after_s": 25,
        "total": tile("*", total or windows(), site="*"),
        "queues": list(tiles),
    }


def tile_of(hotline: Hotline) -> Json:
    """The tile of a simulated queue at this moment, its clock set to the board's."""

    def counted(long_s: float) -> Json:
        from_s = hotline.now_s - long_s
        left = list(hotline.left_between(from_s, hotline.now_s))
        answered, abandoned = (
            [wait for wait, good in left if good is kind] for kind in (True, False)
        )
        lengths = [length for at_s, length in hotline.handled if at_s > from_s]
        return window(
            NOW_MS - 1000 * long_s,
            sum(at_s > from_s for at_s in hotline.arrived),
            (len(lengths), math.fsum(lengths)),
            (len(answered), math.fsum(answered)),
            (len(abandoned), math.fsum(abandoned)),
        )

    seen = {name: counted(long_s) for name, long_s in NAMES.items()}
    waiting_s = hotline.waiting_s()
    return tile(
        "simulated",
        seen | {"today": counted(min(hotline.now_s, 8 * 3600))},
        waiting=len(waiting_s),
        talking=hotline.busy,
        longest_wait_start_ms=round(NOW_MS - 1000 * waiting_s[0]) if waiting_s else None,
        waiting_beyond_target=sum(wait > 20 for wait in waiting_s),
    )
