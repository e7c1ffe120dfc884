"""The ledger's counting, by hand."""

from streams.simulator.ledger import ChatEpisode, Ledger


def test_calls_counted_by_hand() -> None:
    ledger = Ledger()
    first = ledger.enter("a", 1, "gas", "pbx", 0)
    assert first.leave(4_000, "answered") == 4_000
    first.talk_ms, first.wrapup_ms, first.transferred = 60_000, 10_000, "blind"
    second = ledger.enter("b", 1, "gas", "pbx", 1_000)
    second.leave(21_000, "answered")
    second.talk_ms = 30_000
    ledger.enter("c", 1, "gas", "pbx", 2_000).leave(5_000, "abandoned")
    ledger.enter("d", 1, "gas", "pbx", 3_000).leave(63_000, "timeout")
    ledger.enter("e", 1, "gas", "pbx", 63_000).leave(63_000, "full")
    ledger.enter("f", 1, "sales", "pbx", 62_000)
    ledger.outside["ivr"] += 2
    found = ledger.calls()
    gas = found["queues"]["gas"]
    assert found["outside"] == {"ivr": 2}
    assert gas == {
        "offered": 5,
        "answered": 2,
        "abandoned": 1,
        "left": {"full": 1, "timeout": 1},
        "waiting": 0,
        "talking": 0,
        "transferred": {"blind": 1, "attended": 0},
        "answer": {
            "count": 2,
            "sum_ms": 24_000,
            "mean_s": 12.0,
            "p50_s": 4.0,
            "p90_s": 20.0,
            "p95_s": 20.0,
            "within": {
                "3": 0, "5": 1, "9": 1, "10": 1, "15": 1, "20": 2, "30": 2, "60": 2, "180": 2
            },
        },
        "abandon": {"count": 1, "sum_ms": 3_000, "within": {"3": 1, "5": 1, "20": 1}},
        # Only the first has a wrap-up: kinds are not mixed in one mean.
        "handle": {"count": 1, "sum_ms": 70_000, "mean_s": 70.0},
        "max_waiting": 4,
    }  # fmt: skip
    assert found["queues"]["sales"]["waiting"] == 1
    assert found["queues"]["sales"]["answer"]["p50_s"] is None
    assert found["total"]["offered"] == 6
    assert found["total"]["max_waiting"] == 4


def test_chats_counted_by_hand() -> None:
    episodes = [
        ChatEpisode("a", "qq", 0, 0, 60_000, 90_000, "agent", score=5),
        ChatEpisode("a", "qq", 200_000, 200_000, 260_001, 300_000, "idle", is_reopened=True),
        ChatEpisode("b", "qq", 0, 30_000, 50_000, 60_000, "customer", score=2),
        ChatEpisode("c", "qq", 0, 0, None, 90_000, "customer"),
        ChatEpisode("d", "qq", 0, None, None, 90_000, "idle"),
    ]
    assert Ledger(episodes=episodes).chats()["queues"]["qq"] == {
        "contacts": 4,
        "episodes": 5,
        "reopened": 1,
        "needed_reply": 4,
        "replied": 3,
        "replied_within": {"60": 2},
        "missed": 1,
        "first_reply_sum_ms": 60_000 + 60_001 + 20_000,
        "total_sum_ms": 60_000 + 60_001 + 50_000,
        "closed": {"agent": 1, "customer": 2, "idle": 2},
        "rated": 2,
        "score_sum": 7,
    }


def test_nothing_is_counted_of_nothing() -> None:
    found = Ledger().calls()
    assert (found["total"]["offered"], found["total"]["answer"]["mean_s"]) == (0, None)
    assert found["queues"] == {}
