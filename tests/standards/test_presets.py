"""The data: every norm is there, names what exists, and claims no source that does not send it."""

from ast import Constant, walk
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from streams.config.queues import QueueSettings
from streams.core.chats import CHAT_DEFINITIONS
from streams.core.definitions import ANSWER_EDGES_S, DEFINITIONS
from streams.core.events import ALL_TYPES
from streams.sources.catalogue import NAMES as SOURCES
from streams.standards.presets import (
    NAMES,
    Comparison,
    Norm,
    feeders,
    figures,
    missing,
    preset,
    senders,
)
from tests.tidy.repository import ROOT, modules, read, tree

# Counted by hand in the documents' list of norms: what each asks for, one name each.
BY_HAND = {
    "esale": "first_reply first_reply_p95 three_rings_from_queue three_rings_from_ringing"
    " handled_in_three_minutes hold_update mute_update speech_rate",
    "gas-hotline": "automatic_answer transfer_answer manual_answer nobody_answers remedy"
    " reachable_24_hours voicemail_only_before_merging"
    " followup followup_complaints_and_paid_work followup_emergencies followup_others"
    " followup_projection entered_in_3_days called_back_in_5_days"
    " emergency_closed_next_morning emergency_called_back_that_afternoon trouble_goes_back"
    " one_call_for_all_tickets failed_after_two_dates ring_back_in_half_an_hour"
    " bad_line_in_3_minutes complaint_answered silent_call never_hang_up_first"
    " each_call_recorded emergency_passed_on duty_line_free handover"
    " callback_table_weekly callback_table_monthly dissatisfaction_table_monthly"
    " outbound_analysis quarterly_check speech_rate customer_data_secret",
    "etiquette": "three_rings_from_queue three_rings_from_ringing apology_after_five_rings"
    " look_up_ring_back long_distance_first caller_ends_the_call customer_data_secret",
    "time-standards": "greeting first_reception later_reception special_requests"
    " answered_in_rings other",
    "studio": "simple_replied_in_2_h complex_replied_in_24_h promise_kept"
    " acceptor_sees_it_through rework_photos rework_albums rework_crystal_and_frames"
    " rework_stale urgent_first own_faults_first first_come_first_made urgent_quota"
    " monthly_survey spot_checks rated_apart failed_transfer_answered satisfaction calls_a_day",
}
HOW_MANY = {"esale": 8, "gas-hotline": 35, "etiquette": 7, "time-standards": 6, "studio": 18}
# The numbers that the documents name, as they stand in them: comparison, value, unit.
NUMBERS = {
    ("esale", "first_reply"): ("<=", 60, "s"),
    ("esale", "three_rings_from_queue"): ("<=", 9, "s"),
    ("esale", "handled_in_three_minutes"): ("<=", 180, "s"),
    ("esale", "hold_update"): ("<=", 15, "s"),
    ("gas-hotline", "automatic_answer"): (">=", 0.98, "ratio"),
    ("gas-hotline", "transfer_answer"): (">=", 0.85, "ratio"),
    ("gas-hotline", "manual_answer"): (">=", 0.9, "ratio"),
    ("gas-hotline", "nobody_answers"): ("=", 0, "ratio"),
    ("gas-hotline", "entered_in_3_days"): ("<=", 3, "days"),
    ("gas-hotline", "called_back_in_5_days"): ("<=", 5, "days"),
    ("gas-hotline", "ring_back_in_half_an_hour"): ("<=", 30, "min"),
    ("gas-hotline", "bad_line_in_3_minutes"): ("<=", 3, "min"),
    ("etiquette", "apology_after_five_rings"): (">", 15, "s"),
    ("studio", "simple_replied_in_2_h"): ("<=", 2, "h"),
    ("studio", "complex_replied_in_24_h"): ("<=", 24, "h"),
    ("studio", "rework_albums"): ("<=", 24, "h"),
    ("studio", "rework_crystal_and_frames"): ("<=", 48, "h"),
    ("studio", "satisfaction"): (">=", 0.94, "ratio"),
    ("studio", "calls_a_day"): (">=", 100, "calls a day"),
}
BLANKS = {
    ("gas-hotline", "followup"),
    ("gas-hotline", "followup_others"),
    ("gas-hotline", "followup_projection"),
    ("gas-hotline", "complaint_answered"),
    *(("time-standards", name) for name in BY_HAND["time-standards"].split()),
    ("studio", "urgent_quota"),
}
# The files that write a source's events.
WRITERS = {
    "asterisk-queue-log": "streams/sources/asterisk_queue_log",
    "asterisk-ami": "streams/sources/asterisk_ami",
    "freeswitch": "streams/sources/freeswitch",
    "amazon-connect": "streams/sources/amazon_connect",
    "table": "streams/sources/table",
    "onebot": "streams/sources/onebot",
    "chatwoot": "streams/sources/chatwoot",
}
EVERY = [(name, norm) for name in NAMES for norm in preset(name).norms]
each_norm = pytest.mark.parametrize(
    ("name", "norm"), EVERY, ids=[f"{name}-{norm.id}" for name, norm in EVERY]
)


@pytest.mark.parametrize("name", NAMES)
def test_every_norm_is_there(name: str) -> None:
    assert [norm.id for norm in preset(name).norms] == BY_HAND[name].split()
    assert len(preset(name).norms) == HOW_MANY[name]


def test_the_numbers_are_those_of_the_documents() -> None:
    targets = {(name, norm.id): norm.target for name, norm in EVERY}
    for place, expected in NUMBERS.items():
        target = targets[place]
        assert target is not None
        assert (target.comparison, target.value, target.unit) == expected, place


