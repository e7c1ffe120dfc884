import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from streams.board.access.tokens import Role, Tokens
from streams.config import load
from streams.config.environment import keys
from streams.config.loading import FILE_VARIABLE
from tests.deploy import compose
from tests.deploy.compose import TOP, Json

SCHEMA = Path(__file__).with_name("compose-spec.json")
LONGEST_CHECKPOINT_S = 30
RUNS_ONCE = {"provision"}
# Writes its configuration beside the program at every start.
WRITES_TO_ITS_IMAGE = {"kafka"}
SECRET_WORDS = ("PASSWORD", "SECRET", "TOKEN", "CUSTOMER_KEY")

every_service = pytest.mark.parametrize(
    ("name", "service"), compose.services().items(), ids=list(compose.services())
)
our_services = pytest.mark.parametrize(
    ("name", "service"), compose.ours().items(), ids=list(compose.ours())
)


def seconds(text: str) -> int:
    match = re.fullmatch(r"(\d+)s", text)
    assert match is not None, text
    return int(match[1])


def scraped_jobs() -> dict[str, Json]:
    config = yaml.safe_load((TOP / "deploy" / "prometheus.yml").read_text(encoding="utf-8"))
    return {job["job_name"]: job for job in config["scrape_configs"]}


def test_the_file_follows_the_compose_specification() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    problems = jsonschema.Draft202012Validator(schema).iter_errors(compose.read())
    assert [f"{problem.json_path}: {problem.message}" for problem in problems] == []


def test_all_services_are_there() -> None:
    assert set(compose.services()) == {
        *("kafka", "provision", "worker", "board", "source"),
        *("prometheus", "alertmanager", "grafana"),
    }
    assert set(compose.ours()) == {"provision", "worker", "board", "source"}


@every_service
def test_images_are_pinned(name: str, service: Json) -> None:
    assert re.fullmatch(r"[a-z/-]+:v?\d+\.\d+\.\d+", service["image"]), name


@every_service
def test_services_have_no_more_rights_than_they_need(name: str, service: Json) -> None:
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "devices", "ipc"} & set(service)
    assert int(service["user"].split(":")[0]) > 0
    assert service.get("read_only", False) is (name not in WRITES_TO_ITS_IMAGE)


@every_service
def test_services_are_restarted_watched_and_given_time_to_end(name: str, service: Json) -> None:
    if name in RUNS_ONCE:
        assert service["restart"].startswith("on-failure")
        return
    assert service["restart"] == "unless-stopped"
    assert seconds(service["stop_grace_period"]) > 0
    if "source" not in service.get("profiles", ()):
        check = service["healthcheck"]
        assert check["test"][0] in ("CMD", "CMD-SHELL")
        assert {"interval", "timeout", "retries", "start_period"} <= set(check)


def test_two_workers_have_time_for_a_last_checkpoint() -> None:
    worker = compose.services()["worker"]
    assert worker["deploy"]["replicas"] == 2
    assert seconds(worker["stop_grace_period"]) >= LONGEST_CHECKPOINT_S
    assert "ports" not in worker, "two workers cannot publish one port"


@every_service
def test_what_a_service_waits_for_can_come_true(name: str, service: Json) -> None:
    for other, waited in service.get("depends_on", {}).items():
        needed = compose.services()[other]
        if waited["condition"] == "service_healthy":
            assert "healthcheck" in needed, name
        else:
            assert waited["condition"] == "service_completed_successfully"
            assert other in RUNS_ONCE


@our_services
def test_variables_are_settings(name: str, service: Json) -> None:
    set_here = {variable for variable in service["environment"] if variable != FILE_VARIABLE}
    assert set_here <= set(keys()), name


