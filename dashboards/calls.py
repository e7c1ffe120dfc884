"""The panels of the calls dashboard: what each asks and how it is to be read.

It refuses to know any site's targets: they are read from metrics, so one board fits every
configuration.
"""

from __future__ import annotations

from dashboards.alerts.pipeline import STALE_S
from dashboards.figures import (
    ABANDONED,
    ALL,
    ANSWERED,
    SPEED,
    WINDOW,
    abandonment,
    against_target,
    current,
    grown,
    oldest_wait,
    service_level,
    setting,
)
from dashboards.panels import BAD, GOOD, WARN, Column, Panel, Query, Row, Step, stat, table
from dashboards.promql import QUEUE, latest, mean, quantile, within

# A wallboard's tile greys after 25 s without a sign of its source.
GREY_S = 25
FRESHNESS = (Step(None, GOOD), Step(GREY_S, WARN), Step(STALE_S, BAD))
# Points below the queue's own objective: the same for 80 % and for 95 %.
AGAINST_TARGET = (Step(None, BAD), Step(-0.1, WARN), Step(0, GOOD))
ONE_IS_TOO_MANY = (Step(None, GOOD), Step(1, WARN))
# Three rings, the usual promise, and a minute: edges of the histogram, so these shares are exact.
WITHIN_S = (9, 20, 60)
EACH = "{{site}} {{queue}}"
TARGET = "目标 target"
OBJECTIVE = setting("hotline_service_level_objective_ratio")
ELIGIBLE = grown("hotline_service_level_eligible_total")
WATERMARK = latest("hotline_pipeline_watermark_timestamp_seconds")
LAST_EVENT = latest("hotline_pipeline_last_event_timestamp_seconds")
OUTCOMES = "hotline_contacts_finished_total"
TODAY = "hotline_today_contacts"

NOW = Row(
    "此刻 · Now",
    (
        stat(
            "数据延迟 · Data age",
            "最旧数据源的时钟距现在多久; 超过 25 秒, 其余各格不可信。"
            "How far the oldest source's clock lies behind; beyond 25 s trust no other panel.",
            "s",
            f"time() - min({WATERMARK})",
            steps=FRESHNESS,
        ),
        stat(
            "排队 · Waiting",
            "已进入队列且尚未离开的来电。Visits that entered the queue and have not left.",
            "short",
            current("hotline_waiting_contacts", ALL),
        ),
        stat(
            "最长等待 · Longest wait",
            "目前等待最久者已等多久; 仅当确实无人等待时为 0。"
            "How long the first in line has waited; 0 only when the board says nobody waits.",
            "s",
            oldest_wait(ALL),
        ),
        stat(
            "等待超标 · Waiting beyond target",
            "等待已超过本队列目标时限的人数: 每一位都已未达标。"
            "Callers waiting longer than their queue's threshold: each is a miss already.",
            "short",
            current("hotline_waiting_beyond_target_contacts", ALL),
            steps=ONE_IS_TOO_MANY,
        ),
        stat(
            "通话中 · In conversation",
            "正在通话的来电。Visits in conversation now.",
            "short",
            current("hotline_active_contacts", ALL),
        ),
        stat(
            "服务水平 · Service level",
            "所选队列合计, 所选时间窗; 目前等待已超标者计为未达标。各队列目标不同, 故不着色。"
            "Selected queues together over the window; who now waits beyond the threshold is a "
            "miss. Not coloured, because queues differ in their objective.",
            "percentunit",
            service_level(ALL),
            decimals=1,
        ),
    ),
)

