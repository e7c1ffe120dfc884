"""The coalescing transport, and every internal of Faust and aiokafka that the worker leans on."""

import inspect
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any, cast

import faust
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.consumer.group_coordinator import CoordinatorGroupRebalance, GroupCoordinator
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.tables.recovery import Recovery
from faust.transport.consumer import Consumer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode.threads import ServiceThread

from streams.config import Settings
from streams.worker.app import WorkerApp, create_app
from streams.worker.errors import FencedError
from streams.worker.transport import (
    FETCH_WAIT_MS,
    BatchConsumer,
    BatchScheduler,
    BatchThread,
    BatchTopic,
    Membership,
    group_of,
)

A, B = TP("t", 0), TP("t", 1)


def source(function: object) -> str:
    return inspect.getsource(cast("Any", function))


def in_order(text: str, *parts: str) -> bool:
    places = [text.find(part) for part in parts]
    return -1 not in places and places == sorted(places)


@pytest.fixture
async def app() -> WorkerApp:
    return create_app(Settings())


async def consumer_of(app: WorkerApp) -> BatchConsumer:
    made = app._new_consumer()
    assert isinstance(made, BatchConsumer)
    app.consumer = made
    return made


def test_the_versions_are_those_that_were_read() -> None:
    assert version("faust-streaming") == "0.15.3"
    assert version("mode-streaming") == "0.7.1"
    assert version("aiokafka") == "0.14.0"


def test_partitions_take_turns_by_lists() -> None:
    records = {A: [1, 2, 3, 4, 5], B: [6]}
    assert list(BatchScheduler(2).iterate(records)) == [
        (A, [1, 2]),
        (B, [6]),
        (A, [3, 4]),
        (A, [5]),
    ]
    assert list(BatchScheduler(2).iterate({})) == []


async def test_a_list_becomes_one_message_with_the_last_offset(app: WorkerApp) -> None:
    consumer = await consumer_of(app)
    app.consumer_generation_id = 4
    records = [SimpleNamespace(offset=at, timestamp=5_000, timestamp_type=1) for at in (7, 8)]
    message = consumer._to_message(A, records)
    assert (message.tp, message.offset) == (A, 8)
    assert cast("Any", message.value) is records
    assert message.generation_id == 4


async def test_topics_pass_lists_on_undecoded(app: WorkerApp) -> None:
    topic = app.topic("t", key_type=bytes, value_type=bytes)
    assert isinstance(topic, BatchTopic)
    message = cast("Any", SimpleNamespace(value=[1], headers=[], tp=A))
    event = await topic.decode(message)
    assert event.value == [1]
    assert event.message is message
    clone = topic.clone_using_queue(topic.queue)
    assert isinstance(clone, BatchTopic)


