"""`hotline source` against a real Kafka: no line lost, none repeated, whatever is killed."""

from __future__ import annotations

import io
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.broker import EmbeddedKafka
from streams.sources.asterisk_queue_log import QueueLog
from streams.sources.catalogue import records
from streams.sources.run import run_source
from streams.wire.rejected import decode
from tests.sources.logs import RECORDING
from tests.sources.topics import CUSTOMER_KEY, Deployment, Folded

pytestmark = pytest.mark.live
KILLS = 20


@pytest.fixture
def deployment(kafka: EmbeddedKafka, prefix: str) -> Iterator[Deployment]:
    made = Deployment(kafka.bootstrap, prefix)
    yield made
    made.stop()


def assert_is_run_a(folded: Folded) -> None:
    """The oracle's `queue_log_by_fields`, for all queues."""
    total = folded.figures["total"]
    assert (total["offered"], total["answered"], total["abandoned"]) == (356, 268, 77)
    assert (total["left"]["timeout"], total["left"]["key"]) == (9, 2)
    assert [total["answer"]["within"][edge] for edge in ("3", "9", "20")] == [133, 219, 265]
    assert total["transferred"] == {"blind": 10, "attended": 5}
    offered = {name: each["offered"] for name, each in folded.figures["queues"].items()}
    assert offered == {"complaints": 80, "gas-repair": 153, "sales": 123}
    assert not folded.refused


def ids_of(deployment: Deployment) -> Counter[str]:
    events = deployment.events()
    return Counter(e["id"] for e in events if e["type"] != "source.heartbeat")


def test_once(deployment: Deployment) -> None:
    settings = deployment.settings()
    assert run_source(settings, "asterisk-queue-log", [RECORDING]) == 0
    folded = deployment.fold()
    assert_is_run_a(folded)
    assert folded.fates["duplicate"] == folded.fates["late"] == 0
    # Everything is final, though the file is old: its own clock goes on behind the last event.
    answered = sum(
        counts.totals.cells[1] for s in folded.states.values() for counts in s.queues.values()
    )
    assert answered
    heartbeats = [e for e in deployment.events() if e["type"] == "source.heartbeat"]
    newest = max(e["at_ms"] for e in deployment.events() if e["type"] != "source.heartbeat")
    assert max(e["at_ms"] for e in heartbeats) == newest + 10_000
    # A second time there is nothing new.
    before = ids_of(deployment)
    assert run_source(settings, "asterisk-queue-log", [RECORDING]) == 0
    assert ids_of(deployment) == before


def recent() -> bytes:
    """The recording as if it ended now: beside heartbeats, older lines would be late."""
    lines = [line.split(b"|", 1) for line in RECORDING.read_bytes().splitlines(keepends=True)]
    shift = int(time.time()) - int(lines[-1][0])
    return b"".join(b"%d|%b" % (int(second) + shift, rest) for second, rest in lines)


def ids_in(log: bytes) -> set[str]:
    """The ids of a log's events, from one undisturbed reading."""
    reader = QueueLog("pbx", key=CUSTOMER_KEY.encode())
    lines = records(reader, io.BytesIO(log))
    return {event["id"] for line in lines for event in reader.read(line).events}


def ends(deployment: Deployment) -> int:
    return sum(record_count for record_count in deployment.end_offsets("calls").values())


