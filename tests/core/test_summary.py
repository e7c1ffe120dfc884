"""A report's figures from rows, against lists written here."""

from collections.abc import Iterable

import pytest

from streams.core.rows import Row
from streams.core.summary import max_waiting, summary
from tests.core.histories import event, folded, rows_of


def rows(*histories: Iterable[tuple[object, ...]]) -> list[Row]:
    made = []
    for number, history in enumerate(histories):
        for kind, at_s, *more in history:
            assert isinstance(kind, str)
            assert isinstance(at_s, int)
            made.append(event(kind, at_s, f"c{number}", **dict(more)))  # type: ignore[arg-type]
    return rows_of(folded(made))


def test_of_nothing() -> None:
    found = summary([])
    assert found["offered"] == found["max_waiting"] == 0
    assert found["left"] == {}
    assert found["answer"]["mean_s"] is None
    assert found["handle"] == {"count": 0, "sum_ms": 0, "mean_s": None}


def test_of_some() -> None:
    found = summary(
        rows(
            [("queued", 0), ("answered", 3), ("ended", 10, ("talk", 6))],
            [
                ("queued", 1),
                ("answered", 21),
                ("ended", 30),
                ("transferred", 30, ("kind", "blind")),
            ],
            [("queued", 2), ("abandoned", 7)],
            [("queued", 2), ("left", 8, ("reason", "key"))],
            [("queued", 2), ("left", 8, ("reason", "empty"))],
            [("queued", 3)],
            [("queued", 4), ("answered", 5)],
        )
    )
    assert {
        name: found[name] for name in ("offered", "answered", "abandoned", "waiting", "talking")
    } == {
        "offered": 7,
        "answered": 3,
        "abandoned": 1,
        "waiting": 1,
        "talking": 1,
    }
    assert found["left"] == {"empty": 1, "key": 1}
    assert found["transferred"] == {"blind": 1, "attended": 0}
    assert found["answer"]["sum_ms"] == 24_000
    assert found["answer"]["within"]["3"] == 2
    assert found["answer"]["within"]["20"] == 3
    assert (found["answer"]["p50_s"], found["answer"]["p90_s"]) == (3.0, 20.0)
    assert found["abandon"] == {"count": 1, "sum_ms": 5000, "within": {"3": 0, "5": 1, "20": 1}}
    assert found["handle"] == {"count": 2, "sum_ms": 15_000, "mean_s": 7.5}
    assert found["max_waiting"] == 6


def test_to_the_millisecond() -> None:
    history = [
        event("queued", 0, "a"),
        event("answered", 0, "a"),
        event("ended", 0, "a"),
        event("queued", 0, "b"),
        event("answered", 3.001, "b"),
    ]
    found = summary(rows_of(folded(history)))
    assert found["answer"] == {
        "count": 2,
        "sum_ms": 3001,
        "mean_s": 1.5005,
        "p50_s": 0.0,
        "p90_s": 3.001,
        "p95_s": 3.001,
        "within": {
            "3": 1, "5": 2, "9": 2, "10": 2, "15": 2, "20": 2, "30": 2, "60": 2, "180": 2,
        },
    }  # fmt: skip
    assert found["handle"] == {"count": 1, "sum_ms": 0, "mean_s": 0.0}


def test_handle_is_of_one_kind() -> None:
    found = summary(
        rows(
            [("queued", 0), ("answered", 1), ("ended", 5), ("wrapped_up", 8)],
            [("queued", 0), ("answered", 1), ("ended", 100)],
        )
    )
    assert found["handle"] == {"count": 1, "sum_ms": 7000, "mean_s": 7.0}


@pytest.mark.parametrize(
    ("spans", "most"),
    [
        ([], 0),
        ([(0, 10)], 1),
        ([(0, 10), (10, 20)], 1),  # leaving and entering at one moment is not two
        ([(0, 10), (9, 20)], 2),
        ([(0, 10), (0, 10), (0, 10)], 3),
        ([(5, 5)], 0),  # no time at all
        ([(5, 5), (0, 10)], 1),
        ([(0, None), (3, None)], 2),
    ],
)
def test_most_waiting_at_once(spans: list[tuple[int, int | None]], most: int) -> None:
    found = rows(
        *(
            [("queued", first), *([("abandoned", last)] if last is not None else [])]
            for first, last in spans
        )
    )
    assert max_waiting(found) == most
