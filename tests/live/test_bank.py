"""A bank's month of calls while workers and the board are killed: to the last millisecond its
oracle's figures, and at no moment a counter that falls or says too much.
"""

import contextlib
import json
import os
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition

from streams.broker import EmbeddedKafka
from streams.wire.keys import offset_in
from tests.live.running import (
    PARTITIONS,
    Hotline,
    Json,
    Samples,
    Service,
    command,
    get,
    read_samples,
    series,
    until,
)

pytestmark = pytest.mark.live

KILLS = 10
BOARD_KILLS = (3, 7)
SCRAPE_S = 1.0
ONLY_GROW = ("_total", "_bucket", "_count", "_sum")


@pytest.fixture(scope="module")
def bank() -> Path:
    folder = os.environ.get("HOTLINE_DATA")
    if not folder:
        pytest.skip("HOTLINE_DATA is not set: it names the folder of the recordings")
    path = Path(folder) / "anonymous_bank_1999_02"
    if not path.exists():
        pytest.skip(f"HOTLINE_DATA has no {path.name}")
    return path


def true_counters(oracle: Json) -> Samples:
    """Per type of call, what the counters come to; seconds."""
    truth: Samples = {}
    for kind, each in oracle["by_type"].items():
        labels = {"channel": "voice", "queue": kind, "site": "main"}
        for name, value in {
            "hotline_contacts_offered_total": each["answered"] + each["abandoned"],
            "hotline_speed_of_answer_seconds_count": each["answered"],
            "hotline_speed_of_answer_seconds_sum": each["wait_s"],
            "hotline_abandon_wait_seconds_count": each["abandoned"],
            "hotline_abandon_wait_seconds_sum": each["aband_s"],
            "hotline_handle_seconds_count": each["talk_n"],
            "hotline_handle_seconds_sum": each["talk_s"],
            "hotline_corrections_total": 0,
        }.items():
            truth[series(name, labels)] = value
        answered = series("hotline_contacts_finished_total", {**labels, "outcome": "answered"})
        truth[answered] = each["answered"]
    return truth


def over_queues(found: Samples, name: str, **labels: str) -> float:
    """The sum over all queues of a counter with these labels."""
    wanted = [f'{key}="{value}"' for key, value in labels.items()]
    return sum(
        value
        for key, value in found.items()
        if key.partition("{")[0] == name and all(each in key for each in wanted)
    )


class Scraper(threading.Thread):
    """Reads /metrics each second, and keeps what must never be seen."""

    def __init__(self, hotline: Hotline, truth: Samples) -> None:
        super().__init__(daemon=True)
        self._hotline, self._truth = hotline, truth
        self._over = threading.Event()
        self.newest: Samples = {}
        self.scrapes = 0
        self.wrong: list[str] = []

    def run(self) -> None:
        while not self._over.wait(SCRAPE_S):
            status, body = get(self._hotline.metrics_url)
            if status == 200:
                self._hold(read_samples(body))

    def _hold(self, found: Samples) -> None:
        self.scrapes += 1
        for name, before in self.newest.items():
            if name.partition("{")[0].endswith(ONLY_GROW) and found.get(name, -1) < before:
                self.wrong.append(f"{name} fell from {before} to {found.get(name)}")
        for name, most in self._truth.items():
            if found.get(name, 0) > most:
                self.wrong.append(f"{name} is {found[name]}, more than {most}")
        self.newest = found

    def stop(self) -> None:
        self._over.set()
        self.join()


