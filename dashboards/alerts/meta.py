"""Alerts on alerting itself: rules, messages, targets, and one that always fires."""

from __future__ import annotations

from dashboards.alert import QUEUE, WHOLE, Alert, Words
from dashboards.reading import L, newest, picked
from dashboards.targets import OBJECTIVE, THRESHOLD_S

JOBS = "board|prometheus|alertmanager"
# Targets are told with nine digits.
SAME = 1e-6


def _differs(metric: str, target: str) -> str:
    return f"abs({newest(metric, L)} - {target}) > {SAME:g}"


META = (
    Alert(
        name="HotlineRuleEvaluationFailing",
        expression="sum by (rule_group) (increase("
        + picked(
            "prometheus_rule_evaluation_failures_total", ("rule_group", "=~", ".*;hotline[.].*")
        )
        + "[5m])) > 0",
        severity="critical",
        domain="meta",
        team="oncall",
        condition=Words("热线规则执行失败", "a rule of the hotline cannot be evaluated"),
        summary=Words("报警规则执行失败", "Alerting rules fail"),
        description=Words(
            "{{ $labels.rule_group }} 近 5 分钟失败 <value> 次, 允许 <target>。",
            "{{ $labels.rule_group }} failed <value> times in 5 min; allowed <target>.",
        ),
        action=Words("Prometheus 的 Rules 页有错误原文", "Prometheus' page Rules has the error"),
        wait="5m",
        keep="5m",
        evidence={"value": WHOLE, "target": "0"},
    ),
    Alert(
        name="HotlineNotificationsFailing",
        expression="sum by (integration) (increase("
        + picked("alertmanager_notifications_failed_total")
        + "[15m])) > 0",
        severity="critical",
        domain="meta",
        team="oncall",
        condition=Words("近 15 分钟有通知发送失败", "a message could not be sent, in 15 min"),
        summary=Words("通知发送失败", "Messages are not delivered"),
        description=Words(
            "{{ $labels.integration }} 近 15 分钟失败 <value> 次, 允许 <target>。",
            "{{ $labels.integration }} failed <value> times in 15 min; allowed <target>.",
        ),
        action=Words(
            "Alertmanager 的日志有原因; 走另一渠道", "Alertmanager's log says why; use another way"
        ),
        wait="5m",
        keep="5m",
        evidence={"value": WHOLE, "target": "0"},
    ),
    Alert(
        name="HotlineTargetDown",
        expression=f"{picked('up', ('job', '=~', JOBS))} == 0",
        severity="warning",
        domain="meta",
        team="oncall",
        condition=Words(
            "看板、Prometheus 或 Alertmanager 之一读不到",
            "a board, Prometheus or Alertmanager cannot be read",
        ),
        summary=Words("监控目标读不到", "A target is down"),
        description=Words(
            "{{ $labels.job }} {{ $labels.instance }} 可读 <value>, 应为 <target>。",
            "{{ $labels.job }} {{ $labels.instance }} up: <value>, expected <target>.",
        ),
        action=Words("看该服务是否在运行, 网络是否通", "Is that service running, and reachable?"),
        wait="5m",
        keep="2m",
        evidence={"value": "0", "target": "1"},
    ),
    Alert(
        name="HotlineRulesOutdated",
        expression=_differs("hotline_service_level_objective_ratio", OBJECTIVE)
        + " or "
        + _differs("hotline_service_level_threshold_seconds", THRESHOLD_S),
        severity="warning",
        domain="meta",
        team="oncall",
        condition=Words(
            "规则所用目标与看板的配置不同",
            "the rules were built for other targets than the board's",
        ),
        summary=Words("规则与配置不一致", "The rules do not fit the configuration"),
        description=Words(
            "目标相差 <value>, 应为 <target>。", "A target differs by <value>; expected <target>."
        ),
        action=Words(
            "运行 hotline dashboards build, 让 Prometheus 重新加载",
            "Run hotline dashboards build and have Prometheus reload",
        ),
        wait="15m",
        place=QUEUE,
        evidence={"value": '{{ $value | printf "%.3g" }}', "target": "0"},
    ),
    Alert(
        name="HotlineWatchdog",
        expression="vector(1)",
        severity="none",
        domain="meta",
        team="oncall",
        condition=Words("一直触发", "always"),
        summary=Words("报警链路正常", "Alerting works"),
        description=Words(
            "此报警一直触发 (<value>, 应为 <target>); 收不到它, 就是报警链路断了。",
            "This alert always fires (<value>, expected <target>): when it stops arriving, "
            "alerting is broken.",
        ),
        action=Words(
            "无需处理; 收不到时查整条链路", "Nothing; when it stops, look at the whole way"
        ),
        evidence={"value": WHOLE, "target": "1"},
    ),
)
