"""What `hotline bench` runs by name, in the sizes that its figures stand for.

Refuses to print: it hands out the object and the words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from streams.bench import checkpoint, latency, memory, throughput
from streams.bench.samples import MeasureError
from streams.bench.steady import Steady

Say = Callable[[str], None]

BENCHES: Mapping[str, tuple[Callable[[Say], dict[str, Any]], Callable[[dict[str, Any]], str]]] = {
    "throughput": (lambda say: throughput.measure(throughput.Size(), say), throughput.words),
    "latency": (lambda say: latency.measure(Steady(), say), latency.words),
    "memory": (lambda say: memory.measure(memory.COUNTS, say), memory.words),
    "checkpoint": (lambda say: checkpoint.measure(checkpoint.Size(), say), checkpoint.words),
}


def run_bench(what: str, say: Say) -> tuple[dict[str, Any], str]:
    """The object to print and the same for people; MeasureError where there is no result."""
    measure, words = BENCHES[what]
    try:
        found = measure(say)
    except KeyboardInterrupt:
        raise MeasureError("stopped; nothing is left running") from None
    return found, words(found)
