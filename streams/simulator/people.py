"""People who take calls: who is there, who is free, and who has been free for longest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from streams.simulator.clockwork import Clockwork
from streams.simulator.hours import Spell


@dataclass(slots=True)
class Agent:
    """One person; `skills` are queues. Who is busy when the shift ends, finishes first."""

    name: str
    skills: Sequence[str]
    ring_miss_ratio: float = 0.0
    is_there: bool = False
    is_busy: bool = False
    free_since_ms: int = 0

    @property
    def is_free(self) -> bool:
        """Whether the next call may be theirs."""
        return self.is_there and not self.is_busy


@dataclass(slots=True)
class People:
    """All agents; `look` is called with one who has become free."""

    clock: Clockwork
    look: Callable[[Agent], None]
    by_skill: dict[str, list[Agent]] = field(default_factory=dict)

    def add(self, agent: Agent, spells: Iterable[Spell]) -> None:
        """Somebody who is there during these spells."""
        for skill in agent.skills:
            self.by_skill.setdefault(skill, []).append(agent)
        for begin_ms, end_ms in spells:
            self.clock.at(begin_ms, lambda: self._come(agent))
            self.clock.at(end_ms, lambda: self._go(agent))

    def free(self, skill: str) -> Agent | None:
        """Who has been free for longest; None where nobody is."""
        able = [agent for agent in self.by_skill.get(skill, ()) if agent.is_free]
        return min(able, key=lambda agent: agent.free_since_ms, default=None)

    def release(self, agent: Agent) -> None:
        """A call and its work are done."""
        agent.is_busy = False
        agent.free_since_ms = self.clock.now_ms
        if agent.is_there:
            self.look(agent)

    def _come(self, agent: Agent) -> None:
        agent.is_there = True
        if not agent.is_busy:
            self.release(agent)

    @staticmethod
    def _go(agent: Agent) -> None:
        agent.is_there = False
