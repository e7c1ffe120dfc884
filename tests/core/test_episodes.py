"""Conversations as they happen, told in marks: who was replied to, and how long that took."""

from typing import Any

import pytest

from streams.core.chats import BOT_ONLY, INITIATED, MISSED, REPLIED, TIMED_OUT
from streams.core.contact import Clock
from streams.core.conversation import WRITERS, Conversation
from streams.core.episodes import Story
from tests.core.histories import NOON_MS
from tests.core.talks import talk

WORDS = {REPLIED: "replied", MISSED: "missed", BOT_ONLY: "bot", INITIATED: "initiated"}
WORDS[TIMED_OUT] = "timeout"


def story(told: str) -> Story:
    chat = Conversation("qq", "main", Clock())
    for one in talk(told):
        WRITERS[one["type"]](chat, one["at_ms"], one, one.get("data", {}))
    return chat.story


def firsts(told: str) -> list[tuple[str, float, float]]:
    """(outcome, seconds from the clock's start, seconds from the first message)."""
    found = story(told).firsts
    return [(WORDS[o], (at - start) / 1000, total / 1000) for start, at, o, total in found]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("open@0 ask@2 reply@12", [("replied", 10, 10)]),
        ("open@0 ask@2 ask@8 reply@12", [("replied", 10, 10)]),  # from the first of several
        # Bots and greetings never stop the clock.
        ("open@0 ask@2 auto@3 bot@4 reply@60", [("replied", 58, 58)]),
        ("open@0 ask@2 auto@3 close@60", [("missed", 58, 58)]),
        # Whom a bot served to the end needed nobody.
        ("open@0 ask@2 bot@4 ask@9 close@60", [("bot", 58, 58)]),
        ("open@0 ask@2 bot@4 to-queue@9 bot@10 close@60", [("missed", 51, 58)]),
        # Handed to people by a bot: the clock starts there, the total does not.
        ("open@0 ask@2 bot@4 to-queue@30 reply@60", [("replied", 30, 58)]),
        ("open@0 bot@1 to-queue@2 ask@5 reply@60", [("replied", 55, 55)]),
        # What people hand on to each other, or a bot says after it gave up, changes nothing.
        ("open@0 ask@2 to-queue@30 to-agent@40 reply@60", [("replied", 58, 58)]),
        ("open@0 ask@2 bot@4 to-queue@30 bot@35 to-agent@40 reply@60", [("replied", 30, 58)]),
        # Given back to the bot and handed over again: the later one counts.
        ("open@0 ask@2 bot@4 to-queue@9 to-bot@10 to-agent@40 reply@60", [("replied", 20, 58)]),
        ("open@0 ask@2 to-bot@3 bot@4 close@60", [("bot", 58, 58)]),
        # A bot's conversation in which a person speaks up all the same.
        ("open@0 to-bot@1 ask@2 bot@4 reply@60", [("replied", 58, 58)]),
        # The desk wrote first: there is no first reply, the customer's answer starts a run.
        ("open@0 reply@3 ask@10 reply@15 close@20", [("initiated", 0, 0)]),
        ("open@0 close@9", []),  # opened and closed without a word
        ("open@0 ask@2 close@5", [("missed", 3, 3)]),  # however soon
        # Reopened after a close: an episode of its own, its clock starts at the reopening.
        (
            "open@0 ask@2 reply@12 close@20 reopen@3600 ask@3601 reply@3611",
            [("replied", 10, 10), ("replied", 10, 10)],
        ),
        # The message that reopened it came before the opening was told.
        (
            "open@0 ask@2 reply@12 close@20 ask@3600 reopen@3603 reply@3611",
            [("replied", 10, 10), ("replied", 8, 11)],
        ),
        # Reopened with nobody waiting: the desk took it up again.
        (
            "open@0 ask@2 reply@12 close@20 reopen@30 reply@40",
            [("replied", 10, 10), ("initiated", 0, 0)],
        ),
        # Nobody said that it was closed: who waits goes on waiting, from the reopening on.
        ("open@0 ask@2 reopen@100 reply@104", [("replied", 4, 102)]),
        # A message after the close, and never an opening: an episode all the same.
        (
            "open@0 ask@2 reply@12 close@20 ask@30 close@90",
            [("replied", 10, 10), ("missed", 60, 60)],
        ),
        # The desk's words after the close answer nobody.
        ("open@0 ask@2 close@20 reply@25", [("missed", 18, 18)]),
    ],
)  # fmt: skip
def test_first_replies(told: str, expected: list[Any]) -> None:
    assert firsts(told) == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("open@0 ask@2 reply@4 ask@10 ask@15 bot@16 reply@40", [30]),
        ("open@0 ask@2 reply@4 reply@5 reply@6 ask@10 reply@11 ask@12 reply@20", [1, 8]),
        ("open@0 reply@4 ask@10 reply@40", [30]),
        ("open@0 ask@2 reply@4 ask@10 close@40 reply@50", []),  # a close ends the run
        ("open@0 ask@2 reply@4 to-bot@5 ask@10 bot@11 to-agent@30 reply@40", [10]),
    ],
)
def test_next_replies(told: str, expected: list[float]) -> None:
    assert [(at - start) / 1000 for start, at in story(told).nexts] == expected


