"""Whatever comes instead of a chat's record: a fate for each, and never an exception."""

import json
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.events import explain
from streams.sources.chatwoot import Chatwoot
from streams.sources.onebot import OneBot
from streams.sources.refused import Personal, refused_record
from streams.sources.taken import Fate
from tests.sources.chats import (
    BOT,
    CUSTOMER,
    GROUP,
    chat_message,
    chatwoot,
    conversation,
    in_group,
    message,
    onebot,
    own,
    webhook,
)

SAMPLES = {
    "onebot": [message(0, 1), own(3, 2), in_group(4, 3, CUSTOMER, "[CQ:at,qq=1] x")],
    "chatwoot": [
        chat_message(0, 1),
        chat_message(1, 2, "outgoing"),
        webhook("conversation_updated", **conversation(3, "resolved")),
        webhook("conversation_created", **conversation(0)),
    ],
}


def sources() -> dict[str, OneBot | Chatwoot]:
    return {
        "onebot": onebot(groups=[str(GROUP)], bots=[str(BOT)], closing_keywords=["bye"]),
        "chatwoot": chatwoot(),
    }


def check(source: OneBot | Chatwoot, record: bytes) -> Fate:
    taken = source.read(record)
    assert taken.fate is not Fate.REJECTED or (taken.name and taken.words)
    assert taken.fate is not Fate.IGNORED or taken.name
    for event in taken.events:
        refused = explain(event, "chats")
        assert refused is None or refused[0] == "bad_field", (event, refused)
    return taken.fate


def damaged(chance: random.Random, record: bytes) -> bytes:
    kind = chance.randrange(5)
    if kind == 0:
        return record[: chance.randrange(len(record))]
    if kind == 1:
        return chance.randbytes(chance.randrange(300))
    if kind == 2:
        found = json.loads(record)
        found[chance.choice(list(found))] = chance.choice(VALUES)
        return json.dumps(found).encode()
    flipped = bytearray(record)
    for _ in range(chance.randrange(1, 5)):
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
    return bytes(flipped)


VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1e300,
    10**30,
    "",
    "x" * 100,
    [],
    {},
    [{}],
    "\x00",
    {"id": []},
)


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_ten_thousand_damaged_bodies_are_each_counted_once(kind: str) -> None:
    chance = random.Random(kind)
    source = sources()[kind]
    fates = Counter(
        check(source, damaged(chance, chance.choice(SAMPLES[kind]))) for _ in range(10_000)
    )
    assert fates.total() == 10_000
    assert fates[Fate.REJECTED] > 3_000
    json.dumps(source.memory())


WORDS = st.sampled_from(
    ("message", "message_sent", "notice", "private", "group", "friend_recall", "heartbeat", "meta",
     "message_created", "conversation_updated", "incoming", "outgoing", "resolved", "open", "bye")
)  # fmt: skip
NAMES = st.sampled_from(
    ("post_type", "message_type", "notice_type", "self_id", "user_id", "group_id", "message_id",
     "time", "message", "type", "detail_type", "sub_type", "self", "id", "event", "conversation",
     "status", "meta", "assignee", "created_at", "updated_at", "sender", "content_attributes",
     "submitted_values", "csat_survey_response", "rating", "changed_attributes", "inbox_id")
)  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), WORDS,
    st.sampled_from((GROUP, CUSTOMER, 1_700_000_000, "2023-11-14 22:13:20 UTC")),
)  # fmt: skip
TREES = st.recursive(
    LEAVES,
    lambda leaf: st.one_of(st.lists(leaf, max_size=3), st.dictionaries(NAMES, leaf)),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(NAMES, TREES, max_size=8), max_size=4))
def test_any_json_has_a_fate(bodies: list[dict[str, Any]]) -> None:
    for source in sources().values():
        for body in bodies:
            check(source, json.dumps(body).encode())
            source.restore(json.loads(json.dumps(source.memory())))


def test_what_is_nested_too_deeply_is_refused_and_shown_without_words() -> None:
    for depth in (500, 1_000, 100_000):
        record = b'{"post_type":"Somebody",' + b'"x":[' * 1 + b"[" * depth + b"]" * depth + b"]}"
        for source in sources().values():
            assert check(source, record) is not Fate.ACCEPTED
        refused = refused_record(("qq", "x", 0), 0, "not_json", "", Personal(record))
        assert len(refused.original) <= len(record)


@given(st.dictionaries(NAMES, TREES), st.text(min_size=20, max_size=40), st.integers(10**5, 10**12))
def test_what_is_refused_shows_no_text_and_no_number(
    body: dict[str, Any], text: str, number: int
) -> None:
    text = f"Somebody said {text}"
    record = json.dumps(body | {"message": text, "user_id": number, text: 1}, ensure_ascii=False)
    for original in (record, record[:-1], record[1:]):
        place = ("qq", "x", 0)
        refused = refused_record(
            place, 0, "bad_field", "", Personal(original.encode("utf-8", "replace"))
        )
        assert b"Somebody" not in refused.original
        assert str(number).encode() not in refused.original
