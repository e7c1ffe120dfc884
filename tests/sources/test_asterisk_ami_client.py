"""The live connection against a PBX that replays: login, torn packets, disconnects, silence."""

from __future__ import annotations

import logging
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from streams.config import ConfigError
from streams.config.ami import AmiSettings
from streams.core.rows import row
from streams.core.state import PartitionState
from streams.report import figures
from streams.sources.asterisk_ami import AsteriskAmi
from streams.sources.asterisk_ami_client import AmiClient
from streams.sources.asterisk_ami_live import LiveAmi
from streams.sources.taken import EventDict
from tests.sources.ami import brief, of_queue, recorded, report_on
from tests.sources.fake_ami import SECRET, FakePbx
from tests.sources.logs import KEY
from tests.sources.test_oracles import outside

PATIENCE_S = 20.0
JOINS = [of_queue(second, "QueueCallerJoin", call=f"{second}.1") for second in range(3)]


def settings(pbx: FakePbx, **more: Any) -> AmiSettings:
    """Pauses shorter than any that can be configured."""
    made = AmiSettings.model_validate({"port": pbx.port, "secret": SECRET})
    return made.model_copy(update={"retry_s": 0.05, "refused_retry_s": 0.05, **more})


@contextmanager
def live(pbx: FakePbx, source: AsteriskAmi | None = None, **more: Any) -> Iterator[LiveAmi]:
    client = AmiClient(settings(pbx, **more))
    with closing(LiveAmi(source or AsteriskAmi("pbx", key=KEY), client, 64 * 1024)) as feed:
        yield feed


def until(feed: LiveAmi, reached: Callable[[list[EventDict]], bool]) -> list[EventDict]:
    """The events up to the moment that is waited for."""
    found: list[EventDict] = []
    limit_s = time.monotonic() + PATIENCE_S
    while not reached(found):
        assert time.monotonic() < limit_s, brief(found)
        batch = feed.next()
        if batch is not None:
            found += batch.events
        else:
            time.sleep(0.01)
    return found


def test_logs_in_without_sending_the_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with FakePbx(JOINS) as pbx, live(pbx) as feed:
        found = until(feed, lambda events: len(events) == len(JOINS))
        until(feed, lambda _: feed.at_rest)
    assert brief(found) == [("queued", 0), ("queued", 1), ("queued", 2)]
    assert pbx.logins == 1
    assert b"Username: hotline" in pbx.received
    assert b"Events: system,call,agent" in pbx.received
    assert SECRET.encode() not in pbx.received
    assert SECRET not in caplog.text


def test_says_why_a_login_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    with FakePbx() as pbx:
        client = AmiClient(settings(pbx, secret=SecretStr("another one")))
        with closing(LiveAmi(AsteriskAmi("pbx", key=KEY), client, 1024)) as feed:
            until(feed, lambda _: pbx.connections > 2)
            assert not feed.at_rest
    assert "login refused: Authentication failed; trying again" in caplog.text
    assert caplog.text.count("refused") == 1  # told once, not with every attempt
    assert "another one" not in caplog.text


def test_refuses_what_is_no_pbx(caplog: pytest.LogCaptureFixture) -> None:
    with FakePbx(greeting=b"HTTP/1.1 400 Bad Request\r\n") as pbx, live(pbx) as feed:
        until(feed, lambda _: pbx.connections > 1)
    assert "greeting, found 'HTTP/1.1 400 Bad Request'" in caplog.text


def test_tries_again_where_nobody_listens(caplog: pytest.LogCaptureFixture) -> None:
    with FakePbx() as pbx:
        gone = settings(pbx)
    with closing(LiveAmi(AsteriskAmi("pbx", key=KEY), AmiClient(gone), 1024)) as feed:
        limit_s = time.monotonic() + PATIENCE_S
        while "trying again" not in caplog.text and time.monotonic() < limit_s:
            assert feed.next() is None
            assert not feed.at_rest
            time.sleep(0.01)
    assert "trying again" in caplog.text


