from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, NamedTuple

import pytest
from faust.types import TP

from streams.core.limits import Rules
from streams.wire.changes import dump_changes, mark
from streams.wire.codec import fold_record
from streams.wire.keys import Origin, base_header, changes_key, offset_header, state_key
from streams.wire.snapshot import dump
from streams.worker.errors import StateError
from streams.worker.lookup import Reach
from streams.worker.restore import Restoring
from tests.worker.made import CALLS, Counting, call, partition

STATE = TP("hotline.state", 0)
CHATS = TP("hotline.chats", 0)


class Commit(NamedTuple):
    offset: int
    metadata: str


class Stored(NamedTuple):
    """A record of the state topic."""

    offset: int
    key: bytes
    value: bytes | None
    headers: list[tuple[str, bytes]]
    topic: str = STATE.topic
    partition: int = 0


class Log:
    """Kafka as a lookup sees it; `read` notes what was asked for."""

    def __init__(self, inputs: Reach, begin: int = 0) -> None:
        self.inputs, self.begin = inputs, begin
        self.records: list[Stored] = []
        self.read_stretches: list[Reach] = []

    def write(self, calls: int, generation: int = 1, tp: TP = CALLS) -> int:
        """Write the snapshot of so many calls; returns where it lies."""
        offset, value = snapshot(calls)
        at = self.records[-1].offset + 1 if self.records else self.begin
        key = state_key(Origin(*tp), generation)
        self.records.append(Stored(at, key, value, offset_header(offset)))
        return at

    def write_changes(self, base: int, calls: int) -> int:
        """Write the changes between the snapshots of so many calls; returns where they lie."""
        at = self.records[-1].offset + 1
        offset, value = changes(base, calls)
        headers = offset_header(offset) + base_header(3 * base - 1)
        key = changes_key(state_key(Origin(*CALLS), 1))
        self.records.append(Stored(at, key, value, headers))
        return at

    async def reach(self, tps: Iterable[TP]) -> dict[TP, Reach]:
        end = self.records[-1].offset + 1 if self.records else self.begin
        return {tp: Reach(self.begin, end) if tp == STATE else self.inputs for tp in tps}

    async def read(self, stretches: Mapping[TP, Reach]) -> AsyncIterator[Any]:
        for tp, stretch in stretches.items():
            self.read_stretches.append(stretch)
            assert tp == STATE
            for record in self.records:
                if stretch.begin <= record.offset < stretch.end:
                    yield record


def snapshot(calls: int) -> tuple[int, bytes]:
    state = partition().state
    for number in range(calls):
        for record in call(f"c{number}", 3 * number):
            fold_record(state, record.offset, record.timestamp, record.value)
    return state.offset, dump(state)


def changes(base: int, calls: int) -> tuple[int, bytes]:
    state = partition().state
    for number in range(calls):
        if number == base:
            dump(state)
            mark(state)
        for record in call(f"c{number}", 3 * number):
            fold_record(state, record.offset, record.timestamp, record.value)
    return state.offset, dump_changes(state, 3 * base - 1)


async def restore(log: Log, commit: Commit | None, counting: Counting | None = None) -> Any:
    vocabulary = {"hotline.calls": "calls", "hotline.chats": "chats"}
    restoring = Restoring("hotline.state", vocabulary, Rules(), counting or Counting())
    commits = {} if commit is None else {CALLS: commit}
    restored = await restoring.restore(log, [CALLS], commits)  # type: ignore[arg-type]
    return restored[CALLS]


async def test_a_new_deployment_begins_at_the_beginning() -> None:
    owned = await restore(Log(Reach(0, 100)), None)
    assert (owned.state.offset, owned.saved) == (-1, -1)


async def test_a_new_deployment_on_an_old_log_begins_where_that_begins() -> None:
    counting = Counting()
    owned = await restore(Log(Reach(40, 100)), None, counting)
    assert owned.state.offset == 39
    assert counting.counts == {}


async def test_the_commit_points_to_the_snapshot() -> None:
    log = Log(Reach(0, 100))
    for calls in (1, 2, 3):
        at = log.write(calls)
    owned = await restore(log, Commit(9, str(at)))
    assert (owned.state.offset, owned.saved) == (8, 8)
    assert log.read_stretches == [Reach(at, at + 1)]
    assert dump(owned.state) == snapshot(3)[1]


async def test_each_record_and_each_partition_is_a_step_on() -> None:
    log, steps = Log(Reach(0, 100)), list[int]()
    for calls in (1, 2, 3):
        log.write(calls)
    restoring = Restoring(
        "hotline.state", {"hotline.calls": "calls"}, Rules(), Counting(), lambda: steps.append(1)
    )
    await restoring.restore(log, [CALLS], {})  # type: ignore[arg-type]
    assert len(steps) == 3 + 1


