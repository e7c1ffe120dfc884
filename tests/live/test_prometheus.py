"""A real Prometheus on a real board: the recording's figures as dashboards and alerts see them."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.build import GENERATED
from dashboards.queries import VARIABLES, panel_queries
from tests.deploy import native
from tests.live import recording
from tests.live.recording import ORACLE, QUEUES, heartbeat, now_s, retimed_log, send
from tests.live.running import Hotline, Samples, series, until

pytestmark = pytest.mark.live

SITE = "watched"
DASHBOARD = json.loads((GENERATED / "calls.json").read_text("utf-8"))
QUERIES = panel_queries(DASHBOARD, {**VARIABLES, "site": SITE})
# Where there is nothing to divide by, there is rightly no value: what just began, who waits.
MAY_BE_EMPTY = "hotline_interval_service_level_ratio"
MISSED = "queue:hotline_service_level_miss:ratio30m"


class Watched:
    """A board and the Prometheus that reads it each second."""

    def __init__(self, hotline: Hotline, address: str) -> None:
        self.hotline, self.address = hotline, address

    def ask(self, expression: str) -> list[dict[str, Any]]:
        answer = native.asked(self.address, "/api/v1/query", query=expression)
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def by_queue(self, title: str, position: int = 0) -> dict[str, float]:
        """What a panel's query says of each queue."""
        asked = [expression for name, expression in QUERIES if name.endswith(f"· {title}")]
        found = self.ask(asked[position])
        return {each["metric"]["queue"]: float(each["value"][1]) for each in found}

    def samples(self) -> Samples:
        """Every series of the site as it was last read."""
        found = {}
        for each in self.ask(f'{{__name__=~"hotline_.+",site="{SITE}"}}'):
            labels = {
                name: text
                for name, text in each["metric"].items()
                if name not in {"__name__", "instance", "job"}
            }
            found[series(each["metric"]["__name__"], labels)] = float(each["value"][1])
        return found


def play(hotline: Hotline, source: str, ended_ago_s: int) -> None:
    log = retimed_log(hotline.folder, f"{source}.queue_log", ended_ago_s)
    hotline.run(*("source", "asterisk-queue-log", log, "--name", source), HOTLINE_SOURCE__SITE=SITE)
    send(hotline, [heartbeat(source, SITE, 1000 * now_s())])


def differences(found: Samples, truth: Samples) -> dict[str, tuple[float | None, float]]:
    return {
        name: (found.get(name), value) for name, value in truth.items() if found.get(name) != value
    }


