import itertools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dashboards import build
from dashboards.boards import BOARDS
from dashboards.panels import COLUMNS
from dashboards.promql import metric_of
from dashboards.queries import panel_queries, panels
from streams.config import Settings

Json = dict[str, Any]
GENERATED = sorted(build.GENERATED.glob("*.json"))
UNITS = {"percentunit", "s", "short"}
# Grafana's own variables in links; everything else must be defined by the board.
GRAFANAS = {"__dashboard", "__data", "__url_time_range"}
CHINESE, ENGLISH = re.compile("[一-鿿]"), re.compile("[A-Za-z]{2}")
METRIC = re.compile(r"\bhotline_\w+")
VARIABLE = re.compile(r"\$\{?(\w+)")


def board_of(file: Path) -> Json:
    found: Json = json.loads(file.read_text(encoding="utf-8"))
    return found


every_board = pytest.mark.parametrize(
    "board", [board_of(file) for file in GENERATED], ids=[file.stem for file in GENERATED]
)


def shown(board: Json) -> list[Any]:
    """The panels that show something: all but the rows."""
    return [panel for panel in panels(board) if panel["type"] != "row"]


def cells(panel: Mapping[str, Any]) -> set[tuple[int, int]]:
    grid = panel["gridPos"]
    columns = range(grid["x"], grid["x"] + grid["w"])
    return set(itertools.product(columns, range(grid["y"], grid["y"] + grid["h"])))


def test_the_committed_files_are_what_is_built_now(tmp_path: Path) -> None:
    build.write(tmp_path, Settings())
    committed = {file.name: file.read_bytes() for file in build.GENERATED.iterdir()}
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == committed, (
        "run: hotline dashboards build (in a folder without hotline.toml)"
    )


def test_every_board_is_built_and_their_addresses_differ() -> None:
    boards = [board_of(file) for file in GENERATED]
    assert len({board["uid"] for board in boards}) == len(BOARDS) == len(boards)
    for board in boards:
        assert re.fullmatch(r"[a-zA-Z0-9-_]{1,40}", board["uid"])


@every_board
def test_the_frame_of_a_board(board: Json) -> None:
    assert board["schemaVersion"] in (41, 42)
    assert board["timezone"] == "Asia/Shanghai"
    assert board["editable"] is False
    assert board["tags"] == ["hotline"]
    assert "id" not in board, "Grafana gives ids; a file is known by its uid"
    kinds = {link["type"] for link in board["links"]}
    assert kinds == {"dashboards", "link"}


@every_board
def test_ids_are_unique_and_panels_lie_inside_the_grid_without_overlap(board: Json) -> None:
    ids = [panel["id"] for panel in panels(board)]
    assert len(set(ids)) == len(ids)
    taken: set[tuple[int, int]] = set()
    for panel in panels(board):
        own = cells(panel)
        assert own, panel["title"]
        assert not own & taken, panel["title"]
        assert max(column for column, _ in own) < COLUMNS
        taken |= own


@every_board
def test_panels_are_titled_and_described_in_chinese_and_english(board: Json) -> None:
    titles = [panel["title"] for panel in shown(board)]
    assert len(set(titles)) == len(titles)
    texts = [board["title"], board["description"], *(panel["title"] for panel in panels(board))]
    texts += [panel["description"] for panel in shown(board)]
    for text in texts:
        assert CHINESE.search(text), text
        assert ENGLISH.search(text), text


@every_board
def test_panels_have_a_unit_steps_and_a_word_for_no_data(board: Json) -> None:
    for panel in shown(board):
        defaults = panel["fieldConfig"]["defaults"]
        assert defaults["unit"] in UNITS, panel["title"]
        assert defaults["noValue"] == "–", panel["title"]
        steps = defaults["thresholds"]["steps"]
        assert steps[0]["value"] is None
        values = [step["value"] for step in steps[1:]]
        assert values == sorted(values)


@every_board
def test_a_tables_columns_have_their_units(board: Json) -> None:
    for panel in (panel for panel in shown(board) if panel["type"] == "table"):
        units = {
            override["matcher"]["options"]: found["value"]
            for override in panel["fieldConfig"]["overrides"]
            for found in override["properties"]
            if found["id"] == "unit"
        }
        assert set(units) == {target["legendFormat"] for target in panel["targets"]}
        assert set(units.values()) <= UNITS


@every_board
def test_queries_ask_the_chosen_data_source_and_are_named(board: Json) -> None:
    for panel in shown(board):
        references = [target["refId"] for target in panel["targets"]]
        assert references
        assert len(set(references)) == len(references)
        assert all(len(reference) == 1 and reference.isupper() for reference in references)
        for target in panel["targets"]:
            assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            assert target["legendFormat"]
            assert target["instant"] is not target["range"]


@every_board
def test_every_metric_is_in_the_table_of_metrics(board: Json) -> None:
    asked = {name for _, expression in panel_queries(board) for name in METRIC.findall(expression)}
    assert asked
    for name in asked:
        metric_of(name)


@every_board
def test_variables_are_defined_and_many_values_are_matched_as_such(board: Json) -> None:
    variables = {variable["name"]: variable for variable in board["templating"]["list"]}
    expressions = [target["expr"] for panel in shown(board) for target in panel["targets"]]
    used = {name for text in [json.dumps(board)] for name in VARIABLE.findall(text)}
    assert used - GRAFANAS - {"__all"} <= set(variables)
    assert {"site", "queue"} <= {name for text in expressions for name in VARIABLE.findall(text)}
    for name in ("site", "queue"):
        assert variables[name]["multi"] is variables[name]["includeAll"] is True
        assert variables[name]["refresh"] == 2
        for text in expressions:
            assert len(re.findall(rf'=~"\${name}"', text)) == text.count(f"${name}")
    assert variables["datasource"]["current"]["value"] == build.DATA_SOURCE_UID
