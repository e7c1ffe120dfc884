"""Variables are converted, win over the file, and are named where they are wrong."""

from pathlib import Path

import pytest

from streams.config.environment import keys
from tests.config.conftest import Load, Refuse


def test_a_variable_wins_over_the_file(loaded: Load) -> None:
    assert loaded("[kafka]\npartitions = 3", HOTLINE_KAFKA__PARTITIONS="12").kafka.partitions == 12


def test_text_becomes_what_the_key_holds(loaded: Load) -> None:
    settings = loaded(
        HOTLINE_KAFKA__BOOTSTRAP="a:1, b:2",
        HOTLINE_KAFKA__SECURITY_PROTOCOL="SSL",
        HOTLINE_WORKER__NAME="7",
        HOTLINE_WORKER__CHECKPOINT_SHARE="0.1",
        HOTLINE_BOARD__VISITS_DATABASE="visits.sqlite",
        HOTLINE_DEFAULTS__CREDIT_SHORT_ABANDONS="True",
        HOTLINE_DEFAULTS__INTERVAL_MIN="30",
        HOTLINE_DEFAULTS__OBJECTIVE_RATIO="1",
        HOTLINE_DEFAULTS__WRAPUP="30",
    )
    assert settings.kafka.bootstrap == ("a:1", "b:2")
    assert settings.kafka.security_protocol == "SSL"
    assert (settings.worker.name, settings.worker.checkpoint_share) == ("7", 0.1)
    assert settings.board.visits_database == Path("visits.sqlite")
    assert settings.defaults.credit_short_abandons is True
    assert (settings.defaults.interval_min, settings.defaults.wrapup) == (30, 30)
    assert settings.defaults.objective_ratio == 1


def test_a_word_is_kept_where_words_are_wanted(loaded: Load) -> None:
    assert loaded(HOTLINE_DEFAULTS__WRAPUP="absent").defaults.wrapup == "absent"


def test_defaults_from_the_environment_reach_the_queues(loaded: Load) -> None:
    settings = loaded('[queues."sales"]\ntitle = "Sales"', HOTLINE_DEFAULTS__THRESHOLD_S="30")
    assert settings.queue("main", "sales").threshold_s == 30


def test_an_empty_variable_is_not_set(loaded: Load) -> None:
    assert loaded(HOTLINE_KAFKA__PARTITIONS="", HOTLINE_KAFKA__NONE="").kafka.partitions == 8


@pytest.mark.parametrize("name", ["HOTLINE_DATA", "HOTLINE_BOARD_PORT", "OTHER__KEY"])
def test_what_is_not_ours_is_left_alone(loaded: Load, name: str) -> None:
    assert loaded(**{name: "tcp://10.0.0.1:8080"}).board.port == 8080


@pytest.mark.parametrize("text", ["twelve", "12.5", "0", "true", "١٢٣٤"])
def test_a_wrong_value_names_variable_and_key(refused: Refuse, text: str) -> None:
    error = refused("[kafka]\npartitions = 3", HOTLINE_KAFKA__PARTITIONS=text)
    assert error.file == "environment variable HOTLINE_KAFKA__PARTITIONS"
    assert (error.key, error.line) == ("kafka.partitions", None)
    assert "a whole number" in error.expected


def test_a_wrong_threshold_lists_the_edges(refused: Refuse) -> None:
    error = refused(HOTLINE_DEFAULTS__THRESHOLD_S="7")
    assert error.file == "environment variable HOTLINE_DEFAULTS__THRESHOLD_S"
    assert "3, 5, 6, 9, 10" in error.expected


def test_a_section_that_is_no_table_stays_refused(refused: Refuse) -> None:
    assert refused("kafka = 5", HOTLINE_KAFKA__PARTITIONS="12").expected == "a table"


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("HOTLINE_KAFKA__PARTITION", "HOTLINE_KAFKA__PARTITIONS"),
        ("HOTLINE_KAFK__PARTITIONS", "HOTLINE_KAFKA__PARTITIONS"),
        ("HOTLINE_KAFKA__partitions", "HOTLINE_"),
        ("HOTLINE_QUEUES__SALES", "HOTLINE_"),
    ],
)
def test_an_unknown_variable_is_told_the_nearest(refused: Refuse, name: str, nearest: str) -> None:
    error = refused(**{name: "correct-horse"})
    assert error.file == f"environment variable {name}"
    assert f"nearest: {nearest}" in error.expected
    assert "correct-horse" not in str(error)


def test_a_secret_from_the_environment_is_not_shown(refused: Refuse) -> None:
    error = refused(HOTLINE_SOURCE__CUSTOMER_KEY="hunter2")
    assert error.file == "environment variable HOTLINE_SOURCE__CUSTOMER_KEY"
    assert "hunter2" not in str(error)


def test_every_section_can_be_set() -> None:
    sections = {section for (section, _), _ in keys().values()}
    assert sections == {
        *("kafka", "worker", "board", "source", "ami", "dashboards", "limits", "defaults"),
        *("access", "onebot", "chatwoot"),
    }
