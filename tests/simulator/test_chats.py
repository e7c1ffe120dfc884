"""Chats: who needs a person, when the clock starts; the events tell what the ledger has."""

from collections import defaultdict
from typing import Any

import pytest

from streams.simulator.day import Day, simulate_day
from streams.simulator.ledger import ChatEpisode
from streams.simulator.profiles import load_profile
from tests.simulator.made import MONDAY, profile

Event = dict[str, Any]


def played(**chat: Any) -> Day:
    return simulate_day(profile(chats={"qq": {"per_day": 300, **chat}}), 1, MONDAY)


def conversations(day: Day) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for event in day.events["chats"]:
        if "contact" in event:
            found[event["contact"]].append(event)
    return found


def naive(events: list[Event]) -> list[tuple[int, int | None, int | None]]:
    """(asked, clock, first human reply) of each episode, by the words of the vocabulary alone."""
    found: list[tuple[int, int | None, int | None]] = []
    for event in events:
        at_ms, by = event["at_ms"], event.get("data", {}).get("by")
        if event["type"] == "chat.opened":
            found.append((at_ms, None, None))
            bots = False
            continue
        asked, clock, replied = found[-1]
        if event["type"] == "chat.transferred":
            clock, bots = at_ms, False
        elif event["type"] == "chat.agent_reply" and by == "bot":
            bots = True
            clock = None
        elif event["type"] == "chat.agent_reply" and by == "agent":
            replied = at_ms if replied is None else replied
        elif event["type"] == "chat.customer_message" and clock is None and not bots:
            clock = at_ms
        found[-1] = asked, clock, replied
    return found


def of_ledger(episode: ChatEpisode) -> tuple[int, int | None, int | None]:
    return episode.asked_ms, episode.clock_ms, episode.replied_ms


@pytest.mark.parametrize("name", ["city", "small"])
def test_events_tell_what_the_ledger_has(name: str) -> None:
    chats: dict[str, Any] = {"queues": {}, "teams": {}, "incidents": ()}
    for seed in range(3):
        day = simulate_day(load_profile(name).model_copy(update=chats), seed, MONDAY)
        told = [each for events in conversations(day).values() for each in naive(events)]
        assert sorted(told, key=str) == sorted(map(of_ledger, day.ledger.episodes), key=str)
        assert len(told) > 20


def test_a_bot_that_solves_everything_leaves_nothing_to_do() -> None:
    found = played(bot_ratio=1, bot_solves_ratio=1, agents=0).ledger.chats()["total"]
    assert found["bot_only"] == found["opened"] > 200
    assert (found["first_reply"]["eligible"], found["missed"]) == (0, 0)


def test_nobody_there_is_a_miss_for_all() -> None:
    day = played(agents=0)
    found = day.ledger.chats()["total"]
    assert found["missed"] == found["first_reply"]["eligible"] == found["opened"] > 200
    assert {each.closed_by for each in day.ledger.episodes} == {"customer"}


def test_nobody_has_more_at_once_than_agreed() -> None:
    day = played(per_day=2000, agents=2, concurrent=3, opens="09:00", closes="15:00")
    having: dict[str, set[str]] = defaultdict(set)
    most = 0
    for event in day.events["chats"]:
        if event["type"] == "chat.agent_reply" and "agent" in event:
            having[event["agent"]].add(event["contact"])
            most = max(most, len(having[event["agent"]]))
        elif event["type"] == "chat.closed":
            for contacts in having.values():
                contacts.discard(event["contact"])
    assert most == 3


def test_reopened_conversations_keep_their_name() -> None:
    day = played(reopen_ratio=0.5)
    found = day.ledger.chats()["total"]
    assert found["reopened"] == found["closed"] - found["opened"] > 50
    for events in conversations(day).values():
        opened = [event["at_ms"] for event in events if event["type"] == "chat.opened"]
        closed = [event["at_ms"] for event in events if event["type"] == "chat.closed"]
        assert len(opened) == len(closed)
        assert all(a < b for a, b in zip(closed, opened[1:], strict=False))


def test_automatic_greetings_count_for_nothing() -> None:
    plain, greeted = (played(greets=greets).ledger.chats() for greets in (False, True))
    assert plain == greeted
