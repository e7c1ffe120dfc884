"""A plain count of visits from their events, by the rules as the documents word them.

Lists and loops only. It never uses anything of the core, so that agreeing with it means something.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

Event = dict[str, Any]


@dataclass
class Plain:
    """A visit; times and durations in ms."""

    queue: str
    entered: int
    outcome: str = "waiting"
    left: int = 0
    wait: int = 0
    talk: int | None = None
    wrapup: int | None = None
    talking: bool = False
    transferred: str = ""


@dataclass
class Seen:
    """One visit's events by type, earliest first, and its queue."""

    queues: set[str] = field(default_factory=set)
    by_type: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))

    def first(self, *kinds: str) -> Event | None:
        found = [one for kind in kinds for one in self.by_type[f"call.{kind}"]]
        return min(found, key=lambda one: int(one["at_ms"]), default=None)


def _data(one: Event, name: str) -> int | None:
    value = one["data"].get(name)
    return None if value is None else int(value)


def visits(events: list[Event]) -> list[Plain]:
    """The visits of a history whose events have different times, in any order."""
    seen: dict[tuple[str, int], Seen] = defaultdict(Seen)
    for one in events:
        place = seen[one["contact"], one.get("visit", 1)]
        place.by_type[one["type"]].append(one)
        if one.get("queue"):
            place.queues.add(one["queue"])
    return [found for one in seen.values() if (found := _visit(one)) is not None]


def _implied(seen: Seen) -> list[int]:
    """When a visit must have entered, by those who say how long it waited."""
    moments = []
    for kind in ("answered", "abandoned", "left"):
        told = seen.by_type[f"call.{kind}"]
        moments += [one["at_ms"] - w for one in told if (w := _data(one, "wait_ms")) is not None]
    for one in seen.by_type["call.ended"]:
        wait, talk = _data(one, "wait_ms"), _data(one, "talk_ms")
        if wait is not None and talk is not None:
            moments.append(one["at_ms"] - talk - wait)
    return moments


def _ending(seen: Seen) -> Event | None:
    """The end of the conversation: the earliest that says how long it was, else the earliest."""
    ends = seen.by_type["call.ended"]
    telling = [one for one in ends if _data(one, "talk_ms") is not None]
    return min(telling or ends, key=lambda one: int(one["at_ms"]), default=None)


def _visit(seen: Seen) -> Plain | None:
    queued, end = seen.first("queued"), _ending(seen)
    entering = [queued["at_ms"]] if queued else _implied(seen)
    if not entering:
        return None
    found = Plain(min(seen.queues, default="unknown"), min(entering))
    answer, exit_ = seen.first("answered"), seen.first("abandoned", "left")
    if exit_ and (answer is None or exit_["at_ms"] < answer["at_ms"]):
        found.outcome = exit_["data"].get("reason", "abandoned")
        return _leave(found, exit_["at_ms"], _data(exit_, "wait_ms"))
    if answer:
        return _serve(_leave(found, answer["at_ms"], _data(answer, "wait_ms")), seen, end)
    if end is None:
        return found if queued else None
    talk = _data(end, "talk_ms")
    if talk is None:
        found.outcome = "abandoned"
        return _leave(found, end["at_ms"], None) if queued else None
    return _serve(_leave(found, end["at_ms"] - talk, _data(end, "wait_ms")), seen, end)


def _leave(found: Plain, left: int, wait: int | None) -> Plain:
    found.left = left
    found.wait = max(0, left - found.entered) if wait is None else wait
    return found


def _serve(found: Plain, seen: Seen, end: Event | None) -> Plain:
    found.outcome, found.talking = "answered", end is None
    transfer, wrapup = seen.first("transferred"), seen.first("wrapped_up")
    if transfer:
        found.transferred = transfer["data"]["kind"]
    if end is not None:
        talk = _data(end, "talk_ms")
        found.talk = max(0, end["at_ms"] - found.left) if talk is None else talk
        if wrapup:
            told = _data(wrapup, "wrapup_ms")
            found.wrapup = max(0, wrapup["at_ms"] - end["at_ms"]) if told is None else told
    return found