@our_services
def test_the_configuration_of_each_service_is_valid(
    name: str, service: Json, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("thirty-two-or-more-characters-without-blanks")
    environ = {key: str(value) for key, value in service["environment"].items()}
    file = compose.mounts(service)[environ.pop(FILE_VARIABLE)]
    for variable, value in environ.items():
        if value.startswith("/run/secrets/"):
            assert value.removeprefix("/run/secrets/") in service["secrets"]
            environ[variable] = str(secret)
    settings = load(file, environ)
    assert settings.kafka.bootstrap == ("kafka:9092",), name


def test_health_is_asked_where_the_services_listen() -> None:
    worker, board = (compose.services()[name] for name in ("worker", "board"))
    worker_port = worker["environment"]["HOTLINE_WORKER__HEALTH_PORT"]
    board_port = board["environment"]["HOTLINE_BOARD__PORT"]
    assert f":{worker_port}/healthz" in worker["healthcheck"]["test"][-1]
    metrics_port = board["environment"]["HOTLINE_BOARD__METRICS_PORT"]
    assert f":{metrics_port}/healthz" in board["healthcheck"]["test"][-1]
    assert board["ports"] == [f"127.0.0.1:{board_port}:{board_port}"]
    for service, variable in (
        (worker, "HOTLINE_WORKER__HEALTH_HOST"),
        (board, "HOTLINE_BOARD__HOST"),
    ):
        assert service["environment"][variable] == "0.0.0.0"


def test_the_board_asks_for_a_login_and_its_metrics_are_not_published() -> None:
    board = compose.services()["board"]
    assert board["environment"]["HOTLINE_ACCESS__MODE"] == "token"
    metrics_port = board["environment"]["HOTLINE_BOARD__METRICS_PORT"]
    assert not any(str(metrics_port) in port for port in board["ports"])
    assert board["expose"] == [str(metrics_port)]


def test_prometheus_scrapes_the_services_where_they_listen() -> None:
    jobs, services = scraped_jobs(), compose.services()
    (board,) = jobs["board"]["static_configs"]
    assert board["targets"] == [
        f"board:{services['board']['environment']['HOTLINE_BOARD__METRICS_PORT']}"
    ]
    (worker,) = jobs["worker"]["dns_sd_configs"]
    assert worker["names"] == ["worker"]
    assert worker["port"] == services["worker"]["environment"]["HOTLINE_WORKER__HEALTH_PORT"]
    assert 1 <= seconds(jobs["board"]["scrape_interval"]) <= 5


def test_published_ports_are_unique_and_only_on_loopback() -> None:
    ports = [port for service in compose.services().values() for port in service.get("ports", ())]
    published = [port.split(":") for port in ports]
    assert {address for address, _, _ in published} == {"127.0.0.1"}
    assert len({host for _, host, _ in published}) == len(published)


@every_service
def test_what_is_mounted_exists(name: str, service: Json) -> None:
    for path in compose.mounts(service).values():
        assert path.exists(), f"{name}: {path}"


def test_the_folder_of_a_log_is_mounted_not_the_file() -> None:
    source = compose.services()["source"]
    (log,) = [volume for volume in source["volumes"] if not isinstance(volume, str)]
    assert log["read_only"] is True
    assert log["bind"]["create_host_path"] is False
    assert source["command"][-1] == f"{log['target']}/queue_log"


def test_named_volumes_are_declared_and_used() -> None:
    used = [
        volume.split(":")[0]
        for service in compose.services().values()
        for volume in service.get("volumes", ())
        if isinstance(volume, str) and not volume.startswith(("./", "/"))
    ]
    assert sorted(used) == sorted(compose.read()["volumes"])


def test_secrets_come_from_files_that_are_described_and_never_committed() -> None:
    folder = TOP / "deploy" / "secrets"
    described = (folder / "README.md").read_text(encoding="utf-8")
    for name, secret in compose.read()["secrets"].items():
        assert secret == {"file": f"./deploy/secrets/{name}"}
        assert f"> deploy/secrets/{name}\n" in described
    assert "*" in (folder / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_the_described_commands_make_what_the_board_takes(tmp_path: Path) -> None:
    described = (TOP / "deploy" / "secrets" / "README.md").read_text(encoding="utf-8")
    (tmp_path / "deploy" / "secrets").mkdir(parents=True)
    (block,) = re.findall(r"```\n(.*?)```", described, re.DOTALL)
    python = f'python3() {{ "{sys.executable}" "$@"; }}\n'
    done = subprocess.run(
        ["bash", "-c", python + block], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    made = tmp_path / "deploy" / "secrets"
    tokens = Tokens(made / "board_tokens")
    found = tokens.of(done.stderr.removeprefix("token: ").strip())
    assert found is not None
    assert (found.name, found.role) == ("me", Role.ADMIN)
    environ = {
        "HOTLINE_ACCESS__MODE": "token",
        "HOTLINE_ACCESS__TOKENS_FILE": str(made / "board_tokens"),
        "HOTLINE_ACCESS__SESSION_KEY_FILE": str(made / "session_key"),
        "HOTLINE_SOURCE__CUSTOMER_KEY_FILE": str(made / "customer_key"),
    }
    assert load(None, environ).access.decided


@every_service
def test_no_secret_is_written_into_the_file(name: str, service: Json) -> None:
    environment: dict[str, Any] = service.get("environment", {})
    for variable, value in environment.items():
        if any(word in variable for word in SECRET_WORDS):
            assert str(value).startswith("/run/secrets/"), f"{name}: {variable}"
