"""How a topic is read: from where the sink wants it, to its end and on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import pytest
from kafka import KafkaAdminClient

from streams.board.reader import Record, TopicReader
from streams.broker import EmbeddedKafka
from tests.board.running import Worker, eventually

pytestmark = pytest.mark.live


class Listing:
    """A sink that keeps everything."""

    def __init__(self, positions: Mapping[int, int] | None = None) -> None:
        self.positions = positions or {}
        self.identities: list[str] = []
        self.records: list[Record] = []
        self.turns = 0

    def begin(self, identity: str) -> Mapping[int, int]:
        self.identities.append(identity)
        return self.positions

    def take(self, records: Sequence[Record]) -> None:
        self.records += records

    def turn(self) -> int:
        self.turns += 1
        return 50

    def values(self) -> list[bytes]:
        return sorted(each.value or b"" for each in self.records)


@pytest.fixture
def worker(kafka: EmbeddedKafka, prefix: str) -> Iterator[Worker]:
    worker = Worker(kafka.bootstrap, prefix)
    yield worker
    worker.close()


@contextmanager
def reading(worker: Worker, sink: Listing) -> Iterator[TopicReader]:
    reader = TopicReader(f"{worker.prefix}.state", worker.options, sink)
    reader.start()
    try:
        yield reader
    finally:
        reader.stop()
        reader.join(10)
        assert not reader.is_alive()


def write(worker: Worker, *values: bytes) -> None:
    for place, value in enumerate(values):
        worker.send_state(place % 2, b"key", value, 7)


def test_from_the_beginning_to_the_end_and_on(worker: Worker) -> None:
    write(worker, b"a", b"b", b"c")
    sink = Listing()
    with reading(worker, sink) as reader:
        eventually(lambda: reader.status.ready, "the end")
        assert sink.values() == [b"a", b"b", b"c"]
        assert {each.based_on for each in sink.records} == {7}
        assert sink.turns > 0
        assert reader.live
        write(worker, b"d")
        assert reader.caught_up(10)
        assert sink.values() == [b"a", b"b", b"c", b"d"]
        assert reader.status.words == ""


def test_an_empty_topic_is_read_to_its_end(worker: Worker) -> None:
    sink = Listing()
    with reading(worker, sink) as reader:
        eventually(lambda: reader.status.ready, "the end")
        assert sink.records == []


def test_from_where_the_sink_was(worker: Worker) -> None:
    write(worker, b"a", b"b", b"c")
    sink = Listing({0: 1})
    with reading(worker, sink) as reader:
        eventually(lambda: reader.status.ready, "the end")
        assert sink.values() == [b"b", b"c"]


def test_positions_that_are_gone_are_read_from_the_beginning(worker: Worker) -> None:
    write(worker, b"a", b"b")
    sink = Listing({0: 1000})
    with reading(worker, sink):
        eventually(lambda: b"a" in sink.values(), "the record before the position")


def test_a_topic_made_anew_has_another_identity(worker: Worker) -> None:
    write(worker, b"a", b"b", b"c")
    sink = Listing()
    with reading(worker, sink) as reader:
        eventually(lambda: reader.status.ready, "the end")
        admin = KafkaAdminClient(**worker.options)
        admin.delete_topics([f"{worker.prefix}.state"])
        admin.close()
        again = None

        def made() -> bool:
            nonlocal again
            try:
                again = Worker(str(worker.options["bootstrap_servers"][0]), worker.prefix)
            except Exception:  # noqa: BLE001 - still being deleted
                return False
            return True

        eventually(made, "the topic again")
        assert again is not None
        write(again, b"new")
        eventually(lambda: b"new" in sink.values(), "what is in the new topic", 30)
        assert len(set(sink.identities)) == 2
        again.close()