def test_a_disconnect_is_a_gap_and_who_waits_is_asked_for() -> None:
    entries = [
        b"Event: QueueEntry\nQueue: sales\nUniqueid: 0.1\nWait: 9",
        b"Event: QueueEntry\nQueue: sales\nUniqueid: 7.1\nWait: 30",
    ]
    alive = [f"Event: CoreShowChannel\nUniqueid: {call}.1".encode() for call in (0, 7)]
    with FakePbx(JOINS, [], waiting=entries, alive=alive) as pbx, live(pbx) as feed:
        found = until(feed, lambda events: sum(e["type"] == "call.left" for e in events) == 2)
        assert pbx.connections == 2
    kinds = [(event["type"], event.get("contact")) for event in found]
    # 7.1 was there before us; of those who waited at the end, 1.1 and 2.1 are not listed again.
    assert kinds.index(("source.gap", None)) > kinds.index(("call.queued", "pbx:2.1"))
    left = [event for event in found if event["type"] == "call.left"]
    assert [event["contact"] for event in left] == ["pbx:1.1", "pbx:2.1"]
    assert {event["data"]["reason"] for event in left} == {"system"}
    assert ("call.queued", "pbx:7.1") in kinds


def test_silence_is_a_disconnect(caplog: pytest.LogCaptureFixture) -> None:
    with FakePbx(JOINS, answers_pings=False) as pbx, live(pbx, ping_interval_s=0.1) as feed:
        found = until(feed, lambda events: any(e["type"] == "source.gap" for e in events))
    assert "disconnected" in {event["data"].get("reason") for event in found}
    assert "expected an answer within" in caplog.text


def test_answered_pings_are_none() -> None:
    with FakePbx(JOINS) as pbx, live(pbx, ping_interval_s=0.3) as feed:
        until(feed, lambda _: pbx.received.count(b"Action: Ping") > 5)
    assert pbx.connections == 1


def test_a_new_process_goes_on_after_a_gap() -> None:
    with FakePbx(JOINS) as pbx, live(pbx) as feed:
        until(feed, lambda events: len(events) == len(JOINS))
        state = feed.state()
    leave = of_queue(3, "AgentConnect", call="0.1", MemberName="Ann", HoldTime=3)
    with FakePbx([leave]) as pbx, live(pbx) as feed:
        assert feed.resume(state, lost_too=True)
        assert not feed.resume({"kind": "lines"}, lost_too=True)
        found = until(feed, lambda events: any(e["type"] == "call.answered" for e in events))
    assert found[0]["type"] == "source.gap"
    assert found[-1]["data"] == {"wait_ms": 3_000}


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A PBX's own, for 127.0.0.1; key and certificate in one file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed: it makes the test's certificate")
    path = tmp_path / "pbx.pem"
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=pbx", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(path), "-out", str(tmp_path / "certificate")]
    subprocess.run(command, check=True, capture_output=True)
    with path.open("ab") as both:
        both.write((tmp_path / "certificate").read_bytes())
    return path


def test_with_tls_the_certificate_is_checked(
    certificate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with FakePbx(JOINS, tls=context) as pbx:
        with live(pbx, tls=True, tls_ca_file=certificate) as feed:
            until(feed, lambda events: len(events) == len(JOINS))
        with live(pbx, tls=True) as feed:
            until(feed, lambda _: "certificate verify failed" in caplog.text)
            assert not feed.at_rest


def test_a_secret_must_be_set() -> None:
    with pytest.raises(ConfigError, match=r"ami\.secret: expected the manager user's secret"):
        AmiClient(AmiSettings())


def test_run_a_replayed_is_the_report() -> None:
    """Both connections, in torn packets, with a disconnect within one: the file's figures."""
    path = outside("asterisk_22_run_a/ami.jsonl.gz")
    sessions: dict[int, list[bytes]] = {}
    for one in recorded(path):
        if one["kind"] == "msg" and not one["lines"][0].startswith("Response"):
            lines = [line for line in one["lines"] if line]
            if not any(line.startswith("ActionID: st") for line in lines):  # answers to others
                sessions.setdefault(one["conn"], []).append("\n".join(lines).encode())
    state = PartitionState("calls")
    ids: set[str] = set()
    with FakePbx(*sessions.values()) as pbx, live(pbx) as feed:

        def over(events: list[EventDict]) -> bool:
            ends = {"call.ended", "call.abandoned", "call.left"}
            return sum(event["type"] in ends for event in events) == 356

        for event in until(feed, over):
            assert event["id"] not in ids
            ids.add(event["id"])
            assert state.fold_event(event, None) is None
    rows = [
        found
        for name, contact in state.contacts.items()
        for number, visit in contact.visits.items()
        if (found := row(name, number, contact, visit))
    ]
    assert figures(rows)["total"] == report_on(path).as_json()["total"]
