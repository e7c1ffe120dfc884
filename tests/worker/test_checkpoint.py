import asyncio
from collections.abc import Mapping

import pytest
from faust.types import TP

from streams.wire.codec import fold_record
from streams.worker import checkpoint as module
from streams.worker import partition as partition_module
from streams.worker.checkpoint import Checkpoint, Pace
from streams.worker.errors import FencedError
from streams.worker.partition import WHOLE_EVERY_S, Output, Partition, Sealed
from streams.worker.transport import Membership
from tests.worker.made import CALLS, Counting, Record, call, partition

US = Membership(6, "us")
OTHER = TP("hotline.calls", 1)


class Kafka:
    """Writes down what happens in which order, and fails where it is told to."""

    def __init__(self) -> None:
        self.happened: list[str] = []
        self.failing: set[str] = set()
        self.member = US
        self.committed: dict[TP, tuple[int, str]] = {}
        self.sent: dict[str, dict[bytes, bytes]] = {}
        self.bases: list[int | None] = []

    async def send(self, topic: str, partition: int, outputs: Mapping[bytes, Output]) -> None:
        await self._happens(f"{topic}/{partition}")
        self.sent.setdefault(topic, {}).update({key: each.value for key, each in outputs.items()})

    async def send_snapshot(self, topic: str, partition: int, key: bytes, sealed: Sealed) -> int:
        assert sealed.snapshot
        await self._happens(f"{topic}/{partition} {key.decode()} {sealed.offset}")
        self.bases.append(sealed.base)
        return 700 + sealed.offset

    def membership(self) -> Membership:
        return self.member

    async def commit_as(self, member: Membership, offsets: Mapping[TP, tuple[int, str]]) -> None:
        if member != self.member:
            raise FencedError("gone")
        await self._happens("commit")
        self.committed.update(offsets)

    async def _happens(self, what: str) -> None:
        await asyncio.sleep(0)
        if any(what.startswith(start) for start in self.failing):
            raise ConnectionError(what)
        self.happened.append(what)


class Ground:
    def __init__(self) -> None:
        self.kafka = Kafka()
        self.counting = Counting()
        self.checkpoint = Checkpoint(self.kafka, self.kafka, "hotline", self.counting)

    async def attempt(self, *partitions: Partition) -> None:
        await self.checkpoint.attempt(partitions)


def folded(tp: TP, *records: Record) -> Partition:
    owned = partition(tp)
    for record in records:
        fold_record(owned.state, record.offset, record.timestamp, record.value)
        owned.note_refusals(record)
    return owned


async def test_outputs_then_snapshot_then_commit() -> None:
    ground, owned = Ground(), folded(CALLS, *call("a", 0), Record(3, b"{"))
    await ground.attempt(owned)
    assert ground.kafka.happened == [
        "hotline.visits/0",
        "hotline.rejected/0",
        "hotline.state/0 hotline.calls|0|2 3",
        "commit",
    ]
    assert ground.kafka.committed == {CALLS: (4, "703")}
    assert owned.saved == 3
    assert ground.counting.counts == {"saved": 1}


async def test_what_is_saved_is_not_saved_again() -> None:
    ground, owned = Ground(), folded(CALLS, *call("a", 0))
    await ground.attempt(owned)
    ground.kafka.happened.clear()
    await ground.attempt(owned)
    assert ground.kafka.happened == []


@pytest.mark.parametrize(
    "failing", ["hotline.visits", "hotline.rejected", "hotline.state", "commit"]
)
async def test_whatever_fails_is_done_again_and_nothing_is_lost(failing: str) -> None:
    ground, owned = Ground(), folded(CALLS, *call("a", 0), Record(3, b"{"))
    ground.kafka.failing = {failing}
    await ground.attempt(owned)
    assert owned.saved == -1
    assert ground.kafka.committed == {}
    if failing in {"hotline.visits", "hotline.rejected"}:
        assert not [each for each in ground.kafka.happened if "state" in each]
    ground.kafka.failing = set()
    await ground.attempt(owned)
    assert owned.saved == 3
    assert list(ground.kafka.sent["hotline.visits"]) == [b"a/1"]
    assert list(ground.kafka.sent["hotline.rejected"]) == [b"hotline.calls|0|3|0"]
    assert ground.counting.counts == {"failed": 1, "saved": 1}


async def test_a_partition_that_fails_holds_no_other_up() -> None:
    ground = Ground()
    bad, good = folded(CALLS, *call("a", 0)), folded(OTHER, *call("b", 0))
    ground.kafka.failing = {"hotline.state/0"}
    await ground.attempt(bad, good)
    assert ground.kafka.committed == {OTHER: (3, "702")}
    assert (bad.saved, good.saved) == (-1, 2)
    assert ground.counting.counts == {"failed": 1}


