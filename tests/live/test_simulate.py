"""A simulated hour, with all that can go wrong, through Kafka and a worker onto the board."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.broker import EmbeddedKafka
from tests.live.conftest import noon_zone
from tests.live.running import Hotline, until

pytestmark = pytest.mark.live

Json = dict[str, Any]
# The last hour of the day: the last event is sent as if it were now, and so all is of today.
PROFILE = """
site = "sim"
heartbeat_s = 60

[queues.gas]
per_day = 240.0
opens = "23:00"
closes = "24:00"
shape = "flat"
patience_s = 60.0
redial_ratio = 0.5
talk_s = 90.0
wrapup_s = 10.0
ring_s = 3.0
blind_ratio = 0.1
blind_to = "sales"

[queues.sales]
source = "pbx-2"
per_day = 120.0
opens = "23:00"
closes = "24:00"
shape = "flat"
timeout_s = 60.0
wrapup_s = 20.0
talk_s = 120.0

[teams.all]
agents = 9
skills = ["gas", "sales"]
starts = "22:00"
ends = "24:00"
ring_miss_ratio = 0.05

[chats.qq]
per_day = 60.0
bot_ratio = 0.5
bot_solves_ratio = 0.5
reopen_ratio = 0.2
reopen_after_s = 300.0
rated_ratio = 0.3
opens = "23:00"
closes = "24:00"
shape = "flat"
starts = "22:00"
ends = "24:00"
"""


@pytest.fixture
def hotline(kafka: EmbeddedKafka, prefix: str, tmp_path: Path) -> Iterator[Hotline]:
    """A deployment of its own: what is refused here is nobody else's."""
    zone = noon_zone()
    deployment = Hotline(kafka.bootstrap, prefix, tmp_path, HOTLINE_DEFAULTS__TIMEZONE=zone)
    try:
        services = [deployment.worker(), deployment.board()]
        for service in services:
            service.until_ready()
        yield deployment
    finally:
        deployment.stop()


def shown(hotline: Hotline) -> dict[str, Json]:
    """Today's figures of each queue, in a report's form."""
    return {
        tile["queue"]: {
            **{name: tile["windows"]["today"][name] for name in PLAIN},
            **{
                name: {key: tile["windows"]["today"][name][key] for key in ("count", "sum_ms")}
                for name in SUMS
            },
            "now": [tile["now"]["waiting"], tile["now"]["talking"]],
        }
        for tile in hotline.json("/api/v1/board")["queues"]
        if tile["channel"] == "voice"
    }


PLAIN = ("offered", "answered", "abandoned", "left", "waiting", "talking", "transferred")
SUMS = ("answer", "abandon", "handle")


def expected(truth: Json) -> dict[str, Json]:
    return {
        name: {
            **{key: figures[key] for key in PLAIN},
            **{key: {word: figures[key][word] for word in ("count", "sum_ms")} for key in SUMS},
            "now": [figures["waiting"], figures["talking"]],
        }
        for name, figures in truth["expected_live"]["queues"].items()
    }


def chats(hotline: Hotline) -> list[Json]:
    """Today's figures of each inbox, of the kinds that are expected."""
    tiles = hotline.json("/api/v1/board")["chats"]["queues"]
    return [chat_figures(tile["windows"]["today"]) for tile in tiles]


def expected_chats(truth: Json) -> Json:
    return chat_figures(truth["chats"]["queues"]["qq"])


def chat_figures(found: Json) -> Json:
    first, after = found["first_reply"], found["next_reply"]
    return {
        **{name: found[name] for name in ("opened", "reopened", "closed", "missed", "bot_only")},
        "first": {name: first[name] for name in ("met", "eligible", "count", "sum_ms", "within")},
        "next": {name: after[name] for name in ("count", "sum_ms", "within")},
        "rating": [found["rating"][name] for name in ("count", "of", "satisfied")],
    }


def test_an_hour_in_a_moment(hotline: Hotline, tmp_path: Path) -> None:
    (tmp_path / "hour.toml").write_text(PROFILE)
    told = hotline.run(
        *("simulate", "--profile", tmp_path / "hour.toml", "--kafka", "--speed", 100_000),
        *("--faults", "all", "--seed", 5, "--json"),
    )
    truth = json.loads(told)
    assert truth["complete"]
    assert all(fault["calls"] > 0 for fault in truth["faults"].values())
    until(lambda: shown(hotline) == expected(truth), lambda: f"{shown(hotline)} {expected(truth)}")
    until(lambda: chats(hotline) == [expected_chats(truth)], lambda: str(chats(hotline)))
    verdict = json.loads(hotline.run("verify", "--json"))
    assert (verdict["equal"], verdict["differences"]) == (True, [])
    assert verdict["visits"] == truth["calls"]["total"]["offered"]
    refused = json.loads(hotline.run("rejected", "list", "--json"))["counts"]
    damaged = sum(truth["faults"]["damaged"][channel] for channel in ("calls", "chats"))
    late = [each["count"] for each in refused if each["reason"] == "late"]
    assert sum(late) == truth["faults"]["late"]["calls"]
    assert sum(each["count"] for each in refused) == damaged + sum(late)
