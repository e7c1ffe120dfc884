"""Messages of QQ become conversations, and nobody's number or word goes with them."""

import json
import random
from collections import defaultdict

import pytest

from streams.sources.taken import Fate
from tests.sources.chats import (
    ACCOUNT,
    AGENT,
    BOT,
    CUSTOMER,
    GROUP,
    events,
    in_group,
    message,
    onebot,
    own,
    told,
)
from tests.sources.logs import START_S


def notice(second: float, kind: str, number: int, **fields: object) -> bytes:
    found = {
        "time": START_S + second,
        "self_id": ACCOUNT,
        "post_type": "notice",
        "notice_type": kind,
        "user_id": CUSTOMER,
        "message_id": number,
        **fields,
    }
    return json.dumps(found).encode()


def test_a_conversation_from_its_first_message_to_its_silence() -> None:
    source = onebot()
    found = events(source, message(0, 1), own(20, 2), message(30, 3), message(4000, 4))
    assert told(found) == [
        "0 opened",
        "0 customer_message",
        "20 agent_reply agent",
        "30 customer_message",
        "1830 closed idle",
        "4000 opened",
        "4000 customer_message",
    ]
    first, second = dict.fromkeys(event["contact"] for event in found)
    assert [event["contact"] for event in found] == [first] * 5 + [second] * 2
    assert len({event["id"] for event in found}) == len(found)
    assert {event["customer"] for event in found if "customer" in event} == {found[0]["customer"]}


def test_silence_is_over_the_limit_not_at_it() -> None:
    found = events(onebot(idle_s=60), message(0, 1), message(60, 2), message(121, 3))
    assert [word for word in told(found) if "opened" in word] == ["0 opened", "121 opened"]
    assert told(found)[-3:] == ["120 closed idle", "121 opened", "121 customer_message"]


def test_time_makes_a_silence_certain() -> None:
    source = onebot()
    events(source, message(0, 1), message(10, 2, user_id=777_777))
    assert source.due((START_S + 1800) * 1000) == []
    assert told(source.due((START_S + 2000) * 1000)) == ["1800 closed idle", "1810 closed idle"]
    assert source.due((START_S + 2000) * 1000) == []


def test_the_same_message_by_several_ways_is_one() -> None:
    source = onebot()
    array = message(0, -9, [{"type": "text", "data": {"text": "hello"}}], font=14)
    assert len(events(source, message(0, -9))) == 2
    assert source.read(message(0, -9)).fate is Fate.DUPLICATE
    assert source.read(array).fate is Fate.DUPLICATE
    assert source.read(message(0, "-9", time=START_S * 1000)).fate is Fate.DUPLICATE


def test_a_number_that_comes_again_later_is_another_message() -> None:
    found = events(onebot(), message(0, 7), message(5, 7), message(5, 8))
    assert told(found).count("5 customer_message") == 2
    assert len({event["id"] for event in found}) == 4


def test_a_second_reading_gives_the_same_ids() -> None:
    records = [message(0, 1), own(3, 2), message(4000, 3)]
    assert events(onebot(), *records) == events(onebot(), *records)


def test_who_wrote_for_us() -> None:
    source = onebot(
        agents=[f"{ACCOUNT}=Ann"],
        bots=[str(BOT)],
        bot_prefixes=["[bot] "],
        auto_prefixes=["Away: "],
    )
    found = events(
        source,
        message(0, 1),
        own(1, 2, "Away: back at nine"),
        own(2, 3, " [bot] try this"),
        own(3, 4, "now it is me"),
        message(4, 5, self_id=BOT),
        own(5, 6, self_id=BOT, user_id=BOT),
    )
    replies = [event for event in found if event["type"] == "chat.agent_reply"]
    assert [event["data"]["by"] for event in replies] == ["auto", "bot", "agent", "bot"]
    assert [event.get("agent") for event in replies] == [None, None, "Ann", None]


