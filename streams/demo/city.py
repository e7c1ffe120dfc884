"""A simulated city hotline beside the recording: its day is today, as time goes by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from streams.simulate import deliveries
from streams.simulator.pacing import moved
from streams.simulator.profiles import DEFAULT, load_profile
from streams.simulator.truth import DAYS_MAX, Plan

EventDict = dict[str, Any]
# What the morning has brought is sent in such pieces, so that the recording goes on meanwhile.
_EVENTS_AT_ONCE = 5_000
# Signs of life older than that say nothing to anybody who looks now.
_BEATS_KEPT_MS = 60_000


class City:
    """`step` sends by `deliver` what has happened since the last one; at first, all of today."""

    def __init__(self, deliver: Callable[[list[EventDict]], None], now_ms: int) -> None:
        self._deliver = deliver
        # Another run into the same Kafka has calls of its own.
        self._round = str(now_ms)
        self._coming = _calls(now_ms)
        self._following = next(self._coming, None)

    def step(self, now_ms: int) -> None:
        """Send what is due."""
        due: list[EventDict] = []
        while self._following is not None and len(due) < _EVENTS_AT_ONCE:
            came_ms, event = self._following
            if came_ms > now_ms:
                break
            if event["type"] != "source.heartbeat" or came_ms > now_ms - _BEATS_KEPT_MS:
                due.append(moved(event, self._round, 0))
            self._following = next(self._coming, None)
        if due:
            self._deliver(due)


def _calls(now_ms: int) -> Iterator[tuple[int, EventDict]]:
    """The calls of today and the days after it, with the times when they come."""
    profile = load_profile(DEFAULT)
    today = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ZoneInfo(profile.timezone)).date()
    plan = Plan(profile, DEFAULT, first=today, days=DAYS_MAX)
    for came_ms, channel, event in deliveries(plan.played()):
        if channel == "calls" and not isinstance(event, bytes):
            yield came_ms, event
