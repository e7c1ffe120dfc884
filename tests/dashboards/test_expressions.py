"""The panels' queries and the rules, read by a real Prometheus; values worked out by hand."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards import build
from dashboards.boards import BOARDS
from dashboards.queries import filled, panel_queries
from streams.config import Settings
from tests.deploy import native

pytestmark = pytest.mark.live

Series = dict[str, str]
Answer = Mapping[str, float]
BOARD = json.loads((build.GENERATED / "calls.json").read_text(encoding="utf-8"))
QUERIES = panel_queries(BOARD)
AT_S = 35 * 60
PER_QUEUE = '{queue="q", site="s"}'
HERE = 'site="s",queue="q",channel="voice"'


def query(title: str, position: int = 0) -> str:
    found = [expression for name, expression in QUERIES if name.endswith(f"· {title}")]
    return found[position]


def calls(metric: str, labels: str = "", *, board: str = "one") -> str:
    """A series as a board exports it about queue q of site s."""
    more = f",{labels}" if labels else ""
    return f'{metric}{{{HERE}{more},instance="{board}",job="board"}}'


def evaluated(tmp_path: Path, expression: str, given: Series, expected: Answer) -> None:
    """Let promtool play the series, a sample a minute, and compare what it answers at 35 min."""
    series = [{"series": name, "values": values} for name, values in given.items()]
    samples = [{"labels": labels, "value": value} for labels, value in expected.items()]
    asked = {"expr": expression, "eval_time": "35m", "exp_samples": samples}
    test = {"interval": "1m", "input_series": series, "promql_expr_test": [asked]}
    file = tmp_path / "test.yml"
    file.write_text(yaml.safe_dump({"rule_files": [], "tests": [test]}), encoding="utf-8")
    native.checked(native.promtool(), "test", "rules", file)


def service_level(missed: str, eligible: str, beyond: str, *, board: str = "one") -> Series:
    return {
        calls("hotline_service_level_missed_total", board=board): missed,
        calls("hotline_service_level_eligible_total", board=board): eligible,
        calls("hotline_waiting_beyond_target_contacts", board=board): beyond,
    }


def test_promtool_accepts_the_rules() -> None:
    rules = build.GENERATED / "rules.yml"
    native.checked(native.promtool(), "check", "rules", "--lint-fatal", rules)


def test_prometheus_accepts_every_query_of_every_panel_and_variable(tmp_path: Path) -> None:
    config = tmp_path / "prometheus.yml"
    config.write_text("global: {}\n")
    with native.prometheus(config, tmp_path) as prometheus:
        for board in (build.document(board, Settings()) for board in BOARDS):
            for _, expression in panel_queries(board):
                native.asked(prometheus, "/api/v1/query", query=expression)
            for selector, label in variables(board):
                native.asked(
                    prometheus, f"/api/v1/label/{label}/values", **{"match[]": filled(selector)}
                )


def variables(board: Any) -> list[tuple[str, str]]:
    """What a board's lists are filled from: (selector, label)."""
    queries = [
        variable["query"]["query"]
        for variable in board["templating"]["list"]
        if variable["type"] == "query"
    ]
    assert len(queries) == 2
    inside = [text.removeprefix("label_values(").removesuffix(")") for text in queries]
    return [(selector, label) for selector, _, label in (text.rpartition(", ") for text in inside)]


# 300 eligible and 60 missed in 30 min, 4 waiting beyond the threshold.
BUSY = service_level("0+2x40", "0+10x40", "4x40")


def test_who_waits_beyond_the_threshold_is_a_miss(tmp_path: Path) -> None:
    wanted = 1 - 64 / 304
    evaluated(tmp_path, query("Service level"), BUSY, {"{}": wanted})
    evaluated(tmp_path, query("Service level and target"), BUSY, {PER_QUEUE: wanted})


def test_a_second_board_changes_nothing(tmp_path: Path) -> None:
    second = service_level("0+2x40", "0+10x40", "4x40", board="two")
    evaluated(tmp_path, query("Service level"), BUSY | second, {"{}": 1 - 64 / 304})


def test_nothing_eligible_is_no_value(tmp_path: Path) -> None:
    quiet = service_level("7x40", "9x40", "0x40")
    evaluated(tmp_path, query("Service level"), quiet, {})
    evaluated(tmp_path, query("Service level and target"), quiet, {})


