"""The table of phases: total, and the same in the documents."""

import re
from itertools import product
from pathlib import Path

import pytest

from streams.core.life import LIFE, PHASES, STEP_NAMES, Phase, Step, diagram, phase_of

OVER = {Phase.ANSWERED, Phase.ABANDONED, Phase.LEFT}


def test_every_phase_is_in_the_table() -> None:
    assert set(LIFE) == set(Phase)


def test_every_step_leads_somewhere_and_every_phase_is_reached() -> None:
    used = {step for exits in LIFE.values() for step in exits}
    assert used == set(STEP_NAMES)
    assert set(PHASES) == set(Phase)


def test_what_is_over_stays_over() -> None:
    assert {phase for phase, exits in LIFE.items() if not exits} == OVER


def test_every_combination_of_steps_has_a_phase() -> None:
    assert len(PHASES) == 2 ** len(STEP_NAMES)
    for seen in range(len(PHASES)):
        assert phase_of(seen) is PHASES[seen]


@pytest.mark.parametrize(
    ("steps", "phase"),
    [
        ((), Phase.UNSEEN),
        ((Step.QUEUED,), Phase.WAITING),
        ((Step.ANSWERED,), Phase.TALKING),
        ((Step.QUEUED, Step.ANSWERED), Phase.TALKING),
        ((Step.QUEUED, Step.ANSWERED, Step.ENDED), Phase.ANSWERED),
        ((Step.QUEUED, Step.ANSWERED, Step.SERVED), Phase.ANSWERED),
        ((Step.QUEUED, Step.ANSWERED, Step.CUT), Phase.ANSWERED),
        ((Step.QUEUED, Step.ANSWERED, Step.ABANDONED), Phase.TALKING),
        ((Step.QUEUED, Step.SERVED), Phase.ANSWERED),
        ((Step.SERVED,), Phase.ANSWERED),
        ((Step.QUEUED, Step.ENDED), Phase.ABANDONED),
        ((Step.ENDED,), Phase.UNSEEN),
        ((Step.CUT,), Phase.UNSEEN),
        ((Step.QUEUED, Step.CUT), Phase.LEFT),
        ((Step.QUEUED, Step.ABANDONED, Step.CUT), Phase.ABANDONED),
        ((Step.QUEUED, Step.LEFT, Step.CUT), Phase.LEFT),
        ((Step.QUEUED, Step.ABANDONED, Step.LEFT), Phase.ABANDONED),
        ((Step.QUEUED, Step.ENDED, Step.CUT), Phase.ABANDONED),
    ],
)
def test_the_first_end_wins(steps: tuple[int, ...], phase: Phase) -> None:
    assert phase_of(sum(steps)) is phase


def test_a_restart_never_undoes_what_was_seen() -> None:
    for seen in range(2 ** len(STEP_NAMES)):
        without = seen & ~Step.CUT
        if phase_of(without) in OVER:
            assert phase_of(seen) is phase_of(without)


def test_no_step_takes_an_outcome_back() -> None:
    """Answered, abandoned or left: another step seen cannot make it waiting or unseen again."""
    for seen, step in product(range(len(PHASES)), STEP_NAMES):
        if phase_of(seen) in OVER | {Phase.TALKING}:
            assert phase_of(seen | step) in OVER | {Phase.TALKING}


def test_the_documents_show_this_table() -> None:
    text = (Path(__file__).parents[2] / "docs" / "life.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```mermaid\n(.*?)```", text, re.DOTALL)
    assert shown == diagram(), "docs/life.md: paste what streams.core.life.diagram() gives"
