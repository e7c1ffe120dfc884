"""`hotline staffing`: arguments in, one object or a table out, exit codes."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from streams.cli import app
from tests.staffing.oracles import ERLANG_A, figures_of
from tests.staffing.test_plan import steady
from tests.staffing.tiles import NOW_MS, Json, board, tile

ERLANG = ("erlang", "--calls-per-hour", "2880", "--handle-s", "60", "--agents")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["staffing", *arguments])


def test_the_object() -> None:
    done = run(*ERLANG, "50", "--patience-s", "120", "--target-s", "20", "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, done.stderr) == (0, "")
    assert list(found) == ["p_wait", "p_abandon", "mean_wait_s", "asa_s", "occupancy", "sl"]
    assert list(found["sl"]) == ["F1", "F2", "F3", "F4"]
    assert figures_of(found) == pytest.approx(ERLANG_A[0][1], rel=5e-8)


def test_without_patience_nobody_hangs_up() -> None:
    found = json.loads(run(*ERLANG, "50", "--json").stdout)
    assert found["p_abandon"] == 0
    assert found["mean_wait_s"] == pytest.approx(20.8337, abs=5e-5)
    without_end = run(*ERLANG, "50", "--patience-s", "inf", "--json").stdout
    assert json.loads(without_end) == found


def test_a_table_for_people() -> None:
    done = run(*ERLANG, "40")
    assert done.exit_code == 0
    assert "48.00 erlangs, 40 people" in done.stdout
    assert "without end" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((*ERLANG, "-1"), "agents -1: expected 0 to 100000"),
        ((*ERLANG, "50", "--patience-s", "0"), "patience_s 0.0: expected seconds above 0"),
        ((*ERLANG, "50", "--patience-s", "nan"), "patience_s nan"),
        ((*ERLANG, "50", "--target-s", "-1"), "target_s -1.0: expected seconds, 0 or more"),
        ((*ERLANG, "50", "--target-s", "inf"), "target_s inf"),
        ((*ERLANG, "50", "--handle-s", "0"), "handle_s 0.0: expected seconds above 0"),
        ((*ERLANG, "50", "--calls-per-hour", "-3"), "calls_per_hour -3.0"),
        ((*ERLANG, "49", "--calls-per-hour", "1e6", "--patience-s", "1e9"), "patience_s"),
        ((*ERLANG, "many"), "--agents"),
        (("erlang",), "--calls-per-hour"),
    ],
)
def test_bad_numbers_end_with_words(arguments: tuple[str, ...], words: str) -> None:
    done = run(*arguments, "--json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


class Boards:
    """Serves what it is told to at /api/v1/board."""

    def __init__(self) -> None:
        self.said: Any = None

    def serve(self) -> Iterator[str]:
        said = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(said.said).encode()
                self.send_response(200 if self.path == "/api/v1/board" else 404)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()
            thread.join()


@pytest.fixture
def boards() -> Boards:
    made = Boards()
    since_ms = NOW_MS - 16_000
    made.said = board(
        tile("a", steady(200, 180, 120), talking=10),
        tile("b", steady(120, 240, 120), waiting=4, talking=7, longest_wait_start_ms=since_ms),
        tile("b", steady(20, 240, 120), site="north"),
    )
    return made


@pytest.fixture
def url(boards: Boards) -> Iterator[str]:
    yield from boards.serve()


def planned(url: str, *arguments: str) -> Json:
    done = run("plan", "--board", url, *arguments, "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    found: Json = json.loads(done.stdout)
    return found


def test_a_plan(url: str) -> None:
    found = planned(url, "--agents", "a=13", "--agents", "main/b=7", "--pool", "a,main/b")
    assert [(each["queue"], each["agents"]) for each in found["queues"]] == [("a", 13), ("b", 7)]
    assert found["moves"][0]["agents"] == 2
    assert [pool["queues"] for pool in found["pools"]] == [["main/a", "main/b"]]
    # The board's own target: 5 s of short abandons left out.
    assert found["queues"][0]["definition"]["short_abandon_s"] == 5


def test_without_people_what_is_needed(url: str) -> None:
    found = planned(url)
    assert [each["required"] for each in found["queues"]] == [12, 10, 3]
    assert {each["agents"] for each in found["queues"]} == {None}
    done = run("plan", "--board", url)
    assert "People unknown for main/a, main/b, north/b: give --agents queue=n" in done.stdout


def test_a_plan_for_people(url: str) -> None:
    done = run("plan", "--board", f"{url}/", "--agents", "a=9", "--agents", "main/b=14",
               "--pool", "a,main/b")  # fmt: skip
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0].split()[:3] == ["queue", "calls/h", "handle"]
    assert lines[1].split()[:3] == ["main/a", "200", "180"]
    assert "main/a: 10 talk, more than the 9 given." in lines
    assert "Pool a,main/b: 22 needed, 23 people there." in lines
    assert any(line.startswith("Move 3 from main/b to main/a: main/b ") for line in lines)


def test_old_data_are_said_to_be_old(url: str, boards: Boards) -> None:
    boards.said["served_ms"] = NOW_MS + 300_000
    assert "data are 300 s old: so is this plan" in run("plan", "--board", url).stdout
    boards.said["served_ms"] = NOW_MS + 25_000
    assert "old: so is" not in run("plan", "--board", url).stdout


def test_people_and_pools_of_the_configuration(url: str, tmp_path: Path) -> None:
    path = tmp_path / "hotline.toml"
    path.write_text(
        '[defaults]\npools = ["all"]\n[queues."a"]\nagents = 13\nminimum_agents = 12\n'
        '[queues."main/b"]\nagents = 6\n[queues."north/b"]\nagents = 3\n'
        "occupancy_limit_ratio = 0.5\npools = []\n"
    )
    found = planned(url, "--config", str(path), "--agents", "a=13", "--agents", "main/b=7")
    assert {each["agents_from"] for each in found["queues"]} == {"command line"}
    assert [move["agents"] for move in found["moves"]] == [1]
    every = planned(url, "--config", str(path))
    assert [(each["agents"], each["agents_from"]) for each in every["queues"]] == [
        (13, "configuration"), (6, "configuration"), (3, "configuration")
    ]  # fmt: skip
    assert every["queues"][2]["pools"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--agents", "a"), "--agents a: expected [site/]queue=n"),
        (("--agents", "a=-1"), "--agents a=-1: expected [site/]queue=n; agents -1"),
        (("--agents", "a=many"), "--agents a=many: expected [site/]queue=n"),
        (("--agents", "a=" + "9" * 5000), "expected [site/]queue=n"),
        (("--agents", "c=1"), "queue 'c': expected one queue of the board: main/a, main/b"),
        (("--agents", "b=1"), "queue 'b': expected one site's queue of the board: main/a"),
        (("--pool", "a,c"), "queue 'c'"),
    ],
)
def test_bad_arguments_end_with_words(url: str, arguments: tuple[str, ...], words: str) -> None:
    done = run("plan", "--board", url, *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr


@pytest.mark.parametrize("said", [{}, [], {"queues": [{}]}, "no", {"queues": [], "now_ms": 1}])
def test_what_is_no_board(url: str, boards: Boards, said: Any) -> None:
    boards.said = said
    done = run("plan", "--board", url)
    assert done.exit_code == 1
    assert f"{url}: expected the board's JSON" in done.stderr


def test_no_board_there() -> None:
    done = run("plan", "--board", "http://127.0.0.1:1")
    assert done.exit_code == 1
    assert "expected a running board" in done.stderr
