"""The registry: bucket edges, a tally's columns, the figures' definitions, the metrics' names.

Data that others read (exporter, dashboards, configuration, page): no name is typed twice. Formulas
and test vectors: docs/definitions.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

# Every contractual threshold is an edge; an observation equal to an edge falls below it (`le`).
ANSWER_EDGES_S = (3, 5, 6, 9, 10, 12, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200)
HANDLE_EDGES_S = (15, 30, 60, 120, 180, 240, 300, 420, 600, 900, 1800, 3600)
ANSWER_EDGES_MS = tuple(1000 * edge for edge in ANSWER_EDGES_S)
HANDLE_EDGES_MS = tuple(1000 * edge for edge in HANDLE_EDGES_S)

# What a report lists under `within`.
ANSWERED_WITHIN_S = (3, 5, 9, 10, 15, 20, 30, 60, 180)
ABANDONED_WITHIN_S = (3, 5, 20)


class Outcome(StrEnum):
    """How a queue visit ended; exactly one per visit."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    LEFT = "left"


class Left(StrEnum):
    """Why a visit left the queue without an answer and without hanging up."""

    TIMEOUT = "timeout"
    KEY = "key"
    EMPTY = "empty"
    FULL = "full"
    WITHDRAWN = "withdrawn"
    CALLBACK = "callback"
    SYSTEM = "system"


# Leaving within the threshold for one of these is the caller's or the desk's choice: left out of
# the service level. The others are misses however soon they come.
LEFT_OUT = frozenset({Left.KEY, Left.CALLBACK, Left.WITHDRAWN})

# A tally is one list of integers: the position of each column is its name here.
ENTERED = 0
ANSWERED = 1
ABANDONED = 2
LEFT_FIRST = 3
LEFT_COLUMN = {reason: LEFT_FIRST + place for place, reason in enumerate(Left)}
ANSWER_SUM_MS = LEFT_FIRST + len(Left)
ABANDON_SUM_MS = ANSWER_SUM_MS + 1
HANDLED = ABANDON_SUM_MS + 1
TALK_SUM_MS = HANDLED + 1
WRAPPED = TALK_SUM_MS + 1  # visits whose wrap-up was measured
WRAPPED_SUM_MS = WRAPPED + 1  # their talk and wrap-up together
WRAPUP_SUM_MS = WRAPPED_SUM_MS + 1  # their wrap-up alone
BLIND = WRAPUP_SUM_MS + 1
ATTENDED = BLIND + 1
CORRECTIONS = ATTENDED + 1
ANSWER_FIRST = CORRECTIONS + 1  # histogram of answered waits
ABANDON_FIRST = ANSWER_FIRST + len(ANSWER_EDGES_S) + 1  # of abandoned waits
NEUTRAL_FIRST = ABANDON_FIRST + len(ANSWER_EDGES_S) + 1  # of waits of those left out
HANDLE_FIRST = NEUTRAL_FIRST + len(ANSWER_EDGES_S) + 1  # of handle times
WIDTH = HANDLE_FIRST + len(HANDLE_EDGES_S) + 1


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure's meaning. `version` rises when its number could change for the same events."""

    id: str
    version: int
    formula: str
    formula_zh: str


DEFINITIONS = (
    Definition(
        "service_level",
        1,
        "answered within T ÷ (answered + abandoned after s + left by timeout, empty, full, system"
        " + those beyond T who left otherwise)",
        "T 秒内接听 ÷ (接听 + s 秒后放弃 + 超时、无座席、队满、系统退出 + 超过 T 的其他退出)",
    ),
    Definition(
        "service_level_live",
        1,
        "service_level with all now waiting beyond T counted as missed",
        "服务水平, 并把目前等待已超过 T 的全部计为未达标",
    ),
    Definition(
        "abandonment",
        1,
        "abandoned after s ÷ (answered + abandoned after s + left)",
        "s 秒后放弃 ÷ (接听 + s 秒后放弃 + 退出)",
    ),
    Definition(
        "answer_speed",
        1,
        "mean wait from entering the queue to the answer, answered visits only",
        "接听者从进入队列到接听的平均等待",
    ),
    Definition(
        "handle_time",
        1,
        "mean of talk (answered to ended, hold included) plus wrap-up where it is measured",
        "平均通话时长 (含保持), 有事后处理数据时一并计入",
    ),
    Definition(
        "waiting",
        1,
        "visits that entered the queue and have not left it",
        "已进入队列且尚未离开的来电",
    ),
)

