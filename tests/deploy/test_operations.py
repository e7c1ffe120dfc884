"""The snippets of docs/operations.md against the paths, ports and settings that there are."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.board.web import Board
from streams.config import Settings, load
from streams.worker.health import HealthServer, Metrics
from streams.worker.watch import EXIT_STUCK
from tests.deploy.compose import TOP, Json, services
from tests.live.running import get

PAGE = (TOP / "docs" / "operations.md").read_text(encoding="utf-8")
COMPOSE, KUBERNETES = (
    yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
)
CONTAINERS: dict[str, Json] = {each["name"]: each for each in KUBERNETES["containers"]}
PROBES = ("livenessProbe", "readinessProbe")


def settings_of(container: Json, folder: Path) -> Settings:
    """Those of its environment, with a secret in every file."""
    environ = {each["name"]: each["value"] for each in container["env"]}
    secret = folder / "secret"
    secret.write_text("thirty-two-or-more-characters-without-blanks")
    files = dict.fromkeys((name for name in environ if name.endswith("_FILE")), str(secret))
    return load(None, environ | files)


def probed(name: str) -> set[str]:
    return {CONTAINERS[name][probe]["httpGet"]["path"] for probe in PROBES}


@pytest.mark.parametrize("name", ["worker", "board"])
def test_probes_ask_the_port_that_is_served(name: str, tmp_path: Path) -> None:
    container = CONTAINERS[name]
    settings = settings_of(container, tmp_path)
    worker, board = settings.worker, settings.board
    served = {
        "worker": (worker.health_host, worker.health_port),
        "board": (board.metrics_host, board.metrics_port),
    }
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}
    (port,) = {container[probe]["httpGet"]["port"] for probe in PROBES}
    assert served[name] == ("0.0.0.0", ports[port])
    if name == "board":
        assert (board.host, board.port) == ("0.0.0.0", ports["http"])
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_the_worker_serves_the_paths_that_are_probed() -> None:
    stuck: list[str] = []
    made: Callable[[], Sequence[str]] = lambda: stuck  # noqa: E731
    server = HealthServer(("127.0.0.1", 0), Metrics(), made, lambda: ["restoring"])
    try:
        url = f"http://127.0.0.1:{server.port}"
        answers = {path: get(url + path)[0] for path in probed("worker")}
        stuck.append("hotline.calls/0: no progress for 65 s")
        dead, body = get(f"{url}/healthz")
    finally:
        server.close()
    assert answers == {"/healthz": 200, "/readyz": 503}
    assert dead == 503
    assert stuck[0] in body


def test_the_board_serves_the_paths_that_are_probed() -> None:
    class Nothing:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(name)

    board = Board(Nothing())
    for app in (board.application(), board.metrics_application()):
        assert probed("board") <= {each.canonical for each in app.router.resources()}


def test_the_compose_snippet_is_the_compose_file() -> None:
    worker, shown = services()["worker"], COMPOSE["services"]["worker"]
    for key in ("command", "restart", "healthcheck"):
        assert shown[key] == worker[key]
    assert shown["environment"].items() <= worker["environment"].items()


def test_the_page_names_what_there_is() -> None:
    settings = Settings()
    assert f"exit code {EXIT_STUCK}" in PAGE
    assert f"{settings.worker.health_host}:{settings.worker.health_port}" in PAGE
    assert f"{settings.board.host}:{settings.board.port}" in PAGE
    assert f"{settings.board.metrics_host}:{settings.board.metrics_port}" in PAGE
