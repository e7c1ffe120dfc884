"""Recorded AMI traffic against what CEL saw, per queue and visit, alone and beside the log."""

import heapq
import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.core.rows import Row, row
from streams.core.state import PartitionState
from streams.report import Report, figures
from streams.sources.asterisk_ami import AsteriskAmi
from streams.sources.asterisk_ami_message import records
from streams.sources.asterisk_queue_log import QueueLog
from streams.sources.taken import EventDict
from tests.sources.ami import as_text, recorded, report_on
from tests.sources.logs import DATA, KEY, RECORDING
from tests.sources.test_oracles import LEFT, OUTCOMES, outside, paired

ORACLES = json.loads((DATA / "oracle.json").read_text(encoding="utf-8"))
ORACLE = ORACLES["oracle_cel"]
HIDDEN = ORACLES["transfers_by_phones_behind_local_channels"]
# CEL and AMI note one moment each with their own clock reading; both agree within this.
APART_MS = 8


@pytest.fixture(scope="module")
def traffic() -> Path:
    return outside("asterisk_22_run_a/ami.jsonl.gz")


@pytest.fixture(scope="module")
def run_a(traffic: Path) -> Report:
    return report_on(traffic)


def _hidden(queue: str, kind: str) -> int:
    return sum(
        count
        for name, count in HIDDEN.items()
        if name.endswith(f" {kind}") and queue in {"*", name.partition(" ")[0]}
    )


@pytest.mark.parametrize("queue", sorted(ORACLE))
def test_run_a_per_queue(run_a: Report, queue: str) -> None:
    expected, report = ORACLE[queue], run_a.as_json()
    found = report["total"] if queue == "*" else report["queues"][queue]
    for ours in ("offered", "answered", "abandoned"):
        assert found[ours] == expected[ours]
    assert found["left"] == {o: expected[t] for t, o in LEFT.items() if expected[t]}
    assert found["transferred"] == {
        kind: expected[f"transferred_{kind}"] + _hidden(queue, kind)
        for kind in ("blind", "attended")
    }
    for edge in (3, 9, 20):
        assert found["answer"]["within"][str(edge)] == expected[f"answered_within_{edge}s"]
    for ours, theirs in (("mean_s", "asa_mean"), ("p50_s", "asa_median"), ("p90_s", "asa_p90")):
        assert found["answer"][ours] == pytest.approx(expected[theirs], abs=APART_MS / 1000)
    assert found["handle"]["count"] == expected["talk_n"]
    assert found["abandon"]["within"]["3"] == expected["abandoned_within_3s"]
    mean = found["abandon"]["sum_ms"] / found["abandon"]["count"] / 1000
    assert mean == pytest.approx(expected["abandon_wait_mean"], abs=APART_MS / 1000)
    assert (found["waiting"], found["talking"]) == (0, 0)


def test_run_a_per_visit(run_a: Report) -> None:
    for one, line in paired(run_a.rows):
        _same(one, line)


def _same(one: Row, line: dict[str, str]) -> None:
    outcome = OUTCOMES.get(line["outcome"], (line["outcome"], None))
    assert (one["outcome"], one["reason"]) == outcome, line
    kind = line["transfer"] or line["behind_local_transfer"]
    assert (one["transferred"] or "") == ("" if kind == "redirect" else kind), line
    assert abs(one["entered_ms"] - 1000 * float(line["joined"])) <= APART_MS, line
    if not line["answered"]:
        return
    wait_ms = 1000 * (float(line["answered"]) - float(line["joined"]))
    assert abs((one["wait_ms"] or 0) - wait_ms) <= APART_MS, line
    # To CEL the Local channel of an agent who has handed a caller on goes on talking.
    ended = line["behind_local_transfer_at"] or line["ended"]
    talk_ms = 1000 * (float(ended) - float(line["answered"]))
    assert abs((one["talk_ms"] or 0) - talk_ms) <= APART_MS, line
    assert one["agent"] == line["ql_agent"], line


def test_every_message_of_run_a_has_a_fate(run_a: Report, traffic: Path) -> None:
    fates = run_a.as_json()["records"]
    assert fates["read"] == sum(1 for _ in recorded(traffic))
    assert fates["rejected"] == {}
    assert fates["accepted"] + fates["duplicates"] + sum(fates["ignored"].values()) == fates["read"]


