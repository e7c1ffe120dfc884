"""Prometheus' rules for a configuration: its targets, the recorded figures, the alerts.

A group is evaluated from top to bottom, so an alert reads what was recorded a moment before.
"""

from __future__ import annotations

from collections.abc import Iterable

from dashboards.alert import Alert, Rule, rule
from dashboards.alerts import CONTACTS, META, PIPELINE, SERVICE
from dashboards.recorded import contact_rules, pipeline_rules, service_rules
from dashboards.targets import target_rules
from streams.config import Settings


def rule_groups(settings: Settings) -> list[Rule]:
    """Return the rule groups, as Prometheus' rule files write them.

    UnreachableError where the configuration sets a target for which an alert could never fire.
    """

    def alerts(found: Iterable[Alert]) -> list[Rule]:
        return [rule(each, settings.dashboards) for each in found]

    service = [*target_rules(settings), *service_rules(), *alerts(SERVICE)]
    groups = {
        "service": service,
        "contacts": [*contact_rules(), *alerts(CONTACTS)],
        "pipeline": [*pipeline_rules(), *alerts(PIPELINE)],
        "meta": alerts(META),
    }
    return [{"name": f"hotline.{name}", "rules": rules} for name, rules in groups.items()]
