"""What reaches whom: inhibition, grouping, silences and quiet hours, by a real Alertmanager."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.alerts import ALERTS
from dashboards.build import GENERATED
from tests.deploy import alertmanager, native
from tests.deploy.alertmanager import Alertmanager

pytestmark = pytest.mark.live

Json = dict[str, Any]
LABELS = {alert.name: alert.labels() for alert in ALERTS}


def alert(name: str, **labels: str) -> Json:
    """The labels of an alert as Prometheus sends them."""
    return {"alertname": name, **LABELS[name], **labels}


def about(name: str, site: str, queue: str = "sales") -> Json:
    return alert(name, site=site, queue=queue, channel="voice")


def stale(site: str, source: str = "pbx") -> Json:
    return alert("HotlinePipelineStale", site=site, source=source)


FAST, SLOW, OLDEST = "HotlineServiceLevelFast", "HotlineServiceLevelSlow", "HotlineOldestWaiting"
STALE = "HotlinePipelineStale"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Alertmanager]:
    with alertmanager.running(tmp_path, alertmanager.NEVER) as found:
        yield found


def test_a_page_goes_to_the_floor_too_and_a_warning_to_its_owner_alone(
    running: Alertmanager,
) -> None:
    running.fire(about(FAST, "bj"), about(OLDEST, "sh"), alert("HotlineDataLost", topic="t"))
    running.settle()
    assert running.inbox.receivers(FAST) == {"oncall", "floor"}
    assert running.inbox.receivers(OLDEST) == {"floor"}
    assert running.inbox.receivers("HotlineDataLost") == {"oncall"}


def test_the_leads_of_a_site_get_its_queues_in_one_message(running: Alertmanager) -> None:
    running.fire(about(OLDEST, "bj"), about(OLDEST, "bj", "售后"), about(OLDEST, "sh"))
    running.settle()
    told = running.inbox.told(OLDEST)
    assert sorted(len(alerts) for _, alerts in told) == [1, 2]


def test_data_that_stands_still_silences_its_site(running: Alertmanager) -> None:
    running.fire(stale("bj"))
    running.wait(lambda: running.inbox.told(STALE))
    running.fire(about(FAST, "bj"), about(FAST, "bj", "售后"), about(OLDEST, "bj"))
    running.fire(about(FAST, "sh"), alert("HotlineWorkerDown", instance="a"))
    running.settle()
    sites = {each["labels"]["site"] for _, alerts in running.inbox.told(FAST) for each in alerts}
    assert sites == {"sh"}
    assert running.inbox.told(OLDEST) == running.inbox.told("HotlineWorkerDown") == []
    assert running.status(FAST, site="bj", queue="sales")["inhibitedBy"]
    assert running.status("HotlineWorkerDown")["inhibitedBy"]


def test_all_sources_that_stand_still_are_one_message(running: Alertmanager) -> None:
    running.fire(stale("bj"), stale("bj", "webhook"), stale("sh"))
    running.settle()
    ((receiver, alerts),) = running.inbox.told(STALE)
    assert (receiver, len(alerts)) == ("oncall", 3)


def test_no_resolved_is_sent_while_the_data_stands_still(running: Alertmanager) -> None:
    running.fire(about(FAST, "bj"), about(FAST, "sh"))
    running.wait(lambda: len(running.inbox.told(FAST)) == 4)
    running.fire(stale("bj"))
    running.wait(lambda: running.inbox.told(STALE))
    running.resolve(about(FAST, "bj"), about(FAST, "sh"))
    running.wait(lambda: len(running.inbox.told(FAST, "resolved")) == 2)
    running.settle()
    told = running.inbox.told(FAST, "resolved")
    assert {each["labels"]["site"] for _, alerts in told for each in alerts} == {"sh"}


def test_catching_up_silences_its_site_and_is_not_told_beside_standing_still(
    running: Alertmanager,
) -> None:
    catching_up = {
        site: alert("HotlinePipelineCatchingUp", site=site, source="pbx") for site in ("bj", "sh")
    }
    running.fire(stale("bj"))
    running.wait(lambda: running.inbox.told(STALE))
    running.fire(*catching_up.values())
    running.wait(lambda: running.inbox.told("HotlinePipelineCatchingUp"))
    running.fire(about(FAST, "bj"), about(FAST, "sh"), about(FAST, "gz"))
    running.settle()
    ((_, alerts),) = running.inbox.told("HotlinePipelineCatchingUp")
    assert [each["labels"]["site"] for each in alerts] == ["sh"]
    sites = {each["labels"]["site"] for _, told in running.inbox.told(FAST) for each in told}
    assert sites == {"gz"}
    assert running.status(FAST, site="bj")["inhibitedBy"]


@pytest.mark.parametrize(
    ("source", "silenced", "told"),
    [
        (about(FAST, "bj"), about(SLOW, "bj"), about(SLOW, "bj", "other")),
        (about(FAST, "bj"), about(OLDEST, "bj"), about(OLDEST, "sh")),
        (
            about("HotlineServiceLevelMid", "bj"),
            about(SLOW, "bj"),
            about(SLOW, "bj", "other"),
        ),
        (
            alert("HotlineTrunkDead", site="bj", channel="voice"),
            about("HotlineNoContacts", "bj"),
            about("HotlineNoContacts", "sh"),
        ),
        (
            alert("HotlineTrunkDead", site="bj", channel="voice"),
            alert("HotlineSourceSilent", site="bj", source="pbx"),
            alert("HotlineSourceSilent", site="sh", source="pbx"),
        ),
        (alert("HotlineMetricsAbsent"), about(FAST, "bj"), alert("HotlineDataLost", topic="t")),
        (
            alert("HotlineMetricsAbsent"),
            alert("HotlineTargetDown", job="board"),
            alert("HotlineTargetDown", job="prometheus"),
        ),
    ],
    ids=lambda labels: labels["alertname"],
)
def test_who_silences_whom(running: Alertmanager, source: Json, silenced: Json, told: Json) -> None:
    running.fire(source)
    running.wait(lambda: running.inbox.told(source["alertname"]))
    running.fire(silenced, told)
    running.settle()
    heard = [
        each["labels"]
        for name in (silenced["alertname"], told["alertname"])
        for _, alerts in running.inbox.told(name)
        for each in alerts
    ]
    assert told in heard
    assert silenced not in heard
    assert running.status(**silenced)["inhibitedBy"]


def test_a_silence_holds_for_what_it_names(running: Alertmanager) -> None:
    running.silence(alertname=OLDEST, queue="sales")
    running.fire(about(OLDEST, "bj"), about(OLDEST, "sh", "售后"))
    running.settle()
    ((_, alerts),) = running.inbox.told(OLDEST)
    assert [each["labels"]["queue"] for each in alerts] == ["售后"]
    assert running.status(OLDEST, queue="sales")["silencedBy"]


def test_in_quiet_hours_only_pages_are_sent(tmp_path: Path) -> None:
    with alertmanager.running(tmp_path, alertmanager.ALWAYS) as running:
        running.fire(about(OLDEST, "bj"), alert("HotlineDataLost", topic="t"))
        running.fire(about(FAST, "sh"), stale("gz"), alert("HotlineWatchdog"))
        running.settle()
        assert running.inbox.told(OLDEST) == running.inbox.told("HotlineDataLost") == []
        assert running.inbox.receivers(FAST) == {"oncall", "floor"}
        assert running.inbox.receivers(STALE) == {"oncall"}
        assert running.inbox.receivers("HotlineWatchdog") == {"watchdog"}


@pytest.mark.parametrize("name", sorted(LABELS))
def test_every_alert_has_a_route(name: str) -> None:
    labels = [f"{label}={value}" for label, value in about(name, "bj").items()]
    found = LABELS[name]
    receivers = [found["team"]]
    if name == "HotlineWatchdog":
        receivers = ["watchdog"]
    elif (found["severity"], found["domain"]) == ("critical", "service"):
        receivers = ["floor", "oncall"]
    routes = ("config", "routes", "test", f"--config.file={alertmanager.FILE}")
    verified = f"--verify.receivers={','.join(receivers)}"
    native.checked(native.amtool(), *routes, verified, *labels)


def test_quiet_hours_are_ten_at_night_to_eight_in_shanghai() -> None:
    (interval,) = yaml.safe_load(alertmanager.FILE.read_text("utf-8"))["time_intervals"]
    # Eight hours behind, without summer time: 22:00 is 14:00, 08:00 is midnight.
    assert interval["time_intervals"] == [{"times": [{"start_time": "14:00", "end_time": "24:00"}]}]


class Exposition(BaseHTTPRequestHandler):
    """A board where twelve wait beyond the threshold and nobody is answered."""

    def do_GET(self) -> None:
        here = '{site="bj",queue="售后",channel="voice"}'
        figures = {
            "hotline_contacts_offered_total": 30,
            "hotline_service_level_missed_total": 7,
            "hotline_service_level_eligible_total": 9,
            "hotline_waiting_beyond_target_contacts": 12,
        }
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.end_headers()
        self.wfile.write(b'hotline_build_info{version="1"} 1\n')
        for name, value in figures.items():
            self.wfile.write(f"{name}{here} {value}\n".encode())

    def log_message(self, *_: Any) -> None:
        pass


def test_a_page_arrives_with_its_evidence(tmp_path: Path) -> None:
    """From a board's metrics through Prometheus' rules and Alertmanager to a destination."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Exposition)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rules = yaml.safe_load((GENERATED / "rules.yml").read_text("utf-8"))
    for group in rules["groups"]:
        for rule in group["rules"]:
            # A minute in the file. Before a first scrape no board is read: that silences the rest.
            if rule.get("alert") != "HotlineMetricsAbsent":
                rule.pop("for", None)
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(rules, allow_unicode=True))
    with alertmanager.running(tmp_path, alertmanager.NEVER) as running:
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": ["rules.yml"],
            "alerting": {"alertmanagers": [targets(running.address.removeprefix("http://"))]},
            "scrape_configs": [{"job_name": "board", **targets(f"127.0.0.1:{server.server_port}")}],
        }
        (tmp_path / "prometheus.yml").write_text(json.dumps(config))
        soon = "--rules.alert.resend-delay=1s"
        with native.prometheus(tmp_path / "prometheus.yml", tmp_path, soon):
            running.wait(lambda: running.inbox.receivers(FAST) == {"oncall", "floor"})
    server.shutdown()
    server.server_close()
    _, (found,) = running.inbox.told(FAST)[0]
    told = found["annotations"]
    assert (told["value"], told["target"], told["counts"]) == ("100%", "80%", "12/12")
    assert told["definition"] == "service_level_live v1"
    assert "bj/售后" in told["summary"]
    assert "queue=%E5%94%AE%E5%90%8E" in told["visits_url"]
    assert found["labels"].items() >= about(FAST, "bj", "售后").items()


def targets(address: str) -> Json:
    return {"static_configs": [{"targets": [address]}]}
