from streams.worker.liveness import LIMIT_S, ROUND_S_MAX, Liveness, Standing


def stands(to_save: int, end: int | None, **more: int) -> list[Standing]:
    return [Standing("calls/0", to_save, more.get("to_fold", to_save), end)]


def observe(liveness: Liveness, standings: list[Standing], rounds: int = 13) -> list[str]:
    for _ in range(rounds):
        liveness.observe(5.0, standings, rebalancing=False)
    return liveness.reasons()


def test_nothing_left_to_save_is_fine() -> None:
    assert observe(Liveness(), stands(10, 10)) == []


def test_standing_still_before_the_end_is_not() -> None:
    liveness = Liveness()
    assert observe(liveness, stands(10, 11), rounds=10) == []
    assert observe(liveness, stands(10, 11), rounds=1) == ["calls/0: no progress for 50 s"]


def test_folding_without_saving_is_no_progress() -> None:
    liveness = Liveness()
    for folded in range(20):
        liveness.observe(5.0, stands(10, 99, to_fold=10 + folded), rebalancing=False)
    assert liveness.reasons()


def test_unless_nothing_can_be_saved() -> None:
    liveness = Liveness()
    for folded in range(20):
        large = Standing("calls/0", 10, 10 + folded, 99, too_large=True)
        liveness.observe(5.0, [large], rebalancing=False)
    assert liveness.reasons() == []


def test_any_progress_begins_anew() -> None:
    liveness = Liveness()
    observe(liveness, stands(10, 99), rounds=10)
    observe(liveness, stands(11, 99), rounds=1)
    assert observe(liveness, stands(11, 99), rounds=9) == []


def test_while_kafka_is_away_nobody_is_blamed() -> None:
    assert observe(Liveness(), stands(10, None), rounds=100) == []


def test_a_partition_that_left_is_forgotten() -> None:
    liveness = Liveness()
    observe(liveness, stands(10, 11), rounds=12)
    assert observe(liveness, [], rounds=1) == []
    assert observe(liveness, stands(10, 11), rounds=2) == []


def test_a_rebalance_without_end_is_death_and_one_that_gets_on_is_not() -> None:
    stuck, working = Liveness(), Liveness()
    for done in range(14):
        stuck.observe(5.0, [], rebalancing=True)
        working.observe(5.0, [], rebalancing=True, progress=done)
    assert stuck.reasons() == ["rebalance: no progress for 65 s"]
    assert working.reasons() == []


def test_a_pause_of_the_whole_process_counts_as_one_round() -> None:
    liveness = Liveness()
    observe(liveness, stands(10, 11), rounds=2)
    liveness.observe(3600.0, stands(10, 11), rebalancing=False)
    assert ROUND_S_MAX + 5 < LIMIT_S
    assert liveness.reasons() == []
