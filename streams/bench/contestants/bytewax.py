"""Bytewax with the small state, in the form that was fastest here.

One worker, batches of 5,000 messages, each batch folded by one call of `flat_map_batch`; the state
is a plain dictionary in the step (`stateful_map` is slower), no recovery store.
"""

from __future__ import annotations

import sys
from typing import Any

import orjson
from bytewax import operators
from bytewax.connectors.kafka import KafkaSource
from bytewax.connectors.stdio import StdOutSink
from bytewax.dataflow import Dataflow
from bytewax.testing import run_main

from streams.bench.contestants.progress import Progress
from streams.bench.small_state import SmallState

BATCH_MESSAGES = 5000


def flow(bootstrap: str, topic: str) -> Dataflow:
    """The dataflow; it ends with the process."""
    progress, state = Progress(), SmallState()

    def fold(messages: list[Any]) -> list[str]:
        for message in messages:
            state.fold(orjson.loads(message.value))
        progress.events += len(messages)
        return []

    dataflow = Dataflow("bench")
    source: Any = KafkaSource([bootstrap], [topic], tail=True, batch_size=BATCH_MESSAGES)
    messages = operators.input("read", dataflow, source)
    operators.output("nothing", operators.flat_map_batch("fold", messages, fold), StdOutSink())
    return dataflow


if __name__ == "__main__":
    run_main(flow(*sys.argv[1:]))
