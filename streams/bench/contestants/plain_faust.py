"""Faust as its guide shows it: a `Record`, an agent, one `Table` write per event, memory store."""

from __future__ import annotations

import os
import sys
import tempfile

import faust

from streams.bench.contestants.progress import Progress


class CallEvent(faust.Record, serializer="json"):
    """The fields that the small state needs; the guide's models name what they use."""

    id: str
    type: str
    at_ms: int
    source: str
    contact: str
    queue: str
    site: str
    agent: str | None = None


def make_app(bootstrap: str, topic: str, folder: str) -> faust.App:
    """The app, as the guide writes it."""
    progress = Progress()
    app = faust.App(
        f"bench-plain-faust-{os.getpid()}",
        broker=f"kafka://{bootstrap}",
        store="memory://",
        datadir=folder,
        web_enabled=False,
        topic_partitions=8,
        consumer_auto_offset_reset="earliest",
    )
    events = app.topic(topic, key_type=bytes, value_type=CallEvent)
    calls = app.Table("calls", default=int)
    waits_ms: dict[str, int] = {}
    answered: dict[str, int] = {}

    @app.agent(events)
    async def count(stream: faust.StreamT[CallEvent]) -> None:
        async for event in stream:
            if event.type == "call.queued":
                calls[event.contact] = event.at_ms
            elif event.type == "call.answered":
                entered_ms = calls[event.contact]
                waits_ms[event.queue] = waits_ms.get(event.queue, 0) + event.at_ms - entered_ms
                answered[event.queue] = answered.get(event.queue, 0) + 1
                calls[event.contact] = event.at_ms
            elif event.type in ("call.abandoned", "call.wrapped_up"):
                calls.pop(event.contact, None)
            else:
                calls[event.contact] = event.at_ms
            progress.events += 1

    return app


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="hotline-bench-faust-") as state_folder:
        plain = make_app(sys.argv[1], sys.argv[2], state_folder)
        sys.argv[1:] = ["worker", "--loglevel", "error"]
        plain.main()
