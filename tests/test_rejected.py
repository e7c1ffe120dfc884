import json
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from streams.broker import EmbeddedKafka
from streams.config import KafkaSettings
from streams.provisioning import provision_topics
from streams.rejected import (
    Place,
    RejectedError,
    Wanted,
    counts,
    found,
    line,
    listed,
    page,
    place_of,
    require_form,
    resend,
)
from streams.wire.keys import Origin
from streams.wire.rejected import Rejected, refusals

GOOD = {
    "id": "1",
    "source": "s",
    "type": "call.queued",
    "contact": "c",
    "queue": "q",
    "at_ms": 1000,
}
BAD = {**GOOD, "at_ms": "noon"}


def refused(offset: int, value: bytes, reason: str = "bad_field", index: int = 0) -> Rejected:
    record = (b"c1", value, 1_763_800_000_000 + offset * 1000)
    return next(refusals(Origin("hotline.calls", 2), record, [(offset, index, reason, "why")]))


def test_a_place_is_read_from_text() -> None:
    place = Place("hotline.calls", 2, 17, 0)
    assert place_of("hotline.calls/2/17/0") == place_of("hotline.calls|2|17|0") == place
    for text in ("", "hotline.calls", "hotline.calls/2/17", "hotline.calls/2/17/x"):
        with pytest.raises(RejectedError, match="expected topic/partition/offset/index"):
            place_of(text)


def test_a_place_in_a_source_is_read_from_text() -> None:
    assert place_of("source:pbx:/var/log/queue_log/-1/3/0") == Place(
        "source:pbx:/var/log/queue_log", -1, 3, 0
    )


def test_wanted_narrows_down() -> None:
    each = refused(5, b"{}")
    for wanted in (
        Wanted(),
        Wanted(topic="calls"),
        Wanted(topic="hotline.calls"),
        Wanted(reason="bad_field"),
        Wanted(since_ms=each.append_ms),
    ):
        assert wanted.takes(each), wanted
    for wanted in (Wanted(topic="chats"), Wanted(reason="late"), Wanted(since_ms=2 * 10**12)):
        assert not wanted.takes(each), wanted


def test_a_line_and_a_page_for_people() -> None:
    each = refused(5, b'[1, {"at":"\xe4\xb8\xad"}]', index=1)
    assert line(each) == (
        '2025-11-22T08:26:45+00:00 hotline.calls/2/5/1 bad_field: why | \'{"at":"中"}\''
    )
    assert "event 1 of an array" in page(each)
    assert "70000, the first 65536 kept, the whole record" in page(refused(5, b"x" * 70_000))


def test_what_would_be_refused_again_is_not_sent() -> None:
    require_form("hotline.calls", json.dumps([GOOD, GOOD]).encode())
    for topic, value, words in (
        ("hotline.calls", b"{", "not JSON"),
        ("hotline.calls", json.dumps([GOOD, BAD]).encode(), "bad_field: at_ms"),
        ("hotline.chats", json.dumps(GOOD).encode(), "wrong_topic"),
        ("hotline.visits", b"{}", "expected an input topic"),
    ):
        with pytest.raises(RejectedError, match=words):
            require_form(topic, value)


def test_what_was_cut_is_not_sent() -> None:
    each = replace(refused(5, json.dumps(GOOD).encode()), truncated=True)
    with pytest.raises(RejectedError, match="give the whole event in a file"):
        resend(KafkaSettings(), each)


@pytest.fixture
def settings(kafka: EmbeddedKafka, prefix: str) -> KafkaSettings:
    options: dict[str, Any] = {"bootstrap": (kafka.bootstrap,), "topic_prefix": prefix}
    made = KafkaSettings(**options, partitions=3)
    provision_topics(made.client_options(), 3, prefix=prefix)
    return made


@pytest.mark.live
def test_no_such_topic(kafka: EmbeddedKafka) -> None:
    nowhere = KafkaSettings(bootstrap=(kafka.bootstrap,), topic_prefix="nowhere")
    with pytest.raises(RejectedError, match="run `hotline provision`"):
        listed(nowhere)


@pytest.mark.live
def test_listed_shown_and_sent_again(settings: KafkaSettings) -> None:
    prefix = settings.topic_prefix
    bad, late = refused(5, json.dumps(BAD).encode()), refused(6, json.dumps(GOOD).encode(), "late")
    bad, late = (replace(each, topic=f"{prefix}.calls") for each in (bad, late))
    with closing(KafkaProducer(**settings.client_options())) as producer:
        for each in (bad, late, bad):
            producer.send(f"{prefix}.rejected", each.encode(), key=each.key)
        producer.send(f"{prefix}.rejected", b"rubbish", key=b"?")
    assert listed(settings) == [bad, late]
    assert listed(settings, Wanted(reason="late")) == [late]
    assert counts(listed(settings)) == {(bad.topic, "bad_field"): 1, (bad.topic, "late"): 1}
    assert found(settings, Place(bad.topic, 2, 6, 0)) == late
    with pytest.raises(RejectedError, match=r"2/7/0: nothing refused"):
        found(settings, Place(bad.topic, 2, 7, 0))
    with pytest.raises(RejectedError, match="would be refused again, bad_field: at_ms"):
        resend(settings, bad)
    assert resend(settings, late) == (bad.topic, 2, 0)
    assert resend(settings, bad, json.dumps(GOOD).encode()) == (bad.topic, 2, 1)
    with closing(KafkaConsumer(**settings.client_options())) as consumer:
        tp = TopicPartition(bad.topic, 2)
        consumer.assign([tp])
        consumer.seek_to_beginning(tp)
        records: list[Any] = []
        while len(records) < 2:
            records += [each for some in consumer.poll(500).values() for each in some]
    assert [json.loads(each.value) for each in records] == [GOOD, GOOD]
    assert [each.key for each in records] == [b"c1", b"c1"]
    assert dict(records[1].headers)["hotline-resent"] == bad.key
