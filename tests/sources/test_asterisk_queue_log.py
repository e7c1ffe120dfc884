"""The queue log's traps as small logs, each with figures counted by hand (traps.txt)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.sources.asterisk_queue_log import QueueLog
from streams.sources.taken import Fate
from tests.sources.logs import KEY, START_S, brief, log, report_of

Case = tuple[list[str], dict[str, dict[str, float]], dict[str, int]]
EMPTY = dict.fromkeys(
    ("offered", "answered", "abandoned", "waiting", "talking", "wait", "abandon_wait"), 0
) | {"handled": 0, "handle": 0}


def _pairs(words: list[str]) -> dict[str, float]:
    return {name: float(value) for name, value in zip(words[::2], words[1::2], strict=True)}


def _cases() -> Iterator[Any]:
    text = (Path(__file__).parent / "traps.txt").read_text(encoding="utf-8")
    for block in text.split("\n== ")[1:]:
        name, *rest = block.strip().splitlines()
        lines: list[str] = []
        figures: dict[str, dict[str, float]] = {}
        records: dict[str, float] = {}
        for line in rest:
            first, _, words = line.partition(" ")
            if first == "->" or first.endswith(":"):
                figures[first.strip(":")] = _pairs(words.split())
            elif first == "records":
                records = _pairs(words.split())
            else:
                lines.append(line)
        yield pytest.param((lines, figures, records), id=name)


@pytest.mark.parametrize("case", list(_cases()))
def test_trap(case: Case, tmp_path: Path) -> None:
    lines, figures, records = case
    found = report_of(tmp_path, log(lines)).as_json()
    for name, expected in figures.items():
        part = found["total"] if name == "->" else found["queues"][name]
        assert brief(part) == EMPTY | expected, name
    fates = found["records"]
    odd = {f"{fate}.{n}": c for fate in ("ignored", "rejected") for n, c in fates[fate].items()}
    if fates["duplicates"]:
        odd["duplicates"] = fates["duplicates"]
    assert odd == records
    assert fates["read"] == len(lines) == fates["accepted"] + sum(odd.values())


@pytest.mark.parametrize("case", list(_cases()))
def test_trap_with_a_stop_after_every_line(case: Case) -> None:
    """What is stored with the read position is all that must be remembered."""
    lines, _, _ = case
    whole = QueueLog("pbx", key=KEY)
    expected = [whole.read(line) for line in log(lines).splitlines()]
    memory = QueueLog("pbx", key=KEY).memory()
    for line, taken in zip(log(lines).splitlines(), expected, strict=True):
        again = QueueLog("pbx", key=KEY)
        again.restore(memory)
        assert again.read(line) == taken
        memory = again.memory()


def test_callers_numbers_go_no_further() -> None:
    reader = QueueLog("pbx", site="north", key=KEY)
    taken = reader.read(f"{START_S}|c.1|q|NONE|ENTERQUEUE||+49 40 1234567|1".encode())
    assert taken.fate is Fate.ACCEPTED
    (event,) = taken.events
    assert "1234567" not in str(event)
    assert event["site"] == "north"
    same = QueueLog("other", key=KEY).read(
        f"{START_S}|c.2|q|NONE|ENTERQUEUE||0049401234567|1".encode()
    )
    assert same.events[0]["customer"] == event["customer"]
    anonymous = reader.read(f"{START_S}|c.3|q|NONE|ENTERQUEUE||anonymous|1".encode())
    assert "customer" not in anonymous.events[0]


def test_events_say_what_the_line_says() -> None:
    reader = QueueLog("pbx", key=KEY)
    for line in ("0|c.1|q|NONE|ENTERQUEUE||100|1", "0|c.1|q|Änne|RINGNOANSWER|1520"):
        taken = reader.read(f"170000000{line}".encode())
    (ring,) = taken.events
    assert ring["type"] == "call.ring_missed"
    assert (ring["agent"], ring["data"]) == ("Änne", {"ring_ms": 1520, "reason": "no_answer"})
    (answered,) = reader.read(b"1700000005|c.1|q|B|CONNECT|5|c.2|3").events
    assert answered["data"] == {"wait_ms": 5000, "ring_ms": 3000}
    transferred, ended = reader.read(b"1700000009|c.1|q|B|BLINDTRANSFER|3|x|5|4|1").events
    assert transferred["data"] == {"kind": "blind"}
    assert ended["data"] == {"talk_ms": 4000, "by": "transfer"}
    assert {event["contact"] for event in (ring, answered, ended)} == {"pbx:c.1"}
    assert len({event["id"] for event in (ring, answered, transferred, ended)}) == 4


def test_who_ended_the_conversation() -> None:
    for word, by in (("COMPLETEAGENT", "agent"), ("COMPLETECALLER", "customer")):
        events = QueueLog("pbx", key=KEY).read(f"1700000009|c|q|B|{word}|5|4|1".encode()).events
        assert events[-1]["data"]["by"] == by


def test_memory_forgets_calls_a_day_after_their_last_line() -> None:
    reader = QueueLog("pbx", key=KEY)
    for hour in range(72):
        second = START_S + 3600 * hour
        reader.read(f"{second}|c.{hour}|q|NONE|ENTERQUEUE||100|1".encode())
    calls = {visit["call"] for visit in reader.memory()["visits"]["visits"]}
    assert "c.71" in calls
    assert len(calls) <= 26


def test_one_damaged_time_forgets_nothing() -> None:
    reader = QueueLog("pbx", key=KEY)
    reader.read(b"1700000000|c.1|q|NONE|ENTERQUEUE||100|1")
    reader.read(b"3700000000|c.2|q|NONE|ENTERQUEUE||100|1")
    reader.read(b"1700000001|c.3|q|NONE|ENTERQUEUE||100|1")
    (answered,) = reader.read(b"1700000005|c.1|q|B|CONNECT|5|c.2|3").events
    assert (answered["contact"], answered["visit"]) == ("pbx:c.1", 1)


def test_beside_ami_every_moment_comes_later_than_ami_tells_it() -> None:
    lines = log(
        [
            "+0|a.1|sales|NONE|ENTERQUEUE||0302220843|1",
            "+1|a.1|sales|Ann|RINGNOANSWER|1000",
            "+4|a.1|sales|Ann|CONNECT|4|b.1|1",
            "+9|a.1|sales|Ann|COMPLETEAGENT|4|5|1",
        ]
    ).splitlines()
    alone, beside = QueueLog("pbx", key=KEY), QueueLog("pbx", key=KEY, beside_ami=True)
    told = [[event for line in lines for event in one.read(line).events] for one in (alone, beside)]
    kept = [event for event in told[0] if event["type"] != "call.ring_missed"]
    # Anywhere in the line's second, and half a second for AMI to say so.
    assert [event["at_ms"] for event in told[1]] == [event["at_ms"] + 1_500 for event in kept]
    assert [event["data"] for event in told[1]] == [event["data"] for event in kept]
