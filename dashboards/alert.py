"""An alert as a value, and its form in Prometheus' rule files: labels, evidence, links.

Everything that a person needs is said in Chinese and in English. It refuses to know expressions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, NamedTuple

from streams.config.links import DashboardSettings
from streams.core.definitions import DEFINITIONS

Rule = dict[str, object]
Severity = Literal["critical", "warning", "none"]
Domain = Literal["service", "pipeline", "meta"]
Team = Literal["floor", "oncall"]

QUEUE = ("site", "queue", "channel")
SITE = ("site", "channel")
SOURCE = ("site", "source")
NOTHING: Mapping[str, str] = MappingProxyType({})
BOARD = "/d/hotline-calls"  # the dashboard's lasting address
# The alert's own value, as a person reads it.
PERCENT = "{{ $value | humanizePercentage }}"
SECONDS = "{{ $value | humanizeDuration }}"
WHOLE = '{{ $value | printf "%.0f" }}'


class Words(NamedTuple):
    """The same in both languages."""

    zh: str
    en: str

    def line(self) -> str:
        """Both on one line."""
        return f"{self.zh} · {self.en}"


class Visits(NamedTuple):
    """Which visits of the board's API are the evidence."""

    figure: str
    window: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert. `wait` is how long it must hold, `keep` how long it stays on afterwards.

    `place` are the labels that its expression gives. `evidence` maps value, target and counts to
    templates; `<value>` and the like in `description` stand for them. `condition` is for people.
    """

    name: str
    expression: str
    severity: Severity
    domain: Domain
    team: Team
    condition: Words
    summary: Words
    description: Words
    action: Words
    wait: str = ""
    keep: str = ""
    place: tuple[str, ...] = ()
    evidence: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    definition: str = ""
    visits: Visits | None = None

    def labels(self) -> dict[str, str]:
        """What it is routed by, beside the labels of its expression."""
        return {"severity": self.severity, "domain": self.domain, "team": self.team}


def definition_id(name: str) -> str:
    """Return a definition's id with its version; StopIteration on an unknown one."""
    return next(f"{each.id} v{each.version}" for each in DEFINITIONS if each.id == name)


def rule(alert: Alert, links: DashboardSettings) -> Rule:
    """Return the alert as a rule file writes it."""
    times = {"for": alert.wait, "keep_firing_for": alert.keep}
    return {
        "alert": alert.name,
        "expr": alert.expression,
        **{name: time for name, time in times.items() if time},
        "labels": alert.labels(),
        "annotations": _annotations(alert, links),
    }


def _annotations(alert: Alert, links: DashboardSettings) -> dict[str, str]:
    description = f"{alert.description.zh} {alert.description.en}"
    for name, template in alert.evidence.items():
        description = description.replace(f"<{name}>", template)
    found = {
        "summary": _placed(alert),
        "description": description,
        "action": alert.action.line(),
        **alert.evidence,
        "runbook_url": f"{links.runbooks_url}/{alert.name}.md",
        "dashboard_url": _dashboard(alert, links),
    }
    if alert.definition:
        found["definition"] = definition_id(alert.definition)
    if alert.visits is not None:
        found["visits_url"] = _visits(alert, alert.visits, links)
    return found


def _placed(alert: Alert) -> str:
    """Where it is, then what it is."""
    shown = [f"{{{{ $labels.{name} }}}}" for name in alert.place if name != "channel"]
    return " ".join(["/".join(shown), alert.summary.line()]).strip()


def _in_address(label: str) -> str:
    return f"{{{{ $labels.{label} | urlquery }}}}"


def _dashboard(alert: Alert, links: DashboardSettings) -> str:
    chosen = [
        f"var-{name}={_in_address(name)}" for name in ("site", "queue") if name in alert.place
    ]
    return f"{links.grafana_url}{BOARD}" + ("?" + "&".join(chosen) if chosen else "")


def _visits(alert: Alert, visits: Visits, links: DashboardSettings) -> str:
    queue = _in_address("queue") if "queue" in alert.place else "*"
    asked = f"site={_in_address('site')}&queue={queue}"
    return f"{links.board_url}/api/v1/visits?{asked}&window={visits.window}&figure={visits.figure}"


def looked_up(series: str, shape: str, place: tuple[str, ...] = QUEUE) -> str:
    """Return a template of a recorded series' value at the alert's own place.

    `shape` is what follows it in the template: `humanizePercentage`, `printf "%.0f"`.
    """
    matchers = ",".join(f"{name}=%q" for name in place)
    labels = " ".join(f"$labels.{name}" for name in place)
    return (
        f'{{{{ with printf "{series}{{{matchers}}}" {labels} | query }}}}'
        f"{{{{ . | first | value | {shape} }}}}{{{{ else }}}}\N{EN DASH}{{{{ end }}}}"
    )
