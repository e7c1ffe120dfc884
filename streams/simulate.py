"""`hotline simulate`: seeded days of a made-up hotline, into files with their truth, or into Kafka.

What a day holds is `streams.simulator`'s; here it is written, or re-timed to the present and sent.
"""

from __future__ import annotations

import logging
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any

import orjson

from streams.config import Settings
from streams.simulator.day import CHANNELS
from streams.simulator.faults import line
from streams.simulator.pacing import Pace, moved
from streams.simulator.truth import Plan, Played, Truth
from streams.sources.canonical import Canonical
from streams.sources.patience import Patience, StoppedError
from streams.sources.refused import refused_record
from streams.sources.routing import refusal
from streams.sources.sending import Sender
from streams.sources.taken import EventDict
from streams.wire.rejected import Rejected

log = logging.getLogger(__name__)

TRUTH = "truth.json"
# One look at the clock; a call's events are seconds apart.
STEP_S = 0.1
# Events sent between two looks at the clock where speed is no matter.
_EVENTS_AT_ONCE = 5_000
_TELL_EVERY_S = 30.0

# When it comes (ms of UTC), on which channel, the event or a damaged line.
Delivery = tuple[int, str, EventDict | bytes]


def write(plan: Plan, folder: Path) -> dict[str, Any]:
    """Write `calls-<date>.jsonl`, `chats-<date>.jsonl` and `truth.json`; returns the truth with
    `files`. OSError where that cannot be done.
    """
    folder.mkdir(parents=True, exist_ok=True)
    noted, files = Truth(plan), []
    for played in plan.played():
        noted.note(played)
        for channel, faulty in played.read.items():
            if not faulty.deliveries:
                continue
            path = folder / f"{channel}-{played.day.day.isoformat()}.jsonl"
            lines = (_as_line(payload) for _, payload in faulty.deliveries)
            with path.open("wb") as stream:
                stream.writelines(each + b"\n" for each in lines)
            files.append(path.name)
    found: dict[str, Any] = {**noted.as_json(), "files": files}
    (folder / TRUTH).write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
    return found


def _as_line(payload: EventDict | bytes) -> bytes:
    return payload if isinstance(payload, bytes) else line(payload)


def deliveries(days: Iterable[Played]) -> Iterator[Delivery]:
    """Everything that comes, in order; a day's last calls come after the next one has begun."""
    waiting: list[Delivery] = []
    for played in days:
        for channel, faulty in played.read.items():
            waiting += [(came_ms, channel, payload) for came_ms, payload in faulty.deliveries]
        waiting.sort(key=itemgetter(0))
        today = bisect_left(waiting, played.day.midnight_ms, key=itemgetter(0))
        yield from waiting[:today]
        waiting = waiting[today:]
    yield from waiting


