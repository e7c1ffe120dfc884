"""The service-level family against the published vector and the stress vector."""

import pytest

from streams.core.definitions import ABANDON_FIRST
from streams.core.tally import Tally, count_leave
from streams.core.targets import (
    ServiceLevel,
    Target,
    abandonment,
    service_level,
    short_abandons,
    within,
)

KEY = ("main", "q")


def tally(*visits: tuple[str, int, int]) -> Tally:
    """(outcome, wait in s, how many)."""
    made = Tally()
    for outcome, wait_s, count in visits:
        for _ in range(count):
            count_leave((made,), (KEY, 0, 0, outcome, 1000 * wait_s), 1)
    return made


# callcentrehelper.com: 1000 answered, 860 within 20 s; 60 abandoned, 20 within 20 s, 10 within 5 s.
PUBLISHED = tally(
    ("answered", 20, 860),
    ("answered", 21, 140),
    ("abandoned", 5, 10),
    ("abandoned", 6, 10),
    ("abandoned", 21, 40),
)
FORMULAS = {
    "F1": (ServiceLevel(short_abandon_s=20, credit_short_abandons=True), 83.0189),
    "F2": (ServiceLevel(short_abandon_s=0, include_abandons=False), 86.0),
    "F3": (ServiceLevel(short_abandon_s=0), 81.1321),
    "F4": (ServiceLevel(short_abandon_s=20), 82.6923),
    "F5": (ServiceLevel(short_abandon_s=5, credit_short_abandons=True), 82.0755),
    "F6": (ServiceLevel(short_abandon_s=5), 81.9048),
}


@pytest.mark.parametrize("name", sorted(FORMULAS))
def test_the_published_vector(name: str) -> None:
    formula, percent = FORMULAS[name]
    met, eligible = service_level(PUBLISHED, formula)
    assert round(100 * met / eligible, 4) == percent


def test_short_abandons_may_be_all_that_counts_of_those_who_hang_up() -> None:
    """Of those who hung up only the ten within 5 s: (860 + 10) of (1000 + 10)."""
    formula = ServiceLevel(short_abandon_s=5, credit_short_abandons=True, include_abandons=False)
    assert service_level(PUBLISHED, formula) == (870, 1010)


def test_all_callers_time_out() -> None:
    """Systems that leave time-outs out of everything show 100 % here, or nothing."""
    stress = tally(("timeout", 20, 50))
    for formula, _ in FORMULAS.values():
        assert service_level(stress, formula) == (0, 50)


@pytest.mark.parametrize(
    ("outcome", "wait_s", "counts"),
    [
        ("answered", 20, (1, 1)),
        ("answered", 21, (0, 1)),
        ("abandoned", 5, (0, 0)),
        ("abandoned", 6, (0, 1)),
        ("abandoned", 21, (0, 1)),
        ("key", 20, (0, 0)),
        ("key", 21, (0, 1)),  # beyond T it is a miss, however it ends
        ("callback", 20, (0, 0)),
        ("callback", 21, (0, 1)),
        ("withdrawn", 20, (0, 0)),
        ("withdrawn", 21, (0, 1)),
        ("timeout", 1, (0, 1)),
        ("empty", 1, (0, 1)),
        ("full", 0, (0, 1)),
        ("system", 1, (0, 1)),
    ],
)
def test_one_visit_under_the_default(outcome: str, wait_s: int, counts: tuple[int, int]) -> None:
    assert service_level(tally((outcome, wait_s, 1)), ServiceLevel()) == counts


def test_credit_without_other_abandons_never_exceeds_one() -> None:
    formula = ServiceLevel(credit_short_abandons=True, include_abandons=False)
    assert service_level(tally(("abandoned", 5, 3), ("abandoned", 6, 2)), formula) == (3, 3)


def test_abandonment_leaves_short_ones_out_of_both() -> None:
    some = tally(("answered", 1, 5), ("abandoned", 5, 2), ("abandoned", 6, 3), ("key", 9, 1))
    assert abandonment(some, ServiceLevel()) == (3, 9)
    assert abandonment(some, ServiceLevel(short_abandon_s=0)) == (5, 11)
    assert short_abandons(some, ServiceLevel()) == 2


def test_edges_are_inclusive_and_nought_is_nobody() -> None:
    some = tally(("abandoned", 0, 1), ("abandoned", 3, 1), ("abandoned", 4, 1))
    assert [within(some, ABANDON_FIRST, edge) for edge in (0, 3, 5, 1200)] == [0, 2, 3, 3]


@pytest.mark.parametrize("name", ["threshold_s", "short_abandon_s"])
def test_a_threshold_that_is_no_edge_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: expected one of"):
        ServiceLevel(**{name: 4})  # type: ignore[arg-type]


def test_short_is_at_most_the_threshold() -> None:
    with pytest.raises(ValueError, match="short_abandon_s: expected at most"):
        ServiceLevel(threshold_s=10, short_abandon_s=20)
    ServiceLevel(threshold_s=20, short_abandon_s=20)


def test_the_defaults_are_those_of_the_documents() -> None:
    formula = Target().service_level
    assert (formula.threshold_s, formula.short_abandon_s) == (20, 5)
    assert (formula.credit_short_abandons, formula.include_abandons) == (False, True)
    assert (Target().objective_ratio, Target().interval_min) == (0.8, 15)
