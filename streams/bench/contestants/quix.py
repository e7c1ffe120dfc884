"""Quix Streams with the small state, in the form that was fastest here.

Values come as bytes and are read by orjson, the state is a plain dictionary in the step (its own
store, RocksDB with a changelog, is slower), commits every 5 s (its default), no topics made.
"""

from __future__ import annotations

import os
import sys

import orjson
from quixstreams import Application

from streams.bench.contestants.progress import Progress
from streams.bench.small_state import SmallState


def run(bootstrap: str, topic: str) -> None:
    """Read until ended from outside."""
    progress, state = Progress(), SmallState()
    app = Application(
        broker_address=bootstrap,
        consumer_group=f"bench-quix-{os.getpid()}",
        auto_offset_reset="earliest",
        auto_create_topics=False,
        use_changelog_topics=False,
        loglevel="ERROR",
        consumer_extra_config={"queued.min.messages": 200_000, "fetch.wait.max.ms": 100},
    )

    def fold(value: bytes) -> None:
        state.fold(orjson.loads(value))
        progress.events += 1

    app.dataframe(app.topic(topic, value_deserializer="bytes")).update(fold)
    app.run()


if __name__ == "__main__":
    run(*sys.argv[1:])
