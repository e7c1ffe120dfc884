"""Alerts on the way from the telephone system to the figures: whether figures can still be trusted.

The first two silence the service alerts in Alertmanager, not in their rules: a rule that gives up
sends "resolved" while callers still wait.
"""

from __future__ import annotations

from dashboards.alert import PERCENT, QUEUE, SECONDS, SOURCE, WHOLE, Alert, Visits, Words
from dashboards.reading import ROUNDING, grown, newest, picked
from dashboards.recorded import WATERMARK

# A wallboard's tile greys after 25 s; after this somebody is called.
STALE_S = 90
# A source so far behind the newest of its site was replaced; the board no longer waits for it.
RETIRED_S = 86_400
# A clock moves as fast as time does; after a stall of three minutes it has this much in one window.
CATCH_UP_OVER_S = 120
CATCH_UP_S = 300
SILENT_S = 900
# About eleven calls: each has five or six events.
SILENT_EVENTS = 60
REJECTED_RATIO, REJECTED = 0.01, 10
CORRECTED_RATIO, CORRECTED = 0.05, 10

_EVENTS = "hotline_pipeline_events_total"
_CLOCK = "hotline_pipeline_watermark_timestamp_seconds"
_LOST = "hotline_worker_data_lost_records_total"
_ONE_SOURCE = ("source",)


def _silent() -> str:
    ok = (("result", "=", "ok"),)
    recent = grown(_EVENTS, "2h", _ONE_SOURCE, *ok, offset="15m")
    week = grown(_EVENTS, "1h", _ONE_SOURCE, *ok, offset="167h30m")
    day = grown(_EVENTS, "1h", _ONE_SOURCE, *ok, offset="23h30m")
    recent, profile = f"{recent} * {SILENT_S} / 7200", f"({week} or {day}) * {SILENT_S} / 3600"
    expected = f"(({profile}) < ({recent}) or ({recent})) >= {SILENT_EVENTS}"
    last = newest("hotline_pipeline_last_event_timestamp_seconds", SOURCE)
    return (
        f"time() - {last} > {SILENT_S} and time() - {WATERMARK} < {STALE_S} "
        f"and on (source) {expected}"
    )


def _lost() -> str:
    """Growth, and what a counter began with: it is not there before the first loss."""
    series = picked(_LOST)
    by = "(topic, partition)"
    grew, began = f"increase({series}[15m]) > 0", f"({series} unless {series} offset 15m)"
    return f"max by {by} ({grew}) or max by {by} ({began}) > 0"


def _rejected() -> str:
    refused = grown(_EVENTS, "30m", _ONE_SOURCE, ("result", "=~", "invalid|late|future"))
    every = grown(_EVENTS, "30m", _ONE_SOURCE, ("result", "!=", "duplicate"))
    return f"{refused} / ({every} > 0) > {REJECTED_RATIO} and {refused} >= {REJECTED - ROUNDING}"


def _corrected() -> str:
    corrected = grown("hotline_corrections_total", "1h")
    finished = grown("hotline_contacts_finished_total", "1h")
    return (
        f"{corrected} / ({finished} > 0) > {CORRECTED_RATIO} "
        f"and {corrected} >= {CORRECTED - ROUNDING}"
    )


