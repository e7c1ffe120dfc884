"""The board over HTTP: page, JSON, server-sent events, metrics, health. No figure is made here.

Serves the newest view and waits for nobody: a client that cannot keep up misses views, it does not
queue them. It refuses everything but GET and HEAD (and the login's form), and every error is JSON
with words.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from importlib.resources import files
from typing import NamedTuple, Protocol

import orjson
from aiohttp import web

from streams.board.access.audit import record
from streams.board.access.gate import Gate
from streams.board.access.guard import (
    HEADERS,
    NO_STORE,
    Guard,
    error_answer,
    identity_of,
    json_answer,
    later,
    may,
)
from streams.board.access.login import Login
from streams.board.access.protocol import Connection, Doors
from streams.board.access.tokens import Role
from streams.board.drill import Question, QuestionError, question
from streams.board.view import View
from streams.config import AccessSettings, is_loopback

# A page takes no news for this long from a board that lives: proxies and screens give up later.
HEARTBEAT_S = 10.0
# A client that has not taken one message in this long is gone, whatever its socket says.
SLOW_S = 15.0
# Wallboards, not the world: beyond this a new one is refused, so that those that hang stay served.
STREAMS_MAX = 500
# Scrapes and questions each take a tenth of a second of a thread.
THREADS = 2
# For each of the two ports; with the readers a stop takes three seconds at most.
SHUTDOWN_S = 0.5
REQUEST_BYTES_MAX = 16 * 1024
# A stream is opened anew after this long, give or take a quarter: the cookie is renewed, a proxy is
# asked again. Nobody sees it.
STREAM_S = 3600.0
# Whose token is gone sees nothing more after this long.
WELCOME_S = 5.0

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

    def __init__(self, answers: Answers, gate: Gate | None = None) -> None:
        """Without a gate, whoever comes by a loopback name sees everything."""
        self._answers = answers
        self._guard = Guard(gate or Gate(AccessSettings()))
        self._changed = asyncio.Event()
        self._closing = False
        self._streams = 0
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="answer")
        self._page = _read_page()

    def application(self) -> web.Application:
        """The routes of the board's own port."""
        app = web.Application(client_max_size=REQUEST_BYTES_MAX)
        self._guard.install(app)
        Login(self._guard, self._page).install(app)
        app.on_shutdown.append(self._shut)
        app.router.add_get("/", self._file)
        app.router.add_get("/page/{name}", self._file)
        app.router.add_get("/api/v1/board", self._board)
        app.router.add_get("/api/v1/stream", self._stream)
        app.router.add_get("/api/v1/visits", self._visits)
        # For whoever may see the board: scripts read it here, Prometheus on the port of its own.
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        return app

    def metrics_application(self, *, reached_from_elsewhere: bool = False) -> web.Application:
        """The routes of the port of metrics and health, which asks nobody who he is.

        Where it is not to be reached from elsewhere, only loopback's own names are served.
        """
        app = web.Application(client_max_size=REQUEST_BYTES_MAX)
        everybody = AccessSettings(everybody_without_login_is="viewer")
        Guard(Gate(everybody if reached_from_elsewhere else AccessSettings())).install(app)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        return app

    def exempt(self, address: str) -> bool:
        """Whether many people may come from one address: a proxy's, or this machine's."""
        return is_loopback(address) or self._guard.gate.trusts(address)

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
        response = json_answer(_stamped(self._newest()))
        response.enable_compression()
        return response

    def _newest(self) -> View:
        view = self._answers.view()
        if view is None:
            raise web.HTTPServiceUnavailable(text=self._answers.ready().problem)
        return view

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        self._newest()
        with self._guard.stream(request) as few:
            if self._streams >= STREAMS_MAX or not few:
                raise web.HTTPServiceUnavailable(text="too many streams are open")
            return await self._streamed(request)

    async def _streamed(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **NO_STORE})
        response.headers["X-Accel-Buffering"] = "no"  # nginx would gather events
        await response.prepare(request)
        if request.method == "HEAD":
            return response
        self._streams += 1
        try:
            with contextlib.suppress(ConnectionError, TimeoutError):
                await self._send_views(request, response)
        finally:
            self._streams -= 1
        return response

    async def _send_views(self, request: web.Request, response: web.StreamResponse) -> None:
        """The newest view at once, then each newer one, and now and then the same."""
        begun_s = checked_s = time.monotonic()
        length_s = STREAM_S * random.uniform(0.75, 1.25)  # noqa: S311 - so that not all come at once
        while not self._closing:
            changed = self._changed
            message = b"event: board\ndata: " + _stamped(self._newest()) + b"\n\n"
            async with asyncio.timeout(SLOW_S):
                await response.write(message)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_S):
                    await changed.wait()
            now_s = time.monotonic()
            if now_s - begun_s > length_s:
                return
            if now_s - checked_s >= WELCOME_S:
                checked_s = now_s
                if not self._guard.welcome(request):
                    return

    async def _visits(self, request: web.Request) -> web.Response:
        """Visits for those who may see them; whatever comes of it is on record."""
        outcome: dict[str, str | int] = {"outcome": "failed"}
        asked = None
        try:
            if not may(request, Role.LEAD):
                outcome = {"outcome": "refused"}
                return error_answer(403, "expected somebody of the role lead or admin")
            if wait_s := self._guard.visits_wait_s(request):
                outcome = {"outcome": "too many"}
                return later(wait_s)
            asked = question(request.query)
            found = await self._found(asked)
            count = found.get("count", 0)
            outcome = {"outcome": "ok", "count": count if isinstance(count, int) else 0}
        except QuestionError as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        finally:
            who = identity_of(request)
            facts = asdict(asked) if asked else {}
            record("visits", who=who.name, role=who.role.name.lower(), **facts, **outcome)
        response = json_answer(orjson.dumps(found))
        response.enable_compression()
        return response

    async def _found(self, asked: Question) -> dict[str, object]:
        view = self._newest()
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, self._answers.visits, view, asked)
        if found is None:
            raise web.HTTPServiceUnavailable(text="the visits are still being read from Kafka")
        return found

    async def _metrics(self, request: web.Request) -> web.Response:
        accept = request.headers.get("Accept", "")
        loop = asyncio.get_running_loop()
        rendered = await loop.run_in_executor(self._threads, self._answers.metrics, accept)
        if rendered is None:
            raise web.HTTPServiceUnavailable(text=self._answers.ready().problem)
        body, content_type = rendered
        return web.Response(body=body, headers={"Content-Type": content_type, **NO_STORE})

    async def _healthz(self, request: web.Request) -> web.Response:
        return _health(self._answers.alive(), "alive", request)

    async def _readyz(self, request: web.Request) -> web.Response:
        return _health(self._answers.ready(), "ready", request)


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


