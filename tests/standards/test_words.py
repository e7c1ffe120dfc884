"""A norm in words: its number, its blank, and what it has no value for."""

from dataclasses import replace

import pytest

from streams.standards.presets import Norm, Target, preset
from streams.standards.words import (
    COMPUTED,
    NO_SOURCE,
    NOT_COMPUTED,
    signal_words,
    status,
    status_words,
    target_words,
)

NORM = Norm(
    id="rings",
    wording="Three rings.",
    wording_zh="三声。",
    figure="service_level",
    signals=("call.queued", "call.answered"),
    target=Target(comparison="<=", value=9, unit="s"),
)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (None, "no number in the document"),
        (Target(comparison="<=", value=9, unit="s"), "≤ 9 s"),
        (Target(comparison=">=", value=0.85, unit="ratio"), "≥ 85%"),
        (Target(comparison="=", value=0, unit="ratio"), "= 0%"),
        (Target(comparison="between", value=180, upper=200, unit="words"), "180 to 200 words"),
        (
            Target(comparison="<=", unit="h"),
            "left blank: a value in h must be given in the configuration, but no key takes it yet",
        ),
    ],
)
def test_targets(target: Target | None, words: str) -> None:
    assert target_words(replace(NORM, target=target)) == words


def test_a_blank_names_the_key_that_takes_it() -> None:
    blank = replace(NORM, target=Target(comparison="<=", unit="rings"), key="threshold_s")
    assert target_words(blank).endswith("must be given in the configuration, as threshold_s")


def test_advice_is_said_to_be_advice() -> None:
    assert target_words(replace(NORM, advisory=True)) == "≤ 9 s (advisory)"


def test_a_value_needs_both_a_figure_and_a_source() -> None:
    fed_by_nobody = replace(NORM, signals=("call.queued", "ticket.opened"))
    assert status(NORM, {"service_level": 1}) == COMPUTED
    assert status(NORM, {}) == NOT_COMPUTED
    assert status(fed_by_nobody, {"service_level": 1}) == NO_SOURCE
    assert status_words(NORM, {}) == "no value: service_level is not computed yet"
    assert (
        status_words(fed_by_nobody, {"service_level": 1})
        == "no value: no source can feed it yet (ticket.opened)"
    )


def test_each_signal_says_who_sends_it() -> None:
    words = signal_words(replace(NORM, signals=("call.ringing", "ticket.opened")))
    assert words == "call.ringing (asterisk-ami, freeswitch); ticket.opened (no source sends it)"


def test_of_all_norms_only_the_service_level_is_computed_today() -> None:
    registry = {"service_level": 1, "abandonment": 1, "answer_speed": 1, "handle_time": 1}
    computed = [
        (name, norm.id)
        for name in ("esale", "gas-hotline", "etiquette", "time-standards", "studio")
        for norm in preset(name).norms
        if status(norm, registry) == COMPUTED
    ]
    assert computed == [
        ("esale", "three_rings_from_queue"),
        ("etiquette", "three_rings_from_queue"),
        ("time-standards", "answered_in_rings"),
    ]
