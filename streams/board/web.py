"""The board over HTTP: page, JSON, server-sent events, metrics, health. No figure is made here.

Serves the newest view and waits for nobody: a client that cannot keep up misses views, it does not
queue them. It refuses everything but GET and HEAD, and every error is JSON with words.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import NamedTuple, Protocol

import orjson
from aiohttp import web

from streams.board.drill import Question, QuestionError, question
from streams.board.view import View

# A page takes no news for this long from a board that lives: proxies and screens give up later.
HEARTBEAT_S = 10.0
# A client that has not taken one message in this long is gone, whatever its socket says.
SLOW_S = 15.0
# Wallboards, not the world: beyond this a new one is refused, so that those that hang stay served.
STREAMS_MAX = 500
# Scrapes and questions each take a tenth of a second of a thread.
THREADS = 2
SHUTDOWN_S = 1.0
REQUEST_BYTES_MAX = 16 * 1024

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
NO_STORE = {"Cache-Control": "no-store"}
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}

logger = logging.getLogger("hotline.board")


class PortError(RuntimeError):
    """The address cannot be listened on: which one, which setting, why."""


class Health(NamedTuple):
    """`problem` says why not, and is empty where all is well."""

    ok: bool
    problem: str


class Answers(Protocol):
    """What the pages are answered from; `visits` and `metrics` are called in threads."""

    def view(self) -> View | None:
        """The newest view; None before every partition was read to its end."""

    def alive(self) -> Health:
        """Whether only a new process can help."""

    def ready(self) -> Health:
        """Whether there is something to show, and what is wrong with where it comes from."""

    def metrics(self, accept: str) -> tuple[bytes, str] | None:
        """The metrics and their content type; None before there is a view."""

    def visits(self, view: View, asked: Question) -> dict[str, object] | None:
        """The visits behind a figure; None before they were read."""


class Board:
    """The web application and those who listen to it. `changed` is called in the event loop."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._changed = asyncio.Event()
        self._closing = False
        self._streams = 0
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="answer")
        self._page = _read_page()

    def application(self) -> web.Application:
        """The routes."""
        app = web.Application(middlewares=[_in_words], client_max_size=REQUEST_BYTES_MAX)
        app.on_response_prepare.append(_add_headers)
        app.on_shutdown.append(self._shut)
        app.router.add_get("/", self._file)
        app.router.add_get("/page/{name}", self._file)
        app.router.add_get("/api/v1/board", self._board)
        app.router.add_get("/api/v1/stream", self._stream)
        app.router.add_get("/api/v1/visits", self._visits)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        return app

    def changed(self) -> None:
        """There is a new view: wake all who listen."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _shut(self, _app: web.Application) -> None:
        self._closing = True
        self.changed()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info.get("name", "index.html")
        content = self._page.get(name)
        if content is None:
            raise web.HTTPNotFound(text=f"page/{name[:80]}: expected a file of the page")
        headers = {"Content-Type": CONTENT_TYPES[os.path.splitext(name)[1]]}  # noqa: PTH122 - a URL
        return web.Response(body=content, headers={**headers, "Cache-Control": "no-cache"})

    async def _board(self, _request: web.Request) -> web.Response:
        response = _json(_stamped(self._newest()))
        response.enable_compression()
        return response

    def _newest(self) -> View:
        view = self._answers.view()
        if view is None:
            raise web.HTTPServiceUnavailable(text=self._answers.ready().problem)
        return view

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        self._newest()
        if self._streams >= STREAMS_MAX:
            raise web.HTTPServiceUnavailable(text=f"{STREAMS_MAX} streams are open, no more")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **NO_STORE})
        response.headers["X-Accel-Buffering"] = "no"  # nginx would gather events
        await response.prepare(request)
        if request.method == "HEAD":
            return response
        self._streams += 1
        try:
            with contextlib.suppress(ConnectionError, TimeoutError):
                await self._send_views(response)
        finally:
            self._streams -= 1
        return response

    async def _send_views(self, response: web.StreamResponse) -> None:
        """The newest view at once, then each newer one, and now and then the same."""
        while not self._closing:
            changed = self._changed
            message = b"event: board\ndata: " + _stamped(self._newest()) + b"\n\n"
            async with asyncio.timeout(SLOW_S):
                await response.write(message)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_S):
                    await changed.wait()

    async def _visits(self, request: web.Request) -> web.Response:
        try:
            asked = question(request.query)
            view = self._newest()
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(self._threads, self._answers.visits, view, asked)
        except QuestionError as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        if found is None:
            raise web.HTTPServiceUnavailable(text="the visits are still being read from Kafka")
        response = _json(orjson.dumps(found))
        response.enable_compression()
        return response

    async def _metrics(self, request: web.Request) -> web.Response:
        accept = request.headers.get("Accept", "")
        loop = asyncio.get_running_loop()
        rendered = await loop.run_in_executor(self._threads, self._answers.metrics, accept)
        if rendered is None:
            raise web.HTTPServiceUnavailable(text=self._answers.ready().problem)
        body, content_type = rendered
        return web.Response(body=body, headers={"Content-Type": content_type, **NO_STORE})

    async def _healthz(self, _request: web.Request) -> web.Response:
        return _health(self._answers.alive(), "alive")

    async def _readyz(self, _request: web.Request) -> web.Response:
        return _health(self._answers.ready(), "ready")


def _read_page() -> dict[str, bytes]:
    """{file name: content} of the page: what is not in here is not served."""
    return {
        each.name: each.read_bytes()
        for each in files("streams.board").joinpath("page").iterdir()
        if each.is_file() and os.path.splitext(each.name)[1] in CONTENT_TYPES  # noqa: PTH122
    }


def _stamped(view: View) -> bytes:
    """The board's JSON as of now: serialised once per view, the time of serving in front."""
    return b'{"served_ms":%d,' % (time.time_ns() // 1_000_000) + view.body[1:]


def _json(body: bytes, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, content_type="application/json", headers=NO_STORE)


def _health(health: Health, word: str) -> web.Response:
    body = orjson.dumps({word: health.ok, "problem": health.problem or None})
    return _json(body, 200 if health.ok else 503)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def _in_words(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error as JSON with words, whoever raised it."""
    try:
        return await handler(request)
    except web.HTTPMethodNotAllowed as error:
        response = _error(405, "expected GET or HEAD")
        response.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
        return response
    except web.HTTPNotFound as error:
        words = (
            error.text if error.text != "404: Not Found" else f"{request.path[:80]}: no such page"
        )
        return _error(404, words or "")
    except web.HTTPException as error:
        return _error(error.status, error.text or error.reason)
    except ConnectionError:
        raise
    except Exception:
        logger.exception("%s could not be answered", request.path)
        return _error(500, "the board could not answer; its log says why")


def _error(status: int, words: str) -> web.Response:
    return _json(orjson.dumps({"error": words}), status)


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)


async def serve(
    board: Board, address: tuple[str, int], listening: Callable[[int], None], stop: asyncio.Event
) -> None:
    """Serve until `stop`; `listening` is told the port. PortError where the address is taken."""
    runner = web.AppRunner(
        board.application(), access_log=None, shutdown_timeout=SHUTDOWN_S, handle_signals=False
    )
    await runner.setup()
    host, port = address
    try:
        await web.TCPSite(runner, host, port).start()
        listening(runner.addresses[0][1])
        await stop.wait()
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        found = "taken by another program" if taken else error.strerror or str(error)
        raise PortError(
            f"board.port: expected a free port, but {host}:{port} is {found}; "
            "set board.port (HOTLINE_BOARD__PORT) to another, or 0 for any"
            if taken
            else f"board.host, board.port: expected an address to listen on; {host}:{port}: {found}"
        ) from error
    finally:
        await runner.cleanup()
