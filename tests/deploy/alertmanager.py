"""An Alertmanager on the committed configuration, with a destination that remembers what it got."""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from tests.deploy import compose, native

Json = dict[str, Any]

FILE = compose.TOP / "deploy" / "alertmanager.yml"
# A minute in the file. Every group has waited this long before a later one is heard.
SOON = "200ms"
NEVER = [{"years": ["2000"]}]
ALWAYS = [{"times": [{"start_time": "00:00", "end_time": "24:00"}]}]


class Inbox:
    """A webhook: each message with the receiver that it was for, in the order of arrival."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, Json]] = []
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                inbox.messages.append((self.path.strip("/"), json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def told(self, alertname: str, status: str = "firing") -> list[tuple[str, list[Json]]]:
        """(receiver, the alerts of this name and state) of each message that has some."""
        found = []
        for receiver, message in list(self.messages):
            alerts = [
                each
                for each in message["alerts"]
                if each["labels"]["alertname"] == alertname and each["status"] == status
            ]
            found += [(receiver, alerts)] if alerts else []
        return found

    def words(self) -> str:
        """Who got what, for a test that waited in vain."""
        return str(
            [
                (receiver, alert["status"], alert["labels"])
                for receiver, message in list(self.messages)
                for alert in message["alerts"]
            ]
        )

    def receivers(self, alertname: str, status: str = "firing") -> set[str]:
        return {receiver for receiver, _ in self.told(alertname, status)}


class Alertmanager:
    """What a Prometheus and a person do with it."""

    def __init__(self, address: str, inbox: Inbox) -> None:
        self.address, self.inbox = address, inbox
        self._numbers = itertools.count(1)

    def fire(self, *alerts: Json) -> None:
        self._post("alerts", [{"labels": labels} for labels in alerts])

    def resolve(self, *alerts: Json) -> None:
        now = datetime.now(UTC).isoformat()
        self._post("alerts", [{"labels": labels, "endsAt": now} for labels in alerts])

    def silence(self, **labels: str) -> None:
        matchers = [{"name": k, "value": v, "isRegex": False} for k, v in labels.items()]
        now = datetime.now(UTC)
        self._post(
            "silences",
            {
                "matchers": matchers,
                "startsAt": now.isoformat(),
                "endsAt": (now + timedelta(hours=1)).isoformat(),
                "createdBy": "lead",
                "comment": "known",
            },
        )

    def status(self, alertname: str, **labels: str) -> Json:
        """What Alertmanager says of one alert: state, inhibitedBy, silencedBy."""
        wanted = {"alertname": alertname, **labels}
        (found,) = [
            each
            for each in native.asked(self.address, "/api/v2/alerts")
            if wanted.items() <= each["labels"].items()
        ]
        status: Json = found["status"]
        return status

    def wait(self, done: Callable[[], object]) -> None:
        native.wait_for(lambda: bool(done()))

    def settle(self) -> None:
        """Return when all that was posted before must have been sent.

        Twice a group of its own is sent: each waits as long as any other, and began later.
        """
        for _ in range(2):
            name = f"Later{next(self._numbers)}"
            self.fire({"alertname": name, "severity": "critical"})
            self.wait(partial(self.inbox.told, name))

    def _post(self, path: str, value: Any) -> None:
        request = urllib.request.Request(
            f"{self.address}/api/v2/{path}",
            json.dumps(value).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=native.PATIENCE_S) as answer:
            assert answer.status == 200


def configuration(port: int, quiet: list[Json]) -> Json:
    """The committed file with destinations, times that a test can wait for, and quiet hours."""
    found: Json = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    for route in (found["route"], *found["route"]["routes"]):
        route |= {"group_wait": SOON, "group_interval": SOON}
    for receiver in found["receivers"]:
        url = f"http://127.0.0.1:{port}/{receiver['name']}"
        receiver["webhook_configs"] = [{"url": url, "send_resolved": True}]
    (interval,) = found["time_intervals"]
    interval["time_intervals"] = quiet
    return found


@contextlib.contextmanager
def running(folder: Path, quiet: list[Json]) -> Iterator[Alertmanager]:
    """Run it until the end of the block."""
    inbox = Inbox()
    config = folder / "alertmanager.yml"
    config.write_text(yaml.safe_dump(configuration(inbox.port, quiet)))
    program = native.tool(
        "prometheus-alertmanager", "alertmanager", package="prometheus-alertmanager"
    )
    options = (
        f"--config.file={config}",
        f"--storage.path={folder / 'alertmanager'}",
        "--cluster.listen-address=",
    )
    try:
        with native.running(program, *options, port=native.free_port(), folder=folder) as address:
            yield Alertmanager(address, inbox)
    finally:
        inbox.close()
