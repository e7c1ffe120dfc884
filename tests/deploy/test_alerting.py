"""deploy/prometheus.yml and deploy/alertmanager.yml, read and run by the programs they are for."""

import re
import shutil
from pathlib import Path

import pytest

from tests.deploy import compose, native

pytestmark = pytest.mark.live


def as_mounted(service: str, folder: Path) -> Path:
    """Lay the files of a service out as its container sees them; returns its configuration."""
    for target, path in compose.mounts(compose.services()[service]).items():
        shutil.copy(path, folder / Path(target).name)
    return folder / f"{service}.yml"


def options(service: str) -> list[str]:
    """The options of a service except its paths, which are of the container."""
    return [word for word in compose.services()[service]["command"] if "=/" not in word]


def replaced(file: Path, places: dict[str, str]) -> None:
    text = file.read_text(encoding="utf-8")
    for before, after in places.items():
        assert before in text, f"{file}: expected {before}"
        text = text.replace(before, after)
    file.write_text(text, encoding="utf-8")


def test_promtool_accepts_the_configuration(tmp_path: Path) -> None:
    config = as_mounted("prometheus", tmp_path)
    said = native.checked(native.promtool(), "check", "config", "--lint-fatal", config)
    assert "1 rule files found" in said


def test_prometheus_remembers_the_week_before() -> None:
    (kept,) = [each for each in options("prometheus") if "retention.time" in each]
    days = re.fullmatch(r"--storage\.tsdb\.retention\.time=(\d+)d", kept)
    assert days is not None
    assert int(days[1]) > 8


def test_amtool_accepts_the_configuration(tmp_path: Path) -> None:
    config = as_mounted("alertmanager", tmp_path)
    native.checked(native.amtool(), "check-config", config)


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (("alertname=HotlineWatchdog", "severity=none"), "watchdog"),
        (("alertname=Other", "severity=critical", "site=bj", "queue=support"), "oncall"),
    ],
)
def test_alerts_go_to_their_receiver(labels: tuple[str, ...], receiver: str) -> None:
    config = compose.TOP / "deploy" / "alertmanager.yml"
    routes = ("config", "routes", "test", f"--config.file={config}")
    native.checked(native.amtool(), *routes, f"--verify.receivers={receiver}", *labels)


def test_both_start_and_the_watchdog_arrives(tmp_path: Path) -> None:
    program = native.tool(
        "prometheus-alertmanager", "alertmanager", package="prometheus-alertmanager"
    )
    paths = (
        f"--config.file={as_mounted('alertmanager', tmp_path)}",
        f"--storage.path={tmp_path / 'alertmanager'}",
    )
    port = native.free_port()
    config = as_mounted("prometheus", tmp_path)
    # Nobody answers at the services' names here, and nobody waits a quarter of a minute.
    places = {"alertmanager:9093": f"127.0.0.1:{port}"}
    replaced(
        config,
        {
            **places,
            "board:8082": "127.0.0.1:1",
            "evaluation_interval: 15s": "evaluation_interval: 1s",
        },
    )
    # A first alert before the Alertmanager was discovered is sent again a minute later.
    soon = "--rules.alert.resend-delay=1s"
    flags = options("alertmanager")
    with (
        native.running(program, *paths, *flags, port=port, folder=tmp_path) as alertmanager,
        native.prometheus(config, tmp_path, *options("prometheus"), soon) as prometheus,
    ):
        native.wait_for(lambda: bool(native.asked(alertmanager, "/api/v2/alerts")))
        (alert,) = native.asked(alertmanager, "/api/v2/alerts")
        targets = native.asked(prometheus, "/api/v1/targets")["data"]["activeTargets"]
        exported = native.text(f"{prometheus}/metrics") + native.text(f"{alertmanager}/metrics")
    assert alert["labels"]["alertname"] == "HotlineWatchdog"
    assert alert["receivers"] == [{"name": "watchdog"}]
    # What alerts on alerting read, as the programs themselves call it.
    group = re.escape(f'rule_group="{tmp_path}/rules.yml;hotline.service"')
    assert re.search(
        rf"^prometheus_rule_evaluation_failures_total{{{group}}} 0$", exported, re.MULTILINE
    )
    assert re.search(
        r'^alertmanager_notifications_failed_total{.*integration="', exported, re.MULTILINE
    )
    # The workers have no name here.
    assert {target["labels"]["job"] for target in targets} == {
        *("alertmanager", "board", "prometheus"),
    }
