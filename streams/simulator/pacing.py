"""Recorded and simulated events moved to the present, and how far they are by now.

It owns no clock.
"""

from __future__ import annotations

from typing import Any

EventDict = dict[str, Any]


class Pace:
    """From the event time `first_ms` at `begin_ms` on, `speed` times faster than life."""

    def __init__(self, first_ms: int, begin_ms: int, speed: float) -> None:
        self._first_ms, self._begin_ms, self._speed = first_ms, begin_ms, speed

    def reached_ms(self, now_ms: int) -> float:
        """The event time that is reached now."""
        return self._first_ms + (now_ms - self._begin_ms) * self._speed


def moved(event: EventDict, round_name: str, shift_ms: int) -> EventDict:
    """The event at another time, as one of a contact of its own of this round."""
    named = {"contact": f"{event['contact']}-{round_name}"} if "contact" in event else {}
    return {
        **event,
        "at_ms": event["at_ms"] + shift_ms,
        "id": f"{event['id']}-{round_name}",
        **named,
    }


def retimed(events: list[EventDict], round_name: str, end_ms: int) -> list[EventDict]:
    """The events as calls of their own of this round, the last of them at `end_ms`."""
    shift_ms = end_ms - max(event["at_ms"] for event in events)
    return [moved(event, round_name, shift_ms) for event in events]
