"""Real recordings against figures that other programs counted: per queue, and visit by visit."""

import csv
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.core.limits import Rules
from streams.core.rows import Row
from streams.report import Report, make_report
from streams.sources.catalogue import make_source
from tests.sources.logs import DATA, KEY, RECORDING, brief, report_on

ORACLE = json.loads((DATA / "oracle.json").read_text(encoding="utf-8"))["queue_log_by_fields"]
LEFT = {"timed_out": "timeout", "exit_key": "key", "exit_empty": "empty"}
OUTCOMES = {"timeout": ("left", "timeout"), "key": ("left", "key"), "abandon": ("abandoned", None)}


def outside(name: str) -> Path:
    """A recording without a licence, which is not part of the repository."""
    folder = os.environ.get("HOTLINE_DATA")
    if not folder:
        pytest.skip("HOTLINE_DATA is not set: it names the folder of the recordings")
    path = Path(folder) / name
    if not path.exists():
        pytest.skip(f"HOTLINE_DATA has no {name}")
    return path


@pytest.fixture(scope="module")
def run_a() -> Report:
    return report_on(RECORDING)


@pytest.mark.parametrize("queue", sorted(ORACLE))
def test_run_a_per_queue(run_a: Report, queue: str) -> None:
    expected, report = ORACLE[queue], run_a.as_json()
    found = report["total"] if queue == "*" else report["queues"][queue]
    for ours in ("offered", "answered", "abandoned"):
        assert found[ours] == expected[ours]
    left = {ours: expected[theirs] for theirs, ours in LEFT.items() if expected[theirs]}
    assert found["left"] == left
    transferred = {kind: expected[f"transferred_{kind}"] for kind in ("blind", "attended")}
    assert found["transferred"] == transferred
    for edge in (3, 9, 20):
        assert found["answer"]["within"][str(edge)] == expected[f"answered_within_{edge}s"]
    assert round(found["answer"]["mean_s"], 3) == expected["asa_mean"]
    assert found["answer"]["p90_s"] == expected["asa_p90"]
    assert found["handle"]["count"] == expected["talk_n"]
    assert round(found["handle"]["mean_s"], 3) == expected["talk_mean"]
    assert found["abandon"]["within"]["3"] == expected["abandoned_within_3s"]
    mean = found["abandon"]["sum_ms"] / found["abandon"]["count"] / 1000
    assert round(mean, 3) == expected["abandon_wait_mean"]


def paired(rows: list[Row]) -> Iterator[tuple[Row, dict[str, str]]]:
    """Each visit beside the one that others saw; fails where one side has more of a call."""
    theirs: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (DATA / "visits.csv").open(encoding="utf-8", newline="") as stream:
        for line in csv.DictReader(stream):
            theirs[line["uniqueid"]].append(line)
    ours: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        ours[row["contact"].partition(":")[2]].append(row)
    assert ours.keys() == theirs.keys()
    for call, visits in theirs.items():
        visits.sort(key=lambda line: float(line["joined"]))
        assert [row["queue"] for row in ours[call]] == [line["queue"] for line in visits], call
        yield from zip(ours[call], visits, strict=True)


def test_run_a_per_visit(run_a: Report) -> None:
    for row, line in paired(run_a.rows):
        _same(row, line)


def _same(row: Row, line: dict[str, str]) -> None:
    outcome, reason = OUTCOMES.get(line["ql_outcome"], (line["ql_outcome"], None))
    assert (row["outcome"], row["reason"]) == (outcome, reason), line
    assert (row["transferred"] or "") == line["ql_transfer"], line
    if line["ql_hold"]:
        assert row["wait_ms"] == 1000 * int(line["ql_hold"]), line
    assert row["talk_ms"] == (1000 * int(line["ql_talk"]) if line["ql_talk"] else None), line
    if line["ql_agent"]:
        assert row["agent"] == line["ql_agent"], line


def test_every_line_of_run_a_has_a_fate(run_a: Report) -> None:
    fates = run_a.as_json()["records"]
    assert fates["read"] == 1712
    assert fates["rejected"] == {}
    assert fates["accepted"] + fates["duplicates"] + sum(fates["ignored"].values()) == 1712


def test_half_a_file_of_a_help_desk() -> None:
    found = report_on(outside("pbxware_queue_log_2018/queue_log")).as_json()
    assert brief(found["total"]) == {
        "offered": 52,
        "answered": 46,
        "abandoned": 4,
        "waiting": 2,
        "talking": 0,
        "attended": 1,
        "wait": 1814,
        "abandon_wait": 486,
        "handled": 46,
        "handle": 11798,
    }
    assert list(found["queues"]) == ["IT"]


