"""The queues of chats as Prometheus reads them: counters of what is final, gauges of what is now.

Names, types, labels and help come from the table in `core.chats`; people have no label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from streams.board.chats import CHANNEL, ChatBoard, QueueKey
from streams.board.families import Family, Histogram, Samples, add, family_of, histogram
from streams.core.chat_figures import Part, judge, outcomes
from streams.core.chats import (
    CHAT_CORRECTIONS,
    CHAT_METRICS,
    NEXT_FIRST,
    NEXT_SUM_MS,
    OPENED,
    RATED,
    REOPENED,
    REPLY_EDGES_S,
    REPLY_FIRST,
    REPLY_SUM_MS,
    RESOLUTION_SUM_MS,
    RESOLVED,
    SATISFIED,
)


class Shown:
    """One queue as it is exported: its labels, what is final of it, its tile."""

    def __init__(self, key: QueueKey, part: Part, tile: Mapping[str, Any]) -> None:
        desk, self.target = part
        self.labels = (*key, CHANNEL)
        self.totals = desk.totals()
        self.judged = judge(self.totals, self.target)
        self.now = tile["now"]

    def histogram(self, first: int, sum_column: int) -> Histogram:
        """The histogram of replies that begins at column `first`."""
        return histogram(self.totals, REPLY_EDGES_S, first, self.totals.cells[sum_column])


def _cell(column: int, divisor: int = 1) -> Callable[[Shown], Samples]:
    return lambda queue: [((), queue.totals.cells[column] / divisor)]


def _now(name: str, divisor: int = 1) -> Callable[[Shown], Samples]:
    """A gauge; absent where there is nothing to say."""
    return lambda queue: [] if queue.now[name] is None else [((), queue.now[name] / divisor)]


OF_CHATS: Mapping[str, Callable[[Shown], Samples]] = MappingProxyType(
    {
        "hotline_chats_opened_total": _cell(OPENED),
        "hotline_chats_reopened_total": _cell(REOPENED),
        "hotline_chats_finished_total": lambda queue: [
            ((name,), count) for name, count in outcomes(queue.totals).items()
        ],
        "hotline_first_reply_eligible_total": lambda queue: [((), queue.judged.eligible)],
        "hotline_first_reply_missed_total": lambda queue: [
            ((), queue.judged.eligible - queue.judged.met)
        ],
        "hotline_chats_resolved_total": _cell(RESOLVED),
        "hotline_chats_resolution_seconds_total": _cell(RESOLUTION_SUM_MS, 1000),
        "hotline_chats_rated_total": _cell(RATED),
        "hotline_chats_satisfied_total": _cell(SATISFIED),
        "hotline_chats_corrections_total": _cell(CHAT_CORRECTIONS),
        "hotline_chats_open": _now("open"),
        "hotline_chats_unanswered": _now("unanswered"),
        "hotline_chats_unanswered_beyond_target": _now("unanswered_beyond_target"),
        "hotline_chats_first_reply_beyond_target": _now("first_reply_beyond_target"),
        "hotline_chats_oldest_unanswered_start_timestamp_seconds": _now(
            "oldest_unanswered_ms", 1000
        ),
        "hotline_chats_per_agent_max": _now("per_agent_max"),
        "hotline_chats_per_agent_mean": _now("per_agent_mean"),
        "hotline_chats_objective_ratio": lambda queue: [((), queue.target.objective_ratio)],
        "hotline_chats_first_reply_threshold_seconds": lambda queue: [
            ((), queue.target.first_reply_s)
        ],
    }
)
CHAT_HISTOGRAMS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "hotline_first_reply_seconds": (REPLY_FIRST, REPLY_SUM_MS),
        "hotline_next_reply_seconds": (NEXT_FIRST, NEXT_SUM_MS),
    }
)


def chat_families(board: ChatBoard) -> Iterator[Family]:
    """Every metric of chats with its samples."""
    tiles = {(tile["site"], tile["queue"]): tile for tile in board.shown["queues"]}
    queues = [Shown(key, part, tiles[key]) for key, part in board.queues.items()]
    for metric in CHAT_METRICS:
        family = family_of(metric)
        for queue in queues:
            if metric.kind == "histogram":
                family.add_metric(queue.labels, *queue.histogram(*CHAT_HISTOGRAMS[metric.name]))
                continue
            for further, value in OF_CHATS[metric.name](queue):
                add(family, metric, (*queue.labels, *further), value)
        yield family
