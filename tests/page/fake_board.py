"""A board server that says what a test tells it to: the page's files, scripted events and visits.

It sends the board's own content policy and can be cut off and brought back on the same port.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

from aiohttp import web

import streams.board
from streams.board.access import guard

PAGE = Path(streams.board.__file__).parent / "page"
HEADERS = {**guard.HEADERS, "Cache-Control": "no-cache"}

Json = dict[str, Any]


class FakeBoard:
    """`tell` sends a board to every open page; `visits` answers the visits of a figure.

    `asked` are the queries for visits, `streams` counts the connections opened for events.
    """

    def __init__(self) -> None:
        self.port = 0
        self.said: Json | None = None
        self.visits: Json = {}
        self.refusal = ""
        self.asked: list[dict[str, str]] = []
        self.streams = 0
        self._changed = asyncio.Event()
        self._queues: set[asyncio.Queue[Json]] = set()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/", self._index)
        app.router.add_static("/page/", PAGE)
        app.router.add_get("/api/v1/stream", self._stream)
        app.router.add_get("/api/v1/visits", self._visits)
        app.on_response_prepare.append(_add_headers)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
        self._runner = None

    def tell(self, said: Json) -> None:
        self.said = said
        for queue in self._queues:
            queue.put_nowait(said)

    async def opened(self, streams: int) -> None:
        """Waits until so many connections for events were opened."""
        while self.streams < streams:
            self._changed.clear()
            await self._changed.wait()

    async def _index(self, _request: web.Request) -> web.StreamResponse:
        return web.FileResponse(PAGE / "index.html")

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        queue: asyncio.Queue[Json] = asyncio.Queue()
        self.streams += 1
        self._changed.set()
        if self.said:
            queue.put_nowait(self.said)
        self._queues.add(queue)
        with contextlib.suppress(ConnectionResetError):
            while True:
                data = json.dumps(await queue.get())
                await response.write(f"event: board\ndata: {data}\n\n".encode())
        self._queues.discard(queue)
        return response

    async def _visits(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(dict(request.query))
        if self.refusal:
            return web.json_response({"error": self.refusal}, status=503)
        return web.json_response(self.visits)


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
