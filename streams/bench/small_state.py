"""The small state that the contestants keep: enough to count, far less than a hotline's figures.

A contestant that does less work than the worker is what the worker is compared with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ENTERED, ANSWERED, WAIT_MS, ABANDONED, DONE = range(5)


class SmallState:
    """Open calls with the time of entering, and five sums a queue."""

    def __init__(self) -> None:
        self.calls: dict[str, int] = {}
        self.queues: dict[str, list[int]] = {}

    def fold(self, event: Mapping[str, Any]) -> None:
        """Take one event."""
        kind, contact = event["type"], event["contact"]
        sums = self.queues.get(event["queue"])
        if sums is None:
            sums = self.queues[event["queue"]] = [0] * 5
        if kind == "call.queued":
            self.calls[contact] = event["at_ms"]
            sums[ENTERED] += 1
        elif kind == "call.answered":
            entered_ms = self.calls.get(contact)
            sums[ANSWERED] += 1
            if entered_ms is not None:
                sums[WAIT_MS] += event["at_ms"] - entered_ms
        elif kind == "call.abandoned":
            sums[ABANDONED] += 1
            self.calls.pop(contact, None)
        elif kind == "call.wrapped_up":
            sums[DONE] += 1
            self.calls.pop(contact, None)
