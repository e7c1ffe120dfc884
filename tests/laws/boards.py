"""A board from states, and what may be compared of two of them."""

from typing import Any

import orjson

from streams.core.book import Part, QueueParts, board_of
from streams.core.limits import Rules
from streams.core.state import PartitionState
from streams.core.targets import Target
from streams.wire.snapshot import dump
from tests.laws.hostile import Event

TARGET = Target()


def parts(*states: PartitionState) -> dict[str, Part]:
    """{queue: its part} over partitions."""
    made: dict[str, Part] = {}
    for site, queue in sorted({key for state in states for key in state.queues}):
        counts = [state.queues[site, queue] for state in states if (site, queue) in state.queues]
        waiting = sorted(at for each in counts for at in each.waiting.values())
        made[queue] = (QueueParts(counts, waiting), TARGET)
    return made


def board(*states: PartitionState) -> dict[str, Any]:
    """Every queue's tile and the total's at the newest event time."""
    now_ms = max((state.clock_ms for state in states), default=0)
    found = parts(*states)
    tiles = {queue: board_of([part], now_ms) for queue, part in found.items()}
    return {**tiles, "*": board_of(list(found.values()), now_ms)}


def bytes_of(state: PartitionState) -> bytes:
    """The snapshot without its offset, which says how many records there were."""
    offset, state.offset = state.offset, 0
    value = dump(state)
    state.offset = offset
    return value


def provisional(state: PartitionState) -> Any:
    """All that a snapshot holds but what was counted as final, and when."""
    figures, contacts = (orjson.loads(line) for line in bytes_of(state).splitlines())
    for *_, counts in figures["queues"]:
        del counts["totals"]
    # A queue from which all was taken back has counters only.
    now = ("minutes", "quarters", "days", "waiting", "talking")
    figures["queues"] = [one for one in figures["queues"] if any(one[-1][name] for name in now)]
    for contact in contacts:
        for visit in contact[-1]:
            del visit[-2:]  # counted, served
    return figures, contacts


def totals(state: PartitionState) -> dict[tuple[str, str], list[int]]:
    """The counters' columns by queue."""
    return {key: list(counts.totals.cells) for key, counts in state.queues.items()}


def fold(history: list[Event], rules: Rules | None = None) -> PartitionState:
    state = PartitionState("calls", rules)
    for offset, one in enumerate(history):
        state.fold(offset, None, [one])
    return state