def test_an_agent_without_a_name_is_a_hash() -> None:
    reply = events(onebot(), message(0, 1), own(1, 2))[-1]
    assert reply["agent"].startswith("agent-")
    assert str(ACCOUNT) not in json.dumps(reply)


def test_a_reply_to_nobody_is_ignored() -> None:
    taken = onebot().read(own(0, 1))
    assert (taken.fate, taken.name) == (Fate.IGNORED, "reply without a conversation")


def test_a_reply_after_the_silence_answers_the_question_before_it() -> None:
    source = onebot()
    found = events(
        source, message(0, 1), message(1, 2, user_id=777_777), own(3000, 3), own(3001, 4)
    )
    own_events = [event for event in found if event["contact"] == found[0]["contact"]]
    assert told(own_events)[2:] == ["1800 closed idle", "3000 agent_reply agent"]


def test_a_closing_word_by_either_side() -> None:
    source = onebot(closing_keywords=["结束", "Bye"])
    found = events(source, message(0, 1), own(1, 2, " bye "), message(9, 3), message(10, 4, "结束"))
    assert told(found) == [
        "0 opened",
        "0 customer_message",
        "1 agent_reply agent",
        "1 closed agent",
        "9 opened",
        "9 customer_message",
        "10 customer_message",
        "10 closed customer",
    ]


def test_a_customer_who_takes_everything_back_has_left() -> None:
    source = onebot()
    found = events(
        source,
        message(0, 1),
        message(1, 2),
        notice(2, "friend_recall", 1),
        notice(2, "friend_recall", 1),
        notice(3, "friend_recall", 2),
    )
    assert told(found)[-2:] == ["1 customer_message", "3 closed customer"]


def test_a_recall_after_a_reply_changes_nothing() -> None:
    source = onebot()
    events(source, message(0, 1), own(1, 2))
    assert source.read(notice(2, "friend_recall", 1)).events == []
    assert source.read(notice(2, "friend_recall", 2)).name == "recall"


def test_a_message_whose_recall_came_first_is_not_told() -> None:
    source = onebot()
    source.read(notice(2, "friend_recall", 1))
    taken = source.read(message(0, 1))
    assert (taken.fate, taken.name, taken.events) == (Fate.IGNORED, "withdrawn", [])


def test_groups_count_where_they_are_named() -> None:
    assert onebot().read(in_group(0, 1, CUSTOMER)).name == "group not configured"
    source = onebot(groups=[f"{GROUP}=vip"], agents=[f"{AGENT}=Ann"])
    other = 777_777
    found = events(
        source,
        in_group(0, 1, CUSTOMER),
        in_group(1, 2, other),
        in_group(2, 3, AGENT),  # the last who asked
        in_group(3, 4, other),
        in_group(4, 5, AGENT, [{"type": "reply", "data": {"id": "1"}}]),
        in_group(5, 6, CUSTOMER),
        in_group(6, 7, AGENT, f"[CQ:at,qq={other}] yes"),
    )
    one, two = dict.fromkeys(event["contact"] for event in found)
    replies = [event for event in found if event["type"] == "chat.agent_reply"]
    assert [event["contact"] for event in replies] == [two, one, two]
    assert {event["agent"] for event in replies} == {"Ann"}
    assert {event["queue"] for event in found} == {"vip"}


def test_queues_of_accounts() -> None:
    source = onebot(accounts=[f"{ACCOUNT}=售后"], queue="others")
    found = events(source, message(0, 1), message(0, 2, self_id=BOT))
    assert [event["queue"] for event in found] == ["售后", "售后", "others", "others"]


def test_a_night_later_the_silence_is_told_before_what_follows() -> None:
    found = events(onebot(), message(0, 1), message(40_000, 2, user_id=777_777))
    assert told(found)[2:] == ["1800 closed idle", "40000 opened", "40000 customer_message"]


