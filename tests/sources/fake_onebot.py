"""A OneBot as NapCat is one: serves WebSockets, opens them, and says the same things in each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Self

from aiohttp import ClientSession, WSServerHandshakeError, web

from tests.sources.chats import ACCOUNT
from tests.sources.logs import START_S

TOKEN = "a token of the bot"
REFUSAL = {
    "status": "failed",
    "retcode": 1403,
    "data": None,
    "message": "token验证失败",
    "echo": None,
}


def lifecycle() -> bytes:
    """What is said first over every connection."""
    return _meta(meta_event_type="lifecycle", sub_type="connect")


def heartbeat(interval_ms: int = 30_000) -> bytes:
    return _meta(
        meta_event_type="heartbeat", interval=interval_ms, status={"online": True, "good": True}
    )


def _meta(**fields: object) -> bytes:
    found = {"time": START_S, "self_id": ACCOUNT, "post_type": "meta_event", **fields}
    return json.dumps(found).encode()


class FakeOneBot:
    """Serves each of `sessions` once, a connection each; hangs up after all but the last."""

    def __init__(self, *sessions: Sequence[bytes]) -> None:
        self.url = ""
        self.connections = 0
        self._sessions = list(sessions)
        self._runner: web.ServerRunner | None = None

    async def __aenter__(self) -> Self:
        self._runner = web.ServerRunner(web.Server(self._serve, access_log=None))
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"ws://127.0.0.1:{self._runner.addresses[0][1]}/"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner
        await self._runner.shutdown()
        await self._runner.cleanup()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        self.connections += 1
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if TOKEN not in {given, request.query.get("access_token")}:
            await socket.send_str(json.dumps(REFUSAL))
            await socket.close()
            return socket
        session = self._sessions.pop(0) if self._sessions else []
        for record in (lifecycle(), heartbeat(), *session):
            await socket.send_str(record.decode())
        if not self._sessions:
            async for _ in socket:  # until the other side hangs up
                pass
        await socket.close()
        return socket


async def connect_and_say(
    url: str, *records: bytes, token: str = TOKEN, role: str = "Universal"
) -> int:
    """A reverse WebSocket from its beginning to its end; 101, or the status of a refusal."""
    headers = {
        "X-Self-ID": str(ACCOUNT),
        "Authorization": f"Bearer {token}",
        "X-Client-Role": role,
        "User-Agent": "OneBot/11",
    }
    async with ClientSession() as client:
        try:
            async with client.ws_connect(url, headers=headers) as socket:
                for record in (lifecycle(), *records):
                    await socket.send_str(record.decode())
        except WSServerHandshakeError as refused:
            return refused.status
    return 101
