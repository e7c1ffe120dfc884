"""What goes wrong between a day's truth and who reads of it: seeded, listed, and reckoned with.

Each fault says what the figures must be afterwards. Lines lose and repeat themselves here; what the
core makes of it is none of this module's knowledge, only what the documents promise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from streams.simulator import chance
from streams.simulator.ledger import CallVisit, Ledger
from streams.simulator.telling import HEARTBEAT, EventDict

FAULTS: Mapping[str, str] = {
    "duplicates": "5 % of the events come again within a minute: unchanged",
    "disorder": "every event comes up to 60 s later than it happened: unchanged",
    "late": "1 % of the hang-ups come 20 to 40 minutes late: unchanged in a report; live they are "
    "refused, as if lost",
    "lost-hang-ups": "2 % of the hang-ups never come: who talked has no length and talks until the "
    "time-out; who waited waits until the time-out, then left by the system",
    "clock-skew": "one source's clock is wrong by a constant: only the times shift, and with them "
    "which visits wait at once",
    "damaged": "1 % of the lines come in a damaged copy too: rejected, figures unchanged",
}
DUPLICATED, LATE, LOST, DAMAGED = 0.05, 0.01, 0.02, 0.01
DISORDER_MS = 60_000
# Beyond the allowed lateness of a live system (15 min), so that it is no matter of chance.
LATE_MS = (20 * 60_000, 40 * 60_000)
# Below the limit to what is believed of the future (60 s).
SKEW_MS = (5_000, 45_000)
# Time-outs as the settings have them by default.
WAITING_TIMEOUT_MS = 2 * 3_600_000
TALKING_TIMEOUT_MS = 4 * 3_600_000
MAX_DISORDER_MS = 5_000
# So much of a line is left of a cut one: with its id, or two of them would be one.
_CUT_MIN_BYTES = 80
_HANG_UPS = frozenset({"call.ended", "call.abandoned"})

# Contact and number of the visit.
Place = tuple[str, int]


@dataclass(slots=True)
class Faulty:
    """What is read of a day: (when it comes, event or damaged line), in that order; what was done.

    `lost` and `late` are the visits whose hang-ups these are, `skews_ms` by source.
    """

    deliveries: list[tuple[int, EventDict | bytes]]
    counts: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    lost: set[Place] = field(default_factory=set)
    late: set[Place] = field(default_factory=set)
    skews_ms: dict[str, int] = field(default_factory=dict)

    def records(self) -> dict[str, Any]:
        """The object `records` of a report over it."""
        damaged = self.rejected.total()
        duplicates = self.counts["duplicates"]
        return {
            "read": len(self.deliveries),
            "accepted": len(self.deliveries) - damaged - duplicates,
            "duplicates": duplicates,
            "ignored": {},
            "rejected": dict(sorted(self.rejected.items())),
        }


def line(event: EventDict) -> bytes:
    """An event as it stands in a file."""
    return orjson.dumps(event)


def spoil(
    events: Iterable[EventDict], faults: Iterable[str], end_ms: int, *names: object
) -> Faulty:
    """A day's events, in order, with these faults. `names` seed the chance, `end_ms` is its end."""
    told = list(events)
    spoiler = _Spoiler(frozenset(faults), end_ms, names, {event["source"] for event in told})
    for event in told:
        spoiler.take(event)
    spoiler.found.deliveries.sort(key=lambda each: each[0])
    return spoiler.found