def test_what_is_blank_in_a_document_is_blank_here() -> None:
    assert {(name, norm.id) for name, norm in EVERY if norm.blank} == BLANKS


def test_what_a_document_only_advises_is_advisory() -> None:
    assert {norm.id for _, norm in EVERY if norm.advisory} == {
        "entered_in_3_days",
        "called_back_in_5_days",
        "bad_line_in_3_minutes",
    }


@each_norm
def test_a_norm_names_only_what_exists(name: str, norm: Norm) -> None:
    assert norm.figure in figures()
    assert norm.signals
    assert set(norm.signals) <= set(senders())
    assert norm.wording
    assert any("\u4e00" <= letter <= "\u9fff" for letter in norm.wording_zh)
    if norm.target is not None:
        assert norm.target.comparison in get_args(Comparison)
        assert (norm.target.upper is not None) == (norm.target.comparison == "between")
    if norm.key is not None:
        assert norm.blank
        assert norm.key in QueueSettings.model_fields
        assert norm.key in preset(name).asks


def test_nothing_is_described_that_no_norm_needs() -> None:
    assert {norm.figure for _, norm in EVERY} == set(figures())
    assert {signal for _, norm in EVERY for signal in norm.signals} == set(senders())


def test_a_figure_is_of_the_registry_and_proved_or_is_a_formula() -> None:
    computed = {one.id for one in (*DEFINITIONS, *CHAT_DEFINITIONS)}
    for figure in figures().values():
        assert bool(figure.tests) == (figure.id in computed), figure.id
        assert bool(figure.formula) != (figure.id in computed), figure.id


def test_the_tests_that_are_named_exist() -> None:
    for figure in figures().values():
        for test in figure.tests:
            file, _, function = test.partition("::")
            assert f"\ndef {function}(" in read(ROOT / file)


def test_the_formulas_that_the_documents_fix() -> None:
    defined = {one.id: one.formula for one in CHAT_DEFINITIONS}
    named = {
        one.name_zh: one.formula or defined[one.id] for one in figures().values() if one.name_zh
    }
    assert named == {
        "自动应答接通率": "answered by the phone tree ÷ (call.arrived + call.refused), by arrival",
        "转人工接通率": "reached a person ÷ first entries to a human queue from the phone tree,"
        " by the moment of entering",
        "完全人工接通率": "reached a person ÷ first entries to a human queue by direct calls,"
        " by the moment of entering",
        "无人应答率": "(left by timeout, empty, full, system + rung ≥ 60 s unanswered"
        " + ended while nobody was signed in) ÷ contacts that asked for a person",
        "回访率": "(reached + failed by the two-date rule)"
        " ÷ (tickets whose last close lies in the month − exclusions)",
        "首次回复": "episodes replied to by a person within T ÷ episodes that needed one"
        " (replied to, missed)",
    }


def test_signals_are_events_of_the_vocabulary_or_said_to_be_none() -> None:
    outside = {"access", "checks", "front desk", "handover", "mute", "own figure", "speech"}
    for signal in senders():
        assert (signal.split()[0] in ALL_TYPES) == (signal not in outside), signal


@pytest.mark.parametrize("source", sorted(WRITERS))
def test_a_source_is_named_for_just_the_events_that_it_writes(source: str) -> None:
    files = [path for path in modules("streams/sources") if str(path).find(WRITERS[source]) > 0]
    written = {node.value for path in files for node in walk(tree(path)) if type(node) is Constant}
    claimed = {signal for signal, names in senders().items() if source in names}
    events = {signal for signal in senders() if " " not in signal}
    assert {signal for signal in claimed if signal in events} == events & written
    assert {signal.split()[0] for signal in claimed} <= written
    fields = {signal.split()[1].removeprefix("data.") for signal in claimed - events}
    assert fields <= written | _keywords(files)


def _keywords(files: list[Path]) -> set[str]:
    return {
        name.arg
        for path in files
        for node in walk(tree(path))
        for name in getattr(node, "keywords", ())
    }


def test_only_known_sources_are_named() -> None:
    assert {name for names in senders().values() for name in names} == set(WRITERS)
    assert set(WRITERS) == set(SOURCES) - {"canonical"}


def test_who_feeds_a_norm_sends_all_of_it() -> None:
    norms = {norm.id: norm for norm in preset("esale").norms}
    assert feeders(norms["three_rings_from_ringing"]) == ("asterisk-ami", "freeswitch")
    assert feeders(norms["hold_update"]) == ("asterisk-ami",)
    assert feeders(norms["first_reply"]) == ("chatwoot",)
    both = replace(norms["hold_update"], signals=("call.ringing", "call.ended data.by"))
    assert feeders(both) == ("asterisk-ami",)
    assert missing(norms["mute_update"]) == ("mute",)
    assert missing(norms["hold_update"]) == ()


@pytest.mark.parametrize("name", NAMES)
def test_what_a_preset_supplies_can_be_configured(name: str) -> None:
    one = preset(name)
    assert {*one.supplies, *one.asks} <= set(QueueSettings.model_fields)
    assert set(one.supplies.values()) <= {0, *ANSWER_EDGES_S}
    assert {norm.key for norm in one.norms if norm.key} == set(one.asks)


def test_names_are_told_apart() -> None:
    assert set(Counter((name, norm.id) for name, norm in EVERY).values()) == {1}
    with pytest.raises(KeyError, match="nope"):
        preset("nope")
