"""Alerts on what callers suffer: service level in three tiers, the oldest wait, abandonment.

The page by predicted service level needs to know who is signed in, which no source reports yet: it
is left out, and the texts say so.
"""

from __future__ import annotations

from dashboards.alert import PERCENT, QUEUE, SECONDS, Alert, Visits, Words, looked_up
from dashboards.reading import ROUNDING, picked
from dashboards.recorded import ABANDONED, LEFT, bad, eligible, miss_ratio
from dashboards.targets import ABANDONMENT_MOST, OBJECTIVE, THRESHOLD_S
from dashboards.tiers import ABANDONMENT, FAST, MID, OLDEST_THRESHOLDS, SLOW, Tier

_WHOLE = 'printf "%.0f"'
MINUTES = {"30m": 30, "1h": 60, "2h": 120, "5m": 5, "10m": 10, "15m": 15}


def _more_than_a_step(tier: Tier, window: str) -> str:
    return f"{miss_ratio(window)} > 1 - {1 - tier.step:g} * {OBJECTIVE}"


def _tier_condition(tier: Tier, also: Words) -> Words:
    long, short = MINUTES[tier.long], MINUTES[tier.short]
    step = f"{tier.step:g}"
    return Words(
        f"近 {long} 分钟与近 {short} 分钟的未达标率都超过 b + {step}(1−b) "
        "(b = 1 − 目标; 目前等待已超时者计为未达标), "
        f"且 {long} 分钟内至少 {tier.bad} 个未达标{also.zh}",
        f"missed over {long} min and over {short} min both more than b + {step}(1−b) "
        f"(b = 1 − objective; who waits beyond the threshold now is a miss), with at least "
        f"{tier.bad} missed in {long} min{also.en}",
    )


def _tier(tier: Tier, also: Words, summary: Words, action: Words, visits: Visits) -> Alert:
    long, short = tier.long, tier.short
    minutes = MINUTES[long]
    critical = tier is FAST
    times = {FAST: ("1m", "10m"), MID: ("2m", "15m"), SLOW: ("5m", "30m")}[tier]
    return Alert(
        name=tier.alert,
        expression=f"{_more_than_a_step(tier, long)} and {_more_than_a_step(tier, short)} "
        f"and {bad(long)} >= {tier.bad - ROUNDING}",
        severity="critical" if critical else "warning",
        domain="service",
        team="oncall" if critical else "floor",
        condition=_tier_condition(tier, also),
        summary=summary,
        description=Words(
            f"近 {minutes} 分钟未达标 <value> (<counts>), 服务水平目标 <target>。",
            f"Missed in {minutes} min: <value> (<counts>); service-level objective <target>.",
        ),
        action=action,
        wait=times[0],
        keep=times[1],
        place=QUEUE,
        evidence={
            "value": PERCENT,
            "target": looked_up(OBJECTIVE, "humanizePercentage"),
            "counts": f"{looked_up(bad(long), _WHOLE)}/{looked_up(eligible(long), _WHOLE)}",
        },
        definition="service_level_live",
        visits=visits,
    )


SERVICE = (
    _tier(
        FAST,
        Words(
            "; 按预测服务水平呼叫的规则需要签入人数, 目前无来源提供, 故只有本条",
            "; the page by predicted service level needs people signed in, which nobody reports "
            "yet, so only this one runs",
        ),
        Words("多数来电未在时限内接听", "Most callers are not answered in time"),
        Words(
            "看有多少座席在线, 通知班组长增援或开启溢出",
            "See how many agents are in; have the lead call in more, or switch on overflow",
        ),
        Visits("service_level", "30m"),
    ),
    _tier(
        MID,
        Words("", ""),
        Words("一小时内服务水平明显低于目标", "Service level well below its objective for an hour"),
        Words("推迟休息与培训, 调配相近技能座席", "Put off breaks, move agents of a near skill"),
        Visits("service_level", "60m"),
    ),
    _tier(
        SLOW,
        Words(" (话务量小的队列靠本条)", " (for queues with few calls)"),
        Words(
            "两小时内服务水平明显低于目标", "Service level well below its objective for two hours"
        ),
        Words("检查排班与技能配置是否适合该队列", "Check this queue's schedule and skills"),
        Visits("service_level", "60m"),
    ),
    Alert(
        name="HotlineOldestWaiting",
        expression="time() - min by (site, queue, channel) "
        f"({picked('hotline_oldest_waiting_start_timestamp_seconds')}) "
        f"> {OLDEST_THRESHOLDS} * {THRESHOLD_S}",
        severity="warning",
        domain="service",
        team="floor",
        condition=Words(
            f"最久等待超过时限的 {OLDEST_THRESHOLDS} 倍",
            f"the first in line has waited more than {OLDEST_THRESHOLDS} times the threshold",
        ),
        summary=Words("有来电等待过久", "A caller has waited too long"),
        description=Words(
            "最久者已等 <value>, 时限 <target>; 等待 <counts> 人。",
            "The first in line has waited <value>, the threshold is <target>; waiting: <counts>.",
        ),
        action=Words("请空闲或话后处理中的座席接听", "Have an idle or wrapping-up agent answer"),
        wait="2m",
        keep="5m",
        place=QUEUE,
        evidence={
            "value": SECONDS,
            "target": looked_up(THRESHOLD_S, "humanizeDuration"),
            "counts": looked_up("hotline_waiting_contacts", _WHOLE),
        },
        definition="waiting",
        visits=Visits("waiting", "30m"),
    ),
    Alert(
        name=ABANDONMENT.alert,
        expression=f"{ABANDONED} / ({LEFT} > 0) "
        f"> {1 - ABANDONMENT.step:g} * {ABANDONMENT_MOST} + {ABANDONMENT.step:g} "
        f"and {ABANDONED} >= {ABANDONMENT.least - ROUNDING}",
        severity="warning",
        domain="service",
        team="floor",
        condition=Words(
            f"近 30 分钟放弃率超过 a + {ABANDONMENT.step:g}(1−a) "
            f"(a = 放弃率目标, 未设则为 1 − 服务水平目标), 且至少 {ABANDONMENT.least} 个放弃",
            f"abandoned over 30 min more than a + {ABANDONMENT.step:g}(1−a) (a = the queue's "
            "abandonment target, else 1 − its service-level objective), with at least "
            f"{ABANDONMENT.least} abandoned",
        ),
        summary=Words("放弃过多", "Too many callers hang up"),
        description=Words(
            "近 30 分钟放弃率 <value> (<counts>), 允许 <target>。",
            "Abandoned in 30 min: <value> (<counts>); allowed <target>.",
        ),
        action=Words(
            "看等待时长与语音提示, 考虑提供回拨", "Look at waits and announcements; offer callbacks"
        ),
        wait="2m",
        keep="10m",
        place=QUEUE,
        evidence={
            "value": PERCENT,
            "target": looked_up(ABANDONMENT_MOST, "humanizePercentage"),
            "counts": f"{looked_up(ABANDONED, _WHOLE)}/{looked_up(LEFT, _WHOLE)}",
        },
        definition="abandonment",
        visits=Visits("abandonment", "30m"),
    ),
)
