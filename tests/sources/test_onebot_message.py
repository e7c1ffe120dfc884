"""OneBot's two versions and their dialects, read."""

import json
import os
from pathlib import Path

import pytest

from streams.sources.fields import RecordError, json_object
from streams.sources.onebot_message import Beat, Other, Read, Recalled, Said
from streams.sources.onebot_message import parse as parse_object
from tests.sources.chats import ACCOUNT, CUSTOMER, GROUP, in_group, message, own
from tests.sources.logs import START_S


def parse(record: bytes) -> Read:
    return parse_object(json_object(record))


def said(record: bytes) -> Said:
    found = parse(record)
    assert isinstance(found, Said)
    return found


def test_a_private_message() -> None:
    found = said(message(1, -7))
    assert found == Said(
        str(ACCOUNT), str(CUSTOMER), str(CUSTOMER), "", "-7", (START_S + 1) * 1000, False, "hello"
    )


@pytest.mark.parametrize(
    "dialect",
    [
        {},
        {"post_type": "message", "message_sent_type": "self"},
        {"post_type": "message"},  # LLOneBot: only by its sender
    ],
)
def test_our_own_message_names_its_other_side(dialect: dict[str, str]) -> None:
    found = said(own(1, 2, **dialect))
    assert (found.own, found.sender, found.peer) == (True, str(ACCOUNT), str(CUSTOMER))


def test_our_own_message_without_a_target_is_the_users() -> None:
    found = said(own(1, 2, user_id=CUSTOMER, target_id=None))
    assert (found.own, found.sender, found.peer) == (True, str(ACCOUNT), str(CUSTOMER))


@pytest.mark.parametrize(
    ("text", "plain", "at", "answers"),
    [
        ("[CQ:reply,id=-55][CQ:at,qq=12345] yes &amp; no", " yes & no", ("12345",), "-55"),
        ("&#91;CQ:at&#44;qq=1&#93;", "[CQ:at,qq=1]", (), ""),
        (
            [
                {"type": "reply", "data": {"id": "-55"}},
                {"type": "at", "data": {"qq": "12345"}},
                {"type": "text", "data": {"text": " yes & no"}},
                {"type": "image", "data": {"file": "x"}},
            ],
            " yes & no",
            ("12345",),
            "-55",
        ),
        ([None, 3, {"type": "text"}, {"type": "at", "data": {"qq": 12345}}], "", ("12345",), ""),
    ],
)
def test_texts_and_segments_say_the_same(
    text: object, plain: str, at: tuple[str, ...], answers: str
) -> None:
    found = said(in_group(1, 2, CUSTOMER, text))
    assert (found.text, found.at, found.answers, found.group) == (plain, at, answers, str(GROUP))


@pytest.mark.parametrize("time", [START_S, START_S * 1000, str(START_S), START_S + 0.0])
def test_milliseconds_in_the_place_of_seconds(time: object) -> None:
    assert said(message(0, 1, time=time)).at_ms == START_S * 1000


@pytest.mark.parametrize("time", [None, True, "soon", -1, 0, 1e300, "NaN", 5e13, [], "1e999"])
def test_what_is_no_time(time: object) -> None:
    with pytest.raises(RecordError) as refused:
        parse(message(0, 1, time=time))
    assert refused.value.reason == "bad_time"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (
            {"notice_type": "friend_recall", "user_id": CUSTOMER, "message_id": 5},
            Recalled(str(ACCOUNT), "", "5", START_S * 1000),
        ),
        (
            {"notice_type": "group_recall", "group_id": GROUP, "operator_id": 1, "message_id": 5},
            Recalled(str(ACCOUNT), str(GROUP), "5", START_S * 1000),
        ),
        ({"notice_type": "poke"}, Other("notice.poke")),
        ({"post_type": "request", "request_type": "friend"}, Other("request.friend")),
        (
            {"post_type": "meta_event", "meta_event_type": "lifecycle"},
            Other("meta_event.lifecycle"),
        ),
        (
            {
                "post_type": "meta_event",
                "meta_event_type": "heartbeat",
                "interval": 5000,
                "status": {"online": True, "good": True},
            },
            Beat(str(ACCOUNT), 5000, online=True),
        ),
        (
            {
                "post_type": "meta_event",
                "meta_event_type": "heartbeat",
                "interval": 5000,
                "status": {"online": False},
            },
            Beat(str(ACCOUNT), 5000, online=False),
        ),
        ({"post_type": "somebody's words, 13800138000"}, Other("other")),
        ({"post_type": "message", "message_type": "guild"}, Other("message.guild")),
    ],
)
def test_what_else_version_11_sends(found: dict[str, object], expected: object) -> None:
    record = {"time": START_S, "self_id": ACCOUNT, "post_type": "notice", **found}
    assert parse(json.dumps(record).encode()) == expected


def version_12(**fields: object) -> bytes:
    found = {
        "id": "b6e65187",
        "self": {"platform": "qq", "user_id": "u-1"},
        "time": START_S + 0.599013,
        "type": "message",
        "detail_type": "private",
        "sub_type": "",
        "message_id": "6283",
        "message": [{"type": "mention", "data": {"user_id": "u-3"}}],
        "alt_message": "@somebody",
        "user_id": "u-2",
    }
    return json.dumps({name: v for name, v in (found | fields).items() if v is not None}).encode()


def test_version_12() -> None:
    found = said(version_12())
    assert found.at_ms == START_S * 1000 + 599
    assert (found.account, found.sender, found.own, found.at) == ("u-1", "u-2", False, ("u-3",))
    recalled = version_12(type="notice", detail_type="group_message_delete", group_id="g")
    assert parse(recalled) == Recalled("u-1", "g", "6283", START_S * 1000 + 599)
    beat = version_12(type="meta", detail_type="heartbeat", interval=5000, self=None)
    assert parse(beat) == Beat("", 5000, online=True)
    assert parse(version_12(detail_type="channel")) == Other("message.channel")


@pytest.mark.parametrize("name", ["id", "time", "sub_type", "self"])
def test_version_12_needs_its_envelope(name: str) -> None:
    with pytest.raises(RecordError, match=name):
        parse(version_12(**{name: None}))


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"{", "not_json"),
        (b"[]", "malformed"),
        (b"{}", "malformed"),
        (message(0, 1, user_id=None), "bad_field"),
        (message(0, 1, self_id=1.5), "bad_field"),
        (in_group(0, 1, CUSTOMER, group_id={}), "bad_field"),
    ],
)
def test_what_is_refused(record: bytes, reason: str) -> None:
    with pytest.raises(RecordError) as refused:
        parse(record)
    assert refused.value.reason == reason


def test_the_answer_to_a_request_is_no_event() -> None:
    assert parse(b'{"status":"ok","retcode":0,"data":null,"echo":"1"}') == Other("response")


def test_the_specifications_own_samples() -> None:
    if not (folder := os.environ.get("HOTLINE_DATA")):
        pytest.skip("HOTLINE_DATA is not set: the specifications are not in the repository")
    samples = Path(folder) / "documented_samples" / "onebot"
    texts = [said((samples / f"{name}.json").read_bytes()) for name in SAMPLES]
    assert [found.at_ms for found in texts] == [1515204254000, 1632847927599, 1632847927599]
    assert [found.message for found in texts] == ["12", "6283", "6283"]
    assert [bool(found.group) for found in texts] == [False, False, True]


SAMPLES = ("v11_private", "v12_private", "v12_group")
