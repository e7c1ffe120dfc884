"""Contact records against what they say, redelivered, in every form of file, and damaged."""

import gzip
import json
import random
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.core.events import explain
from streams.core.limits import Rules
from streams.report import Report, make_report
from streams.sources.amazon_connect import AmazonConnect
from streams.sources.catalogue import make_source
from streams.sources.feed import make_feed
from streams.sources.taken import Fate
from tests.sources.logs import KEY, START_S

Record = dict[str, Any]


def at(second: int) -> str:
    return datetime.fromtimestamp(START_S + second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def record(**changed: Any) -> Record:
    """A call that waited 20 s, was answered, and talked 100 s of which 30 on hold."""
    whole: Record = {
        "AWSContactTraceRecordFormatVersion": "2017-03-10",
        "Agent": {
            "ARN": "arn:aws:connect:eu-west-1:1:instance/i/agent/a",
            "AfterContactWorkDuration": 15,
            "AfterContactWorkEndTimestamp": at(135),
            "AfterContactWorkStartTimestamp": at(120),
            "AgentInteractionDuration": 70,
            "ConnectedToAgentTimestamp": at(20),
            "CustomerHoldDuration": 30,
            "Username": "ann",
        },
        "AgentConnectionAttempts": 1,
        "Attributes": {},
        "Channel": "VOICE",
        "ContactId": "c-1",
        "CustomerEndpoint": {"Address": "+49301234567", "Type": "TELEPHONE_NUMBER"},
        "DisconnectReason": "CUSTOMER_DISCONNECT",
        "DisconnectTimestamp": at(120),
        "InitiationMethod": "INBOUND",
        "InitiationTimestamp": at(-10),
        "LastUpdateTimestamp": at(140),
        "NextContactId": None,
        "Queue": {
            "ARN": "arn:aws:connect:eu-west-1:1:instance/i/queue/q",
            "DequeueTimestamp": at(20),
            "Duration": 20,
            "EnqueueTimestamp": at(0),
            "Name": "sales",
        },
        "TransferCompletedTimestamp": None,
    }
    return {**whole, **changed}


def events(found: Record) -> list[dict[str, Any]]:
    return AmazonConnect("connect", key=KEY).read(orjson.dumps(found)).events


def brief(found: Record) -> list[tuple[Any, ...]]:
    return [
        (event["type"][5:], event["at_ms"] // 1000 - START_S, *event["data"].values())
        for event in events(found)
    ]


def report_on(*paths: Path) -> Report:
    return make_report(make_source("amazon-connect", key=KEY), list(paths), Rules())


def written(path: Path, *found: Record) -> Path:
    path.write_bytes(b"\n".join(map(orjson.dumps, found)))
    return path


def test_an_answered_call() -> None:
    assert brief(record()) == [
        ("queued", 0),
        ("answered", 20, 20_000),
        ("ended", 120, 100_000, "customer", True),
        ("wrapped_up", 135, 15_000),
    ]
    queued, answered, *_ = events(record())
    assert (queued["contact"], queued["queue"], answered["agent"]) == (
        "connect:c-1",
        "sales",
        "ann",
    )
    assert len(queued["customer"]) == 24
    assert "1234567" not in str(events(record()))


def test_talk_has_the_holds_of_a_public_record() -> None:
    """2,257 s of interaction and 1,021 s of hold are all the time from 18:15:23 to 19:10:01."""
    agent = {
        "AgentInteractionDuration": 2257,
        "ConnectedToAgentTimestamp": "2019-08-13T18:15:23Z",
        "CustomerHoldDuration": 1021,
        "AfterContactWorkStartTimestamp": "2019-08-13T19:10:01Z",
    }
    ended = events(record(Agent=agent))[2]
    assert ended["at_ms"] == 1000 * int(datetime(2019, 8, 13, 19, 10, 1, tzinfo=UTC).timestamp())


def test_who_met_no_agent() -> None:
    def last(**changed: Any) -> tuple[Any, ...]:
        return brief(record(Agent=None, **changed))[-1]

    assert last() == ("abandoned", 20, 20_000)
    assert last(DisconnectReason=None) == ("abandoned", 20, 20_000)
    assert last(DisconnectReason="CONTACT_FLOW_DISCONNECT") == ("left", 20, 20_000, "timeout")
    assert last(DisconnectReason="EXPIRED")[-1] == "timeout"
    assert last(DisconnectReason=None, NextContactId="c-2")[-1] == "timeout"
    assert last(Queue=None)[0] == "ended"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"InitiationMethod": "OUTBOUND"}, "outbound"),
        ({"InitiationMethod": "CALLBACK"}, "callback"),
        ({"InitiationMethod": "SOMETHING_NEW"}, "other"),
        ({"Queue": None, "Agent": None}, "ivr"),
    ],
)
def test_outside_the_queues(tmp_path: Path, changed: Record, reason: str) -> None:
    found = report_on(written(tmp_path / "a", record(**changed))).as_json()
    assert found["outside"] == {reason: 1}
    assert found["total"]["offered"] == 0


def test_a_transfer_and_missed_rings() -> None:
    found = brief(record(TransferCompletedTimestamp=at(119), AgentConnectionAttempts=3))
    assert found[1:3] == [
        ("ring_missed", 20, "no_answer", 1),
        ("ring_missed", 20, "no_answer", 2),
    ]
    assert found[4:6] == [("transferred", 120, "blind"), ("ended", 120, 100_000, "transfer", True)]


