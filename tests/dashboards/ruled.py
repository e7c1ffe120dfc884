"""The generated rules as data, and what one of them needs of the others."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dashboards import build

Json = dict[str, Any]

CASES = Path(__file__).with_name("rules")
RECORDED = re.compile(r"\b(?:queue|source):\w+:\w+")


@cache
def groups() -> list[Json]:
    text = (build.GENERATED / "rules.yml").read_text(encoding="utf-8")
    found: list[Json] = yaml.safe_load(text)["groups"]
    return found


def rules() -> list[Json]:
    return [rule for group in groups() for rule in group["rules"]]


def alerts() -> dict[str, Json]:
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def needed(alert: str) -> list[Json]:
    """The alert and the recorded figures that it reads, in their groups: little to evaluate."""
    wanted: set[str] = set()
    ahead = set(RECORDED.findall(str(alerts()[alert])))
    while ahead:
        wanted |= ahead
        texts = [rule["expr"] for rule in rules() if rule.get("record") in ahead]
        ahead = {name for text in texts for name in RECORDED.findall(text)} - wanted
    kept = [
        {
            **group,
            "rules": [
                rule
                for rule in group["rules"]
                if rule.get("record") in wanted or rule.get("alert") == alert
            ],
        }
        for group in groups()
    ]
    return [group for group in kept if group["rules"]]


@cache
def cases(alert: str) -> Json:
    """The committed tests of an alert, as promtool reads them."""
    found: Json = yaml.safe_load((CASES / f"{alert}.yml").read_text(encoding="utf-8"))
    return found


def asked(test: Json) -> list[tuple[str, bool]]:
    """(when, fires?) of every question of a test."""
    return [(each["eval_time"], bool(each["exp_samples"])) for each in test["promql_expr_test"]]
