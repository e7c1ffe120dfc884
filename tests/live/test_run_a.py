"""A real PBX's recording from its file to the board, however it comes: equal to its oracle, and
visit by visit to the columns that another program read from the same log.
"""

import json
import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.live import recording
from tests.live.recording import ORACLE, QUEUES, events, heartbeat, retimed_log, send, shuffled
from tests.live.running import PARTITIONS, Hotline, Json, series, until

pytestmark = pytest.mark.live

LEFT = {"timed_out": "timeout", "exit_key": "key", "exit_empty": "empty"}
# Five in a hundred of the events about calls.
DOUBLED = 53
OUTCOMES = {"timeout": ("left", "timeout"), "key": ("left", "key"), "abandon": ("abandoned", None)}


def _as_a_file(hotline: Hotline, site: str) -> None:
    """The log through `hotline source`, and once more: nothing is sent again."""
    log = retimed_log(hotline.folder, f"{site}.queue_log")
    for _ in range(2):
        hotline.run(
            *("source", "asterisk-queue-log", log, "--name", site), HOTLINE_SOURCE__SITE=site
        )


def _shuffled(hotline: Hotline, site: str) -> None:
    send(hotline, shuffled(events(site, site), seed=1))


def _doubled(hotline: Hotline, site: str) -> None:
    """Five in a hundred twice, the copy up to a minute later."""
    found = events(site, site)
    about_calls = [event for event in found if "contact" in event]
    copies = random.Random(2).sample(about_calls, DOUBLED)
    send(hotline, shuffled([*found, *copies], seed=3))


def _sent_twice(hotline: Hotline, site: str) -> None:
    found = events(site, site)
    send(hotline, [*found, *found])


WAYS: Mapping[str, Callable[[Hotline, str], None]] = {
    "file": _as_a_file,
    "shuffled": _shuffled,
    "doubled": _doubled,
    "twice": _sent_twice,
}


@pytest.fixture(scope="module", params=WAYS)
def site(hotline: Hotline, request: pytest.FixtureRequest) -> str:
    """A site that has had the recording in one of the ways, and then a sign of life."""
    name: str = request.param
    WAYS[name](hotline, name)
    now_ms = 1000 * recording.now_s()
    send(hotline, [heartbeat(name, name, now_ms)])
    until(lambda: clock_ms(hotline, name) == now_ms, lambda: f"{clock_ms(hotline, name)} {now_ms}")
    return name


def clock_ms(hotline: Hotline, site: str) -> int | None:
    """What the slowest partition knows of the site's clock, its disorder added again."""
    sources = hotline.json("/api/v1/board")["sources"]
    return next((each["watermark_ms"] for each in sources if each["site"] == site), None)


def test_the_counters(hotline: Hotline, site: str) -> None:
    truth = recording.true_counters(site)
    found = hotline.metrics()
    assert {name: found.get(name) for name in truth} == truth


def test_the_board(hotline: Hotline, site: str) -> None:
    tiles = {
        tile["queue"]: tile["windows"]["60m"]
        for tile in hotline.json("/api/v1/board")["queues"]
        if tile["site"] == site
    }
    assert sorted(tiles) == QUEUES
    for queue, window in tiles.items():
        _equals_oracle(window, ORACLE[queue])
        assert window["entered"] == window["finished"] == ORACLE[queue]["offered"]
        assert (window["waiting"], window["talking"]) == (0, 0)


def _equals_oracle(found: Json, oracle: Json) -> None:
    for name in ("offered", "answered", "abandoned"):
        assert found[name] == oracle[name]
    left = {ours: oracle[theirs] for theirs, ours in LEFT.items() if oracle[theirs]}
    assert {reason: count for reason, count in found["left"].items() if count} == left
    for kind in ("blind", "attended"):
        assert found["transferred"][kind] == oracle[f"transferred_{kind}"]
    for edge in recording.EDGES_S:
        assert found["answer"]["within"][str(edge)] == oracle[f"answered_within_{edge}s"]
    assert round(found["answer"]["mean_s"], 3) == oracle["asa_mean"]
    assert found["answer"]["p90_s"] == oracle["asa_p90"]
    assert (found["handle"]["count"], round(found["handle"]["mean_s"], 3)) == (
        oracle["talk_n"],
        oracle["talk_mean"],
    )


