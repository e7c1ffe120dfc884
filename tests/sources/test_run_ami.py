"""`hotline source asterisk-ami` against a replaying PBX and a real Kafka, killed in between."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.broker import EmbeddedKafka
from streams.config.ami import AmiSettings
from streams.sources.run import run_source
from tests.sources.ami import recorded, report_on
from tests.sources.fake_ami import SECRET, FakePbx
from tests.sources.logs import RECORDING
from tests.sources.test_oracles import outside
from tests.sources.topics import Deployment

pytestmark = pytest.mark.live
STAMP = re.compile(rb"^Timestamp: (\d+)", re.MULTILINE)
ENDS = {"call.ended", "call.abandoned", "call.left"}


@pytest.fixture
def deployment(kafka: EmbeddedKafka, prefix: str) -> Iterator[Deployment]:
    made = Deployment(kafka.bootstrap, prefix)
    yield made
    made.stop()


@pytest.fixture
def traffic() -> Path:
    return outside("asterisk_22_run_a/ami.jsonl.gz")


def recent(traffic: Path) -> dict[int, list[bytes]]:
    """The messages of each connection as if the last one came now: older ones would be late."""
    messages = [one for one in recorded(traffic) if one["kind"] == "msg"]
    shift = int(time.time() - messages[-1]["t"])
    found: dict[int, list[bytes]] = {}
    for one in messages:
        text = "\n".join(line for line in one["lines"] if line).encode()
        if b"\nActionID: st" not in text:  # answers to others
            dated = STAMP.sub(lambda stamp: b"Timestamp: %d" % (int(stamp[1]) + shift), text)
            found.setdefault(one["conn"], []).append(dated)
    return found


def ends(deployment: Deployment) -> int:
    return sum(event["type"] in ENDS for event in deployment.events())


def test_killed_between_two_connections(
    deployment: Deployment, traffic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, secret = tmp_path / "log", tmp_path / "secret"
    secret.write_text(SECRET + "\n", encoding="utf-8")
    first, second = recent(traffic).values()
    # An orderly restart: whoever joined over the first connection has gone at its end.
    joined = sum(b"Event: QueueCallerJoin\n" in text for text in first)
    with FakePbx(first, second, []) as pbx:
        monkeypatch.setitem(os.environ, "HOTLINE_AMI__PORT", str(pbx.port))
        monkeypatch.setitem(os.environ, "HOTLINE_AMI__SECRET_FILE", str(secret))
        monkeypatch.setitem(os.environ, "HOTLINE_AMI__RETRY_S", "3")
        process = deployment.start("asterisk-ami", log=log)
        deployment.await_(lambda: ends(deployment) == joined)
        process.kill()  # in the pause before it connects again, or not: AMI does not wait for us
        process.wait()
        deployment.start("asterisk-ami", log=log)
        deployment.await_(lambda: ends(deployment) == 356)
    folded = deployment.fold()
    total = report_on(traffic).as_json()["total"]
    assert folded.figures["total"]["answer"] == total["answer"]
    assert folded.figures["total"]["handle"] == total["handle"]
    assert folded.figures["total"]["left"] == total["left"]
    assert not folded.refused
    events = deployment.events()
    assert max(Counter(e["id"] for e in events if "contact" in e).values()) == 1
    assert "source.gap" in {event["type"] for event in events}
    words = log.read_text(encoding="utf-8")
    assert SECRET not in words
    assert "logged in as hotline" in words


def test_a_recording_is_sent_as_history(deployment: Deployment, traffic: Path) -> None:
    assert run_source(deployment.settings(), "asterisk-ami", [traffic]) == 0
    total = deployment.fold().figures["total"]
    assert total == report_on(traffic).as_json()["total"]
    before = len(deployment.events())
    assert run_source(deployment.settings(), "asterisk-ami", [traffic]) == 0
    assert len([e for e in deployment.events() if "contact" in e]) < before
    assert deployment.fold().figures["total"] == total


def test_beside_the_queue_log_every_visit_is_one(deployment: Deployment, traffic: Path) -> None:
    settings = deployment.settings()
    beside = settings.model_copy(update={"ami": AmiSettings.model_validate({"secret": SECRET})})
    assert run_source(beside, "asterisk-queue-log", [RECORDING]) == 0
    assert run_source(beside, "asterisk-ami", [traffic]) == 0
    folded, total = deployment.fold(), report_on(traffic).as_json()["total"]
    assert folded.figures["total"] == total
    assert (folded.fates["duplicate"], folded.fates["late"], len(folded.refused)) == (0, 0, 0)


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[EmbeddedKafka]:
    with EmbeddedKafka(tmp_path / "kafka", heap_mb=384) as broker:
        yield broker


def test_the_broker_goes_away_and_the_pbx_does_not_wait(
    own_kafka: EmbeddedKafka, traffic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = Deployment(own_kafka.bootstrap, "hotline")
    log = tmp_path / "log"
    with FakePbx(*recent(traffic).values(), pause_s=0.002) as pbx:
        monkeypatch.setitem(os.environ, "HOTLINE_AMI__PORT", str(pbx.port))
        monkeypatch.setitem(os.environ, "HOTLINE_AMI__SECRET", SECRET)
        source = deployment.start("asterisk-ami", log=log)
        try:
            deployment.await_(lambda: ends(deployment) > 0)
            for bounce in (own_kafka.kill, own_kafka.stop):
                bounce()
                time.sleep(2)
                own_kafka.start()
                time.sleep(2)
            deployment.await_(lambda: ends(deployment) >= 356)
            source.terminate()
            assert source.wait(10) == 0, log.read_text(encoding="utf-8")
        finally:
            deployment.stop()
        assert pbx.logins == 2, "expected its own connection to stay while Kafka was away"
    total = report_on(traffic).as_json()["total"]
    folded = deployment.fold()
    assert folded.figures["total"] == total
    assert not folded.refused
