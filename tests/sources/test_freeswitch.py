"""mod_callcenter's events against what they mean: by stories, in both forms, and damaged."""

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.core.events import explain
from streams.core.limits import Rules
from streams.report import Report, make_report
from streams.sources.catalogue import make_source
from streams.sources.freeswitch import FreeSwitch
from streams.sources.freeswitch_event import records
from streams.sources.taken import EventDict, Fate
from tests.sources.logs import KEY, START_S

Headers = dict[str, str]


def event(second: float, action: str, member: str = "m-1", **cc: object) -> Headers:
    """An event at START_S + second; `Agent_UUID` stands for CC-Agent-UUID."""
    return {
        "Event-Subclass": "callcenter::info",
        "Event-Name": "CUSTOM",
        "Event-Date-Timestamp": str(round((START_S + second) * 1_000_000)),
        "CC-Queue": "support@default",
        "CC-Action": action,
        "CC-Member-UUID": member,
        "CC-Member-Session-UUID": f"s-{member}",
        "CC-Member-CID-Number": "+49 30 1234567",
        **{f"CC-{name.replace('_', '-')}": str(value) for name, value in cc.items()},
    }


def plain(*found: Headers) -> bytes:
    """As an event socket prints them."""
    texts = []
    for one in found:
        text = "".join(f"{name}: {quote(value)}\n" for name, value in one.items())
        texts.append(f"Content-Length: {len(text)}\nContent-Type: text/event-plain\n\n{text}\n")
    return "".join(texts).encode()


def lines(*found: Headers) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in found)


def report_of(folder: Path, content: bytes) -> Report:
    path = folder / "events"
    path.write_bytes(content)
    return make_report(make_source("freeswitch", key=KEY), [path], Rules())


def told(tmp_path: Path, *found: Headers) -> list[EventDict]:
    source = FreeSwitch("fs", key=KEY)
    path = tmp_path / "events"
    path.write_bytes(plain(*found))
    with path.open("rb") as stream:
        return [each for record in records(stream) for each in source.read(record).events]


def brief(found: list[EventDict]) -> list[tuple[Any, ...]]:
    return [
        (each["type"][5:], (each["at_ms"] - 1000 * START_S) / 1000, *each["data"].values())
        for each in found
    ]


JOIN = event(0.25, "member-queue-start")
OFFER = event(2, "agent-offering", Agent="Ann Müller")
BRIDGE = event(5.5, "bridge-agent-start", Agent="Ann Müller")
END = event(60, "bridge-agent-end", Agent="Ann Müller", Agent_Bridged="true")
LEAVE = event(60.01, "member-queue-end", Cause="Terminated")


def test_an_answered_call_has_exact_times(tmp_path: Path) -> None:
    found = told(tmp_path, JOIN, OFFER, BRIDGE, END, LEAVE)
    assert brief(found) == [
        ("queued", 0.25),
        ("ringing", 2),
        ("answered", 5.5, 5_250, 3_500),
        ("ended", 60, 54_500, "unknown"),
    ]
    assert {(each["contact"], each["visit"], each["queue"]) for each in found} == {
        ("fs:s-m-1", 1, "support@default")
    }
    assert found[2]["agent"] == "Ann Müller"
    assert "1234567" not in str(found)
    assert len(found[0]["customer"]) == 24


def test_an_offer_may_stand_before_the_entering(tmp_path: Path) -> None:
    offer = {**OFFER, "Event-Date-Timestamp": JOIN["Event-Date-Timestamp"]}
    assert [each[0] for each in brief(told(tmp_path, offer, JOIN, BRIDGE))] == [
        "ringing",
        "queued",
        "answered",
    ]


@pytest.mark.parametrize(
    ("reason", "last"),
    [
        ("NONE", ("abandoned", 30, 29_750)),
        ("BREAK_OUT", ("abandoned", 30, 29_750)),
        ("TIMEOUT", ("left", 30, 29_750, "timeout")),
        ("NO_AGENT_TIMEOUT", ("left", 30, 29_750, "empty")),
        ("EXIT_WITH_KEY", ("left", 30, 29_750, "key")),
    ],
)
def test_who_met_no_agent(tmp_path: Path, reason: str, last: tuple[Any, ...]) -> None:
    gone = event(30, "member-queue-end", Cause="Cancel", Cancel_Reason=reason)
    assert brief(told(tmp_path, JOIN, gone))[1:] == [last]


def test_rings_and_a_bridge_that_failed(tmp_path: Path) -> None:
    missed = event(12, "bridge-agent-fail", Agent="Ann Müller", Hangup_Cause="NO_ANSWER")
    other = event(
        13, "bridge-agent-fail", Agent="Bob", Agent_Called_Time=100, Agent_Aborted_Time=104
    )
    failed = event(60, "bridge-agent-end", Agent="Ann Müller", Agent_Bridged="false")
    assert brief(told(tmp_path, JOIN, OFFER, missed, other, BRIDGE, failed))[2:] == [
        ("ring_missed", 12, 10_000, "no_answer"),
        ("ring_missed", 13, 4_000, "rejected"),
        ("answered", 5.5, 5_250),
        ("ended", 60, "system", True),
    ]