QUEUES = Row(
    "各队列 · Queues",
    (
        table(
            "各队列 · Queue by queue",
            "每队列一行; 比率旁附计数; 无数据显示短横。今日计数精确, 时间窗内的数为估算。"
            "A line per queue, each ratio with its count, a dash where there is no data. Today's "
            "counts are exact; the window's are Prometheus' estimates between two scrapes.",
            (
                Column(
                    Query(
                        setting("hotline_interval_service_level_ratio"), "本时段 SL · interval SL"
                    ),
                    "percentunit",
                ),
                Column(Query(service_level(), "SL"), "percentunit"),
                Column(Query(OBJECTIVE, TARGET), "percentunit"),
                Column(
                    Query(against_target(), "差距 · against target"), "percentunit", AGAINST_TARGET
                ),
                Column(Query(f"round({ELIGIBLE})", "计入 · eligible"), "short"),
                Column(Query(current("hotline_waiting_contacts"), "排队 · waiting"), "short"),
                Column(Query(oldest_wait(), "最长等待 · longest wait"), "s"),
                Column(Query(mean(SPEED, WINDOW), "平均接听 · mean answer"), "s"),
                Column(Query(abandonment(), "放弃率 · abandonment"), "percentunit"),
                Column(
                    Query(current(TODAY, outcome=ANSWERED), "今日接听 · answered today"), "short"
                ),
                Column(
                    Query(current(TODAY, outcome=ABANDONED), "今日放弃 · abandoned today"), "short"
                ),
            ),
        ),
    ),
)

LEVELS = Row(
    "服务水平 · Service level",
    (
        Panel(
            "服务水平与目标 · Service level and target",
            "所选时间窗内达标 ÷ 计入, 目前等待已超标者计为未达标; 虚线为各队列目标。"
            "Met ÷ eligible over the window, who now waits beyond the threshold being a miss; "
            "dashed: each queue's objective.",
            "percentunit",
            (Query(service_level(), EACH), Query(OBJECTIVE, f"{EACH} {TARGET}")),
            width=12,
            target=TARGET,
        ),
        Panel(
            "与目标之差 · Against target",
            "服务水平减目标: 0 以上绿, 低于目标黄, 低 10 个百分点以上红。"
            "Service level minus objective: green from 0, yellow below, red from 10 points below.",
            "percentunit",
            (Query(against_target(), EACH),),
            kind="bargauge",
            width=6,
            steps=AGAINST_TARGET,
            decimals=1,
        ),
        Panel(
            "计入与未达标 · Eligible and missed",
            "比率背后的计数。The counts behind the ratio.",
            "short",
            (
                Query(ELIGIBLE, f"{EACH} 计入 eligible"),
                Query(grown("hotline_service_level_missed_total"), f"{EACH} 未达标 missed"),
            ),
            width=6,
        ),
    ),
)

WAITING = Row(
    "等待 · Waiting",
    (
        Panel(
            "排队人数 · Callers waiting",
            "各队列正在等待的人数。Visits waiting in each queue.",
            "short",
            (Query(current("hotline_waiting_contacts"), EACH),),
            width=12,
        ),
        Panel(
            "各队列最长等待 · Longest wait by queue",
            "各队列等待最久者已等多久; 虚线为目标时限。"
            "How long each queue's first in line has waited; dashed: the queue's threshold.",
            "s",
            (
                Query(oldest_wait(), EACH),
                Query(setting("hotline_service_level_threshold_seconds"), f"{EACH} {TARGET}"),
            ),
            width=12,
            target=TARGET,
        ),
    ),
)

SPEEDS = Row(
    "接听速度 · Speed of answer",
    (
        Panel(
            "平均接听速度 · Mean speed of answer",
            "接听者从进入队列到接听的平均等待。"
            "Mean wait from entering the queue to the answer, answered visits only.",
            "s",
            (Query(mean(SPEED, WINDOW), EACH),),
        ),
        Panel(
            "90% 在此之内接听 · Nine of ten answered within",
            "由直方图在两个边界之间估算; 精确的百分位数见大屏。"
            "Estimated between two edges of a histogram; the wallboard has the exact percentile.",
            "s",
            (Query(quantile(0.9, SPEED, WINDOW), EACH),),
        ),
        Panel(
            "9/20/60 秒内接听 · Answered within 9, 20, 60 s",
            "已接听者中等待不超过 9 秒 (三声铃)、20 秒、60 秒的比例。"
            "Of those answered, the share that waited at most 9 s (three rings), 20 s, 60 s.",
            "percentunit",
            tuple(Query(within(SPEED, edge, WINDOW), f"{EACH} ≤ {edge} s") for edge in WITHIN_S),
        ),
    ),
)

