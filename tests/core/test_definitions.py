"""The registry: edges, columns, ids and names that others lean on."""

import re
from collections import Counter
from pathlib import Path

from streams.core import definitions
from streams.core.definitions import (
    ABANDONED_WITHIN_S,
    ANSWER_EDGES_MS,
    ANSWER_EDGES_S,
    ANSWERED_WITHIN_S,
    DEFINITIONS,
    HANDLE_EDGES_MS,
    HANDLE_EDGES_S,
    LEFT_COLUMN,
    LEFT_OUT,
    METRICS,
    WIDTH,
    Left,
    Outcome,
)


def test_edges_are_those_of_the_contract() -> None:
    assert ANSWER_EDGES_S == (3, 5, 6, 9, 10, 12, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200)
    assert HANDLE_EDGES_S == (15, 30, 60, 120, 180, 240, 300, 420, 600, 900, 1800, 3600)
    assert [edge // 1000 for edge in (*ANSWER_EDGES_MS, *HANDLE_EDGES_MS)] == [
        *ANSWER_EDGES_S,
        *HANDLE_EDGES_S,
    ]


def test_what_a_report_lists_are_edges() -> None:
    assert {*ANSWERED_WITHIN_S, *ABANDONED_WITHIN_S} <= set(ANSWER_EDGES_S)


def test_columns_follow_each_other_without_gap() -> None:
    wide = {
        definitions.ANSWER_FIRST: len(ANSWER_EDGES_S) + 1,
        definitions.ABANDON_FIRST: len(ANSWER_EDGES_S) + 1,
        definitions.NEUTRAL_FIRST: len(ANSWER_EDGES_S) + 1,
        definitions.HANDLE_FIRST: len(HANDLE_EDGES_S) + 1,
    }
    single = [
        definitions.ENTERED,
        definitions.ANSWERED,
        definitions.ABANDONED,
        *LEFT_COLUMN.values(),
        definitions.ANSWER_SUM_MS,
        definitions.ABANDON_SUM_MS,
        definitions.HANDLED,
        definitions.TALK_SUM_MS,
        definitions.WRAPPED,
        definitions.WRAPPED_SUM_MS,
        definitions.WRAPUP_SUM_MS,
        definitions.BLIND,
        definitions.ATTENDED,
        definitions.CORRECTIONS,
    ]
    used = single + [first + place for first, width in wide.items() for place in range(width)]
    assert sorted(used) == list(range(WIDTH))


def test_outcomes_and_reasons() -> None:
    assert [str(one) for one in Outcome] == ["answered", "abandoned", "left"]
    assert [str(one) for one in Left] == [
        "timeout",
        "key",
        "empty",
        "full",
        "withdrawn",
        "callback",
        "system",
    ]
    assert {Left.KEY, Left.CALLBACK, Left.WITHDRAWN} == LEFT_OUT


def test_definitions_have_one_id_each_and_say_themselves_twice() -> None:
    assert max(Counter(one.id for one in DEFINITIONS).values()) == 1
    for one in DEFINITIONS:
        assert re.fullmatch(r"[a-z_]+", one.id)
        assert one.version >= 1
        assert one.formula
        assert re.search(r"[\u4e00-\u9fff]", one.formula_zh)


def test_metrics_are_named_as_prometheus_wants_it() -> None:
    assert max(Counter(one.name for one in METRICS).values()) == 1
    for one in METRICS:
        assert re.fullmatch(r"hotline(_[a-z]+)+", one.name)
        assert (one.kind == "counter") == one.name.endswith("_total")
        assert (one.kind == "info") == one.name.endswith("_info")
        assert one.help.endswith(".")


def test_the_documents_say_the_same() -> None:
    text = (Path(__file__).parents[2] / "docs" / "definitions.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (.+) \|$", text, re.MULTILINE)
    assert rows == [(one.id, str(one.version), one.formula) for one in DEFINITIONS]
    assert ", ".join(map(str, ANSWER_EDGES_S)) in " ".join(text.split())