def test_calls_open_at_a_restart() -> None:
    found = report_on(outside("asterisk_fragments/enter_open_at_restart_2020.queue_log")).as_json()
    # By eye: 1596512941.163 gives up after 68 s; 1596513054.164 waits in sales at the restart.
    assert {name: brief(one)["offered"] for name, one in found["queues"].items()} == {
        "sales": 1,
        "support": 1,
    }
    assert found["queues"]["sales"]["left"] == {"system": 1}
    assert found["queues"]["support"]["abandon"]["sum_ms"] == 68_000


def test_ringall_in_1_4() -> None:
    report = report_on(outside("asterisk_fragments/ringall_2010_ast14.queue_log"))
    # By eye: .10 answered after 2 s and talked 4; .30 after 36 s, 8; .91 waits at the end.
    assert brief(report.as_json()["total"]) == {
        "offered": 3,
        "answered": 2,
        "abandoned": 0,
        "waiting": 1,
        "talking": 0,
        "wait": 38,
        "abandon_wait": 0,
        "handled": 2,
        "handle": 12,
    }
    rings = {row["contact"].rpartition(".")[2]: row["rings_missed"] for row in report.rows}
    assert rings == {"10": 4, "30": 0, "91": 1}


@pytest.fixture(scope="module")
def february() -> tuple[dict[str, Any], dict[str, Any]]:
    path = outside("anonymous_bank_1999_02/february.txt")
    report = make_report(
        make_source("table", key=KEY, mapping="anonymous-bank"), [path], Rules()
    ).as_json()
    return report, json.loads(path.with_name("oracle.json").read_text(encoding="utf-8"))


def test_a_month_of_a_bank(february: tuple[dict[str, Any], dict[str, Any]]) -> None:
    report, oracle = february
    total = report["total"]
    assert report["records"]["read"] == report["records"]["accepted"] == oracle["rows"]
    assert report["outside"] == {
        "ivr": oracle["hang_in_ivr"],
        "phantom": oracle["outcome"]["PHANTOM"],
    }
    assert (total["offered"], total["answered"]) == (oracle["offered"], oracle["answered"])
    assert (total["abandoned"], total["left"]) == (oracle["abandoned_in_queue"], {})
    assert total["answer"]["sum_ms"] == 1000 * oracle["wait_sum_s"]
    for edge in (10, 20, 30, 60):
        assert total["answer"]["within"][str(edge)] == oracle[f"answered_within_{edge}s"]
    assert total["abandon"]["sum_ms"] == 1000 * oracle["abandon_wait_sum_s"]
    for edge in (5, 20):
        assert total["abandon"]["within"][str(edge)] == oracle[f"abandoned_within_{edge}s"]
    assert total["max_waiting"] == oracle["max_waiting_now"]


def test_a_month_of_a_bank_by_queue(february: tuple[dict[str, Any], dict[str, Any]]) -> None:
    report, oracle = february
    assert report["queues"].keys() == oracle["by_type"].keys()
    for name, theirs in oracle["by_type"].items():
        ours = report["queues"][name]
        found = {
            "answered": ours["answered"],
            "wait_s": ours["answer"]["sum_ms"] // 1000,
            "abandoned": ours["abandoned"],
            "aband_s": ours["abandon"]["sum_ms"] // 1000,
            "talk_n": ours["handle"]["count"],
            "talk_s": ours["handle"]["sum_ms"] // 1000,
        }
        assert found == {key: theirs.get(key, 0) for key in found}, name


def test_a_month_of_a_bank_shuffled(tmp_path: Path) -> None:
    """Rows in any order, and each twice, give the same figures."""
    lines = outside("anonymous_bank_1999_02/february.txt").read_bytes().splitlines(keepends=True)
    some = lines[1:2001]
    straight, mixed = tmp_path / "straight", tmp_path / "mixed"
    straight.write_bytes(lines[0] + b"".join(some))
    shuffled: list[bytes] = sorted(some * 2, key=lambda row: row[::-1])
    mixed.write_bytes(lines[0] + b"".join(shuffled))
    found = []
    for path in (straight, mixed):
        source = make_source("table", key=KEY, mapping="anonymous-bank")
        found.append(make_report(source, [path], Rules()).as_json())
    assert found[0].pop("records")["duplicates"] == 0
    assert found[1].pop("records")["duplicates"] == 2000
    assert found[0] == found[1]