@pytest.fixture(scope="module")
def first(hotline: Hotline, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """The recording is on the board, and was read."""
    truth = recording.true_counters(SITE)
    play(hotline, "watched-1", recording.ENDED_AGO_S)
    until(
        lambda: differences(hotline.metrics(), truth) == {},
        lambda: str(differences(hotline.metrics(), truth)),
    )
    folder: Path = tmp_path_factory.mktemp("prometheus")
    target = {"targets": [f"127.0.0.1:{hotline.metrics_port}"]}
    config = folder / "prometheus.yml"
    jobs = [{"job_name": "board", "scrape_interval": "1s", "static_configs": [target]}]
    rules = {"rule_files": [str(GENERATED / "rules.yml")], "global": {"evaluation_interval": "1s"}}
    config.write_text(yaml.safe_dump({"scrape_configs": jobs, **rules}))
    with native.prometheus(config, folder) as address:
        watched = Watched(hotline, address)
        until(lambda: watched.samples() != {}, lambda: "nothing was read from the board")
        yield watched


@pytest.fixture(scope="module")
def second(first: Watched) -> Watched:
    """The recording once more, seen growing: a window of Prometheus' has something in it."""
    truth = recording.true_counters(SITE, times=2)
    play(first.hotline, "watched-2", 0)
    until(
        lambda: differences(first.samples(), truth) == {},
        lambda: str(differences(first.samples(), truth)),
    )
    return first


def test_every_counter(first: Watched) -> None:
    assert differences(first.samples(), recording.true_counters(SITE)) == {}


def test_today(first: Watched) -> None:
    for outcome in ("answered", "abandoned"):
        truth = {
            queue: recording.true_counters(SITE)[
                series(
                    "hotline_contacts_finished_total",
                    {"channel": "voice", "outcome": outcome, "queue": queue, "site": SITE},
                )
            ]
            for queue in QUEUES
        }
        asked = f'sum by (queue) (hotline_today_contacts{{site="{SITE}",outcome="{outcome}"}})'
        found = {each["metric"]["queue"]: float(each["value"][1]) for each in first.ask(asked)}
        assert found == truth


def test_every_panel_has_data_and_no_value_is_nan(second: Watched) -> None:
    assert len(QUERIES) > 30
    for title, expression in QUERIES:
        found = second.ask(expression)
        assert found or MAY_BE_EMPTY in expression, f"{title}: nothing for {expression}"
        values = [float(each["value"][1]) for each in found]
        assert all(math.isfinite(value) for value in values), f"{title}: {values}"


def test_the_tiles(second: Watched) -> None:
    """Shares and means of what a window of Prometheus' saw grow: the recording once."""
    means = second.by_queue("Mean speed of answer")
    handled = second.by_queue("Mean handle time")
    hung_up = second.by_queue("Mean wait before hanging up")
    for queue in QUEUES:
        oracle = ORACLE[queue]
        assert means[queue] == pytest.approx(oracle["asa_mean"], abs=0.001)
        assert handled[queue] == pytest.approx(oracle["talk_mean"], abs=0.001)
        assert hung_up[queue] == pytest.approx(oracle["abandon_wait_mean"], abs=0.001)
    for position, edge in enumerate((9, 20)):
        within = second.by_queue("Answered within 9, 20, 60 s", position)
        for queue in QUEUES:
            share = ORACLE[queue][f"answered_within_{edge}s"] / ORACLE[queue]["answered"]
            assert within[queue] == pytest.approx(share)


@pytest.mark.parametrize("queue", ["gas-repair", "sales"])
def test_service_level_and_abandonment(second: Watched, queue: str) -> None:
    """Where nobody left by a key: met in 20 s ÷ offered, and abandoned ÷ offered, less the short
    abandons."""
    oracle = ORACLE[queue]
    short = sum(
        line["queue"] == queue
        and line["ql_outcome"] == "abandon"
        and int(line["ql_hold"]) <= recording.SHORT_ABANDON_S
        for line in recording.visits()
    )
    counted = oracle["offered"] - short
    found = second.by_queue("Service level and target")[queue]
    assert found == pytest.approx(oracle["answered_within_20s"] / counted)
    # What alerts read, a second later.
    missed = pytest.approx(1 - found)
    asked = f'{MISSED}{{queue="{queue}"}}'
    until(
        lambda: [float(each["value"][1]) for each in second.ask(asked)] == [missed],
        lambda: str(second.ask(asked)),
    )
    found = second.by_queue("Abandonment")[queue]
    assert found == pytest.approx((oracle["abandoned"] - short) / counted)


def test_every_rule_is_evaluated_and_fits_what_the_board_exports(second: Watched) -> None:
    groups = native.asked(second.address, "/api/v1/rules")["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) > 50
    assert [rule for rule in rules if rule["health"] != "ok"] == []
    # The targets that the rules were built for are the board's.
    differ = [rule for rule in rules if rule["name"] == "HotlineRulesOutdated"]
    assert [rule["state"] for rule in differ] == ["inactive"]
    # Nobody called here two hours ago.
    recorded = {rule["name"] for rule in rules if rule["type"] == "recording"}
    asked = sorted(name for name in recorded if "_before_" not in name)
    until(
        lambda: all(second.ask(name) for name in asked),
        lambda: str([name for name in asked if not second.ask(name)]),
    )
