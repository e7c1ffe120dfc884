"""An HTTP server for systems that push: it answers 2xx only after Kafka has what was sent.

Checks who sends before it looks at what; never logs an address, a header or a body, which may hold
tokens and people's words. Refuses to know what a body means.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from aiohttp import web

from streams.config.push import PushSettings
from streams.sources.arrivals import Arrivals, Outcome
from streams.sources.refused import Personal

log = logging.getLogger(__name__)

# Who needs longer to send a body is no system of ours.
READ_LIMIT_S = 10.0
# Bodies held at once before their senders are known.
READING_MAX = 32
# Far more than systems that push need; a process has some thousand files in all.
CONNECTIONS_MAX = 200
IDLE_S = 75.0
CLOSE_LIMIT_S = 1.0
TELL_EVERY_S = 60.0

# Whether the sender of a POST is known, by request and raw body.
Known = Callable[[web.BaseRequest, bytes], bool]
# Serves a WebSocket to its end; None where its sender is not known.
Upgrade = Callable[[web.BaseRequest], Awaitable[web.StreamResponse | None]]
_TRY_AGAIN = {"Retry-After": "5"}


class _Server(web.Server):
    """Hangs up on whoever is one too many."""

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        if len(self.connections) > CONNECTIONS_MAX:
            transport.abort()


class Receiver:
    """Listens from `open` to `close`, in whatever loop they are called."""

    gap = ""

    def __init__(
        self,
        settings: PushSettings,
        arrivals: Arrivals,
        is_known: Known,
        upgrade: Upgrade | None = None,
    ) -> None:
        self.port = 0
        self._settings = settings
        self._arrivals = arrivals
        self._is_known = is_known
        self._upgrade = upgrade
        self._runner: web.ServerRunner | None = None
        self._reading = asyncio.Semaphore(READING_MAX)
        self._strangers = 0
        self._told_s = -TELL_EVERY_S

    @property
    def listening(self) -> bool:
        """Whether senders can reach us."""
        return self.port > 0

    async def open(self) -> None:
        """Begin to listen; OSError where the address cannot be had."""
        silent = logging.getLogger(f"{__name__}.http")  # it would print what strangers send
        silent.setLevel(logging.CRITICAL)
        server = _Server(self.handle, access_log=None, logger=silent, keepalive_timeout=IDLE_S)
        self._runner = web.ServerRunner(server)
        await self._runner.setup()
        host, port = self._settings.host, self._settings.port
        site = web.TCPSite(self._runner, host, port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]
        log.info("listening at %s:%d", host, self.port)

    async def close(self) -> None:
        """Stop listening."""
        self.port = 0
        if self._runner is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._runner.cleanup(), CLOSE_LIMIT_S)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if self._upgrade and request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._upgrade(request) or self._stranger()
        if status := self._refusal(request):
            return web.Response(status=status)
        return await self._post(request)

    async def _post(self, request: web.BaseRequest) -> web.StreamResponse:
        async with self._reading:
            try:
                body = await asyncio.wait_for(self._read(request), READ_LIMIT_S)
            except TimeoutError:
                return web.Response(status=408)
        if body is None:
            return web.Response(status=413)
        if not self._is_known(request, body):
            return self._stranger()
        if await self._durable(body):
            return web.Response(status=204)
        return web.Response(status=503, headers=_TRY_AGAIN)

    def _refusal(self, request: web.BaseRequest) -> int:
        """The status for what no sender of ours would do; 0 for the rest."""
        if request.method != "POST":
            return 405
        if "Content-Encoding" in request.headers:  # what is signed are the bytes as they are sent
            return 415
        return 413 if (request.content_length or 0) > self._settings.body_bytes else 0

    async def _read(self, request: web.BaseRequest) -> bytes | None:
        """The body; None where it is too long."""
        body = bytearray()
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > self._settings.body_bytes:
                return None
        return bytes(body)

    async def _durable(self, body: bytes) -> bool:
        """Whether Kafka has it in time. Where it has not, it will be sent all the same: then a
        sender that tries again sends a copy, and one that does not has lost nothing.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Outcome] = loop.create_future()

        def settle(outcome: Outcome) -> None:
            if not answer.done():
                answer.set_result(outcome)

        def tell(outcome: Outcome) -> None:
            with suppress(RuntimeError):  # nobody waits any more: the loop has ended
                loop.call_soon_threadsafe(settle, outcome)

        if not self._arrivals.put(Personal(body), tell):
            return False
        try:
            outcome = await asyncio.wait_for(answer, self._settings.answer_limit_s)
        except TimeoutError:
            return False
        return outcome is Outcome.DURABLE

    def _stranger(self) -> web.Response:
        """The answer to somebody without the secret, who is counted; told now and then."""
        self._strangers += 1
        if time.monotonic() - self._told_s >= TELL_EVERY_S:
            self._told_s = time.monotonic()
            log.warning("%d requests without a good signature or token", self._strangers)
        return web.Response(status=401)
