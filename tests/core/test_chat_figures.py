"""Figures of chats held to numbers counted by hand."""

from collections import Counter
from dataclasses import replace
from typing import Any

from streams.core.chat_figures import Desk, Part, board_of, waits_for
from streams.core.chat_state import ChatState
from streams.core.conversation import Awaits
from streams.core.limits import Rules
from streams.core.targets import Target
from tests.core.histories import NOON_MS
from tests.core.talks import beat, chatted, talk

TARGET = Target(first_reply_s=60)


def part(state: ChatState, queue: str = "q") -> Part:
    counts = state.desks["main", queue]
    standing = counts.open.values()
    first, following, bots = (waits_for(each, standing) for each in list(Awaits)[1:])
    held = Counter(now.agent for now in standing if now.agent)
    return Desk((counts,), first, following, bots, held, len(counts.open)), TARGET


def board(state: ChatState, now_s: float) -> dict[str, Any]:
    return board_of([part(state)], NOON_MS + round(1000 * now_s))


def shift() -> ChatState:
    """Six conversations: 10 s, 60 s, 61 s, one missed, one waiting 100 s, one begun by the desk."""
    return chatted(
        talk("open@0 ask@0 reply:Anna@10 ask@20 reply:Anna@50 close@60 rate:5@70", "a"),
        talk("open@0 ask@0 reply:Anna@60 close@70 rate:2@75", "b"),
        talk("open@0 ask@0 reply:Bert@61", "c"),
        talk("open@0 ask@0 close@30", "d"),
        talk("open@0 ask@0 auto@1", "e"),
        talk("open@0 reply:Bert@1 ask@90", "f"),
        beat(100),
    )


def test_the_rate_counts_who_needed_a_reply() -> None:
    first = board(shift(), 100)["windows"]["5m"]["first_reply"]
    assert (first["met"], first["eligible"]) == (2, 4)
    assert first["ratio"] == 0.5
    assert (first["live_ratio"], first["live_eligible"]) == (0.4, 5)
    assert (first["count"], first["sum_ms"]) == (3, 131_000)
    assert (first["p50_s"], first["p95_s"]) == (60.0, 61.0)
    assert first["within"] == {"10": 1, "20": 1, "30": 1, "60": 2, "120": 3, "300": 3}


def test_a_miss_is_one_at_once() -> None:
    waiting = chatted(talk("open@0 ask@0"))
    assert board(waiting, 60)["windows"]["5m"]["first_reply"]["live_ratio"] is None
    late = board(waiting, 60.001)["windows"]["5m"]["first_reply"]
    assert (late["ratio"], late["live_ratio"], late["live_eligible"]) == (None, 0.0, 1)


def test_the_rest_of_the_window() -> None:
    window = board(shift(), 100)["windows"]["5m"]
    assert (window["opened"], window["missed"], window["initiated"]) == (6, 1, 1)
    assert (window["next_reply"]["count"], window["next_reply"]["sum_ms"]) == (1, 30_000)
    assert (window["resolution"]["count"], window["resolution"]["sum_ms"]) == (3, 160_000)
    assert window["rating"] == {
        "count": 2,
        "of": 3,
        "rated_ratio": 2 / 3,
        "mean_ratio": 0.7,
        "satisfied": 1,
        "satisfied_ratio": 0.5,
    }


def test_now() -> None:
    assert board(shift(), 100)["now"] == {
        "open": 3,
        "unanswered": 2,
        "oldest_unanswered_ms": NOON_MS,
        "unanswered_beyond_target": 1,
        "with_bot": 0,
        "first_reply_waiting": 1,
        "first_reply_beyond_target": 1,
        "agents": 1,
        "per_agent_max": 2,
        "per_agent_mean": 2.0,
    }


def test_of_nothing_nothing_is_said() -> None:
    found = board(chatted(talk("open@0 close@1")), 4_000)
    window = found["windows"]["5m"]
    assert window["first_reply"]["ratio"] is None
    assert window["first_reply"]["p50_s"] is None
    assert window["rating"]["mean_ratio"] is None
    assert found["now"]["per_agent_max"] is None
    assert found["now"]["oldest_unanswered_ms"] is None


def test_an_interval_is_final_when_its_needs_are() -> None:
    state = chatted(talk("open@0 ask@1"), talk("open@2 ask@3 reply@4", "b"))
    interval = board(state, 30)["windows"]["interval"]
    assert (interval["basis"], interval["final"], interval["waiting"]) == ("entered", False, 1)


def test_a_queue_may_hold_its_bots_to_the_same() -> None:
    state = chatted(
        talk("open@0 ask@0 bot@1 close@9", "a"),
        talk("open@0 ask@0 bot@1", "b"),
        talk("open@0 ask@0 reply@5", "c"),
    )
    desk, target = part(state)
    found = board_of([(desk, target)], NOON_MS + 100_000)
    first = found["windows"]["5m"]["first_reply"]
    assert (first["ratio"], first["live_ratio"], found["now"]["unanswered"]) == (1.0, 1.0, 0)
    assert (found["windows"]["5m"]["bot_only"], found["now"]["with_bot"]) == (1, 1)
    strict = board_of([(desk, replace(target, bot_only_missed=True))], NOON_MS + 100_000)
    first = strict["windows"]["5m"]["first_reply"]
    assert (first["ratio"], first["live_ratio"]) == (1 / 2, 1 / 3)


def test_queues_add_up_before_they_are_divided() -> None:
    state = chatted(
        talk("open@0 ask@0 reply:Anna@50", "a", queue="q"),
        talk("open@0 ask@0 reply:Anna@50", "b", queue="strict"),
    )
    strict = (part(state, "strict")[0], Target(first_reply_s=30))
    found = board_of([part(state), strict], NOON_MS + 60_000)
    assert found["windows"]["5m"]["first_reply"]["ratio"] == 0.5
    assert (found["now"]["agents"], found["now"]["per_agent_max"]) == (1, 2)  # one person once


def test_at_night_the_clock_starts_at_opening_time_and_the_calendar_stands_beside() -> None:
    """Closed until 12:30; asked at 12:00, answered at 12:30:50; asked at 12:29, answered before."""
    opens_ms = NOON_MS + 1_800_000
    rules = Rules(opening_of=lambda _site, _queue: lambda at_ms: max(at_ms, opens_ms))
    told = talk("open@0 ask@0 reply:Anna@1850", "a")
    told += talk("open@1740 ask@1740 reply:Anna@1790", "b") + talk("open@60 ask@60", "c")
    state = chatted(sorted(told, key=lambda one: one["at_ms"]), rules=rules)
    early, late = board(state, 1_860), board(state, 1_861)
    first = late["windows"]["60m"]["first_reply"]
    assert (first["met"], first["eligible"], first["calendar_met"]) == (2, 2, 1)
    assert (first["sum_ms"], first["calendar_sum_ms"]) == (50_000, 1_850_000 + 50_000)
    assert early["now"]["first_reply_beyond_target"] == 0  # 60 s after opening, to the second
    assert late["now"]["first_reply_beyond_target"] == 1
    assert late["now"]["oldest_unanswered_ms"] == NOON_MS + 60_000  # who waits, waits since then
