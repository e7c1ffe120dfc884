"""Spells of presence, by hand."""

import pytest

from streams.simulator.hours import Spell, without


@pytest.mark.parametrize(
    ("away", "left"),
    [
        ([], [(0, 100)]),
        ([(20, 30)], [(0, 20), (30, 100)]),
        ([(20, 30), (25, 50)], [(0, 20), (50, 100)]),
        ([(90, 120)], [(0, 90)]),
        ([(0, 100)], []),
        ([(100, 110)], [(0, 100)]),
    ],
)
def test_without(away: list[Spell], left: list[Spell]) -> None:
    assert without([(0, 100)], away) == left
