"""A queue's demand from what its board shows: arrivals, handle time, patience; each with the number
of observations it rests on, so that a prediction can say how sure it is.

It refuses to know where the board came from. Times of the board are event time, in ms.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from streams.staffing.present import Demand, Estimate

HOUR_MS = 3_600_000
# Newest first: what a call counts for, by the part of the last hour in which it came. Its weight
# halves each quarter of an hour or so: a rush is followed, one lucky minute is not.
RECENT = (("5m", 1.0), ("15m", 1.0), ("30m", 0.5), ("60m", 0.25))
# An older part without a call, where as many would have been expected: the queue was not open yet.
CLOSED_CALLS = 5
# Of a queue that has not shown its own: a short call, and a caller who waits some minutes. They
# weigh as much as so many calls or hang-ups.
HANDLE_PRIOR_S, HANDLE_PRIOR_CALLS = 180.0, 5
PATIENCE_PRIOR_S, PATIENCE_PRIOR_ABANDONS = 300.0, 2
# So many calls of the last hour are enough; with fewer, today's are taken.
HANDLE_CALLS = 30


def demand(queue: Mapping[str, Any], total: Mapping[str, Any], now_ms: int) -> Demand:
    """Demand of one queue of `/api/v1/board` at the board's `now_ms`.

    `total` is the board's: its handle time stands in for a queue that has answered few.
    """
    windows = queue["windows"]
    prior_s = total["windows"]["today"]["handle"]["mean_s"] or HANDLE_PRIOR_S
    return Demand(
        arrivals(windows, now_ms), handle_time(windows, prior_s), patience(windows["today"])
    )


def arrivals(windows: Mapping[str, Any], now_ms: int) -> Estimate:
    """Calls per hour: those of the last hour, the newest counting most."""
    until_ms, before, raw = now_ms, 0, 0
    calls = hours = 0.0
    for name, weight in RECENT:
        from_ms, entered = windows[name]["from_ms"], windows[name]["entered"]
        came, lasted = entered - before, max(0, until_ms - from_ms) / HOUR_MS
        if not came and hours and calls / hours * lasted >= CLOSED_CALLS:
            break
        calls, hours, raw = calls + weight * came, hours + weight * lasted, raw + came
        until_ms, before = from_ms, entered
    return Estimate(calls / hours if hours else 0.0, calls if raw else 0.0)


def handle_time(windows: Mapping[str, Any], prior_s: float = HANDLE_PRIOR_S) -> Estimate:
    """Seconds: of the last hour if it has enough calls, else of today, drawn towards `prior_s`."""
    hour, today = windows["60m"]["handle"], windows["today"]["handle"]
    shown = hour if hour["count"] >= HANDLE_CALLS or hour["count"] > today["count"] else today
    count = shown["count"] + HANDLE_PRIOR_CALLS
    mean_s = (shown["sum_ms"] / 1000 + HANDLE_PRIOR_CALLS * prior_s) / count
    # A queue of nothing but calls without length still takes somebody's time.
    return Estimate(max(1.0, mean_s), count)


def patience(today: Mapping[str, Any]) -> Estimate:
    """Seconds: all time spent waiting ÷ those who hung up, drawn towards a prior.

    The estimate of an exponential patience that is mostly not seen to its end: who is answered
    shows only that they stayed so long.
    """
    waited_s = (today["answer"]["sum_ms"] + today["abandon"]["sum_ms"]) / 1000
    count = today["abandoned"] + PATIENCE_PRIOR_ABANDONS
    mean_s = (waited_s + PATIENCE_PRIOR_ABANDONS * PATIENCE_PRIOR_S) / count
    return Estimate(max(1.0, mean_s), count)


def waits_s(now: Mapping[str, Any], now_ms: int, threshold_s: float) -> list[float]:
    """How long each in line has waited, the longest first.

    The board says how many wait, how many beyond the threshold, and since when the first does; the
    others are set at even distances between.
    """
    waiting, beyond = now["waiting"], now["waiting_beyond_target"]
    start_ms = now["longest_wait_start_ms"]
    if not waiting or start_ms is None:
        return []
    longest_s = max(0.0, (now_ms - start_ms) / 1000)
    beyond = min(beyond, waiting)
    late = _even(longest_s, min(threshold_s, longest_s), beyond)
    return late + _even(min(threshold_s, longest_s), 0.0, waiting - beyond, whole=not beyond)


def _even(first: float, last: float, count: int, *, whole: bool = True) -> list[float]:
    """`count` values from `first` (left out unless `whole`) down towards `last`, not reached."""
    shift, steps = (0, count) if whole else (1, count + 1)
    return [first - (first - last) * (place + shift) / steps for place in range(count)]


def busy(now: Mapping[str, Any], agents: int) -> int:
    """How many are busy: those talking; all of them while somebody waits (wrap-up is not shown)."""
    talking: int = now["talking"]
    return max(talking, agents) if now["waiting"] else talking


def known(demanded: Demand) -> Mapping[str, Any]:
    """The estimates as JSON: value, and the observations behind it."""
    return {
        "calls_per_hour": _shown(demanded.calls_per_hour),
        "handle_s": _shown(demanded.handle_s),
        "patience_s": _shown(demanded.patience_s),
    }


def _shown(estimate: Estimate) -> Mapping[str, float | None]:
    value, count = estimate.value, estimate.count
    return {
        "value": None if math.isinf(value) else value,
        "observations": None if math.isinf(count) else count,
    }
