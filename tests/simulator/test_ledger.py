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
        ChatEpisode("a", "qq", 0, 0, 60_000, 90_000, next_ms=[5_000, 61_000], score=5),
        ChatEpisode("a", "qq", 200_000, 200_000, 260_001, 300_000, is_reopened=True),
        ChatEpisode("b", "qq", 0, 30_000, 50_000, 60_000, score=2),
        ChatEpisode("c", "qq", 0, 0, None, 90_000),
        ChatEpisode("d", "qq", 0, None, None, 90_000),
    ]
    assert Ledger(episodes=episodes).chats()["queues"]["qq"] == {
        "opened": 4,
        "reopened": 1,
        "closed": 5,
        "missed": 1,
        "bot_only": 1,
        "first_reply": {
            "met": 2,
            "eligible": 4,
            "count": 3,
            "sum_ms": 60_000 + 60_001 + 20_000,
            "mean_s": 140_001 / 3 / 1000,
            "within": {"10": 0, "20": 1, "30": 1, "60": 2, "120": 3, "300": 3},
            "p50_s": 60.0,
            "p90_s": 60.001,
            "p95_s": 60.001,
            "total_sum_ms": 60_000 + 60_001 + 50_000,
            "total_mean_s": 170_001 / 3 / 1000,
        },
        "next_reply": {
            "count": 2,
            "sum_ms": 66_000,
            "mean_s": 33.0,
            "within": {"10": 1, "20": 1, "30": 1, "60": 1, "120": 2, "300": 2},
        },
        "resolution": {"count": 4, "sum_ms": 540_000, "mean_s": 135.0},
        "rating": {"count": 2, "of": 5, "satisfied": 1},
    }


def test_nothing_is_counted_of_nothing() -> None:
    found = Ledger().calls()
    assert (found["total"]["offered"], found["total"]["answer"]["mean_s"]) == (0, None)
    assert found["queues"] == {}
