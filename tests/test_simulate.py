"""`hotline simulate` as a command: files, truth, and what it says of bad options."""

import json
import subprocess
from datetime import date
from pathlib import Path

import pytest

from streams.simulate import deliveries, write
from streams.simulator.profiles import load_profile
from streams.simulator.truth import Plan
from tests.live.running import clean_environment, command


def tried(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command("simulate", *arguments),
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_json_is_the_truth_of_the_files(tmp_path: Path) -> None:
    ended = tried("--profile", "small", "--date", "2026-03-03", "--out", tmp_path, "--json")
    assert (ended.returncode, ended.stderr) == (0, "")
    told = json.loads(ended.stdout)
    assert told == json.loads((tmp_path / "truth.json").read_text())
    assert told["files"] == ["calls-2026-03-03.jsonl", "chats-2026-03-03.jsonl"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [*told["files"], "truth.json"]
    assert [day["date"] for day in told["days"]] == ["2026-03-03"]


def test_words(tmp_path: Path) -> None:
    ended = tried("--profile", "small", "--out", tmp_path, "--faults", "duplicates,damaged")
    lines = ended.stdout.splitlines()
    assert lines[0] == "1 day(s) of small, seed 1"
    assert [line.split()[0] for line in lines[1:3]] == ["calls:", "chats:"]
    assert [line.split()[1] for line in lines[3:]] == ["duplicates:", "damaged:"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "simulate: expected --out FOLDER, --kafka or --json"),
        (["--json", "--days", "0"], "--days 0: expected 1 to 92"),
        (["--json", "--date", "1900-01-01"], "--date 1900-01-01: expected a year from 1971 to"),
        (["--json", "--faults", "fire"], "--faults 'fire': expected all, or of these: duplicates"),
        (["--json", "--profile", "cty"], "cty: expected a profile (city, small) or a file"),
    ],
)
def test_bad_options(arguments: list[str], words: str) -> None:
    ended = tried(*arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"hotline: {words}")


def test_stopped_while_there_is_no_kafka() -> None:
    """It waits for Kafka as every sender does, and asked to stop says how much was sent."""
    with subprocess.Popen(
        command("simulate", "--profile", "small", "--kafka", "--json"),
        env=clean_environment(HOTLINE_KAFKA__BOOTSTRAP="127.0.0.1:9"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert "trying again" in process.stderr.readline()
        process.terminate()
        told, words = process.communicate(timeout=60)
    assert process.returncode == 0
    assert (json.loads(told)["sent"], json.loads(told)["complete"]) == (0, False)
    assert "stopped" in words


def test_a_folder_that_cannot_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = tried("--profile", "small", "--out", tmp_path / "file")
    assert ended.returncode == 1
    assert "file" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_days_that_overlap_come_in_order() -> None:
    """A day's last calls end after midnight: what is sent is one stream of both days."""
    plan = Plan(load_profile("small"), "small", 2, date(2026, 3, 2), days=3)
    played = list(plan.played())
    times = [came_ms for came_ms, _, _ in deliveries(iter(played))]
    assert times == sorted(times)
    assert len(times) == sum(len(f.deliveries) for each in played for f in each.read.values())


def test_files_hold_what_is_read_in_the_order_it_comes(tmp_path: Path) -> None:
    plan = Plan(load_profile("small"), "small", 2, faults=("disorder", "damaged"))
    write(plan, tmp_path)
    lines = (tmp_path / "calls-2026-03-02.jsonl").read_bytes().splitlines()
    assert len(lines) == len(plan.play(0).read["calls"].deliveries)
