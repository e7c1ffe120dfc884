from typing import Any

from dashboards.panels import Column, Panel, Query, Row, placed, table


def panel(title: str, width: int, height: int = 8) -> Panel:
    return Panel(title, "says", "short", (Query("vector(1)", "one"),), width=width, height=height)


def places(*rows: Row) -> dict[object, object]:
    return {found["title"]: found["gridPos"] for found in placed(rows)}


def test_panels_go_left_to_right_and_then_down() -> None:
    found = places(Row("first", (panel("a", 12), panel("b", 12), panel("c", 24))))
    assert found == {
        "first": {"x": 0, "y": 0, "w": 24, "h": 1},
        "a": {"x": 0, "y": 1, "w": 12, "h": 8},
        "b": {"x": 12, "y": 1, "w": 12, "h": 8},
        "c": {"x": 0, "y": 9, "w": 24, "h": 8},
    }


def test_a_row_begins_below_the_one_before() -> None:
    found = places(Row("first", (panel("a", 6, 4),)), Row("second", (panel("b", 6),)))
    assert found["second"] == {"x": 0, "y": 5, "w": 24, "h": 1}
    assert found["b"] == {"x": 0, "y": 6, "w": 6, "h": 8}


def test_ids_count_from_one() -> None:
    found = placed([Row("first", (panel("a", 6),)), Row("second", (panel("b", 6),))])
    assert [one["id"] for one in found] == [1, 2, 3, 4]


def test_a_tables_columns_are_asked_at_once_and_named_after_their_legend() -> None:
    columns = (
        Column(Query("vector(1)", "one"), "short"),
        Column(Query("vector(2)", "two"), "percentunit"),
    )
    found: Any = placed([Row("row", (table("queues", "says", columns),))])[1]
    merge, organise, sort = found["transformations"]
    assert (merge["id"], sort["id"]) == ("merge", "sortBy")
    assert organise["options"]["renameByName"] == {"Value #A": "one", "Value #B": "two"}
    assert [target["format"] for target in found["targets"]] == ["table"] * 2
