"""`hotline source onebot` and `chatwoot` with a real Kafka: what was said is there once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.broker import EmbeddedKafka
from streams.sources.run import run_source
from streams.wire.rejected import decode
from tests.sources.chats import chat_message, conversation, message, own, webhook
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