class Replay:
    """The month through `hotline source`, stopped in the middle whenever the test wants."""

    def __init__(self, hotline: Hotline, file: Path) -> None:
        self._hotline = hotline
        line = command("source", "table", "--mapping", "anonymous-bank", file)
        self.log = hotline.folder / "source.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                line, cwd=hotline.folder, env=hotline.environment, stdout=output, stderr=output
            )
        self._consumer = KafkaConsumer(bootstrap_servers=hotline.bootstrap)
        topic = hotline.topic("calls")
        self._places = [TopicPartition(topic, number) for number in range(PARTITIONS)]

    def sent(self) -> int:
        return sum(self._consumer.end_offsets(self._places).values())

    def until_more(self) -> None:
        """Go on until some more records are in Kafka."""
        before = self.sent()
        self.process.send_signal(signal.SIGCONT)
        until(lambda: self.sent() > before, self.log.read_text)

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def finish(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        assert self.process.wait(60) == 0, self.log.read_text()

    def end(self) -> None:
        self._consumer.close()
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def oracle(bank: Path) -> Json:
    found: Json = json.loads((bank / "oracle.json").read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def replayed(
    bank: Path, oracle: Json, kafka: EmbeddedKafka, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Hotline, Scraper]]:
    folder = tmp_path_factory.mktemp("bank")
    hotline = Hotline(
        kafka.bootstrap,
        f"bank{os.getpid()}",
        folder,
        HOTLINE_SOURCE__BATCH_EVENTS=50,
        HOTLINE_DEFAULTS__TIMEZONE="Asia/Jerusalem",
    )
    scraper = Scraper(hotline, true_counters(oracle))
    with contextlib.ExitStack() as stack:
        stack.callback(hotline.stop)
        workers = [_worker(hotline, number) for number in range(2)]
        board = hotline.board()
        for service in (*workers, board):
            service.until_ready()
        scraper.start()
        stack.callback(scraper.stop)
        replay = Replay(hotline, bank / "february.txt")
        stack.callback(replay.end)
        _kill_again_and_again(hotline, workers, board, replay)
        replay.finish()
        until(lambda: _wrong(hotline, oracle) == {}, lambda: str(_wrong(hotline, oracle)))
        yield hotline, scraper


def _worker(hotline: Hotline, number: int) -> Service:
    """The first has its name for ever and finds its place again; the second is a stranger."""
    own = {} if number else {"HOTLINE_WORKER__NAME": "first"}
    return hotline.worker(f"worker-{number}", **own)


def _kill_again_and_again(
    hotline: Hotline, workers: list[Service], board: Service, replay: Replay
) -> None:
    for kill in range(KILLS):
        replay.until_more()
        workers[kill % 2].kill()
        replay.pause()
        assert replay.process.poll() is None, "the replay was over before the last kill"
        workers[kill % 2] = _worker(hotline, kill % 2)
        if kill in BOARD_KILLS:
            board.kill()
            board = hotline.board()
        workers[kill % 2].until_ready()
    board.until_ready()


def _wrong(hotline: Hotline, oracle: Json) -> dict[str, tuple[float | None, float]]:
    """The counters that are not what they will be: (found, true)."""
    status, body = get(hotline.metrics_url)
    found = read_samples(body) if status == 200 else {}
    truth = true_counters(oracle)
    return {
        name: (found.get(name), value) for name, value in truth.items() if found.get(name) != value
    }


def test_the_counters(replayed: tuple[Hotline, Scraper], oracle: Json) -> None:
    found = replayed[0].metrics()
    answer, abandon = "hotline_speed_of_answer_seconds", "hotline_abandon_wait_seconds"
    assert over_queues(found, "hotline_contacts_offered_total") == oracle["offered"] == 31_094
    assert over_queues(found, f"{answer}_count") == oracle["answered"] == 27_162
    assert over_queues(found, f"{answer}_sum") == oracle["wait_sum_s"] == 1_107_512
    assert over_queues(found, f"{abandon}_count") == oracle["abandoned_in_queue"] == 3_932
    assert over_queues(found, f"{abandon}_sum") == oracle["abandon_wait_sum_s"]
    for edge in (10, 20, 30, 60):
        within = over_queues(found, f"{answer}_bucket", le=f"{edge}.0")
        assert within == oracle[f"answered_within_{edge}s"]
    for edge in (5, 20):
        within = over_queues(found, f"{abandon}_bucket", le=f"{edge}.0")
        assert within == oracle[f"abandoned_within_{edge}s"]
    finished = "hotline_contacts_finished_total"
    short = over_queues(found, finished, outcome="abandoned_short")
    assert short == oracle["abandoned_within_5s"]
    assert over_queues(found, finished) == oracle["offered"]


def test_no_scrape_saw_a_counter_fall_or_say_too_much(replayed: tuple[Hotline, Scraper]) -> None:
    scraper = replayed[1]
    assert scraper.wrong == []
    assert scraper.scrapes > KILLS


def test_the_visits(replayed: tuple[Hotline, Scraper], oracle: Json) -> None:
    newest: dict[bytes, tuple[int, Json]] = {}
    for record in replayed[0].records("visits"):
        offset = offset_in(record.headers)
        assert offset is not None
        if record.key not in newest or offset >= newest[record.key][0]:
            newest[record.key] = offset, json.loads(record.value)
    counted: Counter[tuple[str, str]] = Counter()
    for _, row in newest.values():
        counted[row["queue"], row["outcome"]] += 1
        counted[row["queue"], f"{row['outcome']}_ms"] += row["wait_ms"]
        if row["talk_ms"] is not None:
            counted[row["queue"], "talk_n"] += 1
            counted[row["queue"], "talk_ms"] += row["talk_ms"]
    assert len(newest) == oracle["offered"]
    names = {"wait_s": "answered_ms", "aband_s": "abandoned_ms", "talk_s": "talk_ms"}
    for kind, each in oracle["by_type"].items():
        for name in ("answered", "abandoned", "talk_n"):
            assert counted[kind, name] == each[name], (kind, name)
        for theirs, ours in names.items():
            assert counted[kind, ours] == 1000 * each[theirs], (kind, ours)


def test_verify(replayed: tuple[Hotline, Scraper], oracle: Json) -> None:
    verdict: dict[str, Any] = json.loads(replayed[0].run("verify", "--json"))
    assert verdict["equal"], verdict["differences"]
    assert verdict["visits"] == oracle["offered"]


def test_a_board_that_starts_from_nothing_shows_the_same(
    replayed: tuple[Hotline, Scraper],
) -> None:
    hotline, scraper = replayed
    scraper.stop()
    before = hotline.metrics()
    for file in hotline.folder.glob("visits.sqlite*"):
        file.unlink()
    hotline.restart_board()
    assert hotline.metrics() == before
