"""The queries of a generated dashboard with its variables filled in, as Prometheus runs them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

VARIABLES: Mapping[str, str] = MappingProxyType(
    {"site": ".*", "queue": ".*", "channel": "voice", "window": "30m"}
)
VARIABLE = re.compile(r"\$(?:\{(\w+)(?::\w+)?\}|(\w+))")


def filled(expression: str, variables: Mapping[str, str] = VARIABLES) -> str:
    """Replace each `$name` and `${name}`; KeyError on a variable that has no value here."""
    return VARIABLE.sub(lambda found: variables[found[1] or found[2]], expression)


def panel_queries(
    dashboard: Mapping[str, Any], variables: Mapping[str, str] = VARIABLES
) -> list[tuple[str, str]]:
    """Return (panel title, expression) of every query of a dashboard's JSON."""
    return [
        (panel["title"], filled(target["expr"], variables))
        for panel in panels(dashboard)
        for target in panel.get("targets", ())
    ]


def panels(dashboard: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return every panel, rows and what they fold included."""
    return [found for panel in dashboard["panels"] for found in (panel, *panel.get("panels", ()))]
