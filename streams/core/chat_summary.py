"""Figures straight from conversations, without buckets: what a report prints of chats, exact.

Percentiles are of every single reply, however many there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from streams.core.chat_counts import count_fact, reply_ms
from streams.core.chat_figures import figures, judge, together
from streams.core.chats import CHAT_WIDTH, FIRST, REPLIED
from streams.core.conversation import Awaits, Facts, Now
from streams.core.tally import Tally
from streams.core.targets import Target
from streams.core.visit import QueueKey

_UNANSWERED = frozenset({Awaits.FIRST, Awaits.NEXT})


class Told(NamedTuple):
    """One conversation: its queue, what it counts for, how it stands (None when it is over)."""

    key: QueueKey
    facts: Facts
    now: Now | None


def chat_summary(told: Iterable[Told], target: Callable[[QueueKey], Target]) -> dict[str, Any]:
    """All figures of some conversations, each held to its queue's target."""
    queues: dict[QueueKey, Tally] = {}
    waits: Counter[int] = Counter()
    standing = []
    for key, facts, now in told:
        tally = queues.setdefault(key, Tally([0] * CHAT_WIDTH, None))
        for kind, found in enumerate(facts):
            for fact in found:
                count_fact(kind, fact, (tally,), 1)
        waits.update(reply_ms(fact) for fact in facts[FIRST] if fact[2] == REPLIED)
        standing += [] if now is None else [now]
    judged = [judge(tally, target(key)) for key, tally in queues.items()]
    every = [[0] * CHAT_WIDTH, *(tally.cells for tally in queues.values())]
    cells = [sum(column) for column in zip(*every, strict=True)]
    return {
        **figures(Tally(cells, dict(waits)), together(judged)),
        "open": len(standing),
        "unanswered": sum(now.awaits in _UNANSWERED for now in standing),
    }
