"""Requests as strangers and senders make them, over a real socket."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from aiohttp import ClientSession, web

from streams.config.push import PushSettings
from streams.sources import receiver as module
from streams.sources.arrivals import Arrivals, Outcome
from streams.sources.receiver import Receiver

GOOD = {"X-Test": "good"}


class Site:
    """A receiver, what has arrived at it, and a client."""

    def __init__(self, **settings: Any) -> None:
        self.arrivals = Arrivals(bytes_max=4000)
        made = PushSettings.model_validate({"body_bytes": 2000, "answer_limit_s": 60.0, **settings})
        self.receiver = Receiver(made, self.arrivals, self.is_known)
        self.bodies: list[bytes] = []

    def is_known(self, request: web.BaseRequest, body: bytes) -> bool:
        self.bodies.append(body)
        return request.headers.get("X-Test") == "good"

    async def post(self, body: Any, headers: dict[str, str] | None = None, **more: Any) -> int:
        url = f"http://127.0.0.1:{self.receiver.port}/any"
        async with (
            ClientSession() as client,
            client.post(
                url, data=body, headers=GOOD if headers is None else headers, **more
            ) as answer,
        ):
            return answer.status

    async def serve(self, outcome: Outcome) -> None:
        await asyncio.to_thread(self.arrivals.wait, 60)
        self.arrivals.take(1)[0].tell(outcome)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    await made.receiver.open()
    yield made
    await made.receiver.close()


@pytest.mark.parametrize(("outcome", "status"), [(Outcome.DURABLE, 204), (Outcome.REFUSED, 503)])
async def test_the_answer_is_what_became_of_it(site: Site, outcome: Outcome, status: int) -> None:
    answer, _ = await asyncio.gather(site.post(b"{}"), site.serve(outcome))
    assert answer == status


async def test_without_an_answer_in_time_the_sender_is_to_try_again() -> None:
    site = Site(answer_limit_s=0.1)
    await site.receiver.open()
    assert await site.post(b"{}") == 503
    assert [each.record for each in site.arrivals.take(9)] == [b"{}"]  # and it will be sent
    await site.receiver.close()


async def test_without_room_at_once(site: Site) -> None:
    site.arrivals.put(b"x" * 3999)
    assert await site.post(b"{}") == 503


async def test_a_stranger_is_refused_before_anything_is_looked_at(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            assert await site.post(b"somebody's words", headers={"X-Secret": "hunter2"}) == 401
    assert site.arrivals.take(9) == []
    told = [record.getMessage() for record in caplog.records if record.name == module.__name__]
    assert told == ["1 requests without a good signature or token"]
    assert "hunter2" not in caplog.text
    assert "words" not in caplog.text


async def test_bodies_are_bounded(site: Site) -> None:
    assert await site.post(b"x" * 2001) == 413

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"x" * 100

    assert await site.post(chunks()) == 413
    assert site.bodies == []
    answer, _ = await asyncio.gather(site.post(b"x" * 2000), site.serve(Outcome.DURABLE))
    assert answer == 204
    assert site.bodies == [b"x" * 2000]


async def test_what_no_sender_does(site: Site) -> None:
    url = f"http://127.0.0.1:{site.receiver.port}/"
    async with ClientSession() as client, client.get(url) as answer:
        assert answer.status == 405
    assert await site.post(b"x", headers=GOOD | {"Content-Encoding": "gzip"}) == 415


async def test_a_body_that_does_not_come(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "READ_LIMIT_S", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", site.receiver.port)
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1234")
    assert b" 408 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


async def test_rubbish_on_the_line_is_not_logged(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        reader, writer = await asyncio.open_connection("127.0.0.1", site.receiver.port)
        writer.write(b"\x16\x03\x01 13800138000 /chatwoot/secret\r\n\r\n")
        assert b" 400 " in await reader.readline()
        writer.close()
        await writer.wait_closed()
    assert "13800138000" not in caplog.text


async def test_an_address_that_is_taken(site: Site) -> None:
    other = Site(port=site.receiver.port)
    with pytest.raises(OSError, match="address"):
        await other.receiver.open()
    await other.receiver.close()
    assert not other.receiver.listening


async def test_connections_are_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECTIONS_MAX", 2)
    opened = [await asyncio.open_connection("127.0.0.1", site.receiver.port) for _ in range(2)]
    reader, writer = await asyncio.open_connection("127.0.0.1", site.receiver.port)
    with suppress(ConnectionError):  # a hang-up too
        assert await reader.read() == b""
    for _, each in (*opened, (reader, writer)):
        each.close()
        with suppress(ConnectionError):
            await each.wait_closed()
