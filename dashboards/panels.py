"""Panels as values, and their form in Grafana's classic JSON. It refuses to know any metric.

Every panel must say what it shows, in which unit and with which queries: no defaults for these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Json = dict[str, object]
Kind = Literal["stat", "timeseries", "bargauge", "table"]
Unit = Literal["percentunit", "s", "short"]

QUEUE_LINK = (
    "/d/${__dashboard.uid}?${__url_time_range}"
    "&var-site=${__data.fields.site:percentencode}"
    "&var-queue=${__data.fields.queue:percentencode}"
)
COLUMNS = 24  # of Grafana's grid
ROW_HEIGHT = 1
DATA_SOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}
GOOD, WARN, BAD, PLAIN = "#37872D", "#E0B400", "#C4162A", "text"
NO_VALUE = "\u2013"  # a dash: no data is never 0 % nor 100 %


@dataclass(frozen=True, slots=True)
class Query:
    """One expression and the name of what it gives; Grafana fills `{{label}}` in the name."""

    expression: str
    legend: str


@dataclass(frozen=True, slots=True)
class Step:
    """From this value on, this colour; the first step begins at None, minus infinity."""

    value: float | None
    color: str


@dataclass(frozen=True, slots=True)
class Column:
    """A table's column that is no label: its unit, and its steps where its cell is coloured."""

    query: Query
    unit: Unit
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel, its size in cells of the grid; `target` ends the legends that are drawn dashed."""

    title: str
    description: str
    unit: Unit
    queries: tuple[Query, ...]
    kind: Kind = "timeseries"
    width: int = 8
    height: int = 8
    steps: tuple[Step, ...] = (Step(None, PLAIN),)
    columns: tuple[Column, ...] = ()
    target: str = ""
    stacked: bool = False
    decimals: int | None = None


def stat(
    title: str,
    description: str,
    unit: Unit,
    expression: str,
    *,
    steps: tuple[Step, ...] = (Step(None, PLAIN),),
    decimals: int = 0,
) -> Panel:
    """Return one large number, six of them to a row."""
    query = (Query(expression, title),)
    return Panel(title, description, unit, query, "stat", 4, 4, steps, decimals=decimals)


def table(title: str, description: str, columns: tuple[Column, ...]) -> Panel:
    """Return a line per site and queue over the whole width."""
    queries = tuple(column.query for column in columns)
    return Panel(title, description, "short", queries, "table", COLUMNS, 9, columns=columns)


@dataclass(frozen=True, slots=True)
class Row:
    """A titled band of panels."""

    title: str
    panels: tuple[Panel, ...]


def placed(rows: Sequence[Row]) -> list[Json]:
    """Give every row and panel its id and place, left to right and then down."""
    found: list[Json] = []
    top = 0
    for row in rows:
        found.append(_row(row.title, len(found) + 1, top))
        top += ROW_HEIGHT
        left = height = 0
        for panel in row.panels:
            if left + panel.width > COLUMNS:
                left, top = 0, top + height
            grid = {"x": left, "y": top, "w": panel.width, "h": panel.height}
            found.append({"id": len(found) + 1, "gridPos": grid, **_panel(panel)})
            left, height = left + panel.width, panel.height
        top += height
    return found


def _row(title: str, number: int, top: int) -> Json:
    grid = {"x": 0, "y": top, "w": COLUMNS, "h": ROW_HEIGHT}
    return {
        "id": number,
        "type": "row",
        "title": title,
        "collapsed": False,
        "panels": [],
        "gridPos": grid,
    }


def _panel(panel: Panel) -> Json:
    found: Json = {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": DATA_SOURCE,
        "targets": [_target(place, query, panel) for place, query in enumerate(panel.queries)],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": _overrides(panel)},
        "options": _options(panel),
    }
    if panel.kind == "table":
        found["transformations"] = _one_line_a_queue(panel)
    return found


def _target(place: int, query: Query, panel: Panel) -> Json:
    instant = panel.kind != "timeseries"
    return {
        "refId": chr(ord("A") + place),
        "datasource": DATA_SOURCE,
        "editorMode": "code",
        "expr": query.expression,
        "legendFormat": query.legend,
        "instant": instant,
        "range": not instant,
        "format": "table" if panel.kind == "table" else "time_series",
    }


def _defaults(panel: Panel) -> Json:
    found: Json = {
        "unit": panel.unit,
        "noValue": NO_VALUE,
        "color": {"mode": "palette-classic" if panel.kind == "timeseries" else "thresholds"},
        "thresholds": _steps(panel.steps),
        "mappings": [],
    }
    if panel.decimals is not None:
        found["decimals"] = panel.decimals
    if panel.unit == "percentunit" and panel.kind == "timeseries":
        found |= {"min": 0, "max": 1}
    if panel.kind == "timeseries":
        found["custom"] = _drawing(panel)
    return found


def _drawing(panel: Panel) -> Json:
    return {
        "drawStyle": "line",
        "lineWidth": 2,
        "fillOpacity": 20 if panel.stacked else 0,
        "showPoints": "never",
        "spanNulls": False,  # a gap is honest
        "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
        "axisSoftMin": 0,
    }


def _steps(steps: tuple[Step, ...]) -> Json:
    shown = [{"color": step.color, "value": step.value} for step in steps]
    return {"mode": "absolute", "steps": shown}


def _overrides(panel: Panel) -> list[Json]:
    found = [_column(column) for column in panel.columns]
    if panel.columns:
        link = {"title": "此队列 · This queue", "url": QUEUE_LINK}
        found.append(
            {
                "matcher": {"id": "byName", "options": "queue"},
                "properties": [{"id": "links", "value": [link]}],
            }
        )
    if panel.target:
        dashes = {"fill": "dash", "dash": [8, 8]}
        found.append(
            {
                "matcher": {"id": "byRegexp", "options": f"/{panel.target}/"},
                "properties": [
                    {"id": "custom.lineStyle", "value": dashes},
                    {"id": "custom.lineWidth", "value": 1},
                ],
            }
        )
    return found


def _column(column: Column) -> Json:
    properties: list[Json] = [{"id": "unit", "value": column.unit}]
    if column.steps:
        properties += [
            {"id": "thresholds", "value": _steps(column.steps)},
            {"id": "custom.cellOptions", "value": {"type": "color-background", "mode": "basic"}},
        ]
    return {
        "matcher": {"id": "byName", "options": column.query.legend},
        "properties": properties,
    }


def _options(panel: Panel) -> Json:
    reduce = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    match panel.kind:
        case "stat":
            return {
                "reduceOptions": reduce,
                "colorMode": "background" if len(panel.steps) > 1 else "value",
                "graphMode": "none",
                "textMode": "auto",
                "justifyMode": "center",
            }
        case "bargauge":
            return {"reduceOptions": reduce, "orientation": "horizontal", "displayMode": "basic"}
        case "timeseries":
            return {
                "legend": {"displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull"]},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }
        case "table":
            return {"showHeader": True, "cellHeight": "md"}


def _one_line_a_queue(panel: Panel) -> list[Json]:
    """Join the columns' answers by their labels, and give each `Value #A` its title."""
    names = {
        f"Value #{chr(ord('A') + place)}": column.query.legend
        for place, column in enumerate(panel.columns)
    }
    order = {name: place for place, name in enumerate(("site", "queue", *names))}
    organised = {"excludeByName": {"Time": True}, "renameByName": names, "indexByName": order}
    return [
        {"id": "merge", "options": {}},
        {"id": "organize", "options": organised},
        {"id": "sortBy", "options": {"sort": [{"field": "queue"}]}},
    ]
