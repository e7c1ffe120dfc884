"""WebSockets in both directions against a peer that behaves as NapCat does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import ClientSession

from streams.config.onebot import OneBotSettings
from streams.sources.arrivals import Arrivals
from streams.sources.onebot_sockets import ForwardSocket, ReverseSockets
from streams.sources.receiver import Receiver
from tests.sources.chats import message
from tests.sources.fake_onebot import TOKEN, FakeOneBot, connect_and_say, heartbeat, lifecycle

PATIENCE_S = 30.0


async def await_(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not reached():  # noqa: ASYNC110 - of another's state
            await asyncio.sleep(0.01)


def settings(**given: Any) -> OneBotSettings:
    return OneBotSettings.model_validate({"token": TOKEN, "retry_s": 1, "port": 0, **given})


class Listening:
    """A receiver with its sockets."""

    def __init__(self, given: OneBotSettings, arrivals: Arrivals) -> None:
        self.arrivals = arrivals
        self.sockets = ReverseSockets(given, arrivals)
        self.receiver = Receiver(given, arrivals, lambda *_: True, self.sockets.handle)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.receiver.port}/onebot"

    def records(self) -> list[bytes]:
        return [each.record for each in self.arrivals.take(100)]


@pytest.fixture
async def listening() -> AsyncIterator[Listening]:
    made = Listening(settings(), Arrivals())
    await made.receiver.open()
    yield made
    await made.sockets.close()
    await made.receiver.close()


async def test_a_reverse_connection_and_its_gap(listening: Listening) -> None:
    sockets = listening.sockets
    assert sockets.listening
    assert await connect_and_say(listening.url, message(0, 1)) == 101
    await await_(lambda: not sockets.listening)
    assert listening.records() == [lifecycle(), message(0, 1)]
    assert sockets.gap == ""
    assert await connect_and_say(listening.url, message(0, 1), message(1, 2)) == 101
    assert sockets.gap == "disconnected"
    await await_(lambda: not sockets.listening)
    assert len(listening.records()) == 3


async def test_a_connection_without_the_token_is_refused(listening: Listening) -> None:
    assert await connect_and_say(listening.url, message(0, 1), token="guessed") == 401
    assert await connect_and_say(f"{listening.url}?access_token={TOKEN}", token="guessed") == 401
    assert listening.records() == []
    async with (
        ClientSession() as client,
        client.ws_connect(f"{listening.url}?access_token={TOKEN}") as socket,
    ):
        assert not socket.closed


async def test_version_12_hears_its_protocol_again(listening: Listening) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        ClientSession() as client,
        client.ws_connect(listening.url, headers=headers, protocols=["12.some-impl"]) as socket,
    ):
        assert socket.protocol == "12.some-impl"


async def test_a_connection_for_requests_tells_nothing(listening: Listening) -> None:
    assert await connect_and_say(listening.url, message(0, 1), role="API") == 101
    assert (listening.records(), listening.sockets.listening) == ([], True)


async def test_who_finds_no_room_is_hung_up_on() -> None:
    made = Listening(settings(), Arrivals(bytes_max=10))
    await made.receiver.open()
    async with (
        ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as client,
        client.ws_connect(made.url) as socket,
    ):
        await socket.send_bytes(message(0, 1))
        await socket.receive()
        assert socket.close_code == 1013
    await made.receiver.close()


async def test_a_forward_connection_that_is_lost_and_found() -> None:
    arrivals = Arrivals()
    async with FakeOneBot([message(0, 1)], [message(0, 1), message(1, 2)]) as peer:
        socket = ForwardSocket(settings(url=peer.url), arrivals)
        await socket.open()
        found: list[bytes] = []

        def heard(count: int) -> bool:
            found.extend(each.record for each in arrivals.take(100))
            return len(found) >= count

        await await_(lambda: heard(7))
        assert found[:3] == [lifecycle(), heartbeat(), message(0, 1)]
        assert found[3:] == [lifecycle(), heartbeat(), message(0, 1), message(1, 2)]
        assert (socket.gap, socket.listening, peer.connections) == ("disconnected", True, 2)
        await socket.close()
    assert socket.gap == "disconnected"


async def test_a_wrong_token_is_said_once_and_is_no_gap(caplog: pytest.LogCaptureFixture) -> None:
    arrivals = Arrivals()
    with caplog.at_level(logging.INFO):
        async with FakeOneBot() as peer:
            socket = ForwardSocket(
                settings(token="wrong", url=f"{peer.url}?access_token=hunter2"), arrivals
            )
            await socket.open()
            await await_(lambda: peer.connections >= 2)
            await socket.close()
    assert (socket.gap, socket.listening, arrivals.take(9)) == ("", False, [])
    told = [record.getMessage() for record in caplog.records if "onebot.url" in record.getMessage()]
    assert told == ["onebot.url: expected to be let in; is onebot.token right?; trying again"]
    assert "hunter2" not in caplog.text


async def test_nobody_there_is_said_once_and_is_no_gap(caplog: pytest.LogCaptureFixture) -> None:
    async with FakeOneBot() as peer:
        url = peer.url
    socket = ForwardSocket(settings(url=url), Arrivals())
    await socket.open()
    await await_(lambda: "onebot.url" in caplog.text)
    assert (socket.gap, socket.listening) == ("", False)
    assert [record.getMessage() for record in caplog.records] == [
        "onebot.url: ClientConnectorError; trying again"
    ]
    await socket.close()