@pytest.mark.parametrize(
    ("told", "since"),
    [
        ("open@0 ask@2", 2),
        ("open@0 ask@2 bot@3 auto@4", 2),
        ("open@0 ask@2 bot@3 to-queue@9", 9),
        ("open@0 ask@2 reply@3 ask@7 ask@9", 7),
        ("open@0 ask@2 reopen@50", 50),
        ("open@0 ask@2 reply@3", None),
        ("open@0 ask@2 close@3", None),
    ],
)
def test_who_waits(told: str, since: int | None) -> None:
    found = story(told)
    assert (found.waits_since() if found.asked_ms else None) == (
        None if since is None else NOON_MS + 1000 * since
    )


def test_a_conversation_is_resolved_from_its_opening_to_its_last_close() -> None:
    assert story("open@0 ask@2 reply@5 close@20 reopen@60 reply@70 close@100").closings == [
        (NOON_MS, NOON_MS + 20_000, 0),
        (NOON_MS, NOON_MS + 100_000, 1),
    ]
    assert story("open@0 close@20 close@50").closings == [(NOON_MS, NOON_MS + 20_000, 1)]
    assert story("open@0 close@20 reopen@50").closings == [(NOON_MS, NOON_MS + 20_000, 0)]


def test_the_last_rating_of_an_episode_stays() -> None:
    assert story("open@0 close@9 rate:2@20 rate:4@30").ratings == [(NOON_MS, NOON_MS + 30_000, 800)]


def test_each_episode_may_be_rated() -> None:
    found = story("open@0 close@9 rate:2@20 reopen@30 close@40 rate:4@50 rate:5@60").ratings
    assert [fact[2] for fact in found] == [400, 1000]


def test_openings_and_reopenings() -> None:
    flags = [fact[2] for fact in story("open@0 close@5 ask@9 close@10 reopen@20 open@30").openings]
    assert flags == [0, 1, 1, 1]
    assert [fact[2] for fact in story("reopen@0").openings] == [1]  # the first was forgotten
    assert story("close@5").openings == []


def test_silence_ends_it() -> None:
    found = story("open@0 ask@2")
    found.expire(NOON_MS + 50_000)
    assert found.firsts == [(NOON_MS + 2_000, NOON_MS + 50_000, TIMED_OUT, 48_000)]
    assert not found.live


def test_who_has_it() -> None:
    assert story("open@0 ask@1 to-agent:Anna@2").agent == "Anna"
    assert story("open@0 ask@1 to-agent:Anna@2 reply:Bert@3").agent == "Bert"
    assert story("open@0 ask@1 reply:Bert@3 to-queue@4").agent == ""
    assert story("open@0 ask@1 reply:Bert@3 close@4").agent == ""