Kind = Literal["counter", "gauge", "histogram", "info"]
L = ("site", "queue", "channel")


@dataclass(frozen=True, slots=True)
class Metric:
    """One exported metric: its name as Prometheus stores it, unit last, and what it means."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    help: str


METRICS = (
    Metric("hotline_contacts_offered_total", "counter", L, "Visits that entered the queue."),
    Metric(
        "hotline_contacts_finished_total",
        "counter",
        (*L, "outcome"),
        "Visits that left the queue, by final outcome; the sum over outcomes is all of them.",
    ),
    Metric(
        "hotline_service_level_eligible_total",
        "counter",
        L,
        "Visits that count for the queue's own service level.",
    ),
    Metric(
        "hotline_service_level_missed_total",
        "counter",
        L,
        "Eligible visits that missed the queue's threshold.",
    ),
    Metric(
        "hotline_speed_of_answer_seconds", "histogram", L, "Wait of answered visits, in seconds."
    ),
    Metric("hotline_abandon_wait_seconds", "histogram", L, "Wait of abandoned visits, in seconds."),
    Metric(
        "hotline_handle_seconds",
        "histogram",
        L,
        "Talk and measured wrap-up of answered visits, in seconds.",
    ),
    Metric(
        "hotline_transfers_total", "counter", (*L, "kind"), "Answered visits transferred onward."
    ),
    Metric(
        "hotline_corrections_total",
        "counter",
        L,
        "Visits whose final outcome changed after it was counted.",
    ),
    Metric("hotline_waiting_contacts", "gauge", L, "Visits waiting now."),
    Metric(
        "hotline_waiting_beyond_target_contacts",
        "gauge",
        L,
        "Visits waiting now for longer than the queue's threshold.",
    ),
    Metric(
        "hotline_oldest_waiting_start_timestamp_seconds",
        "gauge",
        L,
        "When the longest waiting visit entered; absent while nobody waits.",
    ),
    Metric("hotline_active_contacts", "gauge", L, "Visits in conversation now."),
    Metric(
        "hotline_interval_contacts",
        "gauge",
        (*L, "outcome"),
        "Visits that entered in the current interval, by outcome so far.",
    ),
    Metric(
        "hotline_interval_service_level_ratio",
        "gauge",
        L,
        "Service level of the current interval; absent without eligible visits.",
    ),
    Metric(
        "hotline_today_contacts",
        "gauge",
        (*L, "outcome"),
        "Visits that entered since the queue's local midnight, by outcome so far.",
    ),
    Metric(
        "hotline_service_level_objective_ratio", "gauge", L, "Configured service-level objective."
    ),
    Metric(
        "hotline_service_level_threshold_seconds", "gauge", L, "Configured service-level threshold."
    ),
    Metric("hotline_queue_info", "info", (*L, "title", "definition"), "The queue and its formula."),
    Metric(
        "hotline_pipeline_watermark_timestamp_seconds",
        "gauge",
        ("site", "source"),
        "Event time up to which every partition has heard of this source.",
    ),
    Metric(
        "hotline_pipeline_last_event_timestamp_seconds",
        "gauge",
        ("site", "source"),
        "Event time of the newest event that is no heartbeat.",
    ),
    Metric(
        "hotline_pipeline_events_total",
        "counter",
        ("source", "result"),
        "Events by what became of them: ok, duplicate, late, invalid, future.",
    ),
    Metric(
        "hotline_partition_watermark_timestamp_seconds",
        "gauge",
        ("topic", "partition"),
        "Newest event time folded in this partition.",
    ),
    Metric("hotline_build_info", "info", ("version",), "The board's version."),
)