def test_the_documented_end_alone(tmp_path: Path) -> None:
    """The times of mod_callcenter's own page: joined 9000, answered 10009, left 10100."""
    end = event(
        100,
        "member-queue-end",
        Cause="Terminated",
        Agent="Ann",
        Agent_Called_Time=10000,
        Agent_Answered_Time=10009,
        Member_Joined_Time=9000,
        Member_Leaving_Time=10100,
    )
    assert brief(told(tmp_path, end)) == [
        ("answered", 9, 1_009_000, True),
        ("ended", 100, 91_000, "unknown"),
    ]


def test_two_passages_of_one_session(tmp_path: Path) -> None:
    one = {**JOIN, "CC-Member-Session-UUID": "s"}
    gone = event(9, "member-queue-end", Cause="Cancel", Cancel_Reason="TIMEOUT")
    two = {**event(10, "member-queue-start", member="m-2"), "CC-Member-Session-UUID": "s"}
    found = told(tmp_path, one, {**gone, "CC-Member-Session-UUID": "s"}, two)
    assert [(each["contact"], each["visit"]) for each in found] == [
        ("fs:s", 1),
        ("fs:s", 1),
        ("fs:s", 2),
    ]


def test_fates(tmp_path: Path) -> None:
    status = {**event(1, "agent-status-change"), "CC-Agent-Status": "Available"}
    found = report_of(
        tmp_path,
        plain(JOIN, status, {**JOIN, "CC-Member-UUID": ""}, {"Event-Name": "HEARTBEAT"})
        + plain({**JOIN, "Event-Date-Timestamp": "soon"}),
    ).as_json()["records"]
    assert found["accepted"] == 1
    assert found["rejected"] == {"bad_field": 1, "bad_time": 1}
    assert found["ignored"] == {"agent-status-change": 1, "HEARTBEAT": 1}


def test_a_day_agrees_with_a_plain_count_in_both_forms(tmp_path: Path) -> None:
    chance = random.Random(4)
    found, count = [], Counter[str]()
    for number in range(300):
        member = f"m-{number}"
        start, wait, talk = chance.uniform(0, 40_000), chance.uniform(0, 60), chance.uniform(1, 300)
        found.append(event(start, "member-queue-start", member))
        count["offered"] += 1
        if chance.random() < 0.7:
            found.append(event(start + wait, "bridge-agent-start", member, Agent="Ann"))
            found.append(event(start + wait + talk, "bridge-agent-end", member, Agent="Ann"))
            count["answered"] += 1
            count["within"] += wait <= 20
        else:
            left = event(start + wait, "member-queue-end", member, Cause="Cancel")
            found.append({**left, "CC-Cancel-Reason": "NONE"})
            count["abandoned"] += 1
    found.sort(key=lambda one: int(one["Event-Date-Timestamp"]))
    totals = [
        report_of(tmp_path, form).as_json()["total"]
        for form in (plain(*found), lines(*found), plain(*found) + lines(*found))
    ]
    for total in totals:
        assert count == {
            "offered": total["offered"],
            "answered": total["answered"],
            "within": total["answer"]["within"]["20"],
            "abandoned": total["abandoned"],
        }


def test_memory_goes_on_in_another_reader(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(lines(JOIN, OFFER, BRIDGE, END, LEAVE))
    whole = told(tmp_path, JOIN, OFFER, BRIDGE, END, LEAVE)
    path.write_bytes(lines(JOIN, OFFER, BRIDGE, END, LEAVE))
    found: list[EventDict] = []
    source = FreeSwitch("fs", key=KEY)
    with path.open("rb") as stream:
        for record in records(stream):
            found += source.read(record).events
            following = FreeSwitch("fs", key=KEY)
            following.restore(json.loads(json.dumps(source.memory())))
            source = following
    assert brief(found) == brief(whole)


VALUES = st.one_of(
    st.sampled_from(("0", "9000", "10009", "9" * 10, "-1", "NaN", "", "Cancel", "NONE", "false")),
    st.text(max_size=5),
)
CHANGES = st.dictionaries(
    st.sampled_from((*JOIN, "CC-Agent", "CC-Cause", "CC-Agent-Answered-Time")), VALUES, max_size=2
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.sampled_from((JOIN, OFFER, BRIDGE, END, LEAVE)), CHANGES), max_size=9),
    st.binary(max_size=30),
)
def test_anything_has_a_fate(story: list[tuple[Headers, Headers]], rubbish: bytes) -> None:
    source = FreeSwitch("fs", key=KEY)
    for whole, changed in story:
        text = "\n".join(f"{name}: {value}" for name, value in {**whole, **changed}.items())
        stamp = f"{START_S}.000001" if len(changed) < 2 else ""
        for record in (f"{stamp}|{text}".encode(), rubbish):
            taken = source.read(record)
            assert taken.fate is not Fate.REJECTED or (taken.name and taken.words)
            for each in taken.events:
                assert explain(each, "calls") is None, each
