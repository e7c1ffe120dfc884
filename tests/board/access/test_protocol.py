"""How many connections one address holds, and all together."""

import asyncio
from functools import partial

import pytest
from aiohttp import web

from streams.board.access import protocol
from streams.board.access.protocol import Connection, Doors


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "CONNECTIONS_OF_ADDRESS_MAX", 2)
    monkeypatch.setattr(protocol, "CONNECTIONS_MAX", 5)


def test_one_address_and_all_together() -> None:
    doors = Doors(lambda address: address == "10.0.0.5")
    assert [doors.enter("192.0.2.1") for _ in range(3)] == [True, True, False]
    assert [doors.enter("10.0.0.5") for _ in range(4)] == [True, True, True, False]
    doors.leave("192.0.2.1")
    assert doors.enter("192.0.2.2")
    assert not doors.enter("192.0.2.3")


def test_a_network_of_version_6_is_one_address() -> None:
    doors = Doors(lambda _: False)
    found = [doors.enter(f"2001:db8::{number}") for number in range(3)]
    assert found == [True, True, False]


async def test_connections_are_closed_beyond_and_counted_back() -> None:
    async def nothing(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=204)

    async def asked() -> bytes:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        try:
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.transport.abort()

    server = web.Server(nothing)
    make = partial(Connection, server, Doors(lambda _: False), {})
    listener = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    address = listener.sockets[0].getsockname()
    held = [await asyncio.open_connection(*address) for _ in range(2)]
    async with asyncio.timeout(10):
        assert await asked() == b""
        for _, writer in held:
            writer.transport.abort()
        while not (await asked()).startswith(b"HTTP/1.1 204"):
            pass
    listener.close()
    await server.shutdown(1)
    await listener.wait_closed()
