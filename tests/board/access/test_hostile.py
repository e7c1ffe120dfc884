"""Requests that mean no good, written byte by byte at a board with a login and a proxy to trust.

None gets a figure or a visit, none is answered with an error of ours, none keeps the board from the
next request; what each may get is said beside it.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest

from streams.board.access import login as login_module
from streams.board.access import protocol as protocol_module
from streams.board.access.gate import Gate
from streams.board.access.tokens import Tokens
from streams.board.web import Board, serve
from tests.board.access.people import OTHER_KEY, Clock, People
from tests.board.calls import NOON_MS, Call
from tests.board.fake import Fake

SECRET = "queue-that-nobody-may-see"
# A passing test never waits for it.
PATIENCE_S = 10.0
FORM = b"Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\n"
NOBODY = {401}
NO_REQUEST = {0, 400}
API = b"/api/v1/board"
FORWARDED = b"X-Forwarded-User: root\r\nX-Forwarded-Groups: hotline-admin\r\n"
CROSS_SITE = FORM.replace(b"same-origin", b"cross-site")
PARTS = FORM.replace(b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x")
INJECTION = b"token='%20or%201%3D1%20--%0d%0aSet-Cookie:%20a%3Db"


class Hostile(NamedTuple):
    """`may`: the statuses it may get; 0 is a connection that is closed without a word."""

    what: str
    sent: bytes
    may: set[int]


def get(path: bytes, headers: bytes = b"", method: bytes = b"GET", host: bytes = b"board") -> bytes:
    head = b"%b %b HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n%b\r\n"
    return head % (method, path, host, headers)


def post(path: bytes, body: bytes, headers: bytes = FORM, length: int | None = None) -> bytes:
    size = b"Content-Length: %d\r\n" % (len(body) if length is None else length)
    return get(path, headers + size, b"POST") + body


def cookie(text: bytes) -> bytes:
    return get(API, b"Cookie: hotline=%b\r\n" % text)


def bearer(token: bytes) -> bytes:
    return get(API, b"Authorization: Bearer %b\r\n" % token)


def chunked(body: bytes) -> bytes:
    return get(b"/login", FORM + b"Transfer-Encoding: chunked\r\n", b"POST") + body


UNSIGNED = b"root.0000000000000000.1800000000." + base64.urlsafe_b64encode(bytes(32)).rstrip(b"=")
HOSTILE = (
    # Out of the folder of the page.
    Hostile("metrics without a login", get(b"/metrics"), NOBODY),
    Hostile("path up", get(b"/page/../../../etc/passwd"), {401, 404}),
    Hostile("path up, encoded", get(b"/page/%2e%2e%2f%2e%2e%2fetc%2fpasswd"), NOBODY),
    Hostile("path up, encoded twice", get(b"/page/%252e%252e%252fetc%252fpasswd"), NOBODY),
    Hostile("path up, backslashes", get(b"/page/..\\..\\..\\etc\\passwd"), {400, 401}),
    Hostile("path with a null", get(b"/page/index.html%00.css"), NOBODY),
    Hostile("path of another root", get(b"//etc/passwd"), NOBODY),
    Hostile("open page with a tail", get(b"/page/login.css/../wallboard.js"), NOBODY),
    Hostile("open page in capitals", get(b"/LOGIN/../api/v1/board"), NOBODY),
    Hostile("api with a slash", get(b"/api/v1/board/"), NOBODY),
    Hostile("api with a parameter in its path", get(b"/login;/api/v1/board"), NOBODY),
    Hostile("api, encoded", get(b"/%61pi/v1/board"), NOBODY),
    Hostile("not UTF-8", get(b"/page/%ff%fe"), NOBODY),
    # Requests that are none.
    Hostile("nothing", b"\r\n\r\n", NO_REQUEST),
    Hostile("rubbish", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20, NO_REQUEST),
    Hostile("no host", b"GET /api/v1/board HTTP/1.1\r\nConnection: close\r\n\r\n", {400, 401, 421}),
    Hostile("version 9", b"GET / HTTP/9.9\r\nHost: board\r\n\r\n", NO_REQUEST),
    Hostile("version 2's preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", NO_REQUEST),
    Hostile("header without a colon", get(API, b"Cookie hotline\r\n"), NO_REQUEST),
    Hostile("header with a null", get(API, b"X: a\x00b\r\n"), NO_REQUEST),
    Hostile("header folded", get(API, b"X: a\r\n Authorization: Bearer x\r\n"), {400, 401}),
    Hostile("a space before the colon", get(API, b"Host : board\r\n"), NO_REQUEST),
    Hostile("only line feeds", b"GET /api/v1/board HTTP/1.1\nHost: board\n\n", {0, 400, 401}),
    # Two requests in one.
    Hostile(
        "two lengths",
        get(b"/login", FORM + b"Content-Length: 5\r\nContent-Length: 50\r\n", b"POST") + b"x" * 50,
        NO_REQUEST,
    ),
    Hostile(
        "length and chunks",
        get(b"/login", FORM + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", b"POST")
        + b"0\r\n\r\nGET /api/v1/board HTTP/1.1\r\nHost: board\r\n\r\n",
        NO_REQUEST,
    ),
    Hostile("a negative length", post(b"/login", b"", length=-1), NO_REQUEST),
    Hostile("chunks of no size", chunked(b"zz\r\nx\r\n"), {0, 400, 401}),
    Hostile("a chunk too large to be", chunked(b"ffffffffffffffff\r\nx"), {0, 400, 408, 413}),
    Hostile("a second request in a query", get(b"/login?x%0d%0aHost:%20evil"), {200}),
    # Too much.
    Hostile("a long path", get(b"/" + b"a" * 100_000), NO_REQUEST),
    Hostile("a long header", get(API, b"X: " + b"a" * 100_000 + b"\r\n"), NO_REQUEST),
    Hostile("many headers", get(API, b"".join(b"X%d: 1\r\n" % n for n in range(5000))), NO_REQUEST),
    Hostile("a form that is large", post(b"/login", b"token=" + b"x" * 1_000_000), {0, 413}),
    Hostile("a form that says it is large", post(b"/login", b"token=x", length=10**12), {413}),
    Hostile("chunks that are large", chunked(b"4e20\r\n" + b"x" * 20_000 + b"\r\n"), {0, 413}),
    Hostile("many fields", post(b"/login", b"&".join(b"a%d=" % n for n in range(900))), {413}),
    Hostile(
        "a small form that unpacks to a large one",
        post(b"/login", gzip.compress(b"x" * 10**7), FORM + b"Content-Encoding: gzip\r\n"),
        {400, 413},
    ),
    # Methods and bodies where none belong.
    Hostile("delete", get(API, method=b"DELETE"), NOBODY),
    Hostile("put", get(b"/api/v1/visits", method=b"PUT"), NOBODY),
    Hostile("trace", get(b"/", method=b"TRACE"), {400, 401, 405}),
    Hostile("connect", get(b"board:443", method=b"CONNECT"), {0, 400, 401, 404, 405}),
    Hostile("a method that is none", get(API, method=b"GIMME"), {400, 401}),
    Hostile("a method in a header", post(API, b"", b"X-HTTP-Method-Override: GET\r\n"), NOBODY),
    Hostile("an upgrade", get(b"/api/v1/stream", b"Upgrade: websocket\r\n"), NOBODY),
    # Somebody else.
    Hostile("an empty cookie", cookie(b""), NOBODY),
    Hostile("a cookie without a signature", cookie(b"root.0000000000000000.1800000000."), NOBODY),
    Hostile("a cookie with a made-up signature", cookie(UNSIGNED), NOBODY),
    Hostile("a cookie that is long", cookie(b"root." * 1500), NOBODY),
    Hostile("a cookie of rubbish", cookie(bytes(range(128, 256)) + b'";\\"=;;,'), {400, 401}),
    Hostile("many cookies", get(API, b"Cookie: " + b"hotline=a; " * 700 + b"\r\n"), NOBODY),
    Hostile("a bearer of a hash", bearer(b"0" * 64), NOBODY),
    Hostile("a bearer that is not ASCII", bearer(b"\xff\xfe" + b"x" * 40), NOBODY),
    Hostile("a password", get(API, b"Authorization: Basic cm9vdDpyb290\r\n"), NOBODY),
    Hostile("a user as a proxy would say", get(API, FORWARDED), NOBODY),
    Hostile("from loopback, it says", get(API, b"X-Forwarded-For: 127.0.0.1\r\n"), NOBODY),
    Hostile("another url, it says", get(b"/login", b"X-Original-URL: /api/v1/board\r\n"), {200}),
    Hostile("another host", get(API, host=b"evil.example"), {421}),
    Hostile("a host that is none", get(API, host=b"board@evil.example:x"), {400, 421}),
    Hostile("two hosts", get(API, b"Host: evil.example\r\n"), {400, 421}),
    Hostile("a whole url", get(b"http://evil.example/api/v1/board"), {401, 421}),
    # In by the form.
    Hostile("a form from elsewhere", post(b"/login", b"token=x", CROSS_SITE), {403}),
    Hostile("a form with two tokens", post(b"/login", b"token=x&token=y"), NOBODY),
    Hostile("a token with an injection", post(b"/login", INJECTION), NOBODY),
    Hostile("a form of parts", post(b"/login", b"--x\r\n", PARTS), {415}),
    Hostile("a form that stops", post(b"/login", b"token=", length=100), {408}),
    Hostile("a head that stops", b"GET /api/v1/board HTTP/1.1\r\nHost: bo", {0}),
    Hostile("a question for visits", get(b"/api/v1/visits?queue=*&figure=offered"), NOBODY),
    Hostile("a body to a page of nobody", post(b"/api/v1/board", b"{}", length=10**6), NOBODY),
)  # fmt: skip


# What is given up after a while: these tests alone wait for it.
STOPS = {"nothing", "a chunk too large to be", "a form that stops", "a head that stops"}


@pytest.fixture
async def port(people: People, clock: Clock) -> AsyncIterator[int]:
    """A board as it is run."""
    fake = Fake()
    fake.show(Call(SECRET, NOON_MS - 60_000, 1_000, queue=SECRET))
    fake.found = {"count": 1, "visits": [{"contact": SECRET}]}
    access = people.access(hosts=("board",), proxy_addresses=("192.0.2.1",))
    board = Board(fake, Gate(access, Tokens(people.path, clock)))
    stop, listening = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(board, ("127.0.0.1", 0), listening.set_result, stop))
    yield await listening
    stop.set()
    await serving


async def answered(port: int, sent: bytes) -> bytes:
    """Everything that comes back until the board closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(PATIENCE_S):
            writer.write(sent)
            try:
                return await reader.read()
            except ConnectionError:  # closed while it was still being spoken to
                return b""
    finally:
        writer.transport.abort()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda each: each.what)