class Writer:
    """A PBX that writes the recording bit by bit, lines torn anywhere, and is rotated."""

    def __init__(self, path: Path, seed: int) -> None:
        self.path = path
        self.log = self._left = recent()
        self._random = random.Random(seed)
        self._rotated = 0

    @property
    def done(self) -> bool:
        return not self._left

    def write(self, size: int) -> None:
        written, self._left = self._left[:size], self._left[size:]
        with self.path.open("ab") as stream:
            stream.write(written)

    def write_some(self, size: int) -> None:
        self.write(self._random.randint(size // 2, size * 3 // 2))

    def rotate(self) -> None:
        """After a whole line, as a PBX does; what was rotated before moves up."""
        self.write(self._left.index(b"\n") + 1 if self._left else 0)
        for number in range(self._rotated, 0, -1):
            old = self.path.with_name(f"{self.path.name}.{number}")
            old.rename(self.path.with_name(f"{self.path.name}.{number + 1}"))
        self.path.rename(self.path.with_name(f"{self.path.name}.1"))
        self._rotated += 1


def test_killed_twenty_times_through_two_rotations(deployment: Deployment, tmp_path: Path) -> None:
    chance = random.Random(7)
    writer = Writer(tmp_path / "queue_log", 7)
    size = len(writer.log) // (KILLS * 8)
    log = tmp_path / "source.log"
    for kill in range(KILLS):
        source = deployment.start("asterisk-queue-log", "--follow", writer.path, log=log)
        before = ends(deployment)
        writer.write_some(size)
        deployment.await_(lambda before=before: ends(deployment) > before)  # type: ignore[misc]
        until = time.monotonic() + chance.uniform(0, 0.6)
        while time.monotonic() < until:
            writer.write_some(size // 4)
            time.sleep(chance.uniform(0, 0.05))
        if kill == KILLS // 3:
            writer.rotate()
            writer.write_some(size)
            time.sleep(chance.uniform(0, 0.4))
        source.kill()
        source.wait()
        if kill == 2 * KILLS // 3:
            writer.write_some(size)
            writer.rotate()
    assert not writer.done
    source = deployment.start("asterisk-queue-log", "--follow", writer.path, log=log)
    while not writer.done:
        writer.write_some(size)
    expected = ids_in(writer.log)
    deployment.await_(lambda: set(ids_of(deployment)) >= expected)
    source.send_signal(signal.SIGTERM)
    assert source.wait(5) == 0, log.read_text()
    found = ids_of(deployment)
    assert set(found) == expected
    # What is about the source itself stands once in every partition.
    gaps = {e["id"] for e in deployment.events() if e["type"] == "source.gap"}
    assert {
        name: times
        for name, times in found.items()
        if times != (deployment.partitions if name in gaps else 1)
    } == {}
    folded = deployment.fold()
    assert_is_run_a(folded)
    assert folded.fates["duplicate"] == folded.fates["late"] == 0


def test_sent_again_by_who_has_forgotten(deployment: Deployment, tmp_path: Path) -> None:
    log = tmp_path / "source.log"
    assert deployment.start("asterisk-queue-log", RECORDING, log=log).wait(60) == 0
    first = deployment.fold()
    deployment.forget("positions")
    assert deployment.start("asterisk-queue-log", RECORDING, log=log).wait(60) == 0, log.read_text()
    again = deployment.fold()
    assert again.figures == first.figures
    assert_is_run_a(again)
    calls = [e for e in deployment.events() if e["type"].startswith("call.")]
    assert again.fates["duplicate"] == len(calls) / 2 == len({e["id"] for e in calls})
    assert again.fates["late"] == 0


def test_the_bank_by_a_mapping(deployment: Deployment) -> None:
    if not (folder := os.environ.get("HOTLINE_DATA")):
        pytest.skip("HOTLINE_DATA is not set: the bank's calls are not in the repository")
    path = Path(folder) / "anonymous_bank_1999_02" / "february.txt"
    assert (
        run_source(deployment.settings(name="bank"), "table", [path], mapping="anonymous-bank") == 0
    )
    folded = deployment.fold()
    total = folded.figures["total"]
    assert (total["offered"], total["answered"], total["abandoned"]) == (31_094, 27_162, 3_932)
    assert total["answer"]["sum_ms"] == 1_107_512_000
    assert total["answer"]["within"]["20"] == 16_209
    assert total["abandon"]["sum_ms"] == 259_695_000
    assert total["max_waiting"] == 17
    outside: Counter[str] = Counter()
    for state in folded.states.values():
        for (_, reason), count in state.outside.items():
            outside[reason] += count
    assert outside["ivr"] == 1_972
    assert folded.fates["late"] == folded.fates["duplicate"] == 0
    assert not folded.refused


def test_numbers_in_refused_lines_stay_here(deployment: Deployment, tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    good = b"".join(RECORDING.read_bytes().splitlines(keepends=True)[:40])
    path.write_bytes(good + b"call me: +49 (30) 1234-5678, QQ 10001\n" + b"\xff|x|1|2|3\n")
    assert run_source(deployment.settings(), "asterisk-queue-log", [path]) == 0
    refused = [decode(record.value) for record in deployment.records("rejected")]
    assert [(each.reason, each.offset) for each in refused] == [
        ("malformed", len(good)),
        ("bad_time", len(good) + 38),
    ]
    assert refused[0].original == b"call me: +** (**) ****-****, QQ *****"
    assert refused[0].topic == f"source:pbx:{path}"
    assert refused[1].original == b"\xff|x|1|2|3"


def test_ten_thousand_lines_of_rubbish_between_good_ones(
    deployment: Deployment, tmp_path: Path
) -> None:
    chance = random.Random(11)
    lines = RECORDING.read_bytes().splitlines(keepends=True)
    good = len(lines)
    for _ in range(10_000):
        rubbish = chance.randbytes(chance.randint(1, 200)).replace(b"\n", b"|")
        lines.insert(chance.randint(0, len(lines)), rubbish + b"\n")
    path = tmp_path / "queue_log"
    path.write_bytes(b"".join(lines))
    assert len(lines) == good + 10_000
    assert run_source(deployment.settings(), "asterisk-queue-log", [path]) == 0
    assert_is_run_a(deployment.fold())
    refused = [decode(record.value) for record in deployment.records("rejected")]
    assert len({each.offset for each in refused}) == len(refused) > 9_900  # a few are blank
    assert all(each.reason and each.words for each in refused)


def test_a_quiet_log_still_beats(deployment: Deployment, tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    log = tmp_path / "source.log"
    begun_ms = time.time_ns() // 1_000_000
    source = deployment.start("asterisk-queue-log", "--follow", path, log=log)
    deployment.await_(lambda: bool(deployment.records("positions")))
    time.sleep(1)
    assert not deployment.records("calls")  # no file is no quiet night
    path.touch()
    deployment.await_(lambda: len(deployment.records("calls")) >= deployment.partitions)
    source.terminate()
    assert source.wait(5) == 0
    beats = deployment.events()
    assert {(e["type"], e["source"], e["site"]) for e in beats} == {
        ("source.heartbeat", "pbx", "main")
    }
    assert {record.partition for record in deployment.records("calls")} == set(range(4))
    assert all(begun_ms <= e["at_ms"] <= time.time_ns() // 1_000_000 for e in beats)


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[EmbeddedKafka]:
    with EmbeddedKafka(tmp_path / "kafka", heap_mb=384) as broker:
        yield broker


def test_the_broker_goes_away(own_kafka: EmbeddedKafka, tmp_path: Path) -> None:
    deployment = Deployment(own_kafka.bootstrap, "hotline")
    writer = Writer(tmp_path / "queue_log", 3)
    log = tmp_path / "source.log"
    try:
        own_kafka.stop()
        source = deployment.start("asterisk-queue-log", "--follow", writer.path, log=log)
        deployment.await_(lambda: "Kafka at" in log.read_text())  # never there: says so
        own_kafka.start()
        for bounce in (own_kafka.kill, own_kafka.stop):
            writer.write_some(20_000)
            deployment.await_(lambda: ends(deployment) > 0)
            for _ in range(10):
                writer.write_some(1_000)
                time.sleep(0.05)
            bounce()
            writer.write_some(10_000)
            time.sleep(3)
            own_kafka.start()
        writer.write(10**9)
        expected = ids_in(writer.log)
        deployment.await_(lambda: set(ids_of(deployment)) >= expected)
        own_kafka.stop()
        time.sleep(1)
        begun = time.monotonic()
        source.send_signal(signal.SIGTERM)
        assert source.wait(10) == 0, log.read_text()
        assert time.monotonic() - begun < 8  # five, and what a busy machine adds
        own_kafka.start()
        assert deployment.start("asterisk-queue-log", writer.path, log=log).wait(60) == 0
        folded = deployment.fold()
        assert_is_run_a(folded)
        assert set(ids_of(deployment).values()) <= {1, deployment.partitions}
        assert len(log.read_text().splitlines()) < 60, log.read_text()
    finally:
        deployment.stop()
