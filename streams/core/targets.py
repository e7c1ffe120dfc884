"""The service-level family SL(T; s, credit, incl) and a queue's targets.

One formula with parameters reproduces every vendor's (F1 to F6 of docs/definitions.md); the default
is T = 20 s, s = 5 s, short abandons neither credited nor counted, other abandons counted.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Literal

from streams.core.definitions import (
    ABANDON_FIRST,
    ABANDONED,
    ANSWER_EDGES_MS,
    ANSWER_EDGES_S,
    ANSWER_FIRST,
    ANSWERED,
    LEFT_COLUMN,
    LEFT_OUT,
    NEUTRAL_FIRST,
    Left,
)
from streams.core.tally import Tally

_MISSES = tuple(LEFT_COLUMN[reason] for reason in Left if reason not in LEFT_OUT)
_COLUMNS = len(ANSWER_EDGES_S) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevel:
    """The formula's parameters: `threshold_s` T and `short_abandon_s` s, both bucket edges, s <= T.

    `credit_short_abandons` counts them as met, `include_abandons` counts the longer ones at all.
    """

    threshold_s: int = 20
    short_abandon_s: int = 5
    credit_short_abandons: bool = False
    include_abandons: bool = True

    def __post_init__(self) -> None:
        for name in ("threshold_s", "short_abandon_s"):
            if getattr(self, name) not in (0, *ANSWER_EDGES_S):
                raise ValueError(f"{name}: expected one of {ANSWER_EDGES_S}")
        if self.short_abandon_s > self.threshold_s:
            raise ValueError("short_abandon_s: expected at most threshold_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a queue is held to. Ratios 0 to 1, times in s; None where there is no target."""

    service_level: ServiceLevel = ServiceLevel()
    objective_ratio: float = 0.8
    abandonment_ratio: float | None = None
    answer_speed_s: float | None = None
    title: str = ""
    title_zh: str = ""
    zone: str = "UTC"
    interval_min: Literal[15, 30] = 15
    wrapup: str | int = "auto"
    # What chats are held to: replied to by a person within this long, in s, an edge of theirs;
    # whether those that only a bot answered count as missed.
    first_reply_s: int = 60
    bot_only_missed: bool = False


def within(tally: Tally, first: int, edge_s: int) -> int:
    """Visits of the histogram that starts at column `first` with a wait of at most `edge_s`."""
    if not edge_s:
        return 0
    return sum(tally.cells[first : first + bisect_left(ANSWER_EDGES_MS, 1000 * edge_s) + 1])


def short_abandons(tally: Tally, formula: ServiceLevel) -> int:
    """Abandoned visits that waited at most s."""
    return within(tally, ABANDON_FIRST, formula.short_abandon_s)


def service_level(tally: Tally, formula: ServiceLevel) -> tuple[int, int]:
    """(met, eligible): counts, so that any window, queue or site is a sum before it is a ratio."""
    met = within(tally, ANSWER_FIRST, formula.threshold_s)
    eligible = tally.cells[ANSWERED]
    short = short_abandons(tally, formula)
    if formula.credit_short_abandons:
        met += short
    if formula.include_abandons:
        eligible += tally.cells[ABANDONED] - (0 if formula.credit_short_abandons else short)
    elif formula.credit_short_abandons:
        eligible += short
    neutral = sum(tally.cells[NEUTRAL_FIRST : NEUTRAL_FIRST + _COLUMNS])
    eligible += neutral - within(tally, NEUTRAL_FIRST, formula.threshold_s)
    return met, eligible + sum(tally.cells[column] for column in _MISSES)


def abandonment(tally: Tally, formula: ServiceLevel) -> tuple[int, int]:
    """(abandoned after s, answered + abandoned after s + left)."""
    abandoned = tally.cells[ABANDONED] - short_abandons(tally, formula)
    left = sum(tally.cells[column] for column in LEFT_COLUMN.values())
    return abandoned, tally.cells[ANSWERED] + abandoned + left