def test_nobody_answered_is_nought(tmp_path: Path) -> None:
    stuck = service_level("7x40", "9x40", "3x40")
    evaluated(tmp_path, query("Service level"), stuck, {"{}": 0})


def test_the_distance_to_the_queues_own_objective(tmp_path: Path) -> None:
    series = BUSY | {calls("hotline_service_level_objective_ratio"): "0.75x40"}
    evaluated(tmp_path, query("Against target"), series, {PER_QUEUE: 1 - 64 / 304 - 0.75})


def test_other_channels_are_other_boards(tmp_path: Path) -> None:
    chats = calls("hotline_waiting_contacts").replace('"voice"', '"qq"')
    series = {calls("hotline_waiting_contacts"): "2x40", chats: "40x40"}
    evaluated(tmp_path, query("Waiting"), series, {"{}": 2})


@pytest.mark.parametrize(
    ("waiting", "start", "expected"),
    [
        ("2x40", f"{AT_S - 95}x40", 95),  # somebody has waited for 95 s
        ("0x40", "_x40", 0),  # the board says that nobody waits
        ("_x40", "_x40", None),  # nobody says anything
    ],
)
def test_the_longest_wait(tmp_path: Path, waiting: str, start: str, expected: float | None) -> None:
    series = {
        calls("hotline_waiting_contacts"): waiting,
        calls("hotline_oldest_waiting_start_timestamp_seconds"): start,
    }
    answers = {} if expected is None else {"{}": expected, PER_QUEUE: expected}
    for title, labels in (("Longest wait", "{}"), ("Longest wait by queue", PER_QUEUE)):
        wanted = {key: value for key, value in answers.items() if key == labels}
        evaluated(tmp_path, query(title), series, wanted)


def test_abandonment_leaves_short_abandons_out(tmp_path: Path) -> None:
    growth = {"answered": 6, "abandoned": 2, "abandoned_short": 1, "timeout": 2}
    series = {
        calls("hotline_contacts_finished_total", f'outcome="{outcome}"'): f"0+{count}x40"
        for outcome, count in growth.items()
    }
    evaluated(tmp_path, query("Abandonment"), series, {PER_QUEUE: 60 / 300})
    evaluated(tmp_path, query("Answered"), series, {PER_QUEUE: 180})
    ended = {f'{{outcome="{outcome}"}}': 30 * count for outcome, count in growth.items()}
    evaluated(tmp_path, query("How visits ended"), series, ended)


SPEED = "hotline_speed_of_answer_seconds"
ANSWERS = {
    calls(f"{SPEED}_sum"): "0+170x40",
    calls(f"{SPEED}_count"): "0+10x40",
    calls(f"{SPEED}_bucket", 'le="9.0"'): "0+0x40",
    calls(f"{SPEED}_bucket", 'le="15.0"'): "0+0x40",
    calls(f"{SPEED}_bucket", 'le="20.0"'): "0+10x40",
    calls(f"{SPEED}_bucket", 'le="60.0"'): "0+10x40",
    calls(f"{SPEED}_bucket", 'le="+Inf"'): "0+10x40",
}


def test_the_speed_of_answer(tmp_path: Path) -> None:
    evaluated(tmp_path, query("Mean speed of answer"), ANSWERS, {PER_QUEUE: 17})
    # Nine of ten lie nine tenths of the way from 15 s to 20 s, where all of them are.
    evaluated(tmp_path, query("Nine of ten answered within"), ANSWERS, {PER_QUEUE: 19.5})
    for position, share in enumerate((0, 1, 1)):
        title = "Answered within 9, 20, 60 s"
        evaluated(tmp_path, query(title, position), ANSWERS, {PER_QUEUE: share})


def test_no_answer_is_no_speed(tmp_path: Path) -> None:
    still = dict.fromkeys(ANSWERS, "5x40")
    evaluated(tmp_path, query("Mean speed of answer"), still, {})
    evaluated(tmp_path, query("Nine of ten answered within"), still, {})


def test_the_age_is_the_oldest_sources(tmp_path: Path) -> None:
    name = "hotline_pipeline_watermark_timestamp_seconds"
    series = {
        f'{name}{{site="s",source="old",instance="one",job="board"}}': f"{AT_S - 40}x40",
        f'{name}{{site="s",source="new",instance="one",job="board"}}': f"{AT_S - 2}x40",
    }
    evaluated(tmp_path, query("Data age"), series, {"{}": 40})