def test_delivered_again_with_new_content(tmp_path: Path) -> None:
    later = record(Attributes={"csat": "5"}, LastUpdateTimestamp=at(6 * 86_400))
    early = record(Agent={**record()["Agent"], "AfterContactWorkEndTimestamp": None})
    single = report_on(written(tmp_path / "a", record())).as_json()
    for order in ((record(), later, later), (later, record()), (early, record(), later)):
        found = report_on(written(tmp_path / "b", *order)).as_json()
        assert found["total"] == single["total"]
        assert found["queues"] == single["queues"]
    fates = report_on(written(tmp_path / "c", record(), later, later)).as_json()["records"]
    assert (fates["accepted"], fates["duplicates"]) == (1, 2)


def test_every_form_of_file(tmp_path: Path) -> None:
    found = [record(ContactId=f"c-{number}") for number in range(3)]
    lines = b"\n".join(map(orjson.dumps, found))
    forms = [
        lines,
        lines.replace(b"\n", b""),
        orjson.dumps(found),
        orjson.dumps(found, option=orjson.OPT_INDENT_2),
        b"\xef\xbb\xbf rubbish\n" + lines + b"\n{torn",
    ]
    for content in forms:
        path = tmp_path / "form"
        path.write_bytes(content)
        assert report_on(path).as_json()["total"]["offered"] == 3
    assert report_on(path).as_json()["records"]["rejected"] == {"not_json": 2}
    path.write_bytes(gzip.compress(lines))
    assert report_on(path).as_json()["total"]["offered"] == 3


def test_what_is_no_contact_record() -> None:
    def fate(found: object) -> tuple[Fate, str]:
        taken = AmazonConnect("connect", key=KEY).read(orjson.dumps(found))
        return taken.fate, taken.name

    assert fate(record(Channel="CHAT")) == (Fate.IGNORED, "channel CHAT")
    assert fate({"AgentARN": "a", "EventType": "HEART_BEAT"}) == (Fate.IGNORED, "agent event")
    assert fate({"detail": {}}) == (Fate.IGNORED, "contact event")
    assert fate({"a": 1}) == (Fate.REJECTED, "bad_field")
    assert fate([1]) == (Fate.REJECTED, "malformed")
    assert fate(record(Queue="sales")) == (Fate.REJECTED, "bad_field")
    assert fate(record(Queue={"EnqueueTimestamp": "soon"})) == (Fate.REJECTED, "bad_field")
    assert fate(record(Queue={"EnqueueTimestamp": at(0), "Duration": -1}))[1] == "bad_field"
    assert fate(record(DisconnectTimestamp=None, Queue=None)) == (Fate.ACCEPTED, "")


def test_a_day_of_records_agrees_with_a_plain_count(tmp_path: Path) -> None:
    chance = random.Random(3)
    found = []
    for number in range(400):
        wait, talk, start = chance.randrange(90), chance.randrange(1, 600), chance.randrange(80_000)
        queue = {"EnqueueTimestamp": at(start), "Duration": wait, "Name": chance.choice("ab")}
        agent = {"ConnectedToAgentTimestamp": at(start + wait), "AgentInteractionDuration": talk}
        reason = chance.choice(("CUSTOMER_DISCONNECT", "CONTACT_FLOW_DISCONNECT"))
        found.append(
            record(
                ContactId=f"c-{number}",
                Queue={**queue, "DequeueTimestamp": at(start + wait)},
                Agent=agent if chance.random() < 0.7 else None,
                DisconnectReason=reason,
            )
        )
    plain: Counter[str] = Counter()
    for one in found:
        wait = one["Queue"]["Duration"]
        went = one["Agent"] is None and one["DisconnectReason"]
        plain["offered"] += 1
        plain["answered"] += not went
        plain["within"] += not went and wait <= 20
        plain["wait_s"] += 0 if went else wait
        plain["talk_s"] += one["Agent"]["AgentInteractionDuration"] if one["Agent"] else 0
        plain["abandoned"] += went == "CUSTOMER_DISCONNECT"
        plain["timeout"] += went == "CONTACT_FLOW_DISCONNECT"
    again = [*found, *chance.sample(found, 100)]
    chance.shuffle(again)
    total = report_on(written(tmp_path / "a", *again)).as_json()["total"]
    assert plain == {
        "offered": total["offered"],
        "answered": total["answered"],
        "within": total["answer"]["within"]["20"],
        "wait_s": total["answer"]["sum_ms"] // 1000,
        "talk_s": total["handle"]["sum_ms"] // 1000,
        "abandoned": total["abandoned"],
        "timeout": total["left"]["timeout"],
    }


def test_as_a_feed_records_come_in_the_order_of_time(tmp_path: Path) -> None:
    path = written(tmp_path / "a", record(), record())
    source = AmazonConnect("connect", key=KEY)
    feed = make_feed(source, [path], follow=False, event_bytes_max=64 * 1024)
    batch = feed.next()
    assert batch is not None
    assert [event["type"] for event in batch.events] == [e["type"] for e in events(record())]
    assert (feed.ended, feed.fates.duplicates) == (True, 1)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.just(at(0)),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(record())), VALUES, max_size=4))
def test_any_values_have_a_fate(changed: Record) -> None:
    _judge(record(**changed))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(record()["Agent"])), VALUES, max_size=3))
def test_any_values_of_an_agent_have_a_fate(changed: Record) -> None:
    _judge(record(Agent={**record()["Agent"], **changed}))


def _judge(found: Record) -> None:
    taken = AmazonConnect("connect", key=KEY).read(json.dumps(found).encode())
    assert taken.fate is not Fate.REJECTED or (taken.name and taken.words)
    for event in taken.events:
        refused = explain(event, "calls")
        assert refused is None or refused[1].startswith("at_ms"), event
