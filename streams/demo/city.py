"""A simulated city hotline beside the recording: its day is today, as time goes by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from streams.simulate import deliveries
from streams.simulator.pacing import moved
from streams.simulator.profiles import DEFAULT, load_profile
from streams.simulator.telling import HEARTBEAT
from streams.simulator.truth import DAYS_MAX, Plan

EventDict = dict[str, Any]
# What the morning has brought is sent in such pieces, so that the recording goes on meanwhile.
_EVENTS_AT_ONCE = 5_000
# Signs of life older than that say nothing to anybody who looks now.
_BEATS_KEPT_MS = 60_000


class City:
    """`step` sends what has happened since the last one; at first, all of today.

    `deliver` gets events with their topic, calls or chats.
    """

    def __init__(self, deliver: Callable[[str, list[EventDict]], None], now_ms: int) -> None:
        self._deliver = deliver
        # Another run into the same Kafka has calls of its own.
        self._round = str(now_ms)
        self._coming = _today(now_ms)
        self._following = next(self._coming, None)

    def step(self, now_ms: int) -> None:
        """Send what is due."""
        due: dict[str, list[EventDict]] = defaultdict(list)
        taken = 0
        while self._following is not None and taken < _EVENTS_AT_ONCE:
            came_ms, channel, event = self._following
            if came_ms > now_ms:
                break
            if event["type"] != HEARTBEAT or came_ms > now_ms - _BEATS_KEPT_MS:
                due[channel].append(moved(event, self._round, 0))
                taken += 1
            self._following = next(self._coming, None)
        for channel, events in due.items():
            self._deliver(channel, events)


def _today(now_ms: int) -> Iterator[tuple[int, str, EventDict]]:
    """(when it comes, channel, event) of today and the days after it."""
    profile = load_profile(DEFAULT)
    today = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ZoneInfo(profile.timezone)).date()
    plan = Plan(profile, DEFAULT, first=today, days=DAYS_MAX)
    for came_ms, channel, event in deliveries(plan.played()):
        if not isinstance(event, bytes):
            yield came_ms, channel, event