def test_forms_and_pieces_of_the_same_traffic(run_a: Report, traffic: Path, tmp_path: Path) -> None:
    whole = run_a.as_json()
    text = tmp_path / "ami.txt"
    text.write_bytes(as_text(traffic))
    found = report_on(text).as_json()
    assert found["total"] == whole["total"]
    # Cut anywhere, given in the wrong order, and the same again.
    content = text.read_bytes()
    middle = content.index(b"\r\n\r\n", len(content) // 3) + 4
    head, tail = tmp_path / "z.txt", tmp_path / "a.txt"
    head.write_bytes(content[:middle])
    tail.write_bytes(content[middle:])
    again = report_on(tail, head, traffic).as_json()
    assert again["total"] == whole["total"]
    dated = sum(any(x.startswith("Timestamp: ") for x in m["lines"]) for m in recorded(traffic))
    assert again["records"]["duplicates"] >= dated


def _ami_events(traffic: Path) -> Iterator[EventDict]:
    source = AsteriskAmi("pbx", key=KEY)
    with traffic.open("rb") as stream:
        for each in records(stream):
            yield from source.read(each).events
    yield from source.due(None)


def _log_events(*, beside_ami: bool) -> Iterator[EventDict]:
    source = QueueLog("pbx", key=KEY, beside_ami=beside_ami)
    for line in RECORDING.read_bytes().splitlines():
        yield from source.read(line).events


def _folded(events: list[EventDict]) -> list[Row]:
    state = PartitionState("calls")
    for event in events:
        assert state.fold_event(event, None) is None
    return [
        found
        for name, contact in state.contacts.items()
        for number, visit in contact.visits.items()
        if (found := row(name, number, contact, visit))
    ]


def test_log_and_ami_together_are_one_visit(run_a: Report, traffic: Path) -> None:
    ami = list(_ami_events(traffic))
    for beside, truth in ((True, "oracle_cel"), (False, "queue_log_by_fields")):
        log = list(_log_events(beside_ami=beside))
        both = heapq.merge(
            *(sorted(e, key=lambda one: one["at_ms"]) for e in (ami, log)),
            key=lambda one: one["at_ms"],
        )
        total = figures(_folded(list(both)))["total"]
        expected = ORACLES[truth]["*"]
        counts = [expected[name] for name in ("offered", "answered", "abandoned")]
        assert [total[name] for name in ("offered", "answered", "abandoned")] == counts
        assert total["left"] == {"timeout": 9, "key": 2}
        # Whoever tells the time, the transfers that only AMI has seen are there.
        assert total["transferred"] == {"blind": 13, "attended": 6}
        if beside:
            assert total["answer"] == run_a.as_json()["total"]["answer"]
            assert total["handle"] == run_a.as_json()["total"]["handle"]
        for edge in (3, 9, 20):
            assert total["answer"]["within"][str(edge)] == expected[f"answered_within_{edge}s"]


def test_log_and_ami_name_the_same_visits(traffic: Path) -> None:
    def named(events: Iterator[EventDict]) -> Counter[tuple[Any, ...]]:
        return Counter(
            (event["contact"], event["visit"], event["queue"], event.get("customer"))
            for event in events
            if event["type"] == "call.queued"
        )

    assert named(_ami_events(traffic)) == named(_log_events(beside_ami=True))


def test_the_log_alone_fills_a_gap(run_a: Report, traffic: Path) -> None:
    """What AMI has not heard, the log tells: no visit is missing and none is doubled."""
    ami = list(_ami_events(traffic))
    middle = ami[len(ami) // 2]["at_ms"]
    heard = [event for event in ami if not 0 <= event["at_ms"] - middle < 60_000]
    both = sorted([*heard, *_log_events(beside_ami=True)], key=lambda one: one["at_ms"])
    total = figures(_folded(both))["total"]
    expected = run_a.as_json()["total"]
    names = ("offered", "answered", "abandoned", "left", "waiting", "talking")
    assert {name: total[name] for name in names} == {name: expected[name] for name in names}


def test_damaged_traffic_costs_itself_only(traffic: Path, tmp_path: Path) -> None:
    chance = random.Random(5)
    damaged = []
    for line in as_text(traffic).split(b"\r\n\r\n"):
        kind = chance.randrange(50)
        if kind == 0:
            damaged.append(line[: chance.randrange(len(line) + 1)])
        elif kind == 1:
            flipped = bytearray(line)
            for _ in range(3):
                flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
            damaged.append(bytes(flipped))
        elif kind == 2:
            damaged += [chance.randbytes(100), line]
        elif kind != 3:
            damaged.append(line)
    path = tmp_path / "damaged.txt"
    path.write_bytes(b"\r\n\r\n".join(damaged))
    found = report_on(path).as_json()
    fates = found["records"]
    assert (
        fates["accepted"]
        + fates["duplicates"]
        + sum(fates["ignored"].values())
        + sum(fates["rejected"].values())
        == fates["read"]
    )
    total = found["total"]
    assert total["offered"] == (
        total["answered"] + total["abandoned"] + sum(total["left"].values()) + total["waiting"]
    )
    # A visit is told of by several messages: few are lost with one of fifty.
    assert total["offered"] == pytest.approx(356, rel=0.1)
