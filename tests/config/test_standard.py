"""`standard`: a preset's telephone targets, beneath every key of the table that names it."""

import pytest

from streams.config.fields import alternatives
from streams.config.loading import load
from streams.config.queues import QueueSettings
from streams.standards import NAMES
from tests.config.conftest import Load, Refuse


def test_the_key_knows_every_preset() -> None:
    assert alternatives(QueueSettings.model_fields["standard"].annotation) == NAMES


# threshold_s and short_abandon_s as the documents have them; 20 and 5 are the defaults without one.
@pytest.mark.parametrize(
    ("standard", "threshold_s", "short_abandon_s"),
    [("esale", 9, 0), ("etiquette", 9, 0), ("gas-hotline", 20, 0), ("studio", 20, 0)],
)
def test_it_sets_a_queue(
    loaded: Load, standard: str, threshold_s: int, short_abandon_s: int
) -> None:
    settings = loaded(f'[queues.a]\nstandard = "{standard}"')
    queue, other = settings.queue("main", "a"), settings.queue("main", "b")
    assert (queue.threshold_s, queue.short_abandon_s) == (threshold_s, short_abandon_s)
    assert (queue.objective_ratio, other.threshold_s, other.short_abandon_s) == (0.8, 20, 5)
    target = settings.target("main", "a").service_level
    assert (target.threshold_s, target.short_abandon_s) == (threshold_s, short_abandon_s)


def test_for_all_queues_and_overridden_key_by_key(loaded: Load) -> None:
    settings = loaded(
        '[defaults]\nstandard = "esale"\n[queues.a]\nthreshold_s = 15\n'
        '[queues."lyon/a"]\nshort_abandon_s = 3\n[queues.b]\n'
    )
    found = [settings.queue("lyon", "a"), settings.queue("nice", "a"), settings.queue("nice", "b")]
    assert [(one.threshold_s, one.short_abandon_s) for one in found] == [(15, 3), (15, 0), (9, 0)]
    assert settings.defaults.threshold_s == 9


def test_a_queues_own_preset_wins_over_the_keys_of_other_tables(loaded: Load) -> None:
    settings = loaded(
        '[defaults]\nthreshold_s = 60\n[queues.a]\nstandard = "etiquette"\n[queues."x/a"]\n'
    )
    assert settings.queue("x", "a").threshold_s == 9
    assert settings.queue("x", "b").threshold_s == 60


@pytest.mark.parametrize("table", ["defaults", "queues.a"])
def test_what_a_document_leaves_blank_is_asked_for(
    loaded: Load, refused: Refuse, table: str
) -> None:
    error = refused(f'[{table}]\nstandard = "time-standards"')
    assert (error.key, error.found) == (f"{table}.threshold_s", "nothing")
    assert error.expected == 'a value, which standard = "time-standards" leaves blank'
    settings = loaded(f'[{table}]\nstandard = "time-standards"\nthreshold_s = 12')
    queue = settings.queue("main", "a")
    assert (queue.threshold_s, queue.short_abandon_s) == (12, 0)


@pytest.mark.parametrize("value", ['"nope"', '""', "3", "true", "[]", "{}"])
def test_what_is_no_preset(refused: Refuse, value: str) -> None:
    error = refused(f"[queues.a]\nstandard = {value}")
    assert (error.key, error.line) == ("queues.a.standard", 2)
    assert all(f'"{name}"' in error.expected for name in NAMES)


def test_what_does_not_fit_under_a_preset(refused: Refuse) -> None:
    error = refused('[queues.a]\nstandard = "esale"\nshort_abandon_s = 15')
    assert (error.key, error.expected) == ("queues.a.short_abandon_s", "at most threshold_s (9)")


def test_from_the_environment() -> None:
    assert load(None, {"HOTLINE_DEFAULTS__STANDARD": "esale"}).defaults.threshold_s == 9
