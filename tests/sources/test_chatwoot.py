"""Chatwoot's webhooks: versions that differ, retries, and what is nobody's business."""

import json
import random

import pytest

from streams.sources.chatwoot import Chatwoot
from streams.sources.taken import Fate
from tests.sources.chats import chat_message, chatwoot, conversation, events, told, webhook
from tests.sources.logs import START_S

ASSIGNED = {"sender": {"id": 9}, "assignee": {"id": 7, "name": "Ann Example"}, "team": None}


def changed(second: float, status: str = "open", /, event: str = "", **fields: object) -> bytes:
    kind = event or "conversation_status_changed"
    return webhook(kind, **conversation(second, status, **fields))


def created() -> bytes:
    return webhook("conversation_created", **conversation(0))


def test_a_conversation() -> None:
    found = events(
        chatwoot(),
        created(),
        chat_message(1, 71),
        chat_message(5, 72, "outgoing"),
        changed(6, "open", "conversation_updated", meta=ASSIGNED),
        changed(60, "resolved", meta=ASSIGNED),
        chat_message(90, 73),
        changed(90.5, "open", meta=ASSIGNED),
    )
    assert told(found) == [
        "0 opened",
        "1 customer_message",
        "5 agent_reply agent",
        "6 transferred agent",
        "60 closed agent",
        "90 customer_message",
        "90.5 opened",
    ]
    assert {event["contact"] for event in found} == {"desk:50"}
    assert {event["queue"] for event in found} == {"inbox-3"}
    assert [event.get("agent") for event in found][2:4] == ["user-7", "user-7"]
    assert found[-1]["data"] == {"reopened": True}
    assert found[0]["customer"] == found[1]["customer"]


@pytest.mark.parametrize("again", range(7))
def test_retries_tell_nothing_new(again: int) -> None:
    records = [
        created(),
        chat_message(1, 71),
        chat_message(5, 72, 1),
        changed(6, meta=ASSIGNED),
        changed(60, "resolved"),
        rating(80, 4),
        changed(90),
    ]
    source = chatwoot()
    assert all(event for event in events(source, *records))
    taken = source.read(records[again])
    assert (taken.fate is Fate.DUPLICATE or taken.fate is Fate.IGNORED, taken.events) == (True, [])
    # By one who has forgotten, the same ids.
    assert {e["id"] for e in events(chatwoot(), *records)} == {
        e["id"] for e in events(chatwoot(), *records, records[again])
    }


@pytest.mark.parametrize(
    ("kind", "fields", "by"),
    [
        (1, {}, "agent"),
        ("outgoing", {"sender": {"id": 2, "type": "agent_bot"}}, "bot"),
        ("outgoing", {"sender": {"id": 2, "type": "captain_assistant"}}, "bot"),
        ("outgoing", {"sender": None}, "auto"),
        ("outgoing", {"content_attributes": {"automation_rule_id": 3}}, "auto"),
        ("outgoing", {"additional_attributes": {"campaign_id": 3}}, "auto"),
        ("template", {}, "auto"),
        (3, {"sender": None}, "auto"),
    ],
)
def test_who_wrote_for_us(kind: object, fields: dict[str, object], by: str) -> None:
    found = events(chatwoot(), chat_message(0, 1, kind, **fields))
    assert told(found) == [f"0 agent_reply {by}"]
    assert ("agent" in found[0]) == (by == "agent")


@pytest.mark.parametrize(
    ("record", "name"),
    [
        (chat_message(0, 1, "outgoing", private=True), "private note"),
        (chat_message(0, 1, "activity"), "activity"),
        (chat_message(0, 1, 2), "activity"),
        (chat_message(0, 1, "template", content_type="input_csat"), "csat survey"),
        (webhook("conversation_typing_on"), "conversation_typing_on"),
        (webhook("message_updated", id=1), "message_updated"),
        (webhook("Somebody's words, 13800138000"), "other"),
    ],
)
def test_what_is_not_told(record: bytes, name: str) -> None:
    taken = chatwoot().read(record)
    assert (taken.fate, taken.name, taken.events) == (Fate.IGNORED, name, [])


@pytest.mark.parametrize(
    ("created_at", "milliseconds"),
    [
        (START_S, 0),
        (START_S * 1000 + 250, 250),
        ("2023-11-14 22:13:20 UTC", 0),
        ("2023-11-14T22:13:20.250Z", 250),
        ("2023-11-14T23:13:20.250+01:00", 250),
        (str(START_S), 0),
    ],
)
def test_times_in_all_versions(created_at: object, milliseconds: int) -> None:
    (found,) = events(chatwoot(), chat_message(0, 1, created_at=created_at))
    assert found["at_ms"] == START_S * 1000 + milliseconds


