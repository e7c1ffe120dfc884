"""Figures and plans as a person reads them in a terminal; a figure without a value is a dash."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from streams.staffing.load import Load

NONE = "–"
_HEAD = (
    "queue", "calls/h", "handle", "patience", "waiting", "people", "needed", "lasting",
    "in 15 min", "in 30 min", "next waits",
)  # fmt: skip


def performance_text(load: Load, agents: int, target_s: float, found: Mapping[str, Any]) -> str:
    """What `hotline staffing erlang` prints: the figures, one a line."""
    level = found["sl"]
    never = "without end" if agents <= load.erlangs and math.isinf(load.patience_s) else NONE
    rows = [
        ("offered load", f"{load.erlangs:.2f} erlangs, {agents} people"),
        ("must wait", percent(found["p_wait"])),
        ("hang up", percent(found["p_abandon"])),
        ("mean wait, all callers", seconds(found["mean_wait_s"], never)),
        ("mean wait of the answered", seconds(found["asa_s"], never)),
        ("occupancy", percent(found["occupancy"])),
        (f"F1 answered or gone within {target_s:g} s / all", percent(level["F1"])),
        (f"F2 answered within {target_s:g} s / answered", percent(level["F2"])),
        (f"F3 answered within {target_s:g} s / all", percent(level["F3"])),
        (
            f"F4 answered within {target_s:g} s / all but those gone by then unanswered",
            percent(level["F4"]),
        ),
    ]
    return table(rows)


def plan_text(found: Mapping[str, Any]) -> str:
    """What `hotline staffing plan` prints: a line a queue, pools, moves, and what is missing."""
    lines = [table([_HEAD, *(_row(queue) for queue in found["queues"])])]
    if found["data_age_s"] > found["stale_after_s"]:
        lines.append(f"The board's data are {found['data_age_s']:.0f} s old: so is this plan.\n")
    unknown = [_name(queue) for queue in found["queues"] if queue["agents"] is None]
    if unknown:
        lines.append(
            f"People unknown for {', '.join(unknown)}: give --agents queue=n, or agents in the "
            "configuration.\n"
        )
    lines += [
        _crowded(queue)
        for queue in found["queues"]
        if queue["talking"] > (queue["agents"] or math.inf)
    ]
    lines += [_pool(pool) for pool in found["pools"]]
    lines += [_move(move) for move in found["moves"]]
    if found["no_moves_because"]:
        lines.append(f"No move: {found['no_moves_because']}.\n")
    return "".join(lines)


def _name(queue: Mapping[str, Any]) -> str:
    return f"{queue['site']}/{queue['queue']}"


def _crowded(queue: Mapping[str, Any]) -> str:
    return f"{_name(queue)}: {queue['talking']} talk, more than the {queue['agents']} given.\n"


def _row(queue: Mapping[str, Any]) -> tuple[str, ...]:
    estimates, predicted = queue["estimates"], queue["predicted"] or {}
    waits = queue["expected_wait_s"]
    return (
        _name(queue),
        f"{estimates['calls_per_hour']['value']:.0f}",
        seconds(estimates["handle_s"]["value"]),
        seconds(estimates["patience_s"]["value"]),
        str(queue["waiting"]),
        NONE if queue["agents"] is None else str(queue["agents"]),
        str(queue["required"]),
        percent(queue["steady"] and queue["steady"]["service_level"]),
        band(predicted.get("15m")),
        band(predicted.get("30m")),
        seconds(waits[-1] if waits else None),
    )


def _pool(pool: Mapping[str, Any]) -> str:
    there = "an unknown number of" if pool["agents"] is None else pool["agents"]
    return f"Pool {pool['pool']}: {pool['required']} needed, {there} people there.\n"


def _move(move: Mapping[str, Any]) -> str:
    sides = [
        f"{_name(side)} {percent(side['before']['service_level'])} → "
        f"{percent(side['after']['service_level'])}"
        for side in (move["from"], move["to"])
    ]
    names = f"from {_name(move['from'])} to {_name(move['to'])}"
    return f"Move {move['agents']} {names}: {', '.join(sides)}.\n"


def percent(ratio: float | None) -> str:
    """A ratio in percent."""
    return NONE if ratio is None else f"{100 * ratio:.1f} %"


def seconds(value: float | None, otherwise: str = NONE) -> str:
    """Seconds, with a decimal while they are few."""
    if value is None:
        return otherwise
    return f"{value:.1f} s" if value < 100 else f"{value:.0f} s"  # noqa: PLR2004 - three digits


def band(predicted: Mapping[str, Any] | None) -> str:
    """A prediction with its band."""
    if not predicted or predicted["ratio"] is None:
        return NONE
    low, high = 100 * predicted["low"], 100 * predicted["high"]
    return f"{100 * predicted['ratio']:.0f} % ({low:.0f}-{high:.0f})"


def table(rows: Iterable[Sequence[str]]) -> str:
    """Columns under each other, the first to the left and the others to the right."""
    cells = list(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = (
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    )
    return "".join(line.rstrip() + "\n" for line in lines)