PIPELINE = (
    Alert(
        name="HotlinePipelineStale",
        expression=f"time() - {WATERMARK} > {STALE_S} and on (site, source) "
        f"{WATERMARK} > on (site) group_left () (max by (site) ({WATERMARK}) - {RETIRED_S})",
        severity="critical",
        domain="pipeline",
        team="oncall",
        condition=Words(
            f"数据源的时钟 (含心跳) 落后超过 {STALE_S} 秒; "
            "落后本站点最新数据源一天以上的视为已停用",
            f"a source's clock, heartbeats included, is more than {STALE_S} s behind; one that is "
            "a day behind the newest of its site counts as retired",
        ),
        summary=Words("数据停滞, 各项指标不可信", "Data stands still: trust no figure"),
        description=Words(
            "数据源 {{ $labels.source }} 的时钟落后 <value>, 允许 <target>。",
            "The clock of source {{ $labels.source }} is <value> behind; allowed <target>.",
        ),
        action=Words(
            "依次看数据源、Kafka、worker 是否在运行",
            "Is the source running, then Kafka, then a worker?",
        ),
        wait="1m",
        keep="2m",
        place=SOURCE,
        evidence={"value": SECONDS, "target": f"{STALE_S}s"},
    ),
    Alert(
        name="HotlinePipelineCatchingUp",
        expression=f"max by (site, source) ({picked(_CLOCK)} - "
        f"min_over_time({picked(_CLOCK)}[{CATCH_UP_OVER_S}s])) > {CATCH_UP_S}",
        severity="warning",
        domain="pipeline",
        team="oncall",
        condition=Words(
            f"数据源的时钟在 {CATCH_UP_OVER_S} 秒内前进超过 {CATCH_UP_S} 秒: 正在补积压",
            f"a source's clock moved on by more than {CATCH_UP_S} s in {CATCH_UP_OVER_S} s: a "
            "backlog is read",
        ),
        summary=Words("正在补积压, 近期比率不可信", "Catching up: recent ratios are not of now"),
        description=Words(
            "数据源 {{ $labels.source }} 两分钟内前进 <value>, 正常不超过 <target>。",
            "Source {{ $labels.source }} moved on by <value> in two minutes; at most <target> is "
            "usual.",
        ),
        action=Words("等待; 大屏的时间窗仍然准确", "Wait; the wallboard's windows are right"),
        # Until the backlog has left the tiers' longest short window.
        keep="15m",
        place=SOURCE,
        evidence={"value": SECONDS, "target": f"{CATCH_UP_S}s"},
    ),
    Alert(
        name="HotlineSourceSilent",
        expression=_silent(),
        severity="warning",
        domain="pipeline",
        team="oncall",
        condition=Words(
            f"数据源心跳正常, 但 {SILENT_S // 60} 分钟无事件, 而预计至少 {SILENT_EVENTS} 个 "
            "(预计的算法与无来电相同)",
            f"a source's heartbeats come, but for {SILENT_S // 60} minutes no event did, where at "
            f"least {SILENT_EVENTS} were expected (reckoned as for no contacts)",
        ),
        summary=Words("数据源有心跳而无事件", "A source lives but tells nothing"),
        description=Words(
            "数据源 {{ $labels.source }} 已 <value> 无事件, 允许 <target>。",
            "Source {{ $labels.source }} has told nothing for <value>; allowed <target>.",
        ),
        action=Words(
            "看其读取的日志或接口是否仍在更新",
            "Does the log or interface that it reads still grow?",
        ),
        wait="2m",
        keep="5m",
        place=SOURCE,
        evidence={"value": SECONDS, "target": f"{SILENT_S // 60}m"},
    ),
    Alert(
        name="HotlineMetricsAbsent",
        expression=f"absent({picked('hotline_build_info')})",
        severity="critical",
        domain="pipeline",
        team="oncall",
        condition=Words("Prometheus 读不到任何看板", "Prometheus reads no board at all"),
        summary=Words(
            "读不到看板, 其他报警全部失明", "No board is read: every other alert is blind"
        ),
        description=Words(
            "能读到的看板 <value>, 至少应有 <target>。",
            "Boards that can be read: <value>; expected at least <target>.",
        ),
        action=Words(
            "看 hotline board 是否在运行, 网络是否通", "Is hotline board running, and reachable?"
        ),
        wait="2m",
        keep="2m",
        evidence={"value": "0", "target": "1"},
    ),
    Alert(
        name="HotlineWorkerDown",
        expression=f"{picked('up', ('job', '=', 'worker'))} == 0 "
        f"or absent({picked('up', ('job', '=', 'worker'))})",
        severity="warning",
        domain="pipeline",
        team="oncall",
        condition=Words(
            "某个 worker 读不到, 或一个都没有", "a worker cannot be read, or there is none"
        ),
        summary=Words("worker 停止", "A worker is down"),
        description=Words(
            "worker {{ $labels.instance }} 可读 <value>, 应为 <target>; 其余 worker 会接管其分区。",
            "Worker {{ $labels.instance }} up: <value>, expected <target>; the others take over "
            "its partitions.",
        ),
        action=Words("看其日志后重启", "Read its log, then restart it"),
        wait="5m",
        keep="2m",
        evidence={"value": "0", "target": "1"},
    ),
    Alert(
        name="HotlineEventsRejected",
        expression=_rejected(),
        severity="warning",
        domain="pipeline",
        team="oncall",
        condition=Words(
            f"近 30 分钟某数据源的事件有 {REJECTED_RATIO:.0%} 以上被拒 (无效、过迟、来自未来), "
            f"且至少 {REJECTED} 个",
            f"more than {REJECTED_RATIO:.0%} of a source's events in 30 min were refused (invalid, "
            f"late, from the future), and at least {REJECTED}",
        ),
        summary=Words("被拒的事件增多", "Events are refused"),
        description=Words(
            "数据源 {{ $labels.source }} 近 30 分钟被拒 <value>, 允许 <target>。",
            "Of source {{ $labels.source }}'s events in 30 min <value> were refused; allowed "
            "<target>.",
        ),
        action=Words(
            "hotline rejected list 可见原因与原文", "hotline rejected list shows why, and which"
        ),
        wait="10m",
        keep="10m",
        evidence={"value": PERCENT, "target": f"{REJECTED_RATIO:.0%}"},
    ),
    Alert(
        name="HotlineDataLost",
        expression=_lost(),
        severity="warning",
        domain="pipeline",
        team="oncall",
        condition=Words(
            "近 15 分钟有记录在处理之前被 Kafka 删除",
            "Kafka deleted records before they were folded, in 15 min",
        ),
        summary=Words("数据丢失, 计数偏低", "Data was lost: counts are too low"),
        description=Words(
            "{{ $labels.topic }}/{{ $labels.partition }} 丢失 <value> 条记录, 允许 <target>。",
            "{{ $labels.topic }}/{{ $labels.partition }} lost <value> records; allowed <target>.",
        ),
        action=Words(
            "延长主题保留时间; 该时段以 hotline report 对原始日志的统计为准",
            "Keep the topic longer; for that time go by hotline report over the original log",
        ),
        keep="1h",
        evidence={"value": WHOLE, "target": "0"},
    ),
    Alert(
        name="HotlineCorrectionsUnusual",
        expression=_corrected(),
        severity="warning",
        domain="pipeline",
        team="oncall",
        condition=Words(
            f"近一小时有 {CORRECTED_RATIO:.0%} 以上的来电在计数后更正, 且至少 {CORRECTED} 个",
            f"more than {CORRECTED_RATIO:.0%} of an hour's visits were corrected after they were "
            f"counted, and at least {CORRECTED}",
        ),
        summary=Words("更正异常多", "Unusually many corrections"),
        description=Words(
            "近一小时更正 <value>, 通常不超过 <target>。",
            "Corrected in an hour: <value>; at most <target> is usual.",
        ),
        action=Words(
            "看数据源的时钟与乱序, 必要时调大 max_disorder_ms",
            "Look at the source's clock and disorder; raise max_disorder_ms where it must be",
        ),
        wait="15m",
        keep="15m",
        place=QUEUE,
        evidence={"value": PERCENT, "target": f"{CORRECTED_RATIO:.0%}"},
        visits=Visits("finished", "60m"),
    ),
)