class Broadcast:
    """The days sent to Kafka as they would come, `speed` times faster, the last event now."""

    def __init__(self, settings: Settings, plan: Plan, speed: float, patience: Patience) -> None:
        self._settings, self._plan, self._speed = settings, plan, speed
        self._patience = patience
        self._readers = {channel: Canonical(plan.profile.site) for channel in CHANNELS}
        self._refused = 0
        self._sent = 0
        self._complete = False
        self._truth = Truth(plan)

    def run(self, now_ms: Callable[[], int]) -> dict[str, Any]:
        """Send until all is sent or `patience` is told to stop: the truth of the days begun,
        `sent` events, and whether that was `complete`.
        """
        try:
            self._run(now_ms)
        except StoppedError:
            log.warning("stopped without Kafka: the last events may not be there")
        if not self._complete:
            log.warning("stopped before the end: the figures are those of whole days")
        return {**self._truth.as_json(), "sent": self._sent, "complete": self._complete}

    def _run(self, now_ms: Callable[[], int]) -> None:
        with Sender(self._settings, self._patience) as sender:
            sender.start(None)
            begin_ms = now_ms()
            coming, last_ms = self._coming()
            first = next(coming)
            coming = chain([first], coming)
            pace = Pace(first[0], begin_ms, self._speed)
            end_ms = begin_ms + round((last_ms - first[0]) / self._speed)
            self._send_all(sender, coming, pace, end_ms - last_ms, now_ms)

    def _coming(self) -> tuple[Iterator[Delivery], int]:
        """Everything, and when the last of it comes."""
        last = self._plan.play(self._plan.days - 1)
        last_ms = max(
            faulty.deliveries[-1][0] for faulty in last.read.values() if faulty.deliveries
        )

        def noted() -> Iterator[Played]:
            for played in chain(map(self._plan.play, range(self._plan.days - 1)), [last]):
                self._truth.note(played)
                yield played

        return deliveries(noted()), last_ms

    def _send_all(
        self,
        sender: Sender,
        coming: Iterator[Delivery],
        pace: Pace,
        shift_ms: int,
        now_ms: Callable[[], int],
    ) -> None:
        round_name = str(now_ms())
        tell_s = time.monotonic() + _TELL_EVERY_S
        following = next(coming, None)
        while following is not None and not self._patience.stopping:
            due: list[Delivery] = []
            reached_ms = pace.reached_ms(now_ms())
            while following is not None and following[0] <= reached_ms:
                due.append(following)
                following = next(coming, None)
                if len(due) >= _EVENTS_AT_ONCE:
                    break
            self._send(sender, due, round_name, shift_ms)
            if time.monotonic() >= tell_s:
                tell_s = time.monotonic() + _TELL_EVERY_S
                log.info("%d events sent", self._sent)
            if len(due) < _EVENTS_AT_ONCE:
                self._patience.rest(STEP_S)
        self._complete = following is None

    def _send(self, sender: Sender, due: list[Delivery], round_name: str, shift_ms: int) -> None:
        for channel in CHANNELS:
            events = [
                moved(payload, round_name, shift_ms)
                for _, where, payload in due
                if where == channel and not isinstance(payload, bytes)
            ]
            refused = [
                self._refusal(channel, payload)
                for _, where, payload in due
                if where == channel and isinstance(payload, bytes)
            ]
            if events or refused:
                sender.deliver(events, refused, (channel,))
                self._sent += len(events)

    def _refusal(self, channel: str, damaged: bytes) -> Rejected:
        """A damaged line as `hotline source canonical` refuses it."""
        taken = self._readers[channel].read(damaged)
        reason, words = taken.name, taken.words
        if taken.events:
            refused = refusal(taken.events[0], self._settings.limits.event_bytes)
            assert refused is not None, "a damaged line is never a good one"
            reason, words = str(refused[0]), refused[1]
        place = (self._plan.profile.site, f"simulated {channel}", self._refused)
        self._refused += 1
        return refused_record(place, 0, reason, words, damaged)


def text(found: dict[str, Any]) -> str:
    """The truth in a few lines to read."""
    total, chats = found["calls"]["total"], found["chats"]["total"]
    calls = {name: total[name] for name in ("offered", "answered", "abandoned")}
    first = chats["first_reply"]
    written = {"opened": chats["opened"], "needed a person": first["eligible"]}
    written |= {"replied to": first["count"]}
    lines = [f"{len(found['days'])} day(s) of {found['profile']}, seed {found['seed']}"]
    for channel, numbers in (("calls", calls), ("chats", written)):
        told = ", ".join(f"{number} {name}" for name, number in numbers.items())
        lines.append(f"{channel}: {told}")
    if "sent" in found:
        lines.append(f"{found['sent']} events sent" + (", all" * found["complete"]))
    lines += [
        f"fault {name}: {fault['calls']} in calls, {fault['chats']} in chats; {fault['figures']}"
        for name, fault in found["faults"].items()
    ]
    return "\n".join(lines) + "\n"
