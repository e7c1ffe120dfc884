"""Moving events to the present, and how far a pace has come."""

from streams.simulator.pacing import Pace, retimed


def test_a_pace() -> None:
    pace = Pace(first_ms=1_000_000, begin_ms=50, speed=10)
    assert pace.reached_ms(50) == 1_000_000
    assert pace.reached_ms(150) == 1_001_000


def test_calls_of_their_own_that_end_now() -> None:
    events = [
        {"id": "x", "at_ms": 10, "contact": "c"},
        {"id": "y", "at_ms": 30, "source": "s"},
    ]
    assert retimed(events, "r", 1_000) == [
        {"id": "x-r", "at_ms": 980, "contact": "c-r"},
        {"id": "y-r", "at_ms": 1_000, "source": "s"},
    ]
    assert events[0]["at_ms"] == 10
