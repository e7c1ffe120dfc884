from streams.core.chat_summary import Told, chat_summary
from streams.core.targets import Target
from tests.core.talks import chatted, talk


def test_a_report_is_exact_however_many_replies_there_are() -> None:
    histories = [
        talk(f"open@0 ask@0 reply@{1 + number / 1000}", f"c{number}") for number in range(1000)
    ]
    state = chatted(*histories)
    told = [Told(chat.key, chat.facts, chat.now) for chat in state.conversations.values()]
    found = chat_summary(told, lambda _: Target())
    first = found["first_reply"]
    assert (first["count"], first["p50_s"], first["p95_s"]) == (1000, 1.499, 1.949)
    assert first["percentiles"] == "exact"
    assert first["sum_ms"] == 1000 * 1000 + 999 * 1000 // 2
    assert (found["open"], found["unanswered"]) == (1000, 0)


def test_each_queue_is_held_to_its_own_threshold() -> None:
    state = chatted(
        talk("open@0 ask@0 reply@50", "a", queue="x"), talk("open@0 ask@0 reply@50", "b", queue="y")
    )
    told = [Told(chat.key, chat.facts, chat.now) for chat in state.conversations.values()]
    found = chat_summary(told, lambda key: Target(first_reply_s=60 if key[1] == "x" else 30))
    assert found["first_reply"]["ratio"] == 0.5


def test_of_no_conversation_there_is_no_figure() -> None:
    assert chat_summary([], lambda _: Target())["first_reply"]["ratio"] is None
