"""The page of alerts and the runbooks: complete, in both languages, and nothing left over."""

import re
import sys

from dashboards import alert_page
from tests.dashboards import ruled
from tests.dashboards.test_alerts import every_alert
from tests.deploy import native
from tests.deploy.compose import TOP

PAGE = TOP / "docs" / "alerts.md"
RUNBOOKS = TOP / "docs" / "runbooks"
CHINESE = re.compile("[一-鿿]")
PARTS = ("含义", "看什么", "怎么办", "What it means", "What to look at", "What to do")
ROLES = ("班组长", "值班", "Floor lead", "On call")
METRIC = re.compile(r"hotline_\w+")
COMMAND = re.compile(r"`hotline ([a-z]+)(?: ([a-z]+))?")


def rows() -> dict[str, list[str]]:
    """The lines of the page's tables, by the alert's name."""
    found = re.findall(r"^\| \[(\w+)\]\(.*\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return {
        name: [cell.strip() for cell in line.strip("|").split(" | ")]
        for name in found
        for line in lines
        if line.startswith(f"| [{name}]")
    }


def test_the_page_is_up_to_date() -> None:
    rebuild = "python -m dashboards.alert_page > docs/alerts.md"
    assert PAGE.read_text(encoding="utf-8") == alert_page.page(), rebuild
    printed = native.checked(sys.executable, "-m", "dashboards.alert_page")
    assert printed == alert_page.page()


@every_alert
def test_the_page_says_what_the_rule_file_does(alert: str) -> None:
    rule = ruled.alerts()[alert]
    name, severity, owner, condition, wait, keep = rows()[alert]
    assert name == f"[{alert}](runbooks/{alert}.md)"
    assert severity.startswith(rule["labels"]["severity"])
    assert owner == {"floor": "班组长 · floor", "oncall": "值班 · on call"}[rule["labels"]["team"]]
    assert (wait, keep) == (rule.get("for", "0"), rule.get("keep_firing_for", "0"))
    chinese, english = condition.split("<br>")
    assert CHINESE.search(chinese)
    assert not CHINESE.search(english)


def test_every_alert_is_on_the_page_and_has_a_runbook_and_none_is_left_over() -> None:
    names = set(ruled.alerts())
    assert set(rows()) == names
    assert {file.name for file in RUNBOOKS.iterdir()} == {f"{name}.md" for name in names}


@every_alert
def test_a_runbook_says_what_to_look_at_and_what_to_do(alert: str) -> None:
    text = (RUNBOOKS / f"{alert}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {alert}\n")
    assert "](../alerts.md)" in text
    chinese, english = re.split("^## English$", text, flags=re.MULTILINE)
    assert "\n## 中文\n" in chinese
    assert not CHINESE.search(english)
    for part in PARTS:
        section = re.search(rf"^### {part}\n(.+?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
        assert section is not None, part
        assert section[1].strip()
    for role in ROLES:
        assert re.search(rf"^- \*\*{role}\*\*: \S", text, re.MULTILINE), role


@every_alert
def test_what_a_runbook_names_exists(alert: str) -> None:
    text = (RUNBOOKS / f"{alert}.md").read_text(encoding="utf-8")
    sources = "".join(
        file.read_text(encoding="utf-8")
        for folder in ("streams/core", "streams/worker")
        for file in (TOP / folder).glob("*.py")
    )
    for name in METRIC.findall(text):
        assert name in sources or name.removeprefix("hotline_worker_") in sources, name
    commands = "".join(
        file.read_text(encoding="utf-8") for file in (TOP / "streams" / "cli").glob("*.py")
    )
    for first, second in COMMAND.findall(text):
        assert re.search(rf"def {first}\b|name=\"{first}\"|\"{first}\"", commands), first
        if first == "rejected":
            assert f'"{second}"' in commands
    for other in re.findall(r"Hotline[A-Z]\w+", text):
        assert other in ruled.alerts(), other


def test_the_page_tells_that_only_one_of_the_pages_runs() -> None:
    fast = (RUNBOOKS / "HotlineServiceLevelFast.md").read_text(encoding="utf-8")
    for text in (PAGE.read_text(encoding="utf-8"), fast):
        assert re.search(r"people\s+signed\s+in|who\s+is\s+signed\s+in", text)
        assert "签入人数" in text.replace("\n", "")
