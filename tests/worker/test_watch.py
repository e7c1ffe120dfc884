import asyncio
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest
from faust.types import TP

from streams.worker import watch as module
from streams.worker.folding import Partitions
from streams.worker.liveness import LIMIT_S, Liveness
from streams.worker.watch import Watch
from tests.worker.made import CALLS, partition


def made(rebalancing: bool = False, ends: Mapping[TP, int] | None = None) -> Watch:
    owned = partition()
    owned.state.offset = 4
    partitions = Partitions()
    partitions.own({CALLS: owned})
    watch = Watch(partitions, lambda: rebalancing, {}, Liveness())
    watch._ends = dict(ends or {})
    return watch


def test_lag_is_what_is_not_yet_folded() -> None:
    assert list(made(ends={CALLS: 12}).lags()) == [(CALLS, 7)]
    assert list(made(ends={CALLS: 3}).lags()) == [(CALLS, 0)]
    assert list(made().lags()) == []


def test_a_partition_that_stands_still_is_found() -> None:
    watch = made(ends={CALLS: 12})
    for _ in range(14):
        watch._observe(5.0, reachable=True)
    assert watch.reasons() == ["hotline.calls/0: no progress for 65 s"]


def test_a_rebalance_is_not_blamed_while_kafka_is_away() -> None:
    away, there = made(rebalancing=True), made(rebalancing=True)
    for _ in range(14):
        away._observe(5.0, reachable=False)
        there._observe(5.0, reachable=True)
    assert away.reasons() == []
    assert there.reasons() == ["rebalance: no progress for 65 s"]


def test_a_long_restore_is_no_stall_as_long_as_it_gets_on() -> None:
    watch = made(rebalancing=True)
    for _ in range(40):
        watch.got_on()
        watch._observe(5.0, reachable=True)
    assert watch.reasons() == []
    for _ in range(14):
        watch._observe(5.0, reachable=True)
    assert watch.reasons() == ["rebalance: no progress for 70 s"]


def test_a_loop_that_no_longer_looks_is_found() -> None:
    watch = made()
    watch._observe(5.0, reachable=True)
    assert watch._beat() == []
    for _ in range(int(LIMIT_S)):
        reasons = watch._beat()
    assert reasons == ["event loop: no answer for 50 s"]


def test_the_guard_ends_what_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BEAT_S", 0.001)
    monkeypatch.setattr(module, "LIMIT_S", 0.003)
    ended, heard = threading.Event(), list[str]()

    def dead(reasons: Sequence[str]) -> None:
        heard.extend(reasons)
        ended.set()

    made().guard(dead)
    assert ended.wait(10)
    assert heard == ["event loop: no answer for 0 s"]


async def test_a_look_up_that_fails_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection of ours that hangs must not excuse a worker that hangs, too."""
    monkeypatch.setattr(module, "ROUND_S", 0.001)
    monkeypatch.setattr(module, "ASK_LIMIT_S", 0.01)
    made_up: list[object] = []

    class Hanging:
        async def ends(self, _: object) -> dict[TP, int]:
            if len(made_up) == 1:
                await asyncio.Event().wait()
            return {CALLS: 12}

    @asynccontextmanager
    async def looking(_: object) -> AsyncIterator[Hanging]:
        made_up.append(one := Hanging())
        yield one

    monkeypatch.setattr(module, "looking", looking)
    watch = made()
    work = asyncio.create_task(watch.run())
    while not list(watch.lags()):  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    assert len(made_up) == 2
    work.cancel()
    await asyncio.wait({work})


async def test_kafka_out_of_reach_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROUND_S", 0.01)
    watch = made(ends={CALLS: 12})
    watch._options = {"bootstrap_servers": "127.0.0.1:1"}
    work = asyncio.create_task(watch.run())
    while not watch._rounds:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    assert list(watch.lags()) == []
    assert not work.done()
    work.cancel()
    await asyncio.wait({work})