async def test_a_newer_snapshot_that_nobody_committed_is_taken() -> None:
    log = Log(Reach(0, 100))
    at = log.write(1)
    log.write(2)
    owned = await restore(log, Commit(3, str(at)))
    assert owned.state.offset == 5
    assert owned.saved == 2
    assert owned.changed


async def test_changes_are_put_on_the_snapshot_that_they_rest_on() -> None:
    log = Log(Reach(0, 100))
    at = log.write(2)
    for calls in (3, 4):
        log.write_changes(2, calls)
    owned = await restore(log, Commit(12, str(at)))
    assert (owned.state.offset, owned.saved, owned.base) == (11, 11, None)
    assert dump(owned.state) == snapshot(4)[1]


async def test_changes_alone_are_nothing_to_begin_with(caplog: pytest.LogCaptureFixture) -> None:
    log = Log(Reach(0, 100))
    at = log.write(1)
    log.write_changes(2, 4)
    owned = await restore(log, Commit(12, str(at)))
    assert (owned.state.offset, owned.saved) == (2, 2)
    assert "the snapshot up to offset 11 is gone; folding again from 3" in caplog.text


async def test_a_zombies_older_snapshot_behind_it_is_not() -> None:
    log = Log(Reach(0, 100))
    at = log.write(3, generation=5)
    log.write(1, generation=4)
    owned = await restore(log, Commit(9, str(at)))
    assert owned.state.offset == 8


@pytest.mark.parametrize("metadata", ["", "0", "99", "-1", "x", "²"])
async def test_a_pointer_that_leads_nowhere_means_reading_everything(metadata: str) -> None:
    log = Log(Reach(0, 100), begin=10)
    log.write(1)
    log.write(2)
    owned = await restore(log, Commit(6, metadata))
    assert owned.state.offset == 5
    assert log.read_stretches == [Reach(10, 12)]


async def test_where_no_input_is_left_one_record_is_read() -> None:
    log = Log(Reach(0, 6))
    at = log.write(2)
    log.write(1, tp=CHATS)
    owned = await restore(log, Commit(6, str(at)))
    assert owned.state.offset == 5
    assert log.read_stretches == [Reach(at, at + 1)]


async def test_a_pointer_to_what_was_compacted_away_is_followed_to_the_end() -> None:
    log = Log(Reach(0, 6))
    at = log.write(1)
    log.write(2, generation=2)
    del log.records[0]
    owned = await restore(log, Commit(6, str(at)))
    assert owned.state.offset == 5


async def test_tombstones_and_other_topics_are_passed_over() -> None:
    log = Log(Reach(0, 100))
    log.write(1)
    log.write(3, tp=CHATS)
    log.records.append(Stored(2, b"hotline.calls|0|1", None, []))
    log.records.append(Stored(3, b"rubbish", b"{}", offset_header(99)))
    owned = await restore(log, None)
    assert owned.state.offset == 2


async def test_lost_input_is_said_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    log, counting = Log(Reach(10, 100)), Counting()
    at = log.write(2)
    owned = await restore(log, Commit(6, str(at)), counting)
    assert owned.state.offset == 9
    assert counting.counts == {"lost hotline.calls/0": 4}
    assert "DATA LOST: hotline.calls/0 begins at 10, offsets 6 to 9" in caplog.text


async def test_a_lost_state_is_folded_again(caplog: pytest.LogCaptureFixture) -> None:
    owned = await restore(Log(Reach(0, 100)), Commit(6, "3"))
    assert (owned.state.offset, owned.saved) == (-1, -1)
    assert "the snapshot up to offset 5 is gone; folding again from 0" in caplog.text


async def test_a_log_that_ends_before_its_state_stops_the_worker() -> None:
    log = Log(Reach(0, 3))
    log.write(2)
    with pytest.raises(StateError, match=r"ends at 3, but its state goes up to offset 5"):
        await restore(log, None)


async def test_a_snapshot_of_a_newer_release_stops_the_worker() -> None:
    log = Log(Reach(0, 100))
    log.write(1)
    newer = b'{"v":99,"offset":50}\n[]'
    log.records.append(Stored(1, b"hotline.calls|0|1", newer, offset_header(50)))
    with pytest.raises(StateError, match=r"hotline\.state/0 offset 1: .*version.*99"):
        await restore(log, None)


async def test_a_snapshot_of_something_else_stops_the_worker() -> None:
    log = Log(Reach(0, 100))
    log.records.append(Stored(0, b"hotline.calls|0|1", snapshot(1)[1], offset_header(50)))
    with pytest.raises(StateError, match="header say otherwise"):
        await restore(log, None)
