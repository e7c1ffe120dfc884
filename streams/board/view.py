"""The newest snapshots of all partitions into one frozen view: the object that the API serves.

Pure: the same snapshots and settings give the same view, whenever and on whichever board. What has
not changed since the view before is not summed again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from streams.board.chats import ChatBoard, ChatViews
from streams.board.heads import definitions_shown, head
from streams.board.partitions import Held, Place
from streams.board.sums import Sums, reach, same, sums
from streams.config import Settings
from streams.core.book import WINDOWS, Measured, Part, QueueParts, measure, now_of, window_over
from streams.core.counts import Counts
from streams.core.definitions import DEFINITIONS
from streams.core.events import DEFAULT_SITE
from streams.core.figures import final_counts
from streams.core.limits import DAY_MS, MINUTE_MS, OTHER
from streams.core.tally import Tally, plus
from streams.core.targets import Target

QueueKey = tuple[str, str]
CHANNEL = "voice"
CALLS = "calls"
CHATS = "chats"
TOTAL: QueueKey = ("*", "*")
RESULTS = ("ok", "duplicate", "late", "invalid", "future")
# A source this far behind the newest of its site was replaced or was a backfill; it would grey its
# site's tiles for ever. Until then it might be a dead trunk, and greys them.
RETIRED_MS = DAY_MS


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of one source over all partitions; times in event ms, None where never."""

    site: str
    source: str
    watermark_ms: int
    last_event_ms: int | None


@dataclass(frozen=True, slots=True)
class View:
    """One moment of the board. `board` is the JSON object without `served_ms`, `body` its bytes.

    `members` are the queues behind a queue shown: itself, or all those that `other` stands for.
    """

    number: int
    now_ms: int
    version: str
    board: Mapping[str, Any]
    body: bytes
    queues: Mapping[QueueKey, Part]
    members: Mapping[QueueKey, Sequence[QueueKey]]
    sources: Sequence[Source]
    events: Mapping[tuple[str, str], int]
    clocks: Mapping[Place, int]
    held: Mapping[Place, Held]
    chats: ChatBoard


@dataclass(slots=True)
class _Merged:
    """A queue over its partitions: what it was summed from, and the sums."""

    parts: Sequence[Counts]
    counts: Counts
    minutes: Sums
    quarters: Sums


@dataclass(slots=True)
class _Shown:
    """A queue's tile, what it was made of, and what else it depends on."""

    told: tuple[Any, ...]
    counts: Counts
    measured: Mapping[str, Measured]
    tile: Mapping[str, Any]


