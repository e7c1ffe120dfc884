"""Canonical events as JSON lines: one event or an array of events per line, as on Kafka."""

from __future__ import annotations

from typing import Any

from streams.sources.readers import JsonReader
from streams.sources.taken import Fate, Taken


class Canonical(JsonReader):
    """A reader of JSON lines. Their form is looked at here, the core judges the events."""

    def _take(self, found: Any) -> Taken:  # noqa: ANN401 - the core judges
        return Taken(Fate.ACCEPTED, events=found if isinstance(found, list) else [found])
