"""Every limit of the core, named, with its reason: nothing here grows or waits without an end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

MINUTE_MS = 60_000
QUARTER_MS = 15 * MINUTE_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

# Rolling windows reach back one hour; a second one lets corrections find their minute.
MINUTES_KEPT_MS = 2 * HOUR_MS
# Two local days of 25 hours (autumn), so that yesterday is whole wherever the queue is.
QUARTERS_KEPT_MS = 50 * HOUR_MS
# A month to date and the days before it, for reports from the state alone.
DAYS_KEPT = 40
# A visit's identifiers are remembered to tell copies; nobody's call has more events than this.
EVENTS_PER_CONTACT_MAX = 512
# Many phones rung again and again must not use up the room of the answer.
RINGS_PER_CONTACT_MAX = 256
VISITS_PER_CONTACT_MAX = 64
# The messages of a long day's conversation; what is more belongs into another one.
MARKS_PER_CHAT_MAX = 2_000
# A conversation nobody has written in for a long weekend has been forgotten, not left open.
CHAT_SILENCE_MS = 3 * DAY_MS
# A time-out is a guess: for a day the caller may still be answered, and must not count twice then.
TIMED_OUT_KEPT_MS = DAY_MS
# Reasons why contacts never reached a queue are words of the sources'; the rest are `other`.
OUTSIDE_MAX = 100
# Exact waits a bucket keeps before it rounds them up to steps of one per cent.
EXACT_WAITS_MAX = 256
# A later time is a broken clock or milliseconds taken for seconds (year 2100).
AT_MS_MAX = 4_102_444_800_000
# The longest duration that is believed: forty days.
DURATION_MS_MAX = 40 * DAY_MS
TEXT_MAX = 256
# Sources a partition tells apart; the rest share one clock named `other`.
SOURCES_MAX = 200

OTHER = "other"


def _utc(site: str, queue: str) -> str:  # noqa: ARG001 - the shape of a zone lookup
    return "UTC"


def _at_once(at_ms: int) -> int:
    return at_ms


def _always_open(site: str, queue: str) -> Callable[[int], int]:  # noqa: ARG001 - as above
    return _at_once


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How a partition is folded; milliseconds throughout. A change acts on what is folded next."""

    allowed_lateness_ms: int = 15 * MINUTE_MS
    future_ms: int = MINUTE_MS
    max_disorder_ms: int = 5_000
    disorder_by_source: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    waiting_timeout_ms: int = 2 * HOUR_MS
    talking_timeout_ms: int = 4 * HOUR_MS
    queues_max: int = 500
    contacts_max: int = 100_000
    chat_silence_ms: int = CHAT_SILENCE_MS
    zone_of: Callable[[str, str], str] = _utc
    # By site and queue: when the clock of a reply starts for who asked at that time (ms).
    opening_of: Callable[[str, str], Callable[[int], int]] = _always_open

    def disorder_of(self, source: str) -> int:
        """How far out of order this source's events may come, in ms."""
        return self.disorder_by_source.get(source, self.max_disorder_ms)
