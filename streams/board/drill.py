"""From a figure to the visits behind it, at the moment of one view: file and snapshots together.

What a snapshot knows of a contact wins over the file, and what the file knows beyond the snapshots
is left out, so the list is exactly the figure's.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from streams.board.partitions import Held, Place
from streams.board.view import DEFINITIONS_SHOWN, TOTAL, QueueKey, View
from streams.board.visits import VisitStore
from streams.board.why import FIGURES, Counted, Frame, Why, waited_ms, waits
from streams.core.book import WINDOWS, span
from streams.core.rows import Row, row
from streams.wire.changes import contacts_after

# Nobody reads more; the counts beside them are of all.
VISITS_MAX = 500
# Names in an error; more would hide it.
NAMED_MAX = 20
CALLS = "calls"  # the vocabulary whose snapshots hold visits
_PARAMETERS = ("queue", "site", "window", "figure")
_SHOWN = (
    "contact",
    "visit",
    "site",
    "queue",
    "channel",
    "source",
    "entered_ms",
    "left_ms",
    "reason",
    "agent",
    "talk_ms",
    "wrapup_ms",
    "transferred",
    "ended_by",
    "rings_missed",
)


class QuestionError(ValueError):
    """A question that cannot be answered: which parameter, what was expected."""


class Remembered(NamedTuple):
    """What a snapshot still knows: the names of its contacts, and their visits by queue."""

    value: bytes
    changes: bytes
    contacts: Collection[str]
    rows: Mapping[QueueKey, Sequence[Row]]


@dataclass(frozen=True, slots=True)
class Question:
    """Which visits are asked for; `queue` and `site` may be `*`."""

    queue: str
    site: str
    window: str
    figure: str

    def asks_for(self, key: QueueKey) -> bool:
        """Whether a queue is meant."""
        return self.site in ("*", key[0]) and self.queue in ("*", key[1])


def question(query: Mapping[str, str]) -> Question:
    """The question in a URL's parameters; QuestionError names what was expected."""
    for name in query:
        if name not in _PARAMETERS:
            raise QuestionError(f"{name[:80]}: expected one of {', '.join(_PARAMETERS)}")
    asked = Question(
        query.get("queue", "*"),
        query.get("site", "*"),
        query.get("window", "30m"),
        query.get("figure", "offered"),
    )
    if asked.window not in WINDOWS:
        raise QuestionError(f"window: expected one of {', '.join(WINDOWS)}")
    if asked.figure not in FIGURES:
        raise QuestionError(f"figure: expected one of {', '.join(FIGURES)}")
    return asked


class Drill:
    """Answers questions about a view. For one thread at a time.

    Keeps the rows of snapshots that have not changed.
    """

    def __init__(self, store: VisitStore) -> None:
        self._store = store
        self._known: dict[Place, Remembered] = {}

    def answer(self, view: View, asked: Question) -> dict[str, Any]:
        """The visits behind a figure of the view; QuestionError where the queue is not on it."""
        keys = [key for key in view.queues if asked.asks_for(key)]
        if not keys and (asked.queue, asked.site) != TOTAL:
            known = ", ".join(f"{site}/{queue}" for site, queue in list(view.queues)[:NAMED_MAX])
            raise QuestionError(
                f"queue: expected one on the board (site/queue): {known or 'none yet'}"
            )
        figure = FIGURES[asked.figure]
        found: list[tuple[Row, Counted, Why]] = []
        remembered = [
            self._remembered(place, held)
            for place, held in view.held.items()
            if held.figures.topic == CALLS
        ]
        windows = {
            (tile["site"], tile["queue"]): tile["windows"][asked.window]
            for tile in view.board["queues"]
        }
        for key in keys:
            target = view.queues[key][1]
            where = span(asked.window, view.now_ms, target)
            frame = Frame(target, where, view.now_ms, windows[key]["handle"]["kind"])
            found += [
                (each, *figure.judge(each, frame))
                for each in self._visits(view, key, frame, remembered)
                if figure.lists(each, frame)
            ]
        shown = heapq.nlargest(VISITS_MAX, found, key=_newest)
        definition = DEFINITIONS_SHOWN[figure.definition] if figure.definition else None
        return {
            "queue": asked.queue,
            "site": asked.site,
            "window": asked.window,
            "figure": asked.figure,
            "from_ms": min((windows[key]["from_ms"] for key in keys), default=None),
            "to_ms": max((windows[key]["to_ms"] for key in keys), default=None),
            "now_ms": view.now_ms,
            "offsets": view.board["offsets"],
            "definition": definition,
            "count": len(found),
            "counted": Counter(str(counted) for _, counted, _ in found),
            "why": Counter(str(why) for *_, why in found),
            "truncated": len(found) > VISITS_MAX,
            "visits": [_shown(*each, view.now_ms) for each in shown],
        }

    def _remembered(self, place: Place, held: Held) -> Remembered:
        known = self._known.get(place)
        if known is None or known.value is not held.value or known.changes is not held.changes:
            contacts = contacts_after(held.value, held.changes)
            rows: dict[QueueKey, list[Row]] = {}
            for name, contact in contacts.items():
                for number, visit in contact.visits.items():
                    one = row(name, number, contact, visit)
                    if one is not None:
                        rows.setdefault((one["site"], one["queue"]), []).append(one)
            known = Remembered(held.value, held.changes, contacts.keys(), rows)
            self._known[place] = known
        return known

    def _visits(
        self, view: View, key: QueueKey, frame: Frame, remembered: Sequence[Remembered]
    ) -> Iterator[Row]:
        folded = {
            partition: each.figures.offset
            for (_, partition), each in view.held.items()
            if each.figures.topic == CALLS
        }
        for site, queue in view.members[key]:
            for each in remembered:
                yield from each.rows.get((site, queue), ())
            for partition, based_on, found in self._store.between(site, queue, frame.where):
                # What rests on more than the snapshots have folded is not on the board yet.
                if based_on <= folded.get(partition, -1) and not any(
                    found["contact"] in each.contacts for each in remembered
                ):
                    yield found


def _newest(found: tuple[Row, Counted, Why]) -> tuple[bool, int, str, int]:
    """Those who wait first, the longest wait on top; then whoever left last."""
    each = found[0]
    at_ms = -each["entered_ms"] if each["left_ms"] is None else each["left_ms"]
    return waits(each), at_ms, each["contact"], each["visit"]


def _shown(each: Row, counted: Counted, why: Why, now_ms: int) -> dict[str, Any]:
    outcome = "talking" if each["talking"] else each["outcome"] or "waiting"
    return {
        **{name: each[name] for name in _SHOWN},  # type: ignore[literal-required]
        "outcome": outcome,
        "wait_ms": waited_ms(each, now_ms),
        "counted": str(counted),
        "why": str(why),
    }
