"""The board as a process of its own, beside a real Kafka."""

from __future__ import annotations

import json
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.board.run import FAILED, run_board
from streams.board.view import Views
from streams.broker import EmbeddedKafka
from streams.config import BoardSettings, Settings
from streams.wire.keys import Origin, state_key
from streams.wire.snapshot import dump
from tests.board.calls import MINUTE_MS, NOON_MS, fold, held, some_calls
from tests.board.running import RunningBoard, Worker, eventually, ready, running

CALLS = some_calls(42, 300)
EARLY = NOON_MS - 10 * MINUTE_MS


@pytest.fixture
def worker(kafka: EmbeddedKafka, prefix: str) -> Iterator[Worker]:
    worker = Worker(kafka.bootstrap, prefix)
    yield worker
    worker.close()


def test_a_taken_port_is_said_and_nothing_is_left(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        board = BoardSettings(port=port, metrics_port=0, visits_database=tmp_path / "v.sqlite")
        assert run_board(Settings(board=board)) == FAILED
    assert f"127.0.0.1:{port} is taken" in caplog.text


def test_a_taken_port_of_metrics_is_said_by_its_own_setting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        board = BoardSettings(port=0, metrics_port=port, visits_database=tmp_path / "v.sqlite")
        assert run_board(Settings(board=board)) == FAILED
    assert f"board.metrics_port: expected a free port, but 127.0.0.1:{port}" in caplog.text
    assert "HOTLINE_BOARD__METRICS_PORT" in caplog.text


def test_a_database_that_cannot_be_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    board = BoardSettings(port=0, visits_database=tmp_path)
    assert run_board(Settings(board=board)) == 2
    assert "board.visits_database" in caplog.text


def test_without_kafka_it_says_so_and_stops_in_time(tmp_path: Path) -> None:
    board = RunningBoard(tmp_path, "127.0.0.1:1", "nowhere")
    with running(board):
        eventually(lambda: board.get("/healthz")[0] == 200, "alive without a broker")
        for path in ("/metrics", "/api/v1/board", "/api/v1/stream", "/readyz"):
            status, body = board.get(path)
            assert status == 503, path
        assert json.loads(body)["ready"] is False
        assert "hotline_" not in board.get("/metrics")[1].replace("hotline_build", "")
        assert board.stop() == 0


@pytest.mark.live
def test_topics_that_are_missing_are_said(
    kafka: EmbeddedKafka, prefix: str, tmp_path: Path
) -> None:
    board = RunningBoard(tmp_path, kafka.bootstrap, prefix)
    with running(board):
        eventually(lambda: "hotline provision" in board.get("/api/v1/board")[1], "the words")
        assert board.get("/api/v1/board")[0] == 503


@pytest.mark.live
def test_two_boards_agree_with_each_other_and_with_the_snapshots(
    kafka: EmbeddedKafka, prefix: str, tmp_path: Path, worker: Worker
) -> None:
    states = fold(CALLS)
    worker.checkpoint(states)
    boards = [RunningBoard(tmp_path / name, kafka.bootstrap, prefix) for name in "ab"]
    with running(*boards):
        for board in boards:
            ready(board)
        first, second = (board.figures() for board in boards)
        assert first == second
        expected = Views(Settings(), first["version"]).view(held(states, f"{prefix}.calls"))
        assert first == json.loads(expected.body)
        assert [board.stop() for board in boards] == [0, 0]


@pytest.mark.live
def test_a_killed_board_comes_back_with_the_same_counters(
    kafka: EmbeddedKafka, prefix: str, tmp_path: Path, worker: Worker
) -> None:
    worker.checkpoint(fold(CALLS, EARLY))
    board = RunningBoard(tmp_path, kafka.bootstrap, prefix)
    with running(board):
        ready(board)
        before = board.counters()
        board.kill()
        again = RunningBoard(tmp_path, kafka.bootstrap, prefix, board.port)
        with running(again):
            ready(again)
            assert again.counters() == before
            worker.checkpoint(fold(CALLS))
            eventually(lambda: again.counters() != before, "new figures")
            after = again.counters()
            assert [name for name in before if after[name] < before[name]] == []


@pytest.mark.live
def test_a_zombie_s_older_snapshot_changes_nothing(
    kafka: EmbeddedKafka, prefix: str, tmp_path: Path, worker: Worker
) -> None:
    states = fold(CALLS)
    worker.checkpoint(states, generation=2)
    board = RunningBoard(tmp_path, kafka.bootstrap, prefix)
    with running(board):
        ready(board)
        before = board.figures()
        stale = fold(CALLS, EARLY)[0]
        assert stale.offset < states[0].offset
        key = state_key(Origin(f"{prefix}.calls", 0), 1)
        worker.send_state(0, key, dump(stale), stale.offset)
        worker.send_state(0, b"rubbish", b"rubbish", 0)
        eventually(lambda: "1 state records refused" in board.get("/readyz")[1], "the refusal")
        assert board.figures() == before
    again = RunningBoard(tmp_path / "again", kafka.bootstrap, prefix)
    with running(again):
        ready(again)
        assert again.figures() == before


@pytest.mark.live
def test_changes_are_told_to_who_listens(
    kafka: EmbeddedKafka, prefix: str, tmp_path: Path, worker: Worker
) -> None:
    worker.checkpoint(fold(CALLS, EARLY))
    board = RunningBoard(tmp_path, kafka.bootstrap, prefix)
    with running(board):
        ready(board)
        with urllib.request.urlopen(board.url("/api/v1/stream"), timeout=15) as stream:
            told = [json.loads(_data(stream))]
            worker.checkpoint(fold(CALLS))
            while told[-1]["now_ms"] < NOON_MS:
                told.append(json.loads(_data(stream)))
        del told[-1]["served_ms"]
        eventually(lambda: board.figures()["now_ms"] == NOON_MS, "the newest view")
        assert board.figures()["total"]["now"] == told[-1]["total"]["now"]


def _data(stream: object) -> bytes:
    for line in stream:  # type: ignore[attr-defined]
        if line.startswith(b"data: "):
            return bytes(line[6:])
    raise AssertionError("the stream ended")


@pytest.mark.live
def test_the_visits_behind_the_figures(
    kafka: EmbeddedKafka, prefix: str, tmp_path: Path, worker: Worker
) -> None:
    calls = some_calls(43, 400, hours=5)
    worker.checkpoint(fold(calls))
    board = RunningBoard(tmp_path, kafka.bootstrap, prefix)
    with running(board):
        ready(board)
        eventually(lambda: board.get("/api/v1/visits")[0] == 200, "the visits")
        figures = board.figures()
        for queue in (figures["total"], *figures["queues"]):
            for window in ("5m", "60m", "interval", "today"):
                for figure in ("offered", "answered", "abandoned"):
                    name = queue["queue"].replace(" ", "%20")
                    query = f"queue={name}&site={queue['site']}&window={window}&figure={figure}"
                    found = board.json(f"/api/v1/visits?{query}")
                    assert found["offsets"] == figures["offsets"]
                    assert found["complete"] is True
                    assert (
                        found["count"] == len(found["visits"]) == queue["windows"][window][figure]
                    )


@pytest.mark.live
def test_an_outage_is_said_and_survived(tmp_path: Path) -> None:
    with EmbeddedKafka(tmp_path / "kafka", heap_mb=256) as broker:
        worker = Worker(broker.bootstrap, "outage")
        worker.checkpoint(fold(CALLS, EARLY))
        board = RunningBoard(tmp_path / "board", broker.bootstrap, "outage")
        with running(board):
            ready(board)
            before = board.figures()
            broker.kill()
            eventually(lambda: "does not answer" in board.get("/readyz")[1], "the words")
            status, _ = board.get("/readyz")
            assert status == 200  # there is still something to show, and it says how old it is
            assert board.figures() == before
            assert board.json("/api/v1/visits")["complete"] is False
            broker.start()
            worker.checkpoint(fold(CALLS))
            eventually(lambda: board.figures()["now_ms"] == NOON_MS, "the newest figures")
            eventually(lambda: '"problem":null' in board.get("/readyz")[1], "all is well")
            assert board.stop() == 0
        worker.close()
