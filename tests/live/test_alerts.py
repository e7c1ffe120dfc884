"""From events in Kafka to a message: nobody answers, then the worker dies.

Rules wait for seconds instead of minutes here, and data is stale sooner; all else is as committed.
"""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards import build
from streams.broker import EmbeddedKafka
from streams.config import Settings
from tests.deploy import alertmanager, native
from tests.deploy.alertmanager import Alertmanager
from tests.live.recording import heartbeat, send
from tests.live.running import Hotline, get, until

pytestmark = pytest.mark.live

Json = dict[str, Any]
SITE, QUEUE, SOURCE = "e2e", "售后 a", "pbx-e2e"
FAST, STALE = "HotlineServiceLevelFast", "HotlinePipelineStale"
# Before the first scrape there is no board, and a worker is down as soon as it is killed.
UNHURRIED = {"HotlineMetricsAbsent", "HotlineWorkerDown"}
STALE_S = 20  # more than a loaded machine is ever behind
WAITING = 12
WAITED_S = 40


@pytest.fixture
def hotline(kafka: EmbeddedKafka, prefix: str, tmp_path: Path) -> Iterator[Hotline]:
    """A deployment of its own, for its worker dies."""
    deployment = Hotline(kafka.bootstrap, prefix, tmp_path)
    try:
        yield deployment
    finally:
        deployment.stop()


@contextmanager
def beating(hotline: Hotline) -> Iterator[None]:
    """A source that says each second that it is alive."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(1):
            send(hotline, [heartbeat(SOURCE, SITE, time.time_ns() // 1_000_000)])

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def hurried_rules(folder: Path, hotline: Hotline) -> None:
    settings = Settings.model_validate({"dashboards": {"board_url": hotline.url}})
    rules = yaml.safe_load(build.files(settings)["rules.yml"])
    for group in rules["groups"]:
        for rule in group["rules"]:
            if "for" in rule and rule["alert"] not in UNHURRIED:
                rule["for"] = "1s"
            if rule.get("alert") == STALE:
                rule["expr"] = re.sub(r"> 90\b", f"> {STALE_S}", rule["expr"])
                assert f"> {STALE_S}" in rule["expr"]
    (folder / "rules.yml").write_text(yaml.safe_dump(rules, allow_unicode=True))


@contextmanager
def watching(folder: Path, hotline: Hotline, running: Alertmanager) -> Iterator[None]:
    """A Prometheus that reads the board each second and tells the Alertmanager."""
    hurried_rules(folder, hotline)
    board, destination = (
        {"static_configs": [{"targets": [address.removeprefix("http://")]}]}
        for address in (f"http://127.0.0.1:{hotline.metrics_port}", running.address)
    )
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yml"],
        "alerting": {"alertmanagers": [destination]},
        "scrape_configs": [{"job_name": "board", **board}],
    }
    (folder / "prometheus.yml").write_text(json.dumps(config))
    with native.prometheus(folder / "prometheus.yml", folder, "--rules.alert.resend-delay=1s"):
        yield


def queued(number: int, at_ms: int) -> Json:
    return {
        "v": 1,
        "id": f"queued-{number}",
        "type": "call.queued",
        "at_ms": at_ms,
        "source": SOURCE,
        "contact": f"e2e-{number}",
        "queue": QUEUE,
        "site": SITE,
        "data": {},
    }


def test_nobody_answers_and_then_the_worker_dies(hotline: Hotline, tmp_path: Path) -> None:
    worker = hotline.worker()
    hotline.board().until_ready()
    worker.until_ready()
    with (
        alertmanager.running(tmp_path, alertmanager.NEVER) as running,
        beating(hotline),
        watching(tmp_path, hotline, running),
    ):
        inbox = running.inbox
        long_ago_ms = time.time_ns() // 1_000_000 - 1000 * WAITED_S
        send(hotline, [queued(number, long_ago_ms) for number in range(WAITING)])
        until(lambda: inbox.receivers(FAST) == {"oncall", "floor"}, inbox.words)
        evidence_leads_to_the_visits(inbox.told(FAST)[0][1][0])

        told_of_service = len(service(inbox))
        worker.kill()
        until(lambda: bool(inbox.told(STALE)), inbox.words)
        running.settle()
        ((receiver, (alert,)),) = inbox.told(STALE)
        assert (receiver, alert["labels"]["site"]) == ("oncall", SITE)
        assert alert["labels"]["source"] == SOURCE
        assert len(service(inbox)) == told_of_service
        assert inbox.told(FAST, "resolved") == []
        assert running.status(FAST, site=SITE)["inhibitedBy"]


def service(inbox: alertmanager.Inbox) -> list[Json]:
    """Every message about service, firing or resolved."""
    return [
        message
        for _, message in inbox.messages
        if any(each["labels"].get("domain") == "service" for each in message["alerts"])
    ]


def evidence_leads_to_the_visits(alert: Json) -> None:
    """The message says twelve of twelve, and its link lists just these."""
    told = alert["annotations"]
    assert (told["value"], told["counts"]) == ("100%", f"{WAITING}/{WAITING}")
    status, body = get(told["visits_url"])
    assert status == 200, body
    found = json.loads(body)
    assert (found["count"], found["counted"]) == (WAITING, {"waiting": WAITING})
    assert {visit["contact"] for visit in found["visits"]} == {
        f"e2e-{number}" for number in range(WAITING)
    }
