"""A whole deployment over TLS with a user: by password and by token, and what a wrong one says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.broker.ports import free_port
from streams.config import load
from streams.config.refusals import listen
from streams.demo.run import recording_path
from streams.doctor.run import examine
from streams.provisioning import ProvisioningError, provision_topics
from tests.live.recording import retimed_log
from tests.live.running import Hotline, Service, clean_environment, command, get, until
from tests.live.secured import Secured, authority, secured_kafka

pytestmark = pytest.mark.live

# The recording's visits, as another program counted them (tests/data/asterisk_22_run_a).
VISITS = 356


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with secured_kafka(tmp_path_factory.mktemp("secured")) as kafka:
        yield kafka


@pytest.mark.parametrize("mechanism", ["password", "token"])
def test_everything_works_over_tls_with_a_user(
    secured: Secured, tmp_path: Path, mechanism: str
) -> None:
    settings = secured.with_password() if mechanism == "password" else secured.with_token()
    hotline = Hotline(secured.bootstrap, f"secured-{mechanism}", tmp_path, **settings)
    try:
        worker, board = hotline.worker(), hotline.board()
        worker.until_ready()
        board.until_ready()
        hotline.run("source", "asterisk-queue-log", retimed_log(tmp_path, "queue_log"))
        until(lambda: entered(hotline) == VISITS, lambda: f"{entered(hotline)} of {VISITS}")
        assert hotline.run("verify").startswith("Equal: ")
        if mechanism == "password":
            assert "problem" not in hotline.run("doctor", "--worker", worker.url)
    finally:
        hotline.stop()


def entered(hotline: Hotline) -> int:
    """How many visits the board has counted as having entered a queue."""
    offered = "hotline_contacts_offered_total{"
    return int(sum(value for name, value in hotline.metrics().items() if name.startswith(offered)))


@pytest.fixture(params=["password", "authority"])
def wrong(request: pytest.FixtureRequest, secured: Secured, tmp_path: Path) -> dict[str, str]:
    """The settings of somebody who must not be let in, or who must not trust who lets him in."""
    if request.param == "password":
        settings = secured.with_password(HOTLINE_KAFKA__SASL_PASSWORD="wrong-horse")
    else:
        foreign, _ = authority(tmp_path, "foreign")
        settings = secured.with_password(HOTLINE_KAFKA__SSL_CAFILE=foreign)
    environment = {"HOTLINE_KAFKA__BOOTSTRAP": secured.bootstrap, **settings}
    return {key: str(text) for key, text in environment.items()}


def expected(wrong: dict[str, str]) -> str:
    """The setting that the words must name."""
    return "sasl_password" if "wrong-horse" in wrong.values() else "ssl_cafile"


def test_the_operators_tools_say_which_setting_is_wrong(wrong: dict[str, str]) -> None:
    settings = load(None, {**wrong, "HOTLINE_BOARD__PORT": "0", "HOTLINE_WORKER__HEALTH_PORT": "0"})
    listen()
    with pytest.raises(ProvisioningError) as refused:
        provision_topics(settings.kafka.client_options(), 1, connect_limit_s=4)
    (finding,) = examine(settings)
    for words in (str(refused.value), f"{finding}"):
        assert expected(wrong) in words
        assert "wrong-horse" not in words


@pytest.mark.parametrize("name", ["board", "source", "worker"])
def test_the_services_say_which_setting_is_wrong_and_wait(
    wrong: dict[str, str], tmp_path: Path, name: str
) -> None:
    port = free_port()
    environment = clean_environment(
        HOTLINE_BOARD__PORT=port,
        HOTLINE_BOARD__METRICS_PORT=0,
        HOTLINE_BOARD__VISITS_DATABASE=tmp_path / "visits.sqlite",
        HOTLINE_WORKER__HEALTH_PORT=0,
        HOTLINE_SOURCE__CUSTOMER_KEY="a key of these tests",
        **wrong,
    )
    more = ["asterisk-queue-log", recording_path()] if name == "source" else []
    url = f"http://127.0.0.1:{port}"
    service = Service(command(name, *more), environment, tmp_path / "log", url)
    try:
        until(lambda: expected(wrong) in service.words(), service.words)
        assert service.process.poll() is None
        assert "wrong-horse" not in service.words()
        if name == "board":
            assert expected(wrong) in get(f"{url}/readyz")[1]
    finally:
        service.kill()
