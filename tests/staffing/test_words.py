import math

import pytest

from streams.staffing.load import Load
from streams.staffing.performance import performance
from streams.staffing.words import band, percent, performance_text, seconds, table


def test_figures_a_line_each() -> None:
    load = Load(2880, 60, 120)
    lines = performance_text(load, 50, 20, performance(load, 50, 20)).splitlines()
    assert lines[0].split() == ["offered", "load", "48.00", "erlangs,", "50", "people"]
    assert lines[2].endswith(" 3.1 %")
    assert lines[3].endswith(" 3.7 s")
    assert len({len(line) for line in lines}) == 1


@pytest.mark.parametrize(
    ("agents", "patience_s", "words"),
    [(40, math.inf, "without end"), (0, math.inf, "without end"), (0, 120, "–")],
)
def test_a_figure_without_value(agents: int, patience_s: float, words: str) -> None:
    load = Load(2880, 60, patience_s)
    lines = performance_text(load, agents, 20, performance(load, agents, 20)).splitlines()
    assert lines[4].endswith(f" {words}")


def test_values() -> None:
    assert (percent(None), percent(0.8349)) == ("–", "83.5 %")
    assert (seconds(None), seconds(3.14159), seconds(348.4)) == ("–", "3.1 s", "348 s")
    assert band(None) == band({"ratio": None}) == "–"
    assert band({"ratio": 0.774, "low": 0.6, "high": 0.921}) == "77 % (60-92)"


def test_columns() -> None:
    assert table([("a", "10"), ("long", "9")]) == "a     10\nlong   9\n"
