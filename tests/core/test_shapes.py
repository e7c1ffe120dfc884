"""What events have in common is looked at once, and never believed of another."""

from typing import Any

import pytest

from streams.core.definitions import CORRECTIONS
from streams.core.events import explain
from streams.core.shapes import Shapes, may_wait
from streams.core.state import PartitionState
from streams.core.visit import Visit
from tests.core.histories import event, folded, heartbeat, merged


def test_events_alike_share_a_shape() -> None:
    shapes = Shapes("calls")
    first = shapes.of(event("answered", 0, "a", agent="x", wait=3))
    assert first is not None
    assert shapes.of(event("answered", 9, "b", agent="y", wait=1)) is first
    for other in (
        event("queued", 0),
        event("answered", 0, queue="r"),
        event("answered", 0, source="s"),
        event("answered", 0, site="north"),
        event("answered", 0, visit=2),
        event("answered", 0, backfill=True),
        event("answered", 0, lateness_ms=0),
    ):
        assert shapes.of(other) is not first


def test_no_queue_is_not_taken_for_any_queue() -> None:
    shapes = Shapes("calls")
    assert shapes.of(event("ended", 0, queue=None)) is not None
    named = shapes.of(event("ended", 0, queue="r"))
    assert named is not None
    assert named.key == ("main", "r")


def test_what_is_alike_is_explained_once(monkeypatch: pytest.MonkeyPatch) -> None:
    explained: list[object] = []

    def noting(*told: Any) -> object:
        explained.append(told[0])
        return explain(*told)

    monkeypatch.setattr("streams.core.shapes.explain", noting)
    shapes = Shapes("calls")
    more: dict[str, Any]
    change: dict[str, Any]
    for more in ({}, {"v": 1, "visit": 2}, {"site": "north"}, {"queue": None}):
        first, later = (event("answered", at_s, f"c{at_s}", **more) for at_s in (0, 9))
        del first["v"]
        shape = shapes.of(first)
        assert explained == [first]
        later |= {"agent": "x", "customer": "5550100", "data": {"wait_ms": 3}}
        for change in (
            {},
            {"agent": "y"},
            {"at_ms": 1, "data": {}},
            {"id": "i"},
            {"id": "i" * 254},
        ):
            assert shapes.of(later | change) is shape
        del later["v"]
        assert shapes.of(later) is shape
        assert explained == [first]
        explained.clear()
    assert shapes._names == {None, "x", "y"}
    for at_s in (0, 9):  # and what must be looked at closely, once each time
        assert shapes.of(event("left", at_s, reason="key")) is not None
    assert len(explained) == 2


def test_a_shape_says_what_is_common() -> None:
    shapes = Shapes("calls")
    made = event("left", 0, queue="q", site="north", visit=3, reason="key")
    shape = shapes.of(made | {"backfill": True, "lateness_ms": 70})
    assert shape is not None
    assert (shape.kind, shape.source, shape.site) == ("call.left", "pbx", "north")
    assert (shape.key, shape.number, shape.keep_ms) == (("north", "q"), 3, 70)
    plain = shapes.of(event("ended", 0, queue=None, lateness_ms=70))
    assert plain is not None
    assert (plain.key, plain.site, plain.number, plain.keep_ms) == (None, "main", 1, None)


def test_visits_of_a_queue_share_its_key() -> None:
    shapes = Shapes("calls")
    one, other = shapes.of(event("queued", 0)), shapes.of(event("answered", 0))
    assert one is not None
    assert other is not None
    assert one.key is other.key


def test_a_heartbeat_writes_nothing() -> None:
    shape = Shapes("calls").of(heartbeat(0))
    assert shape is not None
    assert shape.write is None


@pytest.mark.parametrize(
    "change",
    [
        {"visit": True}, {"visit": 1.0}, {"visit": None}, {"v": None}, {"v": 2},
        {"backfill": None}, {"backfill": 0}, {"lateness_ms": None}, {"lateness_ms": -1},
        {"lateness_ms": True}, {"at_ms": True}, {"at_ms": 1.5}, {"id": ""}, {"id": "x" * 257},
        {"contact": 5}, {"contact": "a\nb"}, {"agent": ""}, {"agent": []}, {"customer": 5550100},
        {"queue": []}, {"data": []}, {"data": {"wait_ms": -1}}, {"data": {"by": 1}},
        {"source": {}}, {"type": []},
    ],
)  # fmt: skip
def test_a_shape_that_is_known_covers_no_damage(change: dict[str, Any]) -> None:
    shapes, good = Shapes("calls"), event("answered", 0, wait=3)
    assert shapes.of(good) is not None
    bad = good | change
    assert explain(bad, "calls") is not None
    more: dict[str, Any]
    for more in ({"lateness_ms": 1}, {"backfill": False}, {"backfill": False, "lateness_ms": 1}):
        assert shapes.of(good | more) is not None
        assert shapes.of(more | bad) is None
    assert shapes.of(bad) is None


