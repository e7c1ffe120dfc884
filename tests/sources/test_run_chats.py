"""`hotline source onebot` and `chatwoot` with a real Kafka: what was said is there once."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.broker import EmbeddedKafka
from streams.sources.run import run_source
from streams.wire.rejected import decode
from tests.sources.chats import chat_message, conversation, message, own, webhook
from tests.sources.fake_onebot import TOKEN, FakeOneBot, connect_and_say
from tests.sources.logs import START_S
from tests.sources.topics import Deployment

pytestmark = pytest.mark.live


@pytest.fixture
def deployment(kafka: EmbeddedKafka, prefix: str) -> Iterator[Deployment]:
    made = Deployment(kafka.bootstrap, prefix)
    yield made
    made.stop()


def chats(deployment: Deployment) -> list[dict[str, Any]]:
    return [event for event in deployment.events("chats") if "contact" in event]


@pytest.mark.parametrize(
    ("kind", "records", "types"),
    [
        (
            "onebot",
            [message(0, 1), own(20, 2), b"Somebody said: 13800138000", message(4000, 3)],
            {"chat.opened": 2, "chat.customer_message": 2, "chat.agent_reply": 1, "chat.closed": 1},
        ),
        (
            "chatwoot",
            [
                webhook("conversation_created", **conversation(0)),
                chat_message(1, 71),
                b"Somebody said: 13800138000",
                chat_message(5, 72, "outgoing"),
            ],
            {"chat.opened": 1, "chat.customer_message": 1, "chat.agent_reply": 1},
        ),
    ],
)
def test_a_recording_is_sent_once(
    deployment: Deployment,
    tmp_path: Path,
    kind: str,
    records: list[bytes],
    types: dict[str, int],
) -> None:
    path = tmp_path / "recording"
    path.write_bytes(b"\n".join([*records, records[0]]) + b"\n")
    for _ in range(2):
        assert run_source(deployment.settings(), kind, [path], name="desk") == 0
        found = chats(deployment)
        assert Counter(event["type"] for event in found) == types
        assert max(Counter(event["id"] for event in found).values()) == 1
    assert not deployment.records("calls")
    beats = [e for e in deployment.events("chats") if e["type"] == "source.heartbeat"]
    assert {event["source"] for event in beats} == {"desk"}
    refused = [decode(record.value) for record in deployment.records("rejected")]
    assert {each.reason for each in refused} == {"not_json"}
    everything = json.dumps(deployment.events("chats")) + str(refused)
    assert "Somebody" not in everything
    assert "13800138000" not in everything


SECRET = "a secret of the desk"
LISTENING = re.compile(r"listening at 127\.0\.0\.1:(\d+)")


class Desk:
    """`hotline source` listening as a process of its own, and a system that pushes to it."""

    def __init__(
        self, deployment: Deployment, kind: str, folder: Path, environment: pytest.MonkeyPatch
    ) -> None:
        for key, value in (("PORT", "0"), ("SECRET", SECRET), ("ANSWER_LIMIT_S", "1")):
            environment.setitem(os.environ, f"HOTLINE_{kind.upper()}__{key}", value)
        self.deployment, self.kind, self.folder = deployment, kind, folder
        self.log = folder / "log"
        self.log.touch()
        self.process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start(self) -> None:
        before = len(LISTENING.findall(self._words()))
        self.process = self.deployment.start(self.kind, log=self.log)
        self.deployment.await_(lambda: len(LISTENING.findall(self._words())) > before)
        port = LISTENING.findall(self._words())[-1]
        self.url = f"http://127.0.0.1:{port}/{self.kind}"

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """As a service is stopped: what has arrived is sent."""
        assert self.process
        self.process.terminate()
        assert self.process.wait(60) == 0, self._words()

    def _words(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def push(self, body: bytes, secret: str = SECRET) -> int:
        """POST as the system signs it; the status."""
        if self.kind == "onebot":
            signed = hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
            headers = {"X-Signature": f"sha1={signed}", "X-Self-ID": "100000001"}
        else:
            stamp = str(int(time.time()))
            content = stamp.encode() + b"." + body
            signed = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
            headers = {"X-Chatwoot-Timestamp": stamp, "X-Chatwoot-Signature": f"sha256={signed}"}
        request = urllib.request.Request(self.url, body, headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def push_until_taken(self, body: bytes) -> None:
        self.deployment.await_(lambda: self.push(body) == 204)


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[EmbeddedKafka]:
    with EmbeddedKafka(tmp_path / "kafka", heap_mb=384) as broker:
        yield broker


def ago(seconds: float) -> float:
    """That long ago, in seconds of the made-up messages."""
    return round(time.time() - START_S - seconds)


def once(deployment: Deployment) -> Counter[str]:
    """How often each type came, having checked that no event came twice, and of one contact."""
    found = chats(deployment)
    assert max(Counter(event["id"] for event in found).values()) == 1
    assert len({event["contact"] for event in found}) == 1
    return Counter(event["type"] for event in found)


def test_no_good_answer_before_kafka_has_it(
    own_kafka: EmbeddedKafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = Deployment(own_kafka.bootstrap, "hotline")
    desk = Desk(deployment, "chatwoot", tmp_path, monkeypatch)
    bodies = [chat_message(ago(60 - number), number) for number in range(4)]
    try:
        desk.start()
        desk.push_until_taken(bodies[0])
        own_kafka.kill()
        assert desk.push(bodies[1]) == 503
        assert desk.push(bodies[2]) == 503  # by a system that does not try again
        own_kafka.start()
        desk.push_until_taken(bodies[1])
        desk.push_until_taken(bodies[3])
        assert once(deployment) == {"chat.customer_message": 4}
    finally:
        deployment.stop()


def test_a_restart_forgets_nothing_that_was_taken(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(deployment, "onebot", tmp_path, monkeypatch)
    bodies = [message(ago(60), 1), own(ago(50), 2), message(ago(40), 3)]
    desk.start()
    assert desk.push(bodies[0], "another secret") == 401
    for body in bodies[:2]:
        desk.push_until_taken(body)
    desk.kill()  # right after its answer: what it said must hold
    desk.start()
    for body in (*bodies, b"Somebody said: 13800138000", *bodies):
        desk.push_until_taken(body)
    assert once(deployment) == {
        "chat.opened": 1,
        "chat.customer_message": 2,
        "chat.agent_reply": 1,
    }
    beats = {event["type"] for event in deployment.events("chats") if "contact" not in event}
    assert beats == {"source.heartbeat", "source.gap"}
    refused = [decode(record.value) for record in deployment.records("rejected")]
    assert {(each.reason, b"Somebody" in each.original) for each in refused} == {
        ("not_json", False)
    }
    words = desk.log.read_text(encoding="utf-8")
    assert not [word for word in (SECRET, "Somebody", "200000002") if word in words]


async def test_the_same_by_every_way_at_once_is_told_once(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = [message(ago(60), 1), own(ago(50), 2), message(ago(40), 3)]
    desk = Desk(deployment, "onebot", tmp_path, monkeypatch)
    monkeypatch.setitem(os.environ, "HOTLINE_ONEBOT__TOKEN", TOKEN)
    async with FakeOneBot(bodies[:2], bodies) as peer:  # hangs up, and tells all of it again
        monkeypatch.setitem(os.environ, "HOTLINE_ONEBOT__URL", peer.url)
        monkeypatch.setitem(os.environ, "HOTLINE_ONEBOT__RETRY_S", "1")
        await asyncio.to_thread(desk.start)
        url = desk.url.replace("http", "ws")
        assert await connect_and_say(url, *bodies) == 101
        for body in bodies:
            await asyncio.to_thread(desk.push_until_taken, body)

        await asyncio.to_thread(deployment.await_, lambda: peer.connections > 1)
        await asyncio.to_thread(desk.stop)
    found = once(deployment)
    assert found == {"chat.opened": 1, "chat.customer_message": 2, "chat.agent_reply": 1}
