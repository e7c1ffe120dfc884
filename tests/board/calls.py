"""Made-up calls whose truth is known before anything is folded, and a count of them by hand.

Nothing here is computed by the product: a call says what happened, `events` says it in the
product's words, and `naive` counts calls one by one.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from streams.board.partitions import Held, Place
from streams.config import Settings
from streams.core.state import PartitionState
from streams.wire.snapshot import dump, load_figures

# Monday 2 March 2026, 14:03:00 in Shanghai.
NOON_MS = 1_772_431_380_000
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
TOPIC = "hotline.calls"
LEFT = ("timeout", "key", "empty", "full", "withdrawn", "callback", "system")
BY_CHOICE = ("key", "withdrawn", "callback")


@dataclass(frozen=True)
class Call:
    """One visit. `end` is answered, abandoned or a reason; `talk_ms` None while they talk."""

    contact: str
    entered_ms: int
    wait_ms: int
    end: str = "answered"
    talk_ms: int | None = 60_000
    wrapup_ms: int | None = None
    transfer: str | None = None
    queue: str = "sales"
    site: str = "main"
    source: str = "pbx"
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def left_ms(self) -> int:
        return self.entered_ms + self.wait_ms

    def events(self) -> list[dict[str, Any]]:
        """What a PBX would tell of it, in order."""
        told = [self._event("queued", self.entered_ms, {})]
        if self.end == "abandoned":
            told.append(self._event("abandoned", self.left_ms, {"wait_ms": self.wait_ms}))
        elif self.end != "answered":
            data = {"wait_ms": self.wait_ms, "reason": self.end}
            told.append(self._event("left", self.left_ms, data))
        else:
            told += self._talk()
        return told

    def _talk(self) -> list[dict[str, Any]]:
        told = [self._event("answered", self.left_ms, {"wait_ms": self.wait_ms}, agent="anna")]
        if self.talk_ms is None:
            return told
        ended_ms = self.left_ms + self.talk_ms
        if self.transfer:
            told.append(self._event("transferred", ended_ms, {"kind": self.transfer}))
        data = {"talk_ms": self.talk_ms, "by": "caller", "wrapup_follows": bool(self.wrapup_ms)}
        told.append(self._event("ended", ended_ms, data))
        if self.wrapup_ms is not None:
            wrapped_ms = ended_ms + self.wrapup_ms
            told.append(self._event("wrapped_up", wrapped_ms, {"wrapup_ms": self.wrapup_ms}))
        return told

    def _event(self, kind: str, at_ms: int, data: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {
            "v": 1,
            "id": f"{self.contact}/{kind}",
            "type": f"call.{kind}",
            "at_ms": at_ms,
            "source": self.source,
            "contact": self.contact,
            "queue": self.queue,
            "site": self.site,
            "data": data,
            **more,
            **self.extra,
        }


def heartbeat(at_ms: int, source: str = "pbx", site: str = "main") -> dict[str, Any]:
    return {
        "v": 1,
        "id": f"beat-{source}-{at_ms}",
        "type": "source.heartbeat",
        "at_ms": at_ms,
        "source": source,
        "site": site,
    }


def some_calls(seed: int, count: int, *, hours: float = 3, queues: int = 2) -> list[Call]:
    """Random calls that entered in the hours before noon, of every kind there is."""
    dice = random.Random(seed)
    calls = []
    for number in range(count):
        end = dice.choices(["answered", "abandoned", *LEFT], [60, 20, 4, 4, 2, 2, 2, 2, 2])[0]
        calls.append(
            Call(
                f"c{seed}-{number}",
                NOON_MS - dice.randrange(int(hours * HOUR_MS)),
                dice.choice([0, 3_000, 5_000, 5_001, 20_000, 20_001, dice.randrange(90_000)]),
                end,
                talk_ms=dice.randrange(1_000, 300_000),
                wrapup_ms=dice.choice([None, None, 15_000]),
                transfer=dice.choice([None] * 8 + ["blind", "attended"]),
                queue=f"queue {number % queues}",
            )
        )
    return calls


def fold(
    calls: Iterable[Call],
    until_ms: int = NOON_MS,
    *,
    partitions: int = 2,
    settings: Settings | None = None,
    beats: Iterable[tuple[str, str]] = (("pbx", "main"),),
) -> dict[int, PartitionState]:
    """What had happened until then, in order of time, and a heartbeat of each source at the end."""
    rules = (settings or Settings()).rules()
    states = {number: PartitionState("calls", rules) for number in range(partitions)}
    told = [
        (event["at_ms"], place % partitions, event)
        for place, call in enumerate(calls)
        for event in call.events()
        if event["at_ms"] <= until_ms
    ]
    for _, partition, event in sorted(told, key=lambda each: each[0]):
        states[partition].fold(states[partition].offset + 1, None, [event])
    for state in states.values():
        beat = [heartbeat(until_ms, source, site) for source, site in beats]
        state.fold(state.offset + 1, None, beat)
    return states


def held(states: Mapping[int, PartitionState], topic: str = TOPIC) -> dict[Place, Held]:
    """The states as the board holds them."""
    values = {(topic, number): dump(state) for number, state in states.items()}
    return {place: Held(value, load_figures(value)) for place, value in values.items()}


@dataclass
class Naive:
    """Calls counted one by one."""

    entered: int = 0
    answered: int = 0
    abandoned: int = 0
    short: int = 0
    left: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    met: int = 0
    eligible: int = 0
    wait_sum_ms: int = 0
    handled: int = 0
    transferred: int = 0

    @property
    def finished(self) -> int:
        return self.answered + self.abandoned + sum(self.left.values())


def naive(
    calls: Iterable[Call],
    now_ms: int,
    span: tuple[int, int, str],
    short_s: int = 5,
    within_s: int = 20,
) -> Naive:
    """The calls in [from, to) by the moment of `left` or `entered`, as they stood at `now_ms`."""
    from_ms, to_ms, basis = span
    found = Naive()
    for call in calls:
        if call.entered_ms > now_ms:
            continue
        found.entered += from_ms <= call.entered_ms < to_ms
        at_ms = call.left_ms if basis == "left" else call.entered_ms
        waits = call.left_ms > now_ms
        if waits:
            found.waiting += basis == "left" or from_ms <= at_ms < to_ms
            continue
        if from_ms <= at_ms < to_ms:
            _count(found, call, now_ms, 1000 * short_s, 1000 * within_s)
    return found


def _count(found: Naive, call: Call, now_ms: int, short_ms: int, within_ms: int) -> None:
    beyond = call.wait_ms > within_ms
    if call.end == "answered":
        found.answered += 1
        found.wait_sum_ms += call.wait_ms
        found.met += not beyond
        found.eligible += 1
        ended = call.talk_ms is not None and call.left_ms + call.talk_ms <= now_ms
        found.handled += ended
        found.transferred += ended and call.transfer is not None
    elif call.end == "abandoned":
        short = call.wait_ms <= short_ms
        found.abandoned += 1
        found.short += short
        found.eligible += not short
    else:
        found.left[call.end] = found.left.get(call.end, 0) + 1
        found.eligible += call.end not in BY_CHOICE or beyond
