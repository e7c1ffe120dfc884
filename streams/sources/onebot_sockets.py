"""OneBot's WebSockets, both ways: those that it opens to us, and one that we open to it.

They have no answers: what is sent while nobody listens is lost, so every connection after another
is a gap. Refuses to know what a message means; never logs an address, which may hold a token.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import aiohttp
import orjson
from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from streams.config.onebot import OneBotSettings
from streams.sources.arrivals import Arrivals
from streams.sources.refused import Personal
from streams.sources.signatures import knows_token

log = logging.getLogger(__name__)

# A connection without an answer to a ping is none.
PING_S = 20.0
DISCONNECTED = "disconnected"


def _put(arrivals: Arrivals, message: WSMessage) -> bool:
    """Take a message; False where there is no room for it."""
    content: str | bytes = message.data
    return arrivals.put(Personal(content.encode() if isinstance(content, str) else content))


class ReverseSockets:
    """Connections that OneBot opens to our receiver."""

    def __init__(self, settings: OneBotSettings, arrivals: Arrivals) -> None:
        self.gap = ""
        self._settings = settings
        self._arrivals = arrivals
        self._open: dict[web.WebSocketResponse, str] = {}
        self._lost: set[str] = set()

    @property
    def listening(self) -> bool:
        """Whether every account that was ever connected still is."""
        return not self._lost

    async def open(self) -> None:
        """The receiver listens for us."""

    async def close(self) -> None:
        """Say goodbye to all."""
        for each in list(self._open):
            await each.close(code=WSCloseCode.GOING_AWAY)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse | None:
        """One connection from its beginning to its end; None where its sender is not known."""
        token = request.query.get("access_token", "")
        if not knows_token(self._settings, request.headers, token):
            return None
        offered = request.headers.get("Sec-WebSocket-Protocol", "")
        socket = web.WebSocketResponse(
            heartbeat=PING_S,
            max_msg_size=self._settings.body_bytes,
            protocols=[name.strip() for name in offered.split(",") if name.strip()],
        )
        await socket.prepare(request)
        if request.headers.get("X-Client-Role", "").lower() == "api":
            async for _ in socket:  # answers to requests that we do not make
                pass
            return socket
        await self._listen(socket, request.headers.get("X-Self-ID", ""))
        return socket

    async def _listen(self, socket: web.WebSocketResponse, account: str) -> None:
        if account in self._lost:
            self._lost.discard(account)
            self.gap = DISCONNECTED
        log.info("a OneBot has connected")
        self._open[socket] = account
        try:
            async for message in socket:
                if not _put(self._arrivals, message):
                    await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)
        finally:
            del self._open[socket]
            if account not in self._open.values():
                self._lost.add(account)
            log.warning("a OneBot's connection has ended")


class RefusedTokenError(Exception):
    """The other side has not let us in."""


class ForwardSocket:
    """The connection that we open, and open again."""

    def __init__(self, settings: OneBotSettings, arrivals: Arrivals) -> None:
        self.gap = ""
        self.listening = False
        self._settings = settings
        self._arrivals = arrivals
        self._task: asyncio.Task[None] | None = None
        self._has_listened = False
        self._said = ""

    async def open(self) -> None:
        """Begin to connect."""
        self._task = asyncio.ensure_future(self._connect_for_ever())

    async def close(self) -> None:
        """Hang up."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _connect_for_ever(self) -> None:
        while True:
            try:
                await self._session()
                words = "the connection has ended"
            except RefusedTokenError:
                words = "expected to be let in; is onebot.token right?"
            except aiohttp.WSServerHandshakeError as error:
                words = f"expected a WebSocket, found HTTP status {error.status}"
            except (aiohttp.ClientError, OSError, ValueError) as error:
                words = type(error).__name__
            self.listening = False
            if words != self._said:
                log.warning("onebot.url: %s; trying again", words)
            self._said = words
            await asyncio.sleep(self._settings.retry_s)

    async def _session(self) -> None:
        token = self._settings.token
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
        limit_s = self._settings.connect_timeout_s
        timeout = aiohttp.ClientTimeout(total=None, connect=limit_s, sock_connect=limit_s)
        async with (
            aiohttp.ClientSession(timeout=timeout) as client,
            client.ws_connect(
                self._settings.url or "",
                headers=headers,
                heartbeat=PING_S,
                max_msg_size=self._settings.body_bytes,
            ) as socket,
        ):
            with suppress(TimeoutError):  # nothing to say yet
                first = await socket.receive(timeout=limit_s)
                if first.type not in {WSMsgType.TEXT, WSMsgType.BINARY} or _is_refusal(first):
                    raise RefusedTokenError
                _put(self._arrivals, first)
            self._begin()
            async for message in socket:
                if not _put(self._arrivals, message):
                    return

    def _begin(self) -> None:
        if self._has_listened:
            self.gap = DISCONNECTED
        self._has_listened = self.listening = True
        self._said = ""
        log.info("onebot.url: connected")


def _is_refusal(message: WSMessage) -> bool:
    """NapCat opens the connection and then says in it that the token is wrong."""
    try:
        found = orjson.loads(message.data)
    except orjson.JSONDecodeError:
        return False
    return isinstance(found, dict) and found.get("status") == "failed"
