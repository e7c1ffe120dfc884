"""The small state counts what a naive look at the calls counts."""

from streams.bench.load import Load
from streams.bench.small_state import SmallState


def test_it_counts_calls() -> None:
    calls = list(Load(1_763_800_000_000).calls(1_000))
    state = SmallState()
    for call in calls:
        for event in call:
            state.fold(event)
    answered = [call for call in calls if call[1]["type"] == "call.answered"]
    wait_ms = sum(call[1]["at_ms"] - call[0]["at_ms"] for call in answered)
    sums = [sum(column) for column in zip(*state.queues.values(), strict=True)]
    assert sums == [len(calls), len(answered), wait_ms, len(calls) - len(answered), len(answered)]
    assert state.calls == {}
