"""A queue's settings: its own, over those of its name at any site, over the defaults."""

import pickle

import pytest

from streams.config import Settings
from streams.core.limits import Rules
from streams.core.targets import ServiceLevel, Target
from tests.config.conftest import Load, Refuse

QUEUES = """
[defaults]
timezone = "Europe/Paris"
threshold_s = 60

[queues."support"]
title = "Support"
threshold_s = 30

[queues."lyon/support"]
objective_ratio = 0.9
"""


@pytest.mark.parametrize(
    ("site", "name", "title", "threshold_s", "objective_ratio"),
    [
        ("lyon", "support", "Support", 30, 0.9),
        ("nice", "support", "Support", 30, 0.8),
        ("lyon", "sales", None, 60, 0.8),
    ],
)
def test_the_nearest_table_wins(
    loaded: Load, site: str, name: str, title: str | None, threshold_s: int, objective_ratio: float
) -> None:
    queue = loaded(QUEUES).queue(site, name)
    assert (queue.title, queue.threshold_s) == (title, threshold_s)
    assert (queue.objective_ratio, queue.timezone) == (objective_ratio, "Europe/Paris")


def test_a_queue_can_have_a_slash_in_its_name(loaded: Load) -> None:
    settings = loaded('[queues."a/b"]\nthreshold_s = 30')
    assert settings.queue("main", "a/b").threshold_s == 30
    assert settings.queue("a", "b").threshold_s == 30
    assert settings.queue("main", "b").threshold_s == 20


def test_a_site_and_the_rest_of_the_path_are_told_apart(loaded: Load) -> None:
    settings = loaded('[queues."lyon/a/b"]\nthreshold_s = 30\n[queues."a/b"]\ntitle = "AB"')
    assert settings.queue("lyon", "a/b").title == "AB"


def test_a_short_abandon_may_not_outlast_the_threshold(refused: Refuse) -> None:
    error = refused('[queues."sales"]\nthreshold_s = 3')
    assert (error.key, error.line) == ("queues.sales.short_abandon_s", 1)
    assert (error.expected, error.found) == ("at most threshold_s (3)", "the number 5")


def test_inherited_settings_must_fit_together(refused: Refuse) -> None:
    error = refused(
        "[defaults]\nshort_abandon_s = 10\n[queues.b]\nshort_abandon_s = 15\n"
        '[queues."a/b"]\nthreshold_s = 9'
    )
    assert error.key == 'queues."a/b".short_abandon_s'
    assert (error.expected, error.found) == ("at most threshold_s (9)", "the number 15")


@pytest.mark.parametrize("seconds", [0, 3, 20])
def test_no_short_abandons_and_all_of_them(loaded: Load, seconds: int) -> None:
    assert loaded(f"[defaults]\nshort_abandon_s = {seconds}").defaults.short_abandon_s == seconds


@pytest.mark.parametrize("zone", ["", "Asia", "../etc/passwd", "/etc/localtime", "Mars/Olympus"])
def test_a_time_zone_that_is_none(refused: Refuse, zone: str) -> None:
    error = refused(f'[queues.a]\ntimezone = "{zone}"')
    assert (error.key, error.line) == ("queues.a.timezone", 2)
    assert "an IANA time zone" in error.expected


def test_a_misspelt_time_zone_is_told_the_nearest(refused: Refuse) -> None:
    error = refused('[defaults]\ntimezone = "Asia/Shangai"')
    assert error.expected.endswith("nearest: Asia/Shanghai")


@pytest.mark.parametrize("value", ["-1", '"never"', "1.5", "true"])
def test_wrapup_is_a_word_or_seconds(refused: Refuse, value: str) -> None:
    error = refused(f"[defaults]\nwrapup = {value}")
    assert error.key == "defaults.wrapup"
    assert error.expected == '"auto" or "absent" or a whole number, at least 0'


@pytest.mark.parametrize("value", ["20", '"15"', "0"])
def test_an_interval_is_a_quarter_or_half_an_hour(refused: Refuse, value: str) -> None:
    assert refused(f"[defaults]\ninterval_min = {value}").expected == "15 or 30"


@pytest.mark.parametrize("value", ["0", "1.1", "-0.5", "nan"])
def test_an_objective_is_a_share(refused: Refuse, value: str) -> None:
    assert refused(f"[defaults]\nobjective_ratio = {value}").key == "defaults.objective_ratio"


def test_a_queue_that_is_no_table(refused: Refuse) -> None:
    assert refused("[queues]\na = 5").expected == "a table"
    assert refused("queues = 5").expected == "a table"
    assert refused('defaults = 5\n[queues."a/b"]').expected == "a table"
    assert refused('[queues]\nb = 5\n"a/b" = {}').key == "queues.b"


def test_defaults_are_the_cores_own() -> None:
    rules, target = Settings().rules(), Settings().target("main", "sales")
    plain, held_to = Rules(), Target()
    assert rules.allowed_lateness_ms == plain.allowed_lateness_ms == 900_000
    assert rules.future_ms == plain.future_ms == 60_000
    assert rules.max_disorder_ms == plain.max_disorder_ms == 5_000
    assert rules.waiting_timeout_ms == plain.waiting_timeout_ms == 7_200_000
    assert rules.talking_timeout_ms == plain.talking_timeout_ms == 14_400_000
    assert (rules.queues_max, rules.contacts_max) == (500, 100_000)
    assert target.service_level == held_to.service_level
    assert target.objective_ratio == held_to.objective_ratio
    assert (target.title, target.title_zh, target.zone) == ("sales", "sales", "Asia/Shanghai")


def test_everything_set_reaches_the_core(loaded: Load) -> None:
    settings = loaded(
        "[limits]\nallowed_lateness_ms = 1\nfuture_ms = 2\nwaiting_timeout_ms = 60003\n"
        "talking_timeout_ms = 60004\nqueues = 5\nopen_contacts = 6\n[source]\nmax_disorder_ms = 7\n"
        '[queues.a]\ntitle = "A"\ntitle_zh = "甲"\ntimezone = "UTC"\nthreshold_s = 9\n'
        "short_abandon_s = 3\nobjective_ratio = 0.5\nabandon_objective_ratio = 0.1\n"
        "asa_objective_s = 11\ncredit_short_abandons = true\ninclude_abandons = false\n"
        "wrapup = 12\ninterval_min = 30"
    )
    assert settings.target("main", "a") == Target(
        service_level=ServiceLevel(
            threshold_s=9, short_abandon_s=3, credit_short_abandons=True, include_abandons=False
        ),
        objective_ratio=0.5,
        abandonment_ratio=0.1,
        answer_speed_s=11,
        title="A",
        title_zh="甲",
        zone="UTC",
        interval_min=30,
        wrapup=12,
    )
    rules = settings.rules()
    assert (rules.allowed_lateness_ms, rules.future_ms, rules.max_disorder_ms) == (1, 2, 7)
    assert (rules.waiting_timeout_ms, rules.talking_timeout_ms) == (60_003, 60_004)
    assert (rules.queues_max, rules.contacts_max) == (5, 6)
    assert rules.zone_of("main", "a") == "UTC"
    assert rules.zone_of("main", "b") == "Asia/Shanghai"


def test_settings_reach_another_process(loaded: Load) -> None:
    settings = loaded(QUEUES)
    assert pickle.loads(pickle.dumps(settings)) == settings
