"""Which queue visits of a PBX are open, and which channels lead to them: AMI's own memory.

A visit is found by its caller's channel, by its agent's, or along the Local channels and dials
between an agent's phone and the queue. What a message means is `asterisk_ami`'s.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from streams.sources.passages import REMEMBERED_MS, Passage, Passages

# A call is forgotten a day after its last message, or so soon after its channel has gone.
GONE_REMEMBERED_MS = 600_000
# Messages of one moment come from several threads, in any order.
LINK_REMEMBERED_MS = 10_000
LINKS_MAX = 20_000
# More Local channels in a row than any dialplan stacks; a ring of them ends here too.
_LINKS_DEEP = 10
# HoldTime and TalkTime are differences of whole seconds.
SLACK_MS = 2_000


@dataclass(slots=True)
class Visit(Passage):
    """One visit; `leg` is the channel that the queue dialled for the agent.

    `pending` is what it seems to have come to at `pending_ms`, by the record `pending_id`; believed
    at `due_ms`. `left_ms`: the caller is out of the bridge; `rings` are legs by when they rang.
    `listed`: its entering is known from a list only, `seen_ms` when it last stood in one.
    `taken_over`: it was entered to consult, and the caller is in its place.
    """

    customer: str | None = None
    leg: str = ""
    listed: bool = False
    seen_ms: int = 0
    held: bool = False
    taken_over: bool = False
    picked_up: bool = False
    hangup_ms: int | None = None
    left_ms: int | None = None
    leg_gone_ms: int | None = None
    pending: str = ""
    pending_ms: int = 0
    pending_id: str = ""
    due_ms: int = 0
    rings: dict[str, int] = field(default_factory=dict)

    def close(self, at_ms: int) -> None:
        """It is over, whatever it was thought to have come to."""
        self.closed_ms, self.pending = at_ms, ""


@dataclass(slots=True)
class Session:
    """The open connections by name, and when (UTC ms) the present and the former one began.

    `lost_ms` is when the last one ended; `interrupted`: a reader before us had one. `compare_…`:
    what the next list is to be compared with; `alive` are the channels listed so far.
    """

    open: list[str] = field(default_factory=list)
    began_ms: int = 0
    former_ms: int = 0
    lost_ms: int = 0
    interrupted: bool = False
    shut_down: bool = False
    compare_waiting: bool = False
    compare_alive: bool = False
    alive: list[str] = field(default_factory=list)


class Calls(Passages[Visit]):
    """Visits by their caller's channel, and what is known of other channels."""

    def __init__(self) -> None:
        super().__init__(Visit)
        self._links: dict[str, str] = {}
        self._handed: dict[str, tuple[int, str]] = {}
        self._gone: deque[tuple[int, str]] = deque()
        self._over: deque[tuple[int, str]] = deque()
        self._legs: dict[str, Visit] = {}
        self._pending: dict[tuple[str, int], Visit] = {}

    def dump(self) -> dict[str, Any]:
        """As plain JSON."""
        return {
            "visits": [asdict(visit) for visit in self.everything()],
            "last_ms": self._last_ms,
            "links": self._links,
            "handed": self._handed,
            "gone": list(self._gone),
            "over": list(self._over),
            "times": [self._previous_ms, self.now_ms],
        }

    def load(self, stored: dict[str, Any]) -> None:
        """Go on from what `dump` gave."""
        self.calls, self._legs, self._pending = {}, {}, {}
        for raw in stored["visits"]:
            visit = Visit(**raw)
            self.calls.setdefault(visit.call, []).append(visit)
            if visit.talking and visit.leg:
                self._legs[visit.leg] = visit
            if visit.pending:
                self._pending[visit.call, visit.number] = visit
        self._last_ms, self._links = dict(stored["last_ms"]), dict(stored["links"])
        self._handed = {name: (at_ms, first) for name, (at_ms, first) in stored["handed"].items()}
        self._gone = deque((at_ms, name) for at_ms, name in stored["gone"])
        self._over = deque((at_ms, name) for at_ms, name in stored["over"])
        self._previous_ms, self.now_ms = stored["times"]

    def pass_to(self, at_ms: int) -> None:
        """Time goes on; forgets what is over."""
        super().pass_to(at_ms)
        while self._gone and self._gone[0][0] <= self.now_ms - LINK_REMEMBERED_MS:
            _, channel = self._gone.popleft()
            self._links.pop(channel, None)
        while self._over and self._over[0][0] <= self.now_ms - GONE_REMEMBERED_MS:
            self._forget(self._over.popleft()[1])
        while self._last_ms:
            oldest = next(iter(self._last_ms))
            if self._last_ms[oldest] > self.now_ms - REMEMBERED_MS:
                break
            self._forget(oldest)

    def _forget(self, call: str) -> None:
        self._last_ms.pop(call, None)
        for visit in self.calls.pop(call, ()):
            self._pending.pop((call, visit.number), None)
            if self._legs.get(visit.leg) is visit:
                del self._legs[visit.leg]

    def open(self) -> list[Visit]:
        """Those that nothing has ended, and that were not given up."""
        return [each for each in self.everything() if each.closed_ms is None and not each.cut]

    def of(self, call: str) -> list[Visit]:
        """A caller's visits, oldest first."""
        return self.calls.get(call, [])

    def connect(self, visit: Visit, at_ms: int, leg: str) -> None:
        """The agent at the end of `leg` has the caller."""
        visit.connected_ms, visit.closed_ms, visit.leg = at_ms, None, leg
        visit.left_ms = visit.leg_gone_ms = None
        visit.pending, visit.held = "", False
        visit.rings.clear()
        if leg:
            self._legs[leg] = visit

    def suspect(self, visit: Visit, what: str, at_ms: int, record_id: str, due_ms: int) -> None:
        """Believe at `due_ms` that the visit came to this, unless something else is told."""
        visit.pending, visit.pending_ms, visit.pending_id = what, at_ms, record_id
        visit.due_ms = due_ms
        self._pending[visit.call, visit.number] = visit

    def due(self, at_ms: int | None) -> list[Visit]:
        """What is to be believed by then (None: all), each once; oldest first."""
        if not self._pending:
            return []
        self._pending = {key: each for key, each in self._pending.items() if each.pending}
        found = [each for each in self._pending.values() if at_ms is None or each.due_ms <= at_ms]
        return sorted(found, key=lambda visit: (visit.due_ms, visit.call, visit.number))

    def link(self, channel: str, towards: str) -> None:
        """`channel` was dialled by, or is the other half of, `towards`."""
        if channel and towards and channel != towards:
            if len(self._links) >= LINKS_MAX:
                del self._links[next(iter(self._links))]
            self._links[channel] = towards

    def unlink(self, channel: str, at_ms: int) -> None:
        """The channel has gone; messages of this moment may still name it."""
        if channel in self._links:
            self._gone.append((at_ms, channel))
        if channel in self.calls:
            self._over.append((at_ms, channel))

    def hand_on(self, channels: Sequence[str], at_ms: int) -> None:
        """These channels took part in an attended transfer: one may go on for another."""
        for channel in channels:
            self._handed.pop(channel, None)
            self._handed[channel] = at_ms, channels[0]
        while self._handed and next(iter(self._handed.values()))[0] < at_ms - REMEMBERED_MS:
            del self._handed[next(iter(self._handed))]

    def followed(self, channel: str) -> list[Visit]:
        """A caller's visits, and those that it has taken over in an attended transfer."""
        if channel not in self._handed:
            return self.of(channel)
        first = self._handed[channel][1]
        others = [name for name, (_, each) in self._handed.items() if each == first]
        over = [visit for name in others if name != channel for visit in self.of(name)]
        return [*self.of(channel), *(visit for visit in over if visit.waiting)]

    def talking(self, channel: str) -> Visit | None:
        """The conversation that a channel belongs to, the caller's, the agent's, or behind it."""
        own = self.as_caller(channel)
        if own is not None:
            return own
        for _ in range(_LINKS_DEEP):
            visit = self._legs.get(channel)
            if visit is not None and visit.talking:
                return visit
            channel = self._links.get(channel, "")
        return None

    def entered_near(self, call: str, queue: str, entered_ms: int) -> bool:
        """Whether the caller has entered the queue then, within what whole seconds allow."""
        return any(
            visit.queue == queue and abs((visit.entered_ms or 0) - entered_ms) <= SLACK_MS
            for visit in self.of(call)
        )

    def as_caller(self, channel: str) -> Visit | None:
        """The conversation of the caller on this very channel."""
        return next((visit for visit in reversed(self.of(channel)) if visit.talking), None)

    def knows(self, queue: str, agent: str) -> bool:
        """Whether the agent has talked to anybody of that queue."""
        return any(each.queue == queue and each.agent == agent for each in self.everything())

    def by_leg(self, channel: str) -> Visit | None:
        """The conversation whose agent was dialled by this very channel."""
        visit = self._legs.get(channel)
        return visit if visit is not None and visit.talking else None

    def waiting(self, call: str, queue: str, at_ms: int, hold_ms: int | None) -> Visit | None:
        """The visit of which an answer or an exit is told."""
        for visit in reversed(self.of(call)):
            if visit.queue == queue and visit.waiting:
                return visit
        if call not in self._handed:
            return None
        # Entered as the consulting channel of an attended transfer, goes on as the caller's own.
        entered_ms = None if hold_ms is None else at_ms - hold_ms
        for visit in self.followed(call):
            near = entered_ms is None or abs((visit.entered_ms or 0) - entered_ms) <= SLACK_MS
            if visit.queue == queue and visit.waiting and near:
                return visit
        return None

    def completed(
        self, call: str, queue: str, agent: str, at_ms: int, talk_ms: int | None
    ) -> Visit | None:
        """The conversation of which the end is told, perhaps under another channel or none."""
        own = [visit for visit in self.of(call) if visit.queue == queue and visit.talking]
        for visit in own:
            if visit.agent == agent:
                return visit
        if own:
            return own[0]
        if talk_ms is None:
            return None
        found = [
            visit
            for visit in self.everything()
            if visit.talking
            and visit.queue == queue
            and visit.agent == agent
            and abs(at_ms - talk_ms - (visit.connected_ms or 0)) <= SLACK_MS
        ]
        return max(found, key=lambda visit: visit.connected_ms or 0, default=None)