def shown_visits(hotline: Hotline, site: str) -> list[Json]:
    query = urlencode({"queue": "*", "site": site, "window": "60m", "figure": "offered"})
    until(
        lambda: hotline.json(f"/api/v1/visits?{query}")["complete"],
        lambda: "the visits' database is behind",
    )
    told = hotline.json(f"/api/v1/visits?{query}")
    assert told["count"] == len(told["visits"]) == ORACLE["*"]["offered"]
    found: list[Json] = told["visits"]
    return sorted(found, key=lambda each: (each["contact"], each["visit"]))


def test_visit_by_visit(hotline: Hotline, site: str) -> None:
    shown: dict[str, list[Json]] = defaultdict(list)
    for each in shown_visits(hotline, site):
        shown[each["contact"].partition(":")[2].partition("-")[0]].append(each)
    theirs: dict[str, list[dict[str, str]]] = defaultdict(list)
    for line in recording.visits():
        theirs[line["uniqueid"]].append(line)
    assert shown.keys() == theirs.keys()
    for call, lines in theirs.items():
        assert [each["queue"] for each in shown[call]] == [line["queue"] for line in lines], call
        for each, line in zip(shown[call], lines, strict=True):
            _same(each, line)


def _same(shown: Json, line: Mapping[str, str]) -> None:
    outcome, reason = OUTCOMES.get(line["ql_outcome"], (line["ql_outcome"], None))
    assert (shown["outcome"], shown["reason"]) == (outcome, reason), line
    assert (shown["transferred"] or "") == line["ql_transfer"], line
    if line["ql_hold"]:
        assert shown["wait_ms"] == 1000 * int(line["ql_hold"]), line
    assert shown["talk_ms"] == (1000 * int(line["ql_talk"]) if line["ql_talk"] else None), line
    if line["ql_agent"]:
        assert shown["agent"] == line["ql_agent"], line


def test_nothing_was_refused_and_copies_were_told(hotline: Hotline, site: str) -> None:
    found = hotline.metrics()
    counted = {
        result: found.get(
            series("hotline_pipeline_events_total", {"result": result, "source": site})
        )
        for result in ("ok", "duplicate", "late", "invalid", "future")
    }
    about_calls = sum("contact" in event for event in events(site, site))
    # What is about the source is counted in every partition, and a copy of it makes no difference.
    about_it = PARTITIONS * (len(events(site, site)) - about_calls) * (2 if site == "twice" else 1)
    assert counted == {
        "ok": about_calls + about_it,
        "duplicate": {"file": 0, "shuffled": 0, "doubled": DOUBLED, "twice": about_calls}[site],
        "late": 0,
        "invalid": 0,
        "future": 0,
    }


def test_verify_after_it_all(hotline: Hotline, site: str) -> None:
    """The whole board, all sites so far, held to Kafka's log."""
    del site
    verdict: dict[str, Any] = json.loads(hotline.run("verify", "--json"))
    assert verdict["equal"], verdict["differences"]
    assert verdict["visits"] >= ORACLE["*"]["offered"]


@pytest.mark.parametrize("times", [1, 2])
def test_the_report(hotline: Hotline, times: int, tmp_path: Path) -> None:
    log = retimed_log(tmp_path, "queue_log")
    line = ("report", "--source", "asterisk-queue-log", "--json", *[log] * times)
    found = json.loads(hotline.run(*line))
    assert sorted(found["queues"]) == QUEUES
    for queue in QUEUES:
        _equals_oracle(found["queues"][queue], ORACLE[queue])
    _equals_oracle(found["total"], ORACLE["*"])
    read = found["records"]
    assert read["read"] == times * 1712
    assert read["rejected"] == {}
    assert read["duplicates"] >= (times - 1) * 1712
