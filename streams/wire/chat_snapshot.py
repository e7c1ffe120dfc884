"""A state of chats as parts of a snapshot, and back: what `snapshot` is for calls.

A conversation is its marks, and what of them was counted: that is kept as it was, so that a change
of opening hours acts on what is folded next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from streams.core.chat_counts import ChatCounts
from streams.core.chat_figures import Desk, Wait, waits_for
from streams.core.chat_state import ChatState
from streams.core.contact import Clock
from streams.core.conversation import Awaits, Conversation
from streams.core.episodes import Mark
from streams.core.tally import Tally
from streams.core.visit import QueueKey
from streams.wire.codec import kept

Buckets = Callable[[Mapping[Any, Tally]], Any]


def desk_record(counts: ChatCounts, buckets: Buckets) -> dict[str, Any]:
    """The figures of one queue; `buckets` writes tallies."""
    standing = list(counts.open.values())
    return {
        "zone": counts.zone,
        "clock_ms": counts.clock_ms,
        "minutes": buckets(counts.minutes),
        "quarters": buckets(counts.quarters),
        "days": buckets(counts.days),
        "totals": counts.totals.cells,
        "open": len(standing),
        "first": waits_for(Awaits.FIRST, standing),
        "following": waits_for(Awaits.NEXT, standing),
        "with_bot": waits_for(Awaits.BOT, standing),
        "held": sorted(Counter(now.agent for now in standing if now.agent).items()),
    }


def load_desk(raw: dict[str, Any], tally: Callable[..., Tally]) -> Desk:
    """One queue's figures; `tally` makes one of what `buckets` wrote."""
    counts = ChatCounts(raw["zone"])
    counts.clock_ms = raw["clock_ms"]
    counts.minutes = {at: tally(*rest) for at, *rest in raw["minutes"]}
    counts.quarters = {at: tally(*rest) for at, *rest in raw["quarters"]}
    counts.days = {day: tally(*rest) for day, *rest in raw["days"]}
    counts.totals = Tally(raw["totals"], None)
    return Desk(
        counts=(counts,),
        first=_waits(raw["first"]),
        following=_waits(raw["following"]),
        with_bot=_waits(raw["with_bot"]),
        held=Counter(dict(raw["held"])),
        open=raw["open"],
    )


def _waits(raw: list[list[int]]) -> list[Wait]:
    return [(since_ms, from_ms) for since_ms, from_ms in raw]


def conversation_record(name: str, chat: Conversation) -> bytes:
    """A conversation's bytes, kept on it until it changes."""
    if chat.encoded is None:
        chat.encoded = kept(
            [
                name,
                chat.source,
                chat.site,
                chat.touched_ms,
                chat.keep_ms,
                chat.named,
                chat.named_as,
                chat.place,
                chat.expired_ms,
                chat.settled,
                chat.facts,
                [tuple(mark) for mark in chat.marks],
            ]
        )
    return chat.encoded


def _load(raw: list[Any], state: ChatState) -> Conversation:
    _, source, site, touched_ms, keep_ms, named, named_as, place, expired_ms, *rest = raw
    clock: Clock = state.clock_of(source, site)
    chat = Conversation(source, site, clock)
    chat.touched_ms, chat.keep_ms = touched_ms, keep_ms
    chat.named = None if named is None else tuple(named)
    chat.named_as, chat.place = _key(named_as), _key(place)
    chat.settled, facts, marks = rest
    chat.facts = tuple(tuple(tuple(fact) for fact in kind) for kind in facts)
    chat.marks = [Mark(*mark) for mark in marks]
    chat.ids = {mark.id for mark in chat.marks}
    chat.reread()
    if expired_ms is not None:
        chat.story.expire(expired_ms)
        chat.expired_ms = expired_ms
    return chat


def _key(raw: list[str] | None) -> QueueKey | None:
    return None if raw is None else (raw[0], raw[1])


def restore(state: ChatState, desks: Mapping[QueueKey, Desk], records: Iterable[Any]) -> None:
    """Fill a state with the figures and conversations of a snapshot."""
    for key, desk in desks.items():
        (state.desks[key],) = desk.counts
    for raw in records:
        name, chat = raw[0], _load(raw, state)
        state.conversations[name] = chat
        state.take_in(name, chat)