def rating(second: float, score: object, **answer: object) -> bytes:
    return webhook(
        "message_updated",
        id=90,
        message_type="template",
        content_type="input_csat",
        created_at=START_S,
        content_attributes={
            "submitted_values": {"csat_survey_response": {"rating": score, **answer}}
        },
        conversation=conversation(second, "resolved"),
    )


def test_a_rating_counts_once_however_often_its_comment_changes() -> None:
    source = chatwoot()
    (found,) = events(source, rating(80, 4))
    assert (told([found]), found["data"]) == (["80 rated"], {"score": 4, "scale_max": 5})
    assert source.read(rating(95, 4, feedback_message="nobody's business")).fate is Fate.DUPLICATE
    assert source.read(rating(95, 6)).name == "bad_field"


def test_bots_and_queues() -> None:
    found = events(
        chatwoot(inboxes=["3=在线"], agents=["7=Ann"]),
        webhook("conversation_created", **conversation(0, "pending")),
        changed(5, "open"),
        changed(6, "pending"),
        changed(
            7, "pending", "conversation_updated", meta=ASSIGNED | {"assignee_type": "AgentBot"}
        ),
        changed(8, "open", "conversation_updated", meta=ASSIGNED | {"assignee": {"id": 8}}),
        changed(9, "open", "conversation_updated", meta=ASSIGNED),
        changed(10, "open", "conversation_updated"),
        changed(11, "snoozed"),
        changed(12, "open", "conversation_updated", meta={"team": {"id": 2}}),
    )
    assert told(found) == [
        "0 opened",
        "5 transferred queue",
        "6 transferred bot",
        "7 transferred bot",
        "8 transferred queue",
        "8 transferred agent",
        "9 transferred agent",
        "10 transferred queue",
        "12 transferred queue",
    ]
    assert [event.get("agent") for event in found][5:7] == ["user-8", "Ann"]
    assert {event["queue"] for event in found} == {"在线"}


def test_what_was_before_the_first_word() -> None:
    change = [{"status": {"previous_value": "pending", "current_value": "open"}}]
    assert told(events(chatwoot(), changed(1, changed_attributes=change))) == [
        "1 transferred queue"
    ]
    assert told(events(chatwoot(), changed(1))) == ["1 opened"]
    assert told(events(chatwoot(), changed(1, "resolved"))) == ["1 closed system"]
    label = changed(1, "open", "conversation_updated", changed_attributes=[{"labels": {}}])
    assert events(chatwoot(), label) == []


def test_late_news_of_a_conversation_is_no_news() -> None:
    source = chatwoot()
    events(source, created(), changed(60, "resolved"))
    assert source.read(changed(30, "open")).name == "older than what was heard"


def test_customers_are_known_by_their_number_or_else_by_their_contact() -> None:
    source = chatwoot()
    sender = {"id": 9, "phone_number": "+86 138 0013 8000"}
    with_number, without, other = events(
        source,
        chat_message(0, 1, sender=sender),
        chat_message(0, 2),
        chat_message(0, 3, sender={"id": 10}),
    )
    assert len({e["customer"] for e in (with_number, without, other)}) == 3


def test_nothing_of_anybody_leaves() -> None:
    source = chatwoot()
    found = events(
        source, created(), chat_message(1, 71), chat_message(5, 72, 1), changed(6, meta=ASSIGNED)
    )
    everything = json.dumps([found, source.memory()])
    for word in ("Somebody", "Ann", "example.org", "nobody may keep"):
        assert word not in everything


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.sources.chatwoot.MESSAGES_MAX", 10)
    monkeypatch.setattr("streams.sources.chatwoot.CONVERSATIONS_MAX", 10)
    source = chatwoot()
    for number in range(50):
        source.read(webhook("conversation_created", **conversation(0, id=number)))
    memory = source.memory()
    assert (len(memory["told"]), len(memory["conversations"])) == (10, 10)


@pytest.mark.parametrize("seed", range(3))
def test_many_conversations_agree_with_a_naive_count(seed: int) -> None:
    chance = random.Random(seed)
    counts = dict.fromkeys(("incoming", "agent", "bot", "note"), 0)
    bodies = []
    for number in range(2000):
        what = chance.choice(list(counts))
        counts[what] += 1
        of = conversation(number, id=chance.randrange(40))
        kind = "incoming" if what == "incoming" else "outgoing"
        extra: dict[str, object] = {"conversation": of, "private": what == "note"}
        if what == "bot":
            extra["sender"] = {"id": 1, "type": "agent_bot"}
        bodies += [chat_message(number, number, kind, **extra)] * chance.choice((1, 1, 3))
    chance.shuffle(bodies)
    source: Chatwoot = chatwoot()
    found = [event for body in bodies for event in source.read(body).events]
    by = [event.get("data", {}).get("by") for event in found]
    assert len(found) == 2000 - counts["note"]
    assert (by.count(None), by.count("agent"), by.count("bot")) == (
        counts["incoming"],
        counts["agent"],
        counts["bot"],
    )