def test_what_is_too_far_behind_or_ahead() -> None:
    source = onebot()
    events(source, message(0, 1), message(1, 2))
    assert source.read(message(-3700, 3)).name == "late"
    events(
        source, message(99_999_999, 4), message(2, 5), message(2, 8)
    )  # a damaged time moves nothing
    assert source.read(message(3, 6)).fate is Fate.ACCEPTED
    source.present_ms = START_S * 1000
    assert source.read(message(3600, 7)).name == "bad_time"


def test_heartbeats_say_whether_it_is_heard() -> None:
    source = onebot()
    assert source.is_heard(0)
    source.present_ms = START_S * 1000
    beat = {
        "time": START_S,
        "self_id": ACCOUNT,
        "post_type": "meta_event",
        "meta_event_type": "heartbeat",
        "interval": 5000,
        "status": {"online": True},
    }
    assert source.read(json.dumps(beat).encode()).name == "heartbeat"
    assert source.is_heard(source.present_ms + 15_000)
    assert not source.is_heard(source.present_ms + 15_001)
    source.read(json.dumps(beat | {"status": {"online": False}}).encode())
    assert not source.is_heard(source.present_ms)


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.sources.onebot_sessions.OPEN_MAX", 10)
    monkeypatch.setattr("streams.sources.onebot_sessions.MESSAGES_MAX", 20)
    source = onebot()
    found = [source.read(message(n, n, user_id=200_000 + n % 12)).name for n in range(100)]
    assert set(found) == {"", "too_many"}
    assert found.count("too_many") == 16  # two of twelve customers, eight times each
    memory = source.memory()
    assert len(memory["open"]) == 10
    assert len(memory["messages"]) <= 21


def test_no_number_name_or_text_leaves() -> None:
    source = onebot(groups=[str(GROUP)], agents=[str(AGENT)])
    secret = "my number is 13800138000"
    found = events(
        source,
        message(0, 1, secret),
        own(1, 2, secret),
        in_group(2, 3, CUSTOMER, secret),
        in_group(3, 4, AGENT, secret),
    )
    everything = json.dumps([found, source.memory()], ensure_ascii=False)
    accounts = map(str, (ACCOUNT, CUSTOMER, AGENT, GROUP))
    assert not [word for word in (*accounts, secret, "Somebody") if word in everything]
    assert len(found) == 6


def naive(records: list[tuple[int, int, bool]], idle: int) -> list[tuple[int, int, int]]:
    """(customer, questions, replies) of each conversation, from (second, customer, ours)."""
    found: dict[int, list[list[int]]] = defaultdict(list)
    for second, who, ours in records:
        sessions = found[who]
        going_on = bool(sessions) and second - sessions[-1][0] <= idle
        if ours and not going_on:
            if sessions and sessions[-1][3]:
                sessions[-1][2] += 1
                sessions[-1][3] = 0
            continue
        if not going_on:
            sessions.append([second, 0, 0, 0])
        last = sessions[-1]
        last[0] = second
        last[2 if ours else 1] += 1
        last[3] = 0 if ours else 1
    return sorted((who, one[1], one[2]) for who, all_ in found.items() for one in all_)


@pytest.mark.parametrize("seed", range(3))
def test_many_conversations_agree_with_a_naive_count(seed: int) -> None:
    chance = random.Random(seed)
    second, story = 0, []
    for _ in range(5000):
        second += chance.choice((1, 1, 5, 60, 300))
        story.append((second, chance.randrange(200_000, 200_040), chance.random() < 0.4))
    source = onebot(idle_s=1800)
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for number, (at, who, ours) in enumerate(story):
        record = own(at, number, target_id=who) if ours else message(at, number, user_id=who)
        for _ in range(chance.choice((1, 1, 2))):
            for event in source.read(record).events:
                each = found[event["contact"]]
                if event["type"] == "chat.opened":
                    each[0] = who
                each[1] += event["type"] == "chat.customer_message"
                each[2] += event["type"] == "chat.agent_reply"
    assert sorted(map(tuple, found.values())) == naive(story, 1800)
