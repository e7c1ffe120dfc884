"""What events have in common, looked at once for all of them: type, source, queue, number of visit.

A hotline has millions of events and hundreds of shapes. What differs from event to event (ids,
times, durations) is looked at each time; `explain` in `events` has the last word on both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from streams.core.events import (
    DEFAULT_SITE,
    Event,
    explain,
    is_plain_data,
    is_text,
)
from streams.core.life import Step
from streams.core.limits import AT_MS_MAX, TEXT_MAX
from streams.core.visit import WRITERS, QueueKey, Visit

if TYPE_CHECKING:
    from streams.core.contact import Clock

# More than all queues and types of a large site; beyond it all are looked at anew.
_SHAPES_MAX = 8192
_NAMES_MAX = 8192
_ABSENT = object()
# Their data must say more than durations.
_STRICT = frozenset(
    {
        "call.left", "call.transferred", "chat.agent_reply", "chat.closed", "chat.transferred",
        "contact.rated",
    }
)  # fmt: skip
# They say nothing of how a visit left the queue, once its answer was seen.
_AFTER_THE_ANSWER = frozenset({"call.ended", "call.wrapped_up", "call.transferred"})
_ONLY_QUEUED = frozenset({0, Step.QUEUED})
NO_DATA: Mapping[str, Any] = MappingProxyType({})


class Shape:
    """`key` is the queue, None where the event names none; `keep_ms` how late it may come.

    `write` is None for what belongs to no contact. `strict` marks the few that are looked at
    closely every time. `clock` is the state's to fill in, and `keep_ms` where it is None: then its
    rules say it.
    """

    __slots__ = (
        "clock", "keep_ms", "key", "kind", "number", "site", "source", "strict", "write",
    )  # fmt: skip

    def __init__(
        self,
        event: Event,
        keys: dict[QueueKey, QueueKey],
        writers: Mapping[str, Callable[..., None]],
    ) -> None:
        self.kind: str = event["type"]
        self.source: str = event["source"]
        self.site: str = event.get("site") or DEFAULT_SITE
        self.number: int = event.get("visit", 1)
        self.keep_ms: int | None = event.get("lateness_ms") if event.get("backfill") else None
        self.strict = self.kind in _STRICT or "backfill" in event or "lateness_ms" in event
        self.write = writers.get(self.kind)
        self.clock: Clock | None = None
        queue = event.get("queue")
        key = None if queue is None else (self.site, queue)
        # One tuple for all that is said of a queue: telling them apart is a look at its address.
        self.key = None if key is None else keys.setdefault(key, key)


class Shapes:
    """The shapes seen on one topic (calls, chats, tickets or agents) and what writes its events."""

    def __init__(self, topic: str, writers: Mapping[str, Callable[..., None]] = WRITERS) -> None:
        self._topic = topic
        self._writers = writers
        self._shapes: dict[tuple[Any, ...], Shape] = {}
        self._keys: dict[QueueKey, QueueKey] = {}
        self._names: set[str | None] = {None}

    def of(self, event: Any) -> Shape | None:  # noqa: ANN401 - looks at anything
        """The shape of an event; None where `explain` finds something wrong with it."""
        place: tuple[Any, ...] = ()
        try:
            get = event.get
            number, data = get("visit", 1), get("data")
            place = (
                event["type"],
                event["source"],
                get("site"),
                get("queue"),
                number,
                get("v", 1),
                get("backfill", _ABSENT),
                get("lateness_ms", _ABSENT),
            )
            shape = self._shapes[place]
            if (
                type(at_ms := event["at_ms"]) is int
                and 0 < at_ms < AT_MS_MAX
                # Neither is empty, and both together are no longer than one may be.
                and (both := (name := event["id"]) + event["contact"]).isprintable()
                and 0 < len(name) < len(both) <= TEXT_MAX
                and type(number) is int
                and ((agent := get("agent")) in self._names or self._is_new_name(agent))
                and ((who := get("customer")) is None or is_text(who))
                and (data is None or (type(data) is dict and (not data or is_plain_data(data))))
                and not (shape.strict and explain(event, self._topic))
            ):
                return shape
        except (TypeError, KeyError, AttributeError):
            pass
        return self._look(event, place)

    def _look(self, event: Any, place: tuple[Any, ...]) -> Shape | None:  # noqa: ANN401 - as above
        """Look with words; `place` is whole wherever `explain` finds nothing wrong."""
        if explain(event, self._topic) is not None:
            return None
        shape = Shape(event, self._keys, self._writers)
        if shape.write is not None:
            if len(self._shapes) >= _SHAPES_MAX:
                self._shapes.clear()
                self._keys.clear()
            shape = self._shapes.setdefault(place, shape)
        return shape

    def _is_new_name(self, value: object) -> bool:
        if not is_text(value):
            return False
        if len(self._names) >= _NAMES_MAX:
            self._names = {None}
        self._names.add(str(value))
        return True


def merge(visit: Visit, shape: Shape, event: Event) -> None:
    """Write what `event` says into the visit's slots. Types without a slot only name the queue."""
    if visit.expired_ms is not None:
        visit.expired_ms = None
    key = shape.key
    if key is not None and key is not visit.key:
        visit.where(*key)
    if shape.write is not None:
        shape.write(visit, event["at_ms"], event, event.get("data") or NO_DATA)


def may_wait(visit: Visit, shape: Shape) -> bool:
    """Whether an event can change nothing that may be final of a visit not counted yet.

    While it only waits nothing is; once it was answered, whatever ends the conversation leaves the
    answer as it is, and an announced wrap-up is waited for. In doubt it may not.
    """
    if visit.key is not shape.key or visit.counted:
        return False
    if visit.seen in _ONLY_QUEUED:
        return True
    if (
        shape.kind not in _AFTER_THE_ANSWER
        or visit.answered is None
        or visit.entered_ms is None
        or visit.gone is not None
        or visit.cut is not None
    ):
        return False
    if visit.ended is None:
        return True
    announced = visit.wrapup_follows and visit.wrapup is None
    return announced and not visit.served and shape.kind == "call.wrapped_up"