ENDS = Row(
    "放弃与处理 · Abandonment and handling",
    (
        Panel(
            "放弃率 · Abandonment",
            "超过短时放弃时限后放弃 ÷ (接听 + 此类放弃 + 退出)。"
            "Abandoned beyond the short limit ÷ (answered + these + left otherwise).",
            "percentunit",
            (Query(abandonment(), EACH),),
        ),
        Panel(
            "离开队列的方式 · How visits ended",
            "所选时间窗内按结果计数, 合计即全部离开者。"
            "Visits that left the queue in the window, by outcome; together they are all of them.",
            "short",
            (Query(grown(OUTCOMES, ("outcome",)), "{{outcome}}"),),
            stacked=True,
        ),
        Panel(
            "已接听 · Answered",
            "所选时间窗内接听的来电。Visits answered in the window.",
            "short",
            (Query(grown(OUTCOMES, outcome=ANSWERED), EACH),),
        ),
        Panel(
            "平均处理时长 · Mean handle time",
            "平均通话 (含保持), 有事后处理数据时一并计入; 于通话结束时计。"
            "Mean of talk, hold included, plus wrap-up where it is measured; counted at its end.",
            "s",
            (Query(mean("hotline_handle_seconds", WINDOW), EACH),),
        ),
        Panel(
            "平均放弃前等待 · Mean wait before hanging up",
            "放弃者挂断前的平均等待, 含短时放弃。"
            "Mean wait of those who hung up, short abandons included: how patient callers are.",
            "s",
            (Query(mean("hotline_abandon_wait_seconds", WINDOW), EACH),),
        ),
        Panel(
            "转接 · Transfers",
            "接听后转走的来电: 盲转与询问转。Answered visits passed on, blind and attended.",
            "short",
            (Query(grown("hotline_transfers_total", (*QUEUE, "kind")), f"{EACH} {{{{kind}}}}"),),
        ),
    ),
)

PIPELINE = Row(
    "数据管道 · Pipeline",
    (
        Panel(
            "各数据源的延迟 · Age by source",
            "各数据源的时钟 (含心跳) 距现在多久。"
            "How far each source's clock, heartbeats included, lies behind.",
            "s",
            (Query(f"time() - min by (site, source) ({WATERMARK})", "{{site}} {{source}}"),),
            width=6,
        ),
        Panel(
            "距上次来电事件 · Since the last event",
            "心跳正常而长时间无事件: 中继可能已断。"
            "Heartbeats but no event for long: the trunk may be dead.",
            "s",
            (Query(f"time() - max by (site, source) ({LAST_EVENT})", "{{site}} {{source}}"),),
            width=6,
        ),
        Panel(
            "事件去向 · What became of events",
            "所选时间窗内按结果计数; late、invalid、future 已另存。"
            "Events of all channels in the window; late, invalid and future ones were set aside.",
            "short",
            (Query(grown("hotline_pipeline_events_total", ("result",)), "{{result}}"),),
            width=6,
        ),
        Panel(
            "更正 · Corrections",
            "计数之后最终结果又改变的来电; 数量多说明事件常迟到。"
            "Visits whose outcome changed after it was counted: many mean that events come late.",
            "short",
            (Query(grown("hotline_corrections_total"), EACH),),
            width=6,
        ),
    ),
)

ROWS = (NOW, QUEUES, LEVELS, WAITING, SPEEDS, ENDS, PIPELINE)
