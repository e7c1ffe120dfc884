"""The metrics of chats by hand."""

from streams.board.chat_exporter import CHAT_HISTOGRAMS, OF_CHATS
from streams.core.chats import CHAT_METRICS
from tests.board.test_chats import view_of
from tests.board.test_exporter import text_of, value
from tests.core.talks import beat, chatted, talk

HERE = {"site": "main", "queue": "q", "channel": "chat"}


def test_the_table_is_covered() -> None:
    assert {*OF_CHATS, *CHAT_HISTOGRAMS} == {metric.name for metric in CHAT_METRICS}


def test_values_by_hand() -> None:
    state = chatted(
        talk("open@0 ask@0 reply:Anna@10 ask@20 reply:Anna@50 close@60 rate:5@70", "a"),
        talk("open@0 ask@0 reply:Anna@60.001 close@70 rate:2@75 reopen@100", "b"),
        talk("open@0 ask@0 close@30", "c"),
        talk("open@0 ask@0 bot@1 close@2", "d"),
        talk("open@2000 ask@2000", "e"),
        beat(2100),
    )
    text = text_of(view_of(state))

    def here(name: str, **more: str) -> float | None:
        return value(text, f"hotline_{name}", HERE, **more)

    assert here("chats_opened_total") == 5
    assert here("chats_reopened_total") == 1
    finished = {"replied": 2, "missed": 1, "bot": 1, "timeout": 0, "initiated": 0}
    for outcome, count in finished.items():
        assert here("chats_finished_total", outcome=outcome) == count
    assert (here("first_reply_eligible_total"), here("first_reply_missed_total")) == (3, 2)
    assert here("first_reply_seconds_bucket", le="10.0") == 1
    assert here("first_reply_seconds_bucket", le="60.0") == 1
    assert here("first_reply_seconds_bucket", le="+Inf") == 2
    assert here("first_reply_seconds_sum") == 70.001
    assert (here("next_reply_seconds_count"), here("next_reply_seconds_sum")) == (1, 30)
    assert here("chats_resolved_total") == 3
    assert here("chats_resolution_seconds_total") == 60 + 30 + 2
    assert (here("chats_rated_total"), here("chats_satisfied_total")) == (2, 1)
    assert here("chats_corrections_total") == 0
    assert (here("chats_open"), here("chats_unanswered")) == (2, 1)
    assert here("chats_unanswered_beyond_target") == 1
    assert here("chats_first_reply_beyond_target") == 1
    assert here("chats_per_agent_max") is None  # the one open has nobody yet
    assert here("chats_first_reply_threshold_seconds") == 60


def test_while_nobody_waits_there_is_no_oldest() -> None:
    text = text_of(view_of(chatted(talk("open@0 ask@0 reply:Anna@5"))))
    name = "hotline_chats_oldest_unanswered_start_timestamp_seconds"
    assert value(text, name, HERE) is None
    assert value(text, "hotline_chats_per_agent_max", HERE) == 1
    assert "Anna" not in text
