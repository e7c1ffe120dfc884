import asyncio

import pytest
from faust.types import TP

from streams.worker import folding as module
from streams.worker.folding import Folding, Partitions
from streams.worker.partition import Partition
from tests.worker.made import CALLS, Batch, Counting, Record, call, partition


class Ground:
    def __init__(self) -> None:
        self.owned = partition()
        self.partitions = Partitions()
        self.partitions.own({CALLS: self.owned})
        self.counting = Counting()
        self.counts = self.counting.counts
        self.rereads: list[tuple[int, int]] = []
        self.holes = False
        self.folding = Folding(self.partitions, lambda: 1, self._reread, self.counting)

    async def _reread(self, owned: Partition, came: int) -> bool:
        self.rereads.append((owned.state.offset + 1, came))
        if self.holes:
            owned.state.offset = came - 1
        return self.holes

    async def fold(self, *records: Record, generation: int = 1, tp: TP = CALLS) -> None:
        await self.folding.fold(Batch(list(records), tp, generation))


async def test_records_are_folded_in_order() -> None:
    ground = Ground()
    await ground.fold(*call("a", 0), *call("b", 3))
    assert ground.owned.state.offset == 5
    assert ground.counts == {"folded hotline.calls": 6}
    assert ground.partitions.positions() == {CALLS: 6}


async def test_what_was_folded_is_not_folded_again() -> None:
    ground = Ground()
    await ground.fold(*call("a", 0))
    await ground.fold(*call("a", 0), *call("b", 3))
    assert ground.owned.state.offset == 5
    assert ground.counts == {"folded hotline.calls": 6, "folded_before": 3}


async def test_nothing_is_folded_in_place_of_what_is_missing() -> None:
    ground = Ground()
    await ground.fold(*call("a", 0))
    await ground.fold(*call("c", 4))
    assert ground.owned.state.offset == 2
    assert ground.rereads == [(3, 4)]
    assert ground.counts["folded hotline.calls"] == 3


async def test_offsets_that_hold_nothing_are_passed_over() -> None:
    ground = Ground()
    ground.holes = True
    await ground.fold(*call("a", 0), *call("c", 4))
    assert ground.owned.state.offset == 6
    assert ground.rereads == [(3, 4)]


async def test_a_first_record_above_zero_is_a_gap_too() -> None:
    ground = Ground()
    await ground.fold(*call("a", 7))
    assert ground.rereads == [(0, 7)]
    assert ground.owned.state.offset == -1


async def test_a_batch_of_an_older_generation_is_dropped() -> None:
    ground = Ground()
    await ground.fold(*call("a", 0), generation=0)
    assert ground.owned.state.offset == -1
    assert ground.counts == {"stale_generation": 3}


async def test_a_partition_that_was_not_restored_gets_no_state() -> None:
    ground = Ground()
    await ground.fold(*call("a", 0), tp=TP("hotline.calls", 9))
    assert ground.counts == {"not_restored": 3}
    assert len(ground.partitions) == 1


async def test_folding_ends_where_the_partition_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLICE_S", 0.0)
    ground = Ground()
    work = asyncio.create_task(ground.fold(*call("a", 0), *call("b", 3)))
    await asyncio.sleep(0)
    ground.partitions.drop()
    await work
    assert ground.owned.state.offset < 5


async def test_refusals_are_kept_with_their_bytes() -> None:
    ground = Ground()
    await ground.fold(Record(0, b"{"), Record(1, None), Record(2, b"[3, []]"))
    assert ground.counts["not_json"] == 1
    assert ground.counts["empty"] == 1
    assert ground.counts["not_an_object"] == 2
    assert [key.decode() for key in ground.owned.rejected] == [
        "hotline.calls|0|0|0",
        "hotline.calls|0|1|0",
        "hotline.calls|0|2|0",
        "hotline.calls|0|2|1",
    ]


async def test_folding_waits_while_too_much_waits_to_be_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SLICE_S", 0.0)
    monkeypatch.setattr(module, "OUTBOX_POLL_S", 0.0)
    monkeypatch.setattr("streams.worker.partition.OUTBOX_BYTES_MAX", 100)
    ground = Ground()
    work = asyncio.create_task(ground.fold(Record(0, b"{"), Record(1, b"{")))
    for _ in range(10):
        await asyncio.sleep(0)
    assert ground.owned.state.offset == 0
    while not work.done():
        ground.owned.sent(ground.owned.seal()[0])
        await asyncio.sleep(0)
    assert ground.owned.state.offset == 1


async def test_a_state_that_is_half_folded_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise AssertionError("an invariant is broken")

    monkeypatch.setattr(module, "fold_record", broken)
    ground = Ground()
    with pytest.raises(AssertionError, match="invariant"):
        await ground.fold(*call("a", 0))
    assert len(ground.partitions) == 0


def test_partitions_are_restored_until_all_are_dropped() -> None:
    partitions = Partitions()
    assert not partitions.restored
    partitions.own({CALLS: partition(), TP("hotline.calls", 1): partition()})
    partitions.drop({CALLS})
    assert partitions.restored
    assert list(partitions.positions()) == [TP("hotline.calls", 1)]
    partitions.drop()
    assert not partitions.restored
