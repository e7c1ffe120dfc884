"""The commands as others script against them: exit codes, one object on stdout, words on stderr."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from kafka.admin import KafkaAdminClient

from streams.demo.run import recording_path
from streams.wire.topics import TOPICS
from tests.live.recording import QUEUES, events, heartbeat, now_s, send
from tests.live.running import Hotline, clean_environment, command, until

pytestmark = pytest.mark.live

LOG = recording_path()
FIGURE_KEYS = {
    "offered",
    "answered",
    "abandoned",
    "left",
    "waiting",
    "talking",
    "transferred",
    "answer",
    "abandon",
    "handle",
    "max_waiting",
}
NOBODY = "http://127.0.0.1:1"


def tried(
    folder: Path, *arguments: object, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A command where no configuration lies; nobody's settings are in its environment."""
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        env={**clean_environment(), **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def only_object(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one JSON object on standard output."""
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    assert done.stdout.count("\n") == 1
    return found


def test_report_as_json(tmp_path: Path) -> None:
    done = tried(tmp_path, "report", "--source", "asterisk-queue-log", "--json", LOG)
    assert (done.returncode, done.stderr) == (0, "")
    found = only_object(done)
    assert found.keys() == {"records", "outside", "total", "queues"}
    assert found["total"].keys() == FIGURE_KEYS
    assert found["records"].keys() == {"read", "accepted", "duplicates", "ignored", "rejected"}
    assert found["total"]["offered"] == 356


def test_report_as_text(tmp_path: Path) -> None:
    done = tried(tmp_path, "report", "--source", "asterisk-queue-log", LOG)
    assert (done.returncode, done.stderr) == (0, "")
    assert "356" in done.stdout
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(done.stdout)


def test_report_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = tried(tmp_path, "report", "--source", "asterisk-queue-log", "--json", "absent_log")
    assert (done.returncode, done.stdout) == (1, "")
    assert "absent_log" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (("report", "--source", "carrier-pigeon", LOG), ("carrier-pigeon", "asterisk-queue-log")),
        (("report", LOG), ("--source",)),
        (("report", "--source", "asterisk-queue-log"), ("files",)),
        (
            ("report", "--source", "asterisk-queue-log", "--timezone", "Mars/North", LOG),
            ("Mars/North", "IANA"),
        ),
        (
            ("report", "--source", "asterisk-queue-log", "--period", "century", LOG),
            ("century", "week"),
        ),
        (("report", "--source", "table", "--mapping", "absent.toml", LOG), ("absent.toml",)),
        (("source", "carrier-pigeon", LOG), ("carrier-pigeon", "asterisk-queue-log")),
        (("source", "asterisk-queue-log", LOG), ("source.customer_key",)),
        (("worker", "--config", "absent.toml"), ("absent.toml",)),
        (("demo", "--speed", "never"), ("--speed",)),
        (("juggle",), ("juggle",)),
        (("verify", "--jsom"), ("--jsom",)),
    ],
)
def test_bad_usage(tmp_path: Path, line: Sequence[object], words: Sequence[str]) -> None:
    done = tried(tmp_path, *line)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    for word in words:
        assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_config_check(tmp_path: Path) -> None:
    config = tmp_path / "mine.toml"
    config.write_text('[queues.sales]\nthreshold_s = 15\n[queues."main/care"]\n')
    done = tried(tmp_path, "config", "check", "--config", config, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert only_object(done) == {"ok": True, "queues": ["main/care", "sales"]}
    done = tried(tmp_path, "config", "check", "--config", config)
    assert (done.returncode, done.stderr) == (0, "")
    assert "good" in done.stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[board]\nprot = 8080\n", ("board.prot", "board.port", "2")),
        ("[bored]\nport = 8080\n", ("bored", "board")),
        ('[board]\nport = "high"\n', ("board.port", "high", "whole number")),
        ("[board]\nport = 99999\n", ("board.port", "65535")),
        ("[queues.sales]\nthreshold_s = 17\n", ("queues.sales.threshold_s", "17", "15, 20")),
        ("[defaults]\nshort_abandon_s = 60\n", ("defaults.short_abandon_s", "threshold_s")),
        ('[defaults]\ntimezone = "Asia/Shangai"\n', ("defaults.timezone", "Asia/Shanghai")),
        ("[board\n", ("mine.toml",)),
    ],
)
def test_bad_configuration(tmp_path: Path, text: str, words: Sequence[str]) -> None:
    config = tmp_path / "mine.toml"
    config.write_text(text)
    done = tried(tmp_path, "config", "check", "--config", config)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    for word in ("mine.toml", "expected", *words):
        assert word in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["worker", "board", "demo", "verify", "provision"])
def test_no_command_runs_on_a_bad_configuration(tmp_path: Path, name: str) -> None:
    (tmp_path / "hotline.toml").write_text("[board]\nprot = 8080\n")
    done = tried(tmp_path, name)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "hotline.toml" in done.stderr
    assert "board.prot" in done.stderr


def test_bad_environment(tmp_path: Path) -> None:
    for name, text, word in (
        ("HOTLINE_BOARD__PROT", "8080", "HOTLINE_BOARD__PORT"),
        ("HOTLINE_BOARD__PORT", "high", "whole number"),
    ):
        done = tried(tmp_path, "config", "check", environment={name: text})
        assert (done.returncode, done.stdout) == (2, "")
        assert name in done.stderr
        assert word in done.stderr


def test_verify_of_a_board(hotline: Hotline) -> None:
    done = hotline.tried("verify", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = only_object(done)
    assert found.keys() == {"equal", "records", "visits", "figures", "differences"}
    assert found["equal"] is True
    assert found["differences"] == []
    done = hotline.tried("verify")
    assert done.returncode == 0
    assert done.stdout.startswith("Equal: ")


def test_verify_with_nothing_to_compare(hotline: Hotline, tmp_path: Path) -> None:
    """No board; and a board of another cluster than the one that is configured."""
    send(hotline, [heartbeat("scripts", "scripts", 1000 * now_s())])
    until(lambda: "scripts" in str(hotline.json("/api/v1/board")["sources"]), lambda: "no sign")
    done = tried(tmp_path, "verify", "--json", "--url", NOBODY)
    assert (done.returncode, done.stdout) == (1, "")
    assert NOBODY in done.stderr
    elsewhere = {"HOTLINE_KAFKA__BOOTSTRAP": "127.0.0.1:1"}
    done = tried(tmp_path, "verify", "--json", "--url", hotline.url, environment=elsewhere)
    assert (done.returncode, done.stdout) == (1, "")
    assert "127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_plan_of_a_running_board(hotline: Hotline) -> None:
    send(hotline, events("plan", "plan"))
    until(
        lambda: "plan" in [each["site"] for each in hotline.json("/api/v1/board")["queues"]],
        lambda: "no queue of the site",
    )
    done = hotline.tried("staffing", "plan", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    planned = [each for each in only_object(done)["queues"] if each["site"] == "plan"]
    assert sorted(each["queue"] for each in planned) == QUEUES
    name = max(planned, key=lambda each: each["estimates"]["calls_per_hour"]["value"])["queue"]
    done = hotline.tried("staffing", "plan", "--json", "--agents", f"plan/{name}=3")
    found = only_object(done)["queues"]
    assert [each["queue"] for each in found] == [name]
    assert found[0]["required"] >= 1
    assert 0 <= found[0]["predicted"]["15m"]["low"] <= found[0]["predicted"]["15m"]["high"] <= 1
    assert hotline.tried("staffing", "plan").returncode == 0


def test_provision_says_and_does(hotline: Hotline) -> None:
    prefix = f"provisioned{os.getpid()}"
    names = {topic.full_name(prefix) for topic in TOPICS.values()}
    admin = KafkaAdminClient(bootstrap_servers=hotline.bootstrap)
    try:
        for arguments, outcome, there in (
            (("--dry-run", "--json"), "created", False),
            (("--json",), "created", True),
            (("--json",), "exists", True),
            (("--dry-run", "--json"), "exists", True),
        ):
            done = hotline.tried("provision", *arguments, HOTLINE_KAFKA__TOPIC_PREFIX=prefix)
            assert (done.returncode, done.stderr) == (0, "")
            told = only_object(done)["topics"]
            assert {each["topic"] for each in told} == names
            assert {each["outcome"] for each in told} == {outcome}
            assert (names <= set(admin.list_topics())) is there
    finally:
        admin.close()
    other = {"HOTLINE_KAFKA__TOPIC_PREFIX": prefix, "HOTLINE_KAFKA__PARTITIONS": 7}
    done = hotline.tried("provision", "--dry-run", "--json", **other)
    assert done.returncode == 1
    assert "differs" in {each["outcome"] for each in only_object(done)["topics"]}
