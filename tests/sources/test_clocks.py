"""A heartbeat says how far everything was sent: never beyond what was read."""

from typing import Any

from streams.sources.clocks import Clocks

NOW = 1_800_000_000_000


def event(
    at_ms: int, source: str = "pbx", kind: str = "call.queued", **more: Any
) -> dict[str, Any]:
    return {"type": kind, "source": source, "at_ms": at_ms, **more}


def beats(clocks: Clocks, **more: Any) -> list[tuple[str, Any, int]]:
    return [
        (e["source"], e.get("site"), e["at_ms"]) for e in clocks.events("source.heartbeat", **more)
    ]


def test_in_a_backlog_the_clock_is_the_newest_event() -> None:
    clocks = Clocks(60_000)
    clocks.know("pbx", "main")
    assert beats(clocks) == []
    for at_ms in (5_000, 9_000, 7_000):
        clocks.note(event(at_ms, site="main"), NOW)
    assert beats(clocks) == [("pbx", "main", 9_000)]
    assert beats(clocks, ahead_ms=10_000) == [("pbx", "main", 19_000)]


def test_with_nothing_left_to_read_it_is_the_present() -> None:
    clocks = Clocks(60_000)
    clocks.know("pbx", "main")
    assert not clocks.rest(NOW)
    assert clocks.rest(NOW + 200)
    assert beats(clocks) == [("pbx", "main", NOW + 200)]
    clocks.note(event(NOW + 900, site="main"), NOW + 1_000)
    assert beats(clocks) == [("pbx", "main", NOW + 900)]
    assert clocks.behind_ms == 100


def test_a_time_that_nobody_believes_moves_nothing() -> None:
    clocks = Clocks(60_000)
    clocks.note(event(NOW), NOW)
    clocks.note(event(NOW + 60_001), NOW)
    assert beats(clocks) == [("pbx", None, NOW)]


def test_each_source_has_its_own_unless_it_sends_its_own() -> None:
    clocks = Clocks(60_000)
    clocks.note(event(1_000, "one"), NOW)
    clocks.note(event(2_000, "two", site="north"), NOW)
    clocks.note(event(3_000, "three", "source.heartbeat"), NOW)
    assert beats(clocks) == [("one", None, 1_000), ("two", "north", 2_000)]
    stored = Clocks(60_000)
    stored.load(clocks.dump())
    assert beats(stored) == beats(clocks)


def test_a_gap_says_why() -> None:
    clocks = Clocks(60_000)
    clocks.note(event(1_000), NOW)
    [gap] = clocks.events("source.gap", reason="truncated")
    assert gap == {
        "v": 1,
        "id": "gap.1000",
        "type": "source.gap",
        "at_ms": 1_000,
        "source": "pbx",
        "data": {"reason": "truncated"},
    }
