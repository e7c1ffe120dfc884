"""Prometheus' rules: for now only the watchdog, which always fires, so that its silence is noticed.

The dashboard needs no recording rule: its queries read integers and pairs of counters.
"""

from __future__ import annotations

Rule = dict[str, object]


def rule_groups() -> list[Rule]:
    """Return the rule groups, as Prometheus' rule files write them."""
    return [{"name": "hotline.meta", "rules": [_watchdog()]}]


def _watchdog() -> Rule:
    return {
        "alert": "HotlineWatchdog",
        "expr": "vector(1)",
        "labels": {"severity": "none", "domain": "meta", "team": "oncall"},
        "annotations": {
            "summary": "报警链路正常 · Alerting works",
            "description": "此报警一直触发; 收不到它, 就是报警链路断了。"
            "This alert always fires: when it stops arriving, alerting is broken.",
        },
    }
