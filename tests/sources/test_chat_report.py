"""Recorded chats from a file to the report's figures, against a plain count of what was said."""

import random
from pathlib import Path

import pytest

from streams.config import Settings
from streams.report import read_report
from tests.sources.chats import chat_message, conversation, message, own, webhook

IDLE = 1800


def naive(story: list[tuple[int, int, bool]]) -> tuple[int, int, int, int]:
    """(conversations, replied to, sum of first replies in s, missed) of a story in order."""
    count = replied = waited = missed = 0
    state: dict[int, list[int]] = {}  # customer: last second, second of the first question, replied
    for second, who, ours in story:
        for each in [each for each, (last, *_) in state.items() if second > last + IDLE]:
            missed += not state.pop(each)[2]
        if who not in state:
            if ours:
                continue
            count += 1
            state[who] = [second, second, 0]
        elif ours and not state[who][2]:
            replied, waited = replied + 1, waited + second - state[who][1]
            state[who][2] = 1
        state[who][0] = second
    return count, replied, waited, missed


@pytest.mark.parametrize("seed", range(3))
def test_first_replies_of_qq(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    second, story = 0, []
    for _ in range(4000):
        second += chance.choice((1, 5, 20, 60, 120))
        story.append((second, chance.randrange(200_000, 200_060), chance.random() < 0.3))
    lines = []
    for number, (at, who, ours) in enumerate(story):
        line = own(at, number, target_id=who) if ours else message(at, number, user_id=who)
        lines += [line] * chance.choice((1, 1, 2))
    path = tmp_path / "messages"
    path.write_bytes(b"\n".join(lines))
    found = read_report(Settings(), "onebot", [path])
    total, first = found["chats"]["total"], found["chats"]["total"]["first_reply"]
    told = (total["opened"], first["count"], first["sum_ms"] // 1000, total["missed"])
    assert told == naive(story)
    assert found["records"]["duplicates"] == len(lines) - len(story)


def test_a_desk_of_chatwoot(tmp_path: Path) -> None:
    """Counted by hand: 50 is replied to after 40 s, and again 25 s after it was opened again."""
    bodies = [
        webhook("conversation_created", **conversation(0)),
        chat_message(0, 1),
        chat_message(1, 2, "template"),
        chat_message(40, 3, "outgoing"),
        webhook("conversation_status_changed", **conversation(100, "resolved")),
        chat_message(200, 4),
        webhook("conversation_status_changed", **conversation(200.5, "open")),
        chat_message(225, 5, "outgoing"),
    ]
    path = tmp_path / "webhooks"
    path.write_bytes(b"\n".join(bodies))
    total = read_report(Settings(), "chatwoot", [path])["chats"]["total"]
    assert (total["opened"], total["reopened"]) == (1, 1)
    assert (total["first_reply"]["count"], total["first_reply"]["sum_ms"]) == (2, 64_500)