@pytest.mark.parametrize("kind", ["left", "transferred"])
def test_what_needs_its_data_is_looked_at_each_time(kind: str) -> None:
    shapes = Shapes("calls")
    good = event(kind, 0, data={"reason": "key", "kind": "blind"})
    assert shapes.of(good) is not None
    for data in ({}, None, {"reason": "boredom", "kind": "magic"}):
        assert shapes.of(good | {"data": data}) is None


def test_no_flood_of_names_fills_the_memory() -> None:
    state = PartitionState()
    shapes = state._shapes
    for number in range(10_000):
        made = event("ringing", 0, queue=f"n{number}", id=str(number))
        assert state.fold_event(made, None) is None or number >= 256
        assert len(shapes._shapes) <= 8192
    for number in range(10_000):
        assert shapes.of(event("ringing", 0, agent=f"n{number}")) is not None
        assert len(shapes._names) <= 8192
    assert {None, "n9998", "n9999"} <= shapes._names


def visit_of(*history: dict[str, Any]) -> Visit:
    visit = Visit()
    visit.key = ("main", "q")
    for one in history:
        merged(visit, one)
    return visit


QUEUED, ANSWERED = event("queued", 0), event("answered", 5)
ENDED = event("ended", 9, talk=4)
ANNOUNCED = event("ended", 9, talk=4, data={"wrapup_follows": True})
WRAPPED = event("wrapped_up", 12, wrapup=3)


@pytest.mark.parametrize(
    ("history", "one", "waits"),
    [
        ((QUEUED,), ANSWERED, True),
        ((QUEUED,), event("abandoned", 5), True),
        ((QUEUED, ANSWERED), ENDED, True),
        ((QUEUED, ANSWERED), event("transferred", 8, kind="blind"), True),
        ((QUEUED, ANSWERED, ANNOUNCED), WRAPPED, True),
        # What may be final by now could be contradicted.
        ((QUEUED, ANSWERED), event("answered", 4, agent="x"), False),
        ((QUEUED, ANSWERED), event("abandoned", 4), False),
        ((QUEUED, ANSWERED, ENDED), WRAPPED, False),
        ((QUEUED, ANSWERED, ANNOUNCED, WRAPPED), event("wrapped_up", 11), False),
        ((QUEUED, ANSWERED, ANNOUNCED), event("ended", 8, talk=3), False),
        ((QUEUED, event("abandoned", 5)), ENDED, False),
        ((QUEUED, ANSWERED, event("abandoned", 7)), ENDED, False),
        ((QUEUED, ANSWERED, event("left", 7, reason="system")), ENDED, False),
        ((ANSWERED,), ENDED, False),
        ((QUEUED, ANSWERED), event("ended", 9, talk=4, queue="r"), False),
    ],
)
def test_what_may_wait(
    history: tuple[dict[str, Any], ...], one: dict[str, Any], *, waits: bool
) -> None:
    visit, shapes = visit_of(*history), Shapes("calls")
    shape = shapes.of(one)
    assert shape is not None
    if one.get("queue") == "q":
        shape.key = visit.key
    assert may_wait(visit, shape) is waits
    visit.counted = True
    assert may_wait(visit, shape) is False


def test_a_correction_is_found_however_seldom_somebody_looks() -> None:
    """The answer is final when the earlier hang-up comes, though nobody has looked meanwhile."""
    history = [QUEUED, ANSWERED, heartbeat(60), event("abandoned", 4), heartbeat(90)]
    counts = folded(history).queues["main", "q"]
    looked = folded(history[:3])
    assert looked.queues
    for one in history[3:]:
        looked.fold_event(one, None)
    assert looked.queues["main", "q"].totals == counts.totals
    assert counts.totals.cells[CORRECTIONS] == 1
