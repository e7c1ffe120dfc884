"""Queues of chats on the board: partitions add up, and telephones do not suffer from them."""

from collections.abc import Sequence
from typing import Any

from streams.board.partitions import Held, Partitions, Place
from streams.board.view import View, Views
from streams.config import QueueSettings, Settings
from streams.core.chat_state import ChatState
from streams.core.state import PartitionState
from streams.wire.keys import Origin, state_key
from streams.wire.snapshot import dump, load_figures
from tests.core.histories import NOON_MS, event, heartbeat
from tests.core.talks import beat, chatted, talk
from tests.laws.chats import traffic

CHATS = "hotline.chats"


def held(states: Sequence[PartitionState], topic: str = CHATS) -> dict[Place, Held]:
    values = [dump(state) for state in states]
    return {(topic, n): Held(value, load_figures(value)) for n, value in enumerate(values)}


def view_of(*states: ChatState, settings: Settings | None = None) -> View:
    return Views(settings or Settings(), "1").view(held(states))


def queue_of(view: View, name: str = "q") -> dict[str, Any]:
    (found,) = (one for one in view.board["chats"]["queues"] if one["queue"] == name)
    return dict(found)


def shift() -> tuple[ChatState, ChatState]:
    return (
        chatted(
            talk("open@0 ask@0 reply:Anna@10 ask@20", "a"),
            talk("open@0 ask@0 close@9", "b"),
            beat(60),
        ),
        chatted(
            talk("open@0 ask@0 reply:Anna@50", "c"), talk("open@0 ask@30", "d"), beat(95)
        ),
    )  # fmt: skip


def test_partitions_add_up() -> None:
    found = queue_of(view_of(*shift()))
    assert (found["channel"], found["site"], found["data_ms"]) == ("chat", "main", NOON_MS + 60_000)
    assert found["now"] == {
        "open": 3,
        "unanswered": 2,
        "oldest_unanswered_ms": NOON_MS + 20_000,
        "unanswered_beyond_target": 2,
        "with_bot": 0,
        "first_reply_waiting": 1,
        "first_reply_beyond_target": 1,
        "agents": 1,
        "per_agent_max": 2,
        "per_agent_mean": 2.0,
    }
    first = found["windows"]["5m"]["first_reply"]
    assert (first["met"], first["eligible"], first["live_eligible"]) == (2, 3, 4)
    assert found["final"] == {"finished": 3, "corrections": 0}


def test_a_queue_is_held_to_its_own_threshold() -> None:
    settings = Settings(queues={"q": QueueSettings(first_reply_s=30)})
    view = view_of(*shift(), settings=settings)
    assert queue_of(view)["target"]["first_reply_s"] == 30
    assert queue_of(view)["windows"]["5m"]["first_reply"]["met"] == 1
    assert view.board["chats"]["total"]["windows"]["5m"]["first_reply"]["met"] == 1


def test_nobody_is_named() -> None:
    assert b"Anna" not in view_of(*shift()).body


def test_a_queue_of_chats_has_no_tile_of_calls() -> None:
    settings = Settings(queues={"q": QueueSettings(), "phone": QueueSettings()})
    board = view_of(*shift(), settings=settings).board
    assert [one["queue"] for one in board["queues"]] == ["phone"]
    assert [one["queue"] for one in board["chats"]["queues"]] == ["q"]


def test_without_chats_there_is_no_total() -> None:
    assert Views(Settings(), "1").view({}).board["chats"]["total"] is None


def test_a_dead_chat_server_greys_no_telephone() -> None:
    calls = PartitionState("calls")
    calls.fold(0, None, [event("queued", 0), heartbeat(500)])
    both = {**held(shift()), **held([calls], "hotline.calls")}
    board = Views(Settings(), "1").view(both).board
    assert board["queues"][0]["data_ms"] == NOON_MS + 500_000
    assert board["chats"]["queues"][0]["data_ms"] == NOON_MS + 60_000


def test_beyond_the_limit_queues_are_one() -> None:
    settings = Settings.model_validate({"limits": {"queues": 1}})
    state = chatted(*(talk("open@0", contact=name, queue=name) for name in "abc"))
    board = view_of(state, settings=settings).board["chats"]
    assert [(one["queue"], one["now"]["open"]) for one in board["queues"]] == [
        ("a", 1),
        ("other", 2),
    ]
    assert board["total"]["now"]["open"] == 3


def test_what_is_kept_from_view_to_view_changes_no_figure() -> None:
    views, partitions = Views(Settings(), "1"), Partitions()
    states = [ChatState(), ChatState(), ChatState()]
    for offset, one in enumerate(traffic(3, 1500, apart_ms=4_000)):
        number = sum(one["contact"].encode()) % 3
        states[number].fold(offset, None, [one])
        if offset % 250 == 0:
            for place, state in enumerate(states):
                partitions.take(state_key(Origin(CHATS, place), 1), dump(state))
            now = views.view(partitions.held())
            fresh = Views(Settings(), "1").view(partitions.held())
            assert now.board == fresh.board
