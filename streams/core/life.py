"""The life of a queue visit as one literal table: everything about phases is here.

A visit is known by which steps of it were seen, in whatever order they arrived. `phase_of` walks
the table over those steps in their canonical order; a missing key refuses the step, so the first
terminal wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Phase(StrEnum):
    """Where a visit stands."""

    UNSEEN = "unseen"
    WAITING = "waiting"
    TALKING = "talking"
    ANSWERED = "answered"  # and the conversation is over
    ABANDONED = "abandoned"
    LEFT = "left"


class Step:
    """What was seen of a visit, as bits in the canonical order of a visit's steps.

    Plain integers: arithmetic on an enum's flags costs more than all else that an event needs.
    """

    QUEUED: Final = 1
    ANSWERED: Final = 2
    ABANDONED: Final = 4
    LEFT: Final = 8
    SERVED: Final = 16  # an end that carries its talk time
    ENDED: Final = 32  # an end that does not
    CUT: Final = 64  # the system ended it: a restart, or a time-out of ours


STEP_NAMES: Mapping[int, str] = MappingProxyType(
    {value: name.lower() for name, value in vars(Step).items() if name.isupper()}
)


LIFE: Mapping[Phase, Mapping[int, Phase]] = MappingProxyType(
    {
        Phase.UNSEEN: {
            Step.QUEUED: Phase.WAITING,
            Step.ANSWERED: Phase.TALKING,
            Step.ABANDONED: Phase.ABANDONED,
            Step.LEFT: Phase.LEFT,
            Step.SERVED: Phase.ANSWERED,
        },
        Phase.WAITING: {
            Step.ANSWERED: Phase.TALKING,
            Step.ABANDONED: Phase.ABANDONED,
            Step.LEFT: Phase.LEFT,
            Step.SERVED: Phase.ANSWERED,
            Step.ENDED: Phase.ABANDONED,
            Step.CUT: Phase.LEFT,
        },
        Phase.TALKING: {
            Step.SERVED: Phase.ANSWERED,
            Step.ENDED: Phase.ANSWERED,
            Step.CUT: Phase.ANSWERED,
        },
        Phase.ANSWERED: {},
        Phase.ABANDONED: {},
        Phase.LEFT: {},
    }
)


def _walk(seen: int) -> Phase:
    phase = Phase.UNSEEN
    for step in STEP_NAMES:
        if seen & step:
            phase = LIFE[phase].get(step, phase)
    return phase


# Every combination of steps, walked once: looking a phase up costs an index.
PHASES = tuple(_walk(seen) for seen in range(2 * max(STEP_NAMES)))


def phase_of(seen: int) -> Phase:
    """The phase of a visit of which the steps in the bits of `seen` were seen."""
    return PHASES[seen]


def diagram() -> str:
    """The table as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2", f"    [*] --> {Phase.UNSEEN}"]
    for phase, exits in LIFE.items():
        lines += [
            f"    {phase} --> {following}: {STEP_NAMES[step]}" for step, following in exits.items()
        ]
        if not exits:
            lines.append(f"    {phase} --> [*]")
    return "\n".join(lines) + "\n"
