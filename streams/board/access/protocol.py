"""Connections: how many one address may hold, and what is said to bytes that are no HTTP.

It refuses to know requests: those begin where the library has read one.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, cast

from aiohttp import web

from streams.board.access.limits import network_of

# Linux gives a process 1,024 files unless told otherwise; some are the board's own.
CONNECTIONS_MAX = 900
# Screens behind one address, each with a stream and now and then a request.
CONNECTIONS_OF_ADDRESS_MAX = 300
# Between two requests; before the first one, the time that its head may take.
IDLE_S = 75.0
# What a body may still send after its answer.
LINGER_S = 2.0

# The library tells each request that is none with a traceback: strangers would fill the log.
logger = logging.getLogger("hotline.board.http")
logger.setLevel(logging.CRITICAL)


class Doors:
    """Counts the connections of each address but those exempt: proxies bring many people."""

    def __init__(self, exempt: Callable[[str], bool]) -> None:
        self._exempt = exempt
        self._open: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Whether one more may come; whoever did must leave."""
        key = network_of(address)
        few = self._open[key] < CONNECTIONS_OF_ADDRESS_MAX or self._exempt(address)
        if not few or self._open.total() >= CONNECTIONS_MAX:
            return False
        self._open[key] += 1
        return True

    def leave(self, address: str) -> None:
        """One is gone."""
        key = network_of(address)
        self._open[key] -= 1
        if not self._open[key]:
            del self._open[key]


class Connection(web.RequestHandler):
    """One connection: closed at once where there are too many, and curt to what is no request."""

    __slots__ = ("_doors", "_entered", "_headers")

    def __init__(self, server: web.Server, doors: Doors, headers: Mapping[str, str]) -> None:
        """`headers` go on errors that no page ever sees."""
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=IDLE_S,
            lingering_time=LINGER_S,
            logger=logger,
            access_log=cast("Any", None),
        )
        self._doors = doors
        self._headers = headers
        self._entered = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it, or close it."""
        super().connection_made(transport)
        address = str((transport.get_extra_info("peername") or ("",))[0])
        if self._doors.enter(address):
            self._entered = address
        else:
            cast("asyncio.Transport", transport).abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget it."""
        super().connection_lost(exc)
        if self._entered:
            self._doors.leave(self._entered)
            self._entered = ""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,  # noqa: ARG002 - the library's
        message: str | None = None,  # noqa: ARG002 - as above; it repeats what was sent
    ) -> web.StreamResponse:
        """Say that it was no request, neither what it was nor what reads it here."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was under way")
        response = web.json_response({"error": "expected HTTP"}, status=status)
        response.headers.update(self._headers)
        response.force_close()
        return response
