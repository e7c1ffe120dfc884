"""Every alert on both sides of its threshold, played by promtool; and that no case is missing."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.alerts import ALERTS
from dashboards.build import GENERATED
from tests.dashboards import ruled
from tests.deploy import native

NAMES = [alert.name for alert in ALERTS]
COUNTERS = re.compile(r"_total\b")
# It has no threshold and reads nothing: it is never silent while anything is evaluated.
ALWAYS = "HotlineWatchdog"

every_alert = pytest.mark.parametrize("alert", NAMES)


def played(alert: str, folder: Path, **changes: Any) -> tuple[str, Path]:
    """The committed tests, changed, on a file of only the rules that they need."""
    rules = folder / "rules.yml"
    rules.write_text(yaml.safe_dump({"groups": ruled.needed(alert)}), encoding="utf-8")
    file = folder / f"{alert}.yml"
    tests = {**ruled.cases(alert), "rule_files": [str(rules)], **changes}
    file.write_text(yaml.safe_dump(tests, allow_unicode=True), encoding="utf-8")
    return native.promtool(), file


@pytest.mark.live
@every_alert
def test_the_committed_cases(alert: str, tmp_path: Path) -> None:
    promtool, file = played(alert, tmp_path)
    native.checked(promtool, "test", "rules", file)


def test_every_alert_has_its_cases_and_no_case_is_without_an_alert() -> None:
    assert {file.stem for file in ruled.CASES.iterdir()} == set(NAMES) == set(ruled.alerts())
    for alert in NAMES:
        # As they stand they can be played by hand.
        (rules,) = ruled.cases(alert)["rule_files"]
        assert (ruled.CASES / rules).resolve() == GENERATED / "rules.yml"


@every_alert
def test_each_fires_and_is_silent(alert: str) -> None:
    tests = ruled.cases(alert)["tests"]
    for test in tests:
        for each in test["promql_expr_test"]:
            assert each["expr"] == f'ALERTS{{alertname="{alert}",alertstate="firing"}}'
    answers = {fires for test in tests for _, fires in ruled.asked(test)}
    assert answers == ({True} if alert == ALWAYS else {True, False})


@every_alert
def test_each_is_shown_without_data_and_over_a_restart(alert: str) -> None:
    names = " ".join(test["name"] for test in ruled.cases(alert)["tests"])
    read = " ".join(rule["expr"] for group in ruled.needed(alert) for rule in group["rules"])
    words = ["no data", "restart"]
    counted = COUNTERS.search(
        read.replace("group by (site, queue, channel) (hotline_contacts_offered_total", "")
    )
    for word in [*words, *(["reset"] if counted else [])]:
        assert word in names, f"{alert}: no case about {word}"


@every_alert
def test_no_data_is_played_with_no_series(alert: str) -> None:
    empty = [test for test in ruled.cases(alert)["tests"] if not test.get("input_series")]
    assert any("no data" in test["name"] for test in empty) or alert == ALWAYS
