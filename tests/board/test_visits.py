"""The file of closed visits: what is true of two rows, where it goes on, what damages it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.board.reader import Record
from streams.board.visits import VisitsFileError, VisitStore
from streams.core.book import Span

ALL = Span(0, 10_000, "left")


def row(contact: str = "a", visit: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "contact": contact,
        "visit": visit,
        "site": "main",
        "queue": "sales",
        "entered_ms": 1000,
        "left_ms": 2000,
        **changes,
    }


def record(content: Any, position: int = 0, based_on: int | None = 5, partition: int = 0) -> Record:
    value = content if isinstance(content, bytes | None) else orjson.dumps(content)
    return Record(partition, position, b"key", value, based_on)


def opened(path: Path, identity: str = "t") -> VisitStore:
    store = VisitStore(path)
    store.begin(identity)
    return store


def listed(store: VisitStore, where: Span = ALL) -> list[tuple[int, int, Any]]:
    return sorted(store.between("main", "sales", where), key=lambda each: each[2]["contact"])


def test_the_row_that_rests_on_more_is_true(tmp_path: Path) -> None:
    store = opened(tmp_path / "v.sqlite")
    store.take([record(row(left_ms=3000), based_on=9), record(row(left_ms=2000), 1, based_on=7)])
    ((partition, based_on, found),) = listed(store)
    assert (partition, based_on, found["left_ms"]) == (0, 9, 3000)
    store.take([record(row(left_ms=4000), 2, based_on=9)])
    assert listed(store)[0][2]["left_ms"] == 4000


def test_windows_are_half_open(tmp_path: Path) -> None:
    store = opened(tmp_path / "v.sqlite")
    store.take([record(row("a")), record(row("b", entered_ms=2000, left_ms=3000), 1)])
    assert [each["contact"] for *_, each in listed(store, Span(2000, 3000, "left"))] == ["a"]
    assert [each["contact"] for *_, each in listed(store, Span(1001, 2001, "entered"))] == ["b"]


def test_it_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "v.sqlite"
    store = opened(path)
    store.take([record(row("a"), 41), record(None, 42)])
    store.take([record(row("b"), 7, partition=3)])
    store.close()
    again = VisitStore(path)
    assert again.begin("t") == {0: 43, 3: 8}
    assert len(listed(again)) == 2


def test_another_topic_of_the_same_name_empties_it(tmp_path: Path) -> None:
    store = opened(tmp_path / "v.sqlite", "first")
    store.take([record(row())])
    assert store.begin("second") == {}
    assert listed(store) == []


def test_rubbish_is_counted_and_passed_over(tmp_path: Path) -> None:
    store = opened(tmp_path / "v.sqlite")
    store.take([record(b"\xff"), record([1]), record({"contact": "x"}), record(row(), 4)])
    assert store.refused == 3
    assert len(listed(store)) == 1
    assert store.begin("t") == {0: 5}


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "v.sqlite"
    path.write_bytes(b"no database at all, but long enough to be read as one" * 50)
    store = opened(path)
    store.take([record(row())])
    assert len(listed(store)) == 1


def test_a_file_of_another_version_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "v.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE visits (something TEXT)")
    connection.close()
    store = opened(path)
    store.take([record(row())])
    assert len(listed(store)) == 1


def test_a_file_that_cannot_be_says_which_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for path in (tmp_path / "file" / "v.sqlite", tmp_path):
        with pytest.raises(VisitsFileError, match=r"board\.visits_database.*can be written"):
            VisitStore(path)