def _health(health: Health, word: str, request: web.Request) -> web.Response:
    """Whether it is well; what is wrong names addresses and topics, so not to strangers."""
    told: dict[str, object] = {word: health.ok}
    if may(request, Role.VIEWER):
        told["problem"] = health.problem or None
    return json_answer(orjson.dumps(told), 200 if health.ok else 503)


class Address(NamedTuple):
    """Where to listen, and the settings that say so."""

    host: str
    port: int
    host_key: str = "board.host"
    port_key: str = "board.port"


async def serve(
    board: Board,
    address: tuple[str, int],
    listening: Callable[[int], None],
    stop: asyncio.Event,
    metrics: tuple[str, int] | None = None,
) -> None:
    """Serve until `stop`; `listening` is told the port. PortError where an address is taken.

    `metrics` is where metrics and health are served without a login; nowhere where it is None.
    """
    async with contextlib.AsyncExitStack() as stack:
        port = await _listen(board.application(), Address(*address), Doors(board.exempt), stack)
        if metrics is not None:
            where = Address(*metrics, "board.metrics_host", "board.metrics_port")
            open_ = not is_loopback(where.host)
            inside = board.metrics_application(reached_from_elsewhere=open_)
            await _listen(inside, where, Doors(lambda _: True), stack)
        listening(port)
        await stop.wait()


async def _listen(
    app: web.Application, where: Address, doors: Doors, stack: contextlib.AsyncExitStack
) -> int:
    runner = web.AppRunner(app, shutdown_timeout=SHUTDOWN_S, handle_signals=False)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    served = runner.server
    assert served is not None
    host, port, host_key, port_key = where
    loop = asyncio.get_running_loop()
    try:
        listener = await loop.create_server(lambda: Connection(served, doors, HEADERS), host, port)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        found = "taken by another program" if taken else error.strerror or str(error)
        variable = f"HOTLINE_{port_key.upper().replace('.', '__')}"
        raise PortError(
            f"{port_key}: expected a free port, but {host}:{port} is {found}; "
            f"set {port_key} ({variable}) to another, or 0 for any"
            if taken
            else f"{host_key}, {port_key}: expected an address to listen on; {host}:{port}: {found}"
        ) from error
    stack.callback(listener.close)
    found_port: int = listener.sockets[0].getsockname()[1]
    return found_port
