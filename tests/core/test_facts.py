"""When what is known of a visit is final."""

import pytest

from streams.core.facts import left_settled_ms, read, served_settled_ms
from streams.core.limits import Rules
from streams.core.visit import Visit
from tests.core.histories import NOON_MS, event, merged

RULES = Rules()
LATE = RULES.allowed_lateness_ms


def _visit(*events: tuple[object, ...]) -> Visit:
    visit = Visit()
    for kind, at_s, *more in events:
        assert isinstance(kind, str)
        assert isinstance(at_s, int)
        merged(visit, event(kind, at_s, **dict(more)))  # type: ignore[arg-type]
    return visit


def test_nothing_seen_is_nothing() -> None:
    assert read(Visit()) == (None, None, None)


def test_the_three_facts() -> None:
    visit = _visit(
        ("queued", 0), ("answered", 5), ("ended", 9), ("transferred", 9, ("kind", "blind"))
    )
    key = ("main", "q")
    assert read(visit) == (
        (key, NOON_MS),
        (key, NOON_MS, NOON_MS + 5000, "answered", 5000),
        (key, NOON_MS, NOON_MS + 5000, 4000, -1, "blind", False),
    )


@pytest.mark.parametrize(
    ("events", "settled_ms"),
    [
        ([("queued", 0), ("answered", 5)], 5000 + 5000),
        ([("queued", 0), ("abandoned", 5)], 5000 + 5000),
        ([("queued", 0), ("left", 5, ("reason", "key"))], 5000 + 5000),
        ([("answered", 5, ("wait", 3))], 5000 + LATE),  # its entering may still come
        ([("queued", 0), ("left", 5, ("reason", "system"))], 5000 + LATE),
        ([("queued", 0), ("ended", 5)], 5000 + LATE),
        ([("queued", 0), ("ended", 9, ("talk", 4))], 5000 + LATE),  # so may the answer
    ],
)
def test_how_it_left_is_final_at_once_or_after_the_lateness(
    events: list[tuple[object, ...]], settled_ms: int
) -> None:
    visit = _visit(*events)
    leave = read(visit)[1]
    assert leave is not None
    assert left_settled_ms(visit, leave, RULES, 5000) == NOON_MS + settled_ms


@pytest.mark.parametrize(
    ("events", "settled_ms"),
    [
        ([("answered", 5)], None),
        ([("answered", 5), ("ended", 9, ("talk", 4))], 9000 + 5000),
        ([("answered", 5), ("ended", 9)], 9000 + LATE),  # its length may still be told
        ([("answered", 5), ("ended", 9, ("by", "system"))], 9000 + LATE),
        ([("answered", 5), ("ended", 9, ("talk", 4)), ("wrapped_up", 20)], 20_000 + 5000),
        ([("answered", 5), ("ended", 9, ("talk", 4), ("by", "transfer"))], 9000 + LATE),
        (
            [
                ("answered", 5),
                ("transferred", 9, ("kind", "blind")),
                ("ended", 9, ("talk", 4), ("by", "transfer")),
            ],
            9000 + 5000,
        ),
    ],
)
def test_how_it_was_served_is_final_when_nothing_more_is_announced(
    events: list[tuple[object, ...]], settled_ms: int | None
) -> None:
    found = served_settled_ms(_visit(("queued", 0), *events), RULES, 5000)
    assert found == (None if settled_ms is None else NOON_MS + settled_ms)


def test_an_announced_wrap_up_is_waited_for() -> None:
    visit = _visit(("queued", 0), ("answered", 5))
    merged(visit, event("ended", 9, talk=4, data={"wrapup_follows": True}))
    assert served_settled_ms(visit, RULES, 5000) == NOON_MS + 9000 + LATE
    merged(visit, event("wrapped_up", 30))
    assert served_settled_ms(visit, RULES, 5000) == NOON_MS + 30_000 + 5000