def fold_on(owned: Partition, *records: Record) -> None:
    for record in records:
        fold_record(owned.state, record.offset, record.timestamp, record.value)


async def test_changes_follow_a_whole_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition_module, "CHANGES_SHARE_MAX", 100)
    ground, owned = Ground(), folded(CALLS, *call("a", 0))
    for number, name in enumerate("bc", 1):
        await ground.attempt(owned)
        fold_on(owned, *call(name, 3 * number))
    await ground.attempt(owned)
    states = [each for each in ground.kafka.happened if "state" in each]
    assert states == [
        "hotline.state/0 hotline.calls|0|2 2",
        "hotline.state/0 hotline.calls|0|2|changes 5",
        "hotline.state/0 hotline.calls|0|2|changes 8",
    ]
    assert ground.kafka.bases == [None, 2, 2]
    assert ground.kafka.committed == {CALLS: (9, "702")}


async def test_a_whole_one_that_failed_is_tried_again_whole() -> None:
    ground, owned = Ground(), folded(CALLS, *call("a", 0))
    ground.kafka.failing = {"hotline.state"}
    await ground.attempt(owned)
    ground.kafka.failing = set()
    fold_on(owned, *call("b", 3))
    await ground.attempt(owned)
    assert ground.kafka.bases == [None]
    assert ground.kafka.committed == {CALLS: (6, "705")}


async def test_those_that_have_outgrown_their_base_take_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(partition_module, "CHANGES_SHARE_MAX", 100)
    ground = Ground()
    owned = [folded(CALLS, *call("a", 0)), folded(OTHER, *call("b", 0))]
    await ground.attempt(*owned)
    for number in range(1, 4):
        for each, of in zip(owned, (1, 2), strict=True):
            assert each.base is not None
            if number == 1:
                each.base.made_s -= of * WHOLE_EVERY_S
            fold_on(each, *call(f"c{number}", 3 * number))
        await ground.attempt(*owned)
    assert ground.kafka.bases[2:] == [2, None, None, 5, 8, 5]


async def test_a_zombie_commits_nothing() -> None:
    ground, owned = Ground(), folded(CALLS, *call("a", 0))
    work = asyncio.create_task(ground.attempt(owned))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    ground.kafka.member = Membership(7, "us")
    await work
    assert ground.kafka.committed == {}
    assert owned.saved == -1
    assert ground.counting.counts == {"fenced": 1}


async def test_a_snapshot_too_large_is_not_committed_but_its_visits_go_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ground, owned = Ground(), folded(CALLS, *call("a", 0))
    monkeypatch.setattr(module, "SNAPSHOT_BYTES_MAX", 10)
    await ground.attempt(owned)
    assert ground.kafka.happened == ["hotline.visits/0"]
    assert owned.too_large
    monkeypatch.undo()
    await ground.attempt(owned)
    assert not owned.too_large
    assert owned.saved == 2


async def test_what_is_folded_meanwhile_is_saved_next_time() -> None:
    ground, owned = Ground(), folded(CALLS, *call("a", 0))
    work = asyncio.create_task(ground.attempt(owned))
    await asyncio.sleep(0)
    for record in call("b", 3):
        fold_record(owned.state, record.offset, record.timestamp, record.value)
    await work
    assert owned.saved == 2
    await ground.attempt(owned)
    # Changes since the whole snapshot: whoever restores begins there.
    assert ground.kafka.committed == {CALLS: (6, "702")}
    assert list(ground.kafka.sent["hotline.visits"]) == [b"a/1", b"b/1"]


async def test_the_last_one_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    ground, owned = Ground(), folded(CALLS, *call("a", 0))
    monkeypatch.setattr(module, "LAST_LIMIT_S", 0.01)

    async def never(*_: object) -> int:
        await asyncio.Event().wait()
        return 0

    monkeypatch.setattr(ground.kafka, "send_snapshot", never)
    await ground.checkpoint.last([owned])
    assert owned.saved == -1
    monkeypatch.undo()
    await ground.checkpoint.last([owned])
    assert owned.saved == 2


def test_a_dear_checkpoint_comes_less_often() -> None:
    pace = Pace(interval_s=0.25, share=0.05)
    assert pace.pause_s(0.001) == 0.25
    assert pace.pause_s(0.05) == 1.0
    assert pace.pause_s(60) == module.PAUSE_MAX_S
