"""What stands before every page: the name asked for, limits, who asks, and the headers of answers.

It refuses to know what the pages show. A stranger is told where to sign in, and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import orjson
from aiohttp import web
from aiohttp.typedefs import Middleware

from streams.board.access.gate import COOKIE, SECURE_COOKIE, Asked, Caller, Gate, Identity
from streams.board.access.limits import Buckets, network_of
from streams.board.access.tokens import Role

# A hundred screens behind one address come back together after a restart, each with the page's
# twenty files; what goes on for longer than that is no screen.
ADDRESS_PER_S, ADDRESS_BURST = 50.0, 3000
SESSION_PER_S, SESSION_BURST = 20.0, 300
# Each takes a thread for a tenth of a second, and shows what nobody should collect.
VISITS_PER_S, VISITS_BURST = 2.0, 40
# People mistype; programs guess.
TRIES_PER_S, TRIES_BURST = 1 / 12, 5
# Tabs of one browser; each screen has a session of its own.
STREAMS_OF_SESSION_MAX = 10

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), "
    "microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "Server": "hotline",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# Behind https only: two years, as browsers' preload lists ask.
HSTS = "max-age=63072000"
NO_STORE = {"Cache-Control": "no-store"}
HEALTH = frozenset({"/healthz", "/readyz"})
# What a stranger may have: the way in, and whether the board is there.
OPEN = HEALTH | {"/login", "/logout", "/page/login.css", "/page/login.js", "/page/icon.svg"}

CALLER = web.RequestKey("caller", Caller)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

logger = logging.getLogger("hotline.board")


def json_answer(body: bytes, status: int = 200) -> web.Response:
    """A JSON answer that nobody keeps."""
    return web.Response(body=body, status=status, content_type="application/json", headers=NO_STORE)


def error_answer(status: int, words: str, headers: dict[str, str] | None = None) -> web.Response:
    """An error in words."""
    response = json_answer(orjson.dumps({"error": words}), status)
    response.headers.update(headers or {})
    return response


def later(wait_s: float) -> web.Response:
    """Too many requests: when to come again."""
    words = "too many requests; come again later"
    return error_answer(429, words, {"Retry-After": str(math.ceil(wait_s))})


class Guard:
    """One for each board. `middleware` lets in or answers itself; `headers` goes on everything."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.tries = Buckets(TRIES_PER_S, TRIES_BURST)
        self._addresses = Buckets(ADDRESS_PER_S, ADDRESS_BURST)
        self._sessions = Buckets(SESSION_PER_S, SESSION_BURST)
        self._visits = Buckets(VISITS_PER_S, VISITS_BURST)
        self._streams: Counter[str] = Counter()

    def install(self, app: web.Application) -> None:
        """Stand before the pages of an application."""
        app.middlewares.append(in_words)
        app.middlewares.append(self._middleware())
        app.on_response_prepare.append(self._headers)

    def _middleware(self) -> Middleware:
        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            refused = self._refused(request)
            return refused if refused is not None else await handler(request)

        return middleware

    def _refused(self, request: web.Request) -> web.Response | None:
        if request.path not in HEALTH and not self.gate.serves(request.headers.getall("Host", ())):
            return error_answer(421, "this board goes by another name (access.hosts)")
        caller = self.gate.caller(asked(request))
        request[CALLER] = caller
        wait_s = self._addresses.wait_s(network_of(caller.address))
        if caller.wrong:
            wait_s = wait_s or self.tries.wait_s(network_of(caller.address))
        if wait_s:
            return later(wait_s)
        if request.path in OPEN:
            return None
        if caller.identity is None:
            return self._to_the_login(request)
        wait_s = self._sessions.wait_s(caller.identity.session or network_of(caller.address))
        return later(wait_s) if wait_s else None

    def _to_the_login(self, request: web.Request) -> web.Response:
        if request.path == "/" and request.method in {"GET", "HEAD"}:
            return web.Response(status=303, headers={"Location": "login", **NO_STORE})
        return error_answer(401, "sign in first", {"WWW-Authenticate": "Bearer"})

    async def _headers(self, request: web.Request, response: web.StreamResponse) -> None:
        for name, text in HEADERS.items():
            if name == "Server" or name not in response.headers:
                response.headers[name] = text
        caller = request.get(CALLER)
        if caller is None:
            return
        if caller.https:
            response.headers["Strict-Transport-Security"] = HSTS
        if caller.cookie and "Set-Cookie" not in response.headers:
            self.give_cookie(response, caller, caller.cookie)

    def give_cookie(self, response: web.StreamResponse, caller: Caller, text: str) -> None:
        """Give a session's cookie; an empty one takes it away."""
        # Written out: the library has written its cookies when the last headers are added.
        name = SECURE_COOKIE if caller.https else COOKIE
        length_s = self.gate.sessions.length_s if text else 0
        secure = "; Secure" if caller.https else ""
        response.headers.add(
            "Set-Cookie",
            f"{name}={text}; Path=/; Max-Age={length_s}; HttpOnly; SameSite=Strict{secure}",
        )

    def welcome(self, request: web.Request) -> bool:
        """Whether whoever was let in would be let in now."""
        return self.gate.caller(asked(request)).identity is not None

    def visits_wait_s(self, request: web.Request) -> float:
        """Take one question for visits: 0, or the seconds to wait."""
        caller = request[CALLER]
        session = caller.identity.session if caller.identity else ""
        return self._visits.wait_s(session or network_of(caller.address))

    @contextmanager
    def stream(self, request: web.Request) -> Iterator[bool]:
        """Count a stream while it is open; False where its session has too many."""
        identity = request[CALLER].identity
        session = identity.session if identity else ""
        if not session:
            yield True
            return
        if self._streams[session] >= STREAMS_OF_SESSION_MAX:
            yield False
            return
        self._streams[session] += 1
        try:
            yield True
        finally:
            self._streams[session] -= 1
            if not self._streams[session]:
                del self._streams[session]


def asked(request: web.Request) -> Asked:
    """What a request says of who asks."""
    return Asked(
        request.remote or "",
        request.secure,
        lambda name: request.headers.getall(name, ()),
        request.cookies,
    )


def identity_of(request: web.Request) -> Identity:
    """Who was let in; nobody may do nothing."""
    identity = request[CALLER].identity
    if identity is None:
        raise web.HTTPUnauthorized(text="sign in first")
    return identity


def may(request: web.Request, role: Role) -> bool:
    """Whether who asks has a role, or more."""
    identity = request[CALLER].identity
    return identity is not None and identity.role >= role


@web.middleware
async def in_words(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error as JSON with words, whoever raised it."""
    try:
        return await handler(request)
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        words = "expected GET or HEAD" if "GET" in error.allowed_methods else f"expected {allowed}"
        return error_answer(405, words, {"Allow": allowed})
    except web.HTTPNotFound as error:
        known = error.text and error.text != "404: Not Found"
        return error_answer(
            404, error.text or "" if known else f"{request.path[:80]}: no such page"
        )
    except web.HTTPException as error:
        return error_answer(error.status, error.text or error.reason)
    except (ConnectionError, asyncio.CancelledError):
        raise
    except Exception:
        logger.exception("%s could not be answered", request.path)
        return error_answer(500, "the board could not answer; its log says why")