class Views:
    """Makes one view after the other; what it remembers are sums that still hold."""

    def __init__(self, settings: Settings, version: str, *, demo: bool = False) -> None:
        self._settings = settings
        self._version = version
        self._demo = demo
        self._number = 0
        self._merged: dict[QueueKey, _Merged] = {}
        self._shown: dict[QueueKey, _Shown] = {}
        self._targets: dict[QueueKey, Target] = {}
        self._chats = ChatViews(settings)

    def view(self, held: Mapping[Place, Held]) -> View:
        """The view of these snapshots."""
        self._number += 1
        now_ms = max((each.figures.clock_ms for each in held.values()), default=0)
        members = self._members(held)
        queues = {key: self._part(key, names, held, now_ms) for key, names in members.items()}
        sources, heard = sources_of(held), sources_of(held, CALLS)
        tiles = [
            self._queue(key, part, data_ms(heard, key[0]), now_ms) for key, part in queues.items()
        ]
        spoken = sources_of(held, CHATS)
        chats = self._chats.view(held, now_ms, lambda site: data_ms(spoken, site))
        events = events_of(held)
        board = {
            "version": self._version,
            "now_ms": now_ms,
            "watermark_ms": min(clocks_of(held).values(), default=None),
            "stale_after_s": self._settings.board.stale_after_s,
            "demo": self._demo,
            "offsets": offsets_of(held),
            "sources": [_shown_source(each) for each in sources],
            "events": {
                name: sum(n for (_, result), n in events.items() if result == name)
                for name in RESULTS
            },
            "overflown": sum(each.figures.overflown for each in held.values()),
            "outside": outside_of(held),
            "definitions": DEFINITIONS_SHOWN,
            "total": self._total(queues, heard, now_ms),
            "queues": tiles,
            "chats": chats.shown,
        }
        return View(
            number=self._number,
            now_ms=now_ms,
            version=self._version,
            board=board,
            body=orjson.dumps(board),
            queues=queues,
            members=members,
            sources=sources,
            events=events,
            clocks=clocks_of(held),
            held=held,
            chats=chats,
        )

    def _members(self, held: Mapping[Place, Held]) -> dict[QueueKey, Sequence[QueueKey]]:
        """The queues shown, sorted, each with the queues of the snapshots that it stands for."""
        seen = {key for each in held.values() for key in each.figures.queues}
        known = {name for _, name in seen}
        # A queue that only ever had chats has no tile of calls.
        known |= {name for each in held.values() for _, name in each.figures.desks}
        configured: set[QueueKey] = set()
        for name in self._settings.queues:
            site, slash, queue = name.partition("/")
            if slash and name not in known:
                configured.add((site, queue))
            elif name not in known:
                configured.add((self._settings.source.site, name))
        # In order of names, so that all boards agree; the set only grows, so that a queue which
        # once went to `other` never comes back and no counter falls.
        every = sorted(configured) + sorted(seen - configured)
        limit = self._settings.limits.queues
        rest = [key for key in every[limit:] if key != (DEFAULT_SITE, OTHER)]
        members: dict[QueueKey, Sequence[QueueKey]] = {key: (key,) for key in every[:limit]}
        if rest:
            members[DEFAULT_SITE, OTHER] = ((DEFAULT_SITE, OTHER), *rest)
        return dict(sorted(members.items()))

    def _target(self, key: QueueKey) -> Target:
        if key not in self._targets:
            self._targets[key] = self._settings.target(*key)
        return self._targets[key]

    def _part(
        self,
        key: QueueKey,
        names: Sequence[QueueKey],
        held: Mapping[Place, Held],
        now_ms: int,
    ) -> Part:
        parts: list[Counts] = []
        waiting: list[int] = []
        for each in held.values():
            for name in names:
                counts = each.figures.queues.get(name)
                if counts is not None:
                    parts.append(counts)
                    waiting += each.figures.waiting[name]
        merged = self._merged.get(key)
        if merged is None or not same(merged.parts, parts):
            merged = self._merged[key] = _merge(merged, parts, now_ms, self._target(key).zone)
        return QueueParts((merged.counts,), sorted(waiting)), self._target(key)

    def _queue(self, key: QueueKey, part: Part, fed_ms: int | None, now_ms: int) -> dict[str, Any]:
        parts, target = part
        beyond = parts.waiting_beyond(target.service_level.threshold_s, now_ms)
        # Everything that the figures of a queue depend on, beside its counts.
        told = (now_ms // MINUTE_MS, beyond, tuple(parts.waiting))
        shown = self._shown.get(key)
        if shown is None or shown.told != told or shown.counts is not parts.counts[0]:
            measured = {name: measure(part, name, now_ms) for name in WINDOWS}
            windows = {name: window_over([each], now_ms) for name, each in measured.items()}
            tile = {
                **_head(key, target),
                "now": now_of([part], now_ms),
                "windows": windows,
                "final": final_counts(parts.totals(), target.service_level),
            }
            shown = self._shown[key] = _Shown(told, parts.counts[0], measured, tile)
        return {**shown.tile, "data_ms": fed_ms}

    def _total(
        self, queues: Mapping[QueueKey, Part], sources: Sequence[Source], now_ms: int
    ) -> dict[str, Any]:
        """The sum over queues; after all of them, because it is made of what they were made of."""
        target = self._settings.defaults.target("All queues")
        clocks = [data_ms(sources, site) for site in {each.site for each in sources}]
        return {
            **_head(TOTAL, target),
            "title": "All queues",
            "title_zh": "全部队列",
            "data_ms": min((clock for clock in clocks if clock is not None), default=None),
            "now": now_of(list(queues.values()), now_ms),
            "windows": {
                name: window_over([self._shown[key].measured[name] for key in queues], now_ms)
                for name in WINDOWS
            },
        }


DEFINITIONS_SHOWN = definitions_shown(DEFINITIONS)


def _head(key: QueueKey, target: Target) -> dict[str, Any]:
    """Who a queue is and what it is held to."""
    held_to = {
        "threshold_s": target.service_level.threshold_s,
        "short_abandon_s": target.service_level.short_abandon_s,
        "asa_s": target.answer_speed_s,
        "abandon_ratio": target.abandonment_ratio,
    }
    return head(key, CHANNEL, target, held_to)


def _merge(before: _Merged | None, parts: Sequence[Counts], now_ms: int, zone: str) -> _Merged:
    """The sums over partitions of what the windows can reach; sums that still hold are kept."""
    minute, quarter = reach(now_ms)
    minutes = sums([part.minutes for part in parts], minute, before.minutes if before else {})
    quarters = sums([part.quarters for part in parts], quarter, before.quarters if before else {})
    counts = Counts(zone)
    counts.minutes = {at: tally for at, (_, tally) in minutes.items()}
    counts.quarters = {at: tally for at, (_, tally) in quarters.items()}
    counts.totals = plus([part.totals for part in parts] or [Tally(waits=None)])
    counts.talking = sum(part.talking for part in parts)
    return _Merged(parts, counts, minutes, quarters)


def _shown_source(source: Source) -> dict[str, Any]:
    return {
        "site": source.site,
        "source": source.source,
        "watermark_ms": source.watermark_ms,
        "last_event_ms": source.last_event_ms,
    }


def clocks_of(held: Mapping[Place, Held]) -> dict[Place, int]:
    """{place: its event clock in ms}; places that have heard nothing are left out."""
    return {
        place: each.figures.clock_ms
        for place, each in sorted(held.items())
        if each.figures.clock_ms
    }


def offsets_of(held: Mapping[Place, Held]) -> dict[str, dict[str, int]]:
    """{topic: {partition: last folded offset}}."""
    found: dict[str, dict[str, int]] = {}
    for (topic, partition), each in sorted(held.items()):
        found.setdefault(topic, {})[str(partition)] = each.figures.offset
    return found


def outside_of(held: Mapping[Place, Held]) -> dict[str, int]:
    """{reason: contacts that never reached a queue}."""
    found: dict[str, int] = {}
    for each in held.values():
        for (_, reason), count in each.figures.outside.items():
            found[reason] = found.get(reason, 0) + count
    return dict(sorted(found.items()))


def sources_of(held: Mapping[Place, Held], topic: str | None = None) -> list[Source]:
    """Each source with the event time up to which every partition that knows it has heard of it.

    With a topic (calls, chats), as its partitions alone know it: a dead chat server says nothing of
    the telephones.
    """
    heard: dict[QueueKey, int] = {}
    last: dict[QueueKey, int] = {}
    for each in held.values():
        if topic is not None and each.figures.topic != topic:
            continue
        for (source, site), clock in each.figures.clocks.items():
            if clock.heard_ms:
                key = (site, source)
                heard[key] = min(heard.get(key, clock.heard_ms), clock.heard_ms)
                last[key] = max(last.get(key, 0), clock.last_event_ms)
    return [Source(*key, heard[key], last[key] or None) for key in sorted(heard)]


def events_of(held: Mapping[Place, Held]) -> dict[tuple[str, str], int]:
    """{(source, result): events}."""
    found: dict[tuple[str, str], int] = {}
    for each in held.values():
        for (source, _), clock in each.figures.clocks.items():
            for result in RESULTS:
                key = (source, result)
                found[key] = found.get(key, 0) + getattr(clock, result)
    return dict(sorted(found.items()))


def data_ms(sources: Sequence[Source], site: str) -> int | None:
    """The clock of the oldest source that feeds a site; None where none ever did."""
    clocks = [each.watermark_ms for each in sources if each.site == site]
    newest = max(clocks, default=0)
    return min((clock for clock in clocks if clock >= newest - RETIRED_MS), default=None)
