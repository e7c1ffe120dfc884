"""The queues of chats of one view: the object `chats` of the API, and what it was made of.

Pure, as `view` is, of which it is a part. Nobody is named: of people only counts leave the state.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from streams.board.heads import definitions_shown, head
from streams.board.partitions import Held, Place
from streams.board.sums import Sums, reach, same, sums
from streams.config import Settings
from streams.core.chat_counts import ChatCounts
from streams.core.chat_figures import Desk, Part, board_of, final_counts, plus_chats
from streams.core.chats import CHAT_DEFINITIONS
from streams.core.events import DEFAULT_SITE
from streams.core.limits import OTHER
from streams.core.targets import Target

QueueKey = tuple[str, str]
CHANNEL = "chat"
DEFINITIONS_SHOWN = definitions_shown(CHAT_DEFINITIONS)


@dataclass(frozen=True, slots=True)
class ChatBoard:
    """`shown` is the JSON object, `queues` what each tile of it was made of."""

    shown: Mapping[str, Any]
    queues: Mapping[QueueKey, Part]


@dataclass(slots=True)
class _Merged:
    """The sums of a queue, and of what."""

    parts: Sequence[ChatCounts]
    minutes: Sums
    quarters: Sums


class ChatViews:
    """Makes one after the other; what it remembers are sums that still hold."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._merged: dict[QueueKey, _Merged] = {}

    def view(
        self, held: Mapping[Place, Held], now_ms: int, data_ms: Callable[[str], int | None]
    ) -> ChatBoard:
        """All queues of chats; `data_ms` is how old a site's data are."""
        queues = {key: self._part(key, desks, now_ms) for key, desks in self._desks(held).items()}
        tiles = [
            {
                **_head(key, part[1]),
                "data_ms": data_ms(key[0]),
                **board_of([part], now_ms),
                "final": final_counts(part[0].totals()),
            }
            for key, part in queues.items()
        ]
        shown = {
            "definitions": DEFINITIONS_SHOWN,
            "total": self._total(queues, now_ms, [tile["data_ms"] for tile in tiles]),
            "queues": tiles,
        }
        return ChatBoard(shown, queues)

    def _total(
        self, queues: Mapping[QueueKey, Part], now_ms: int, data: Sequence[int | None]
    ) -> dict[str, Any] | None:
        """The sum over queues; None where there is none."""
        if not queues:
            return None
        head = _head(("*", "*"), self._settings.defaults.target("All chats"))
        return {
            **head,
            "title_zh": "全部会话",
            "data_ms": min((each for each in data if each is not None), default=None),
            **board_of(list(queues.values()), now_ms),
        }

    def _desks(self, held: Mapping[Place, Held]) -> dict[QueueKey, list[Desk]]:
        """The desks of each queue shown, sorted; those beyond the limit are one, `other`."""
        seen = sorted({key for each in held.values() for key in each.figures.desks})
        shown = set(seen[: self._settings.limits.queues])
        found: dict[QueueKey, list[Desk]] = {}
        for each in held.values():
            for key, desk in each.figures.desks.items():
                found.setdefault(key if key in shown else (DEFAULT_SITE, OTHER), []).append(desk)
        return dict(sorted(found.items()))

    def _part(self, key: QueueKey, desks: Sequence[Desk], now_ms: int) -> Part:
        parts = [counts for desk in desks for counts in desk.counts]
        target = self._settings.target(*key)
        merged = self._merged.get(key)
        minute, quarter = reach(now_ms)
        if merged is None or not same(merged.parts, parts):
            merged = self._merged[key] = _Merged(
                parts,
                sums([part.minutes for part in parts], minute, merged.minutes if merged else {}),
                sums([part.quarters for part in parts], quarter, merged.quarters if merged else {}),
            )
        counts = ChatCounts(target.zone)
        counts.minutes = {at: tally for at, (_, tally) in merged.minutes.items()}
        counts.quarters = {at: tally for at, (_, tally) in merged.quarters.items()}
        counts.totals = plus_chats([part.totals for part in parts])
        held: Counter[str] = Counter()
        for desk in desks:
            held += desk.held
        desk = Desk(
            counts=(counts,),
            first=sorted(wait for desk in desks for wait in desk.first),
            following=sorted(wait for desk in desks for wait in desk.following),
            with_bot=sorted(wait for desk in desks for wait in desk.with_bot),
            held=held,
            open=sum(desk.open for desk in desks),
        )
        return desk, target


def _head(key: QueueKey, target: Target) -> dict[str, Any]:
    """Who a queue is and what it is held to."""
    held_to = {
        "first_reply_s": target.first_reply_s,
        "bot_only_missed": target.bot_only_missed,
    }
    return head(key, CHANNEL, target, held_to)
