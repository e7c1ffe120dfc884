"""What a firing alert tells: rendered by promtool at the first moment of its cases that fires.

Values are worked out by hand from the series of that case.
"""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from dashboards import build
from dashboards.alerts import ALERTS
from dashboards.boards import BOARDS
from dashboards.build import document
from streams.board.drill import question
from streams.config import Settings
from streams.core.definitions import DEFINITIONS
from tests.dashboards import ruled
from tests.dashboards.test_alerts import every_alert, played

ODD = "卡 a&b?"  # a queue's name that an address must not carry as it is
ANNOTATION = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
LABEL = re.compile(r"\$labels\.(\w+)")

# Value, target, counts.
EXPECTED: Mapping[str, tuple[str, str, str]] = {
    "HotlineServiceLevelFast": ("61%", "80%", "1830/3000"),
    "HotlineServiceLevelMid": ("41%", "80%", "2460/6000"),
    "HotlineServiceLevelSlow": ("41%", "80%", "4920/12000"),
    "HotlineOldestWaiting": ("3m 30s", "20s", "3"),
    "HotlineAbandonHigh": ("41%", "20%", "1230/3000"),
    "HotlineNoContacts": ("0", "11", ""),
    "HotlineTrunkDead": ("0", "11", ""),
    "HotlineNoFirstContacts": ("0", "22", ""),
    "HotlinePipelineStale": ("2m 45s", "90s", ""),
    "HotlinePipelineCatchingUp": ("5m 15s", "300s", ""),
    "HotlineSourceSilent": ("18m 0s", "15m", ""),
    "HotlineMetricsAbsent": ("0", "1", ""),
    "HotlineWorkerDown": ("0", "1", ""),
    "HotlineEventsRejected": ("1.1%", "1%", ""),
    "HotlineDataLost": ("5", "0", ""),
    "HotlineCorrectionsUnusual": ("5.1%", "5%", ""),
    "HotlineRuleEvaluationFailing": ("5", "0", ""),
    "HotlineNotificationsFailing": ("1", "0", ""),
    "HotlineTargetDown": ("0", "1", ""),
    "HotlineRulesOutdated": ("0.1", "0", ""),
    "HotlineWatchdog": ("1", "1", ""),
}


def rendered(alert: str, folder: Path) -> dict[str, str]:
    """The annotations, for a queue of an odd name."""
    test, when = next(
        (test, when)
        for test in ruled.cases(alert)["tests"]
        for when, fires in ruled.asked(test)
        if fires
    )
    text = json.dumps(test, ensure_ascii=False)
    wrong = {"alertname": alert, "eval_time": when, "exp_alerts": []}
    oddly = {**json.loads(text.replace("sales", ODD)), "alert_rule_test": [wrong]}
    del oddly["promql_expr_test"]
    promtool, file = played(alert, folder, tests=[oddly])
    done = subprocess.run(
        [promtool, "test", "rules", file], capture_output=True, text=True, check=False
    )
    told = (done.stdout + done.stderr).partition("Annotations:")[2]
    return {name: json.loads(f'"{value}"') for name, value in ANNOTATION.findall(told)}


@pytest.mark.live
@every_alert
def test_the_evidence(alert: str, tmp_path: Path) -> None:
    found = rendered(alert, tmp_path)
    value, target, counts = EXPECTED[alert]
    assert (found["value"], found["target"], found.get("counts", "")) == (value, target, counts)
    for part in filter(None, (value, target, counts)):
        assert found["description"].count(part) >= 2, "once in each language"
    for text in found.values():
        assert not re.search(r"<error|%!|NaN|no value|\{\{", text), text
    assert found["runbook_url"] == f"docs/runbooks/{alert}.md"
    if "definition" in found:
        assert found["definition"] in {f"{each.id} v{each.version}" for each in DEFINITIONS}
    if "visits_url" in found:
        address = urlsplit(found["visits_url"])
        assert address.path == "/api/v1/visits"
        asked = question({name: text for name, (text,) in parse_qs(address.query).items()})
        assert (asked.site, asked.queue) in {("bj", ODD), ("bj", "*")}
    chosen = parse_qs(urlsplit(found["dashboard_url"]).query)
    assert chosen.get("var-queue", [ODD]) == [ODD]
    assert chosen.get("var-site", ["bj"]) == ["bj"]


def test_every_service_alert_leads_to_its_visits() -> None:
    for alert in ALERTS:
        assert (alert.visits is not None) >= (alert.domain == "service"), alert.name


def test_links_lead_to_a_board_and_to_its_variables() -> None:
    boards = {f"/d/{board.uid}": document(board, Settings()) for board in BOARDS}
    for name, rule in ruled.alerts().items():
        address = urlsplit(rule["annotations"]["dashboard_url"])
        listed: list[dict[str, str]] = boards[address.path]["templating"]["list"]  # type: ignore[index]
        known = {f"var-{variable['name']}" for variable in listed}
        assert {part.partition("=")[0] for part in address.query.split("&") if part} <= known, name


def test_addresses_come_from_the_configuration() -> None:
    links = {"board_url": "https://b.example", "runbooks_url": "https://r.example"}
    links["grafana_url"] = "https://g.example/sub"
    text = build.files(Settings.model_validate({"dashboards": links}))
    assert "localhost" not in text["rules.yml"] + text["calls.json"]
    for address in ("https://b.example/api/v1/visits?", "https://g.example/sub/d/hotline-calls"):
        assert address in re.sub(r"\s+", " ", text["rules.yml"])
    assert "https://r.example/HotlineWatchdog.md" in text["rules.yml"]


@every_alert
def test_what_is_said_of_a_place_is_among_the_labels(alert: str) -> None:
    said = set(LABEL.findall(json.dumps(ruled.alerts()[alert]["annotations"])))
    labels = [
        set(re.findall(r"(\w+)=", sample["labels"]))
        for test in ruled.cases(alert)["tests"]
        for each in test["promql_expr_test"]
        for sample in each["exp_samples"]
    ]
    assert said <= set().union(*labels)


@every_alert
def test_a_label_holds_no_value_and_words_are_in_both_languages(alert: str) -> None:
    rule = ruled.alerts()[alert]
    assert set(rule["labels"]) == {"severity", "domain", "team"}
    assert "$" not in str(rule["labels"]), "an alert would be a new one at each evaluation"
    for name in ("summary", "description", "action"):
        assert re.search("[一-鿿]", rule["annotations"][name])
        assert re.search("[A-Za-z]{2}", re.sub(r"\{\{.*?\}\}", "", rule["annotations"][name]))