async def test_a_trickle_gathers_and_a_backlog_does_not(
    app: WorkerApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumer = await consumer_of(app)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    fetched = [{A: [1] * 500}, {A: [1]}, {}]

    async def getmany(*_: object) -> Any:
        return fetched.pop(0)

    monkeypatch.setattr("streams.worker.transport.asyncio.sleep", sleep)
    monkeypatch.setattr(driver.Consumer, "_getmany", getmany)
    for _ in range(3):
        await consumer._getmany({A}, 1.0)
    assert slept == [0.05, 0.05]


async def test_seeks_follow_the_state_and_never_the_commit(
    app: WorkerApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumer = await consumer_of(app)
    sought: list[object] = []

    async def seek_wait(positions: object) -> None:
        sought.append(positions)

    monkeypatch.setattr(consumer, "seek_wait", seek_wait)
    monkeypatch.setattr(consumer, "assignment", lambda: {A})
    consumer._reading.positions = lambda: {A: 7, B: 9}
    await consumer.perform_seek()
    assert sought == [{A: 7}]


async def test_our_parts_are_the_ones_in_use(app: WorkerApp) -> None:
    consumer = await consumer_of(app)
    assert isinstance(consumer.scheduler, BatchScheduler)
    assert isinstance(group_of(app), BatchThread)
    await consumer._add_gap(A, 1, 5)
    assert not consumer._gap[A]
    consumer.verify_event_path(0.0, A)
    made = group_of(app)._create_worker_consumer(cast("Any", app.transport))
    await made.stop()
    assert made._fetch_max_wait_ms == FETCH_WAIT_MS
    assert "fetch_max_wait_ms=self._fetch_max_wait_ms" in source(AIOKafkaConsumer.start)
    assert made._group_id == "hotline-worker"
    assert made._session_timeout_ms == 6000
    assert group_of(app)._assignor is RoundRobinPartitionAssignor


async def test_a_commit_is_refused_where_the_group_moved_on(
    app: WorkerApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    await consumer_of(app)
    thread, done = group_of(app), []

    async def commit(assignment: object, offsets: object) -> None:
        done.append((assignment, offsets))

    coordinator = SimpleNamespace(generation=3, member_id="us", _do_commit_offsets=commit)
    monkeypatch.setattr(thread, "_consumer", SimpleNamespace(_coordinator=coordinator))

    async def inside(work: Any) -> Any:
        return await work

    monkeypatch.setattr(thread, "_inside", inside)
    assert thread.membership() == Membership(3, "us")
    await thread.commit_as(Membership(3, "us"), {A: (5, "17")})
    assert done == [(None, {TopicPartition("t", 0): OffsetAndMetadata(5, "17")})]
    for stale in (Membership(2, "us"), Membership(3, "another")):
        with pytest.raises(FencedError):
            await thread.commit_as(stale, {A: (6, "18")})
    assert len(done) == 1


def test_a_commit_names_generation_and_member_before_anything_else_runs() -> None:
    coordinator = cast("Any", GroupCoordinator.__new__(GroupCoordinator))
    coordinator.group_id, coordinator.generation, coordinator.member_id = "g", 3, "us"
    coordinator.coordinator_id = 1
    requests = []

    async def send(request: object) -> None:
        requests.append(request)
        raise ConnectionError

    coordinator._send_req = send
    commit = coordinator._do_commit_offsets(None, {TopicPartition(*A): OffsetAndMetadata(5, "17")})
    with pytest.raises(ConnectionError):
        commit.send(None)
    shown = vars(requests[0])
    assert {"g", 3, "us"} <= {each for each in shown.values() if isinstance(each, str | int)}
    assert "17" in str(shown)


def test_a_close_would_wait_for_a_join_and_leave_on_its_connection() -> None:
    """What `BatchThread.on_thread_stop` goes around, and the parts it takes for that."""
    assert in_order(
        source(GroupCoordinator.close),
        "self._closing.set_result",
        "if not self._coordination_task.done():",
        "await self._coordination_task",
        "_stop_heartbeat_task()",
        "_maybe_leave_group()",
    )
    assert "if self.generation > 0" in source(GroupCoordinator._maybe_leave_group)
    assert "group=ConnectionGroup.COORDINATION" in source(GroupCoordinator._send_req)
    assert "self._coordinator.member_id = response.member_id" in source(CoordinatorGroupRebalance)
    assert "await self.on_thread_stop()" in source(ServiceThread._shutdown_thread)
    assert "await self._consumer.stop()" in source(driver.AIOKafkaConsumerThread.on_thread_stop)


def test_commits_are_read_with_their_metadata() -> None:
    assert list(inspect.signature(GroupCoordinator.fetch_committed_offsets).parameters) == [
        "self",
        "partitions",
    ]
    assert OffsetAndMetadata(5, "17")._fields == ("offset", "metadata")


async def test_a_seek_lets_old_offsets_pass_again(app: WorkerApp) -> None:
    consumer = await consumer_of(app)
    consumer._read_offset[A] = 99

    class Inner:
        def seek(self, tp: TP, offset: int) -> None:
            assert (tp, offset) == (A, 7)

        async def position(self, tp: TP) -> int:
            assert tp == A
            return 7

    await group_of(app)._seek_wait(cast("Any", Inner()), {A: 7})
    assert consumer._read_offset[A] == 7


def test_what_happens_after_a_rebalance() -> None:
    """State comes before the seek, the seek before the first record; a newer group starts again."""
    assert in_order(
        source(Recovery._resume_streams),
        "await app.on_rebalance_complete.send()",
        "self.app.consumer_generation_id != generation_id",
        "consumer.perform_seek()",
        "app.flow_control.resume()",
        "app.on_rebalance_end()",
    )
    assert "if not self.tables" in source(cast("Any", Recovery._restart_recovery).fun)
    assert "await self.perform_seek()" in source(Consumer.getmany)


def test_what_happens_when_partitions_go() -> None:
    revoked = source(faust.App._on_partitions_revoked)
    assert in_order(
        revoked, "consumer.stop_flow", "flow_control.clear", "on_partitions_revoked.send"
    )
    stopping = source(faust.App.on_stop)
    assert in_order(stopping, "_stop_consumer()", "on_before_shutdown.send()", "_producer_flush")
    assert in_order(
        source(driver.ConsumerRebalanceListener.on_partitions_assigned),
        "consumer_generation_id = generation",
        "_thread.on_partitions_assigned(",
    )


def test_faust_drops_what_lies_behind_its_position_only() -> None:
    drain = source(Consumer._drain_messages)
    assert "if r_offset is None or offset >= r_offset" in drain
    assert in_order(drain, "await self._add_gap(", "set_read_offset(tp, offset)")


def test_the_consumer_has_a_thread_and_a_loop_of_its_own() -> None:
    assert issubclass(driver.AIOKafkaConsumerThread, ServiceThread)
    assert "self.thread_loop = thread_loop or asyncio.new_event_loop()" in source(
        ServiceThread.__init__
    )


def test_nothing_is_acknowledged_by_itself() -> None:
    assert "enable_acks=False" in source(faust.Stream.noack)


def test_a_batch_takes_any_first_record_and_then_what_fits() -> None:
    batch = BatchBuilder(1000, 0)
    record = {"timestamp": None, "key": b"k", "headers": [("offset", b"1")]}
    assert batch.append(value=b"x" * 5000, **record) is not None
    assert batch.append(value=b"x", **record) is None
    assert batch.record_count() == 1
    for name in ("create_batch", "send_batch", "send"):
        assert callable(getattr(AIOKafkaProducer, name))
    assert callable(driver.Producer._ensure_producer)
