"""Writes the dashboards and rules of a configuration as files, the same bytes every time.

    hotline dashboards build [--config FILE] [--out FOLDER]

It refuses to know a Grafana or a Prometheus: the files are what they read.
"""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from dashboards.boards import BOARDS, Board
from dashboards.panels import DATA_SOURCE, Json, placed
from dashboards.rules import rule_groups
from streams.config import Settings

GENERATED = Path(__file__).parent / "generated"
DATA_SOURCE_UID = "hotline-prometheus"  # as deploy/grafana/provisioning/datasources names it
SCHEMA_VERSION = 41  # classic JSON, read by Grafana 11 and 12, and by 13 through its migration
TAG = "hotline"
ALL_VALUES = ".*"
WINDOWS = ("5m", "15m", "30m", "1h")
USUAL_WINDOW = "30m"
RULES_NOTE = "# Built by `hotline dashboards build`: change the configuration, not this file.\n"
LINE_WIDTH = 120


def files(settings: Settings) -> dict[str, str]:
    """Return every generated file: its name and its text.

    UnreachableError where a target makes an alert that could never fire.
    """
    boards = {
        f"{board.uid.removeprefix('hotline-')}.json": _text(board, settings) for board in BOARDS
    }
    rules = yaml.safe_dump(
        {"groups": rule_groups(settings)}, sort_keys=False, allow_unicode=True, width=LINE_WIDTH
    )
    return {**boards, "rules.yml": RULES_NOTE + rules}


def write(folder: Path, settings: Settings) -> None:
    """Write every file into a folder, which is made if it is missing; all of them or none."""
    texts = files(settings)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def document(board: Board, settings: Settings) -> Json:
    """Return a dashboard as Grafana's classic JSON."""
    return {
        "uid": board.uid,
        "title": board.title,
        "description": board.description,
        "tags": [TAG],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": False,
        "timezone": "Asia/Shanghai",
        "weekStart": "monday",
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "timepicker": {"refresh_intervals": ["5s", "10s", "30s", "1m"]},
        "graphTooltip": 1,
        "templating": {"list": _variables(board.channel, settings.dashboards.board_url)},
        "annotations": {"list": []},
        "links": _links(),
        "panels": placed(board.rows),
    }


def _text(board: Board, settings: Settings) -> str:
    return json.dumps(document(board, settings), ensure_ascii=False, indent=2) + "\n"


def _variables(channel: str, wallboard: str) -> list[Json]:
    here = f'hotline_contacts_offered_total{{channel="{channel}"'
    return [
        {
            "name": "datasource",
            "label": "数据源 · Data source",
            "type": "datasource",
            "query": "prometheus",
            "current": {"text": "Prometheus", "value": DATA_SOURCE_UID},
        },
        {"name": "channel", "type": "constant", "query": channel, "hide": 2, **_chosen(channel)},
        _query("site", "站点 · Site", f"label_values({here}}}, site)"),
        _query("queue", "队列 · Queue", f'label_values({here},site=~"$site"}}, queue)'),
        _window(),
        {
            "name": "wallboard",
            "label": "大屏地址 · Wallboard",
            "type": "textbox",
            "query": wallboard,
            **_chosen(wallboard),
        },
    ]


def _chosen(value: str) -> Json:
    return {"current": {"text": value, "value": value}}


def _window() -> Json:
    return {
        "name": "window",
        "label": "时间窗 · Window",
        "type": "custom",
        "query": ",".join(WINDOWS),
        "options": [
            {"text": window, "value": window, "selected": window == USUAL_WINDOW}
            for window in WINDOWS
        ],
        **_chosen(USUAL_WINDOW),
    }


def _query(name: str, label: str, query: str) -> Json:
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": DATA_SOURCE,
        "definition": query,
        "query": {"qryType": 1, "query": query, "refId": f"variable-{name}"},
        "refresh": 2,  # on time range change: a queue that came today is listed today
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ALL_VALUES,
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def _links() -> list[Json]:
    return [
        {
            "type": "dashboards",
            "title": "热线 · Hotline",
            "tags": [TAG],
            "asDropdown": True,
            "includeVars": True,
            "keepTime": True,
        },
        {
            "type": "link",
            "title": "大屏 · Wallboard",
            "url": "${wallboard}",
            "icon": "external link",
            "targetBlank": True,
        },
    ]