async def test_nothing_is_given_and_nothing_breaks(
    port: int,
    people: People,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    hostile: Hostile,
) -> None:
    with monkeypatch.context() as brief:
        if hostile.what in STOPS:
            brief.setattr(protocol_module, "IDLE_S", 0.3)
            brief.setattr(login_module, "FORM_LIMIT_S", 0.2)
        answer = await answered(port, hostile.sent)
    assert status(answer) in hostile.may, answer[:500]
    assert SECRET.encode() not in answer
    assert b"Traceback" not in answer
    assert b"aiohttp" not in answer
    assert b"Set-Cookie" not in answer
    assert b"\r\nHost: evil" not in answer
    assert not [each for each in caplog.records if each.levelname in {"ERROR", "CRITICAL"}]
    good = get(API, b"Authorization: Bearer %b\r\n" % people.tokens["root"].encode())
    assert status(await answered(port, good)) == 200


def test_there_are_fifty_and_each_is_another() -> None:
    assert len(HOSTILE) >= 50
    assert len({each.sent for each in HOSTILE}) == len(HOSTILE)


@pytest.mark.parametrize(
    "query",
    [
        "queue=" + "x" * 5000,
        "queue=%00&site=%0d%0aSet-Cookie:a=b",
        "queue=%ff%fe",
        "queue=\udcff\udcfe",
        "window=today&window=5m&figure=offered&figure=answered",
        "figure=__class__",
        "queue=' OR 1=1 --&figure=offered",
        "=&=&=",
        "&" * 1000,
        "queue[]=a&queue[$ne]=b",
        "queue=%F0%9F%92%A9&site=../../etc",
    ],
)
async def test_rubbish_in_parameters_of_somebody_who_may_ask(
    port: int, people: People, caplog: pytest.LogCaptureFixture, query: str
) -> None:
    shown = b"Authorization: Bearer %b\r\n" % people.tokens["li-na"].encode()
    path = b"/api/v1/visits?" + query.replace(" ", "%20").encode(errors="surrogateescape")
    answer = await answered(port, get(path, shown))
    assert status(answer) in {200, 400}
    assert b"\r\nSet-Cookie" not in answer
    assert not [each for each in caplog.records if each.levelname in {"ERROR", "CRITICAL"}]


async def test_a_session_signed_under_another_key_is_none(port: int, people: People) -> None:
    foreign = people.gate(session_key=OTHER_KEY)
    assert foreign.tokens is not None
    token = foreign.tokens.named("root")
    assert token is not None
    assert status(await answered(port, cookie(foreign.sessions.begin(token).encode()))) == 401


async def test_many_who_say_nothing_keep_nobody_out(
    port: int, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as brief:
        brief.setattr(protocol_module, "IDLE_S", 0.3)
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(200)]
        # Accepted in order: behind the last of them.
        assert await answered(port, b"") == b""
    good = get(API, b"Authorization: Bearer %b\r\n" % people.tokens["root"].encode())
    assert status(await answered(port, good)) == 200
    for reader, writer in silent:
        async with asyncio.timeout(PATIENCE_S):
            assert await reader.read() == b""
        writer.close()