class _Spoiler:
    """One fault after the other, each with chance of its own, so that none changes another."""

    def __init__(
        self, wanted: frozenset[str], end_ms: int, names: tuple[object, ...], sources: set[str]
    ) -> None:
        self.found = Faulty([])
        self._wanted, self._end_ms = wanted, end_ms
        self._chance = {name: chance.stream("faults", name, *names) for name in FAULTS}
        drawn = self._chance["clock-skew"]
        if "clock-skew" in wanted and sources:
            # The last source by name is wrong, ahead or behind.
            self.found.skews_ms[max(sources)] = drawn.choice((-1, 1)) * drawn.randint(*SKEW_MS)

    def take(self, event: EventDict) -> None:
        """Deliver it, or not, and what comes of it."""
        found, came_ms = self.found, event["at_ms"]
        if skew_ms := found.skews_ms.get(event["source"], 0):
            event = {**event, "at_ms": came_ms + skew_ms}
            found.counts["clock-skew"] += 1
        if event["type"] == HEARTBEAT:
            found.deliveries.append((came_ms, event))
            return
        is_hang_up = event["type"] in _HANG_UPS and "visit" in event
        if is_hang_up and self._happens("lost-hang-ups", LOST):
            found.lost.add((event["contact"], event["visit"]))
            return
        came_ms += self._delay_ms(event, came_ms, is_hang_up=is_hang_up)
        if self._happens("damaged", DAMAGED):
            found.deliveries.append((came_ms, self._damaged(event)))
        found.deliveries.append((came_ms, event))
        if self._happens("duplicates", DUPLICATED):
            later_ms = round(self._chance["duplicates"].random() * DISORDER_MS)
            found.deliveries.append((came_ms + later_ms, event))

    def _happens(self, fault: str, share: float) -> bool:
        happens = fault in self._wanted and self._chance[fault].random() < share
        self.found.counts[fault] += happens
        return happens

    def _delay_ms(self, event: EventDict, came_ms: int, *, is_hang_up: bool) -> int:
        """How long it is under way."""
        # So late that the live answer is certain, and before the source is heard last.
        in_time = came_ms + LATE_MS[1] + DISORDER_MS < self._end_ms
        could_be = is_hang_up and event["type"] == "call.ended" and in_time
        if could_be and self._happens("late", LATE):
            self.found.late.add((event["contact"], event["visit"]))
            return self._chance["late"].randint(*LATE_MS)
        if self._happens("disorder", 1.0):
            return self._chance["disorder"].randint(0, DISORDER_MS)
        return 0

    def _damaged(self, event: EventDict) -> bytes:
        """A damaged copy just before the good line, as of a writer that was interrupted."""
        drawn, whole = self._chance["damaged"], line(event)
        cut = drawn.randint(min(_CUT_MIN_BYTES, len(whole) - 1), len(whole) - 1)
        damaged, reason = drawn.choice(
            (
                (whole[:cut], "not_json"),
                (b"\xff" + whole, "not_json"),
                (line({**event, "type": "call.dreamt"}), "unknown_type"),
                (line({**event, "at_ms": "noon"}), "bad_field"),
                (line({**event, "contact": ""}), "bad_field"),
            )
        )
        self.found.rejected[reason] += 1
        return damaged


def seen(ledger: Ledger, faulty: Faulty, end_ms: int, *, live: bool = False) -> Ledger:
    """The ledger as who has read everything up to `end_ms` must have it.

    `live`: where what is 20 minutes late is refused.
    """
    gone = faulty.lost | faulty.late if live else faulty.lost
    return ledger.as_seen(_change(gone, faulty.skews_ms, end_ms))


def _change(
    gone: set[Place], skews_ms: Mapping[str, int], end_ms: int
) -> Callable[[CallVisit], CallVisit]:
    def change(visit: CallVisit) -> CallVisit:
        skew_ms = skews_ms.get(visit.source, 0)
        visit.entered_ms += skew_ms
        if visit.left_ms is not None:
            visit.left_ms += skew_ms
        if (visit.contact, visit.number) in gone:
            _without_hang_up(visit, (end_ms + skew_ms - MAX_DISORDER_MS) // 1000 * 1000)
        return visit

    return change


def _without_hang_up(visit: CallVisit, watermark_ms: int) -> None:
    if visit.outcome == "answered" and visit.left_ms is not None:
        visit.talk_ms = visit.wrapup_ms = None
        visit.talking = watermark_ms < visit.left_ms + TALKING_TIMEOUT_MS
        return
    visit.left_ms = visit.outcome = visit.wait_ms = None
    due_ms = visit.entered_ms + WAITING_TIMEOUT_MS
    if watermark_ms >= due_ms:
        visit.leave(due_ms, "system")
