"""The board over HTTP: what is served, refused, pushed, and said when there is nothing yet."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, ClientTimeout
from aiohttp.test_utils import TestClient, TestServer

from streams.board import web as web_module
from streams.board.drill import Question
from streams.board.view import View
from streams.board.web import Board, PortError, serve
from tests.board.calls import NOON_MS, Call
from tests.board.fake import Fake

Json = dict[str, Any]


@pytest.fixture
def fake() -> Fake:
    return Fake()


@pytest.fixture
async def board(fake: Fake) -> Board:
    return Board(fake)


@pytest.fixture
async def client(board: Board) -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(board.application())) as client:
        yield client


@pytest.fixture
async def inside(board: Board) -> AsyncIterator[TestClient[Any, Any]]:
    """The port of metrics and health."""
    async with TestClient(TestServer(board.metrics_application())) as client:
        yield client


@pytest.mark.parametrize("path", ["/api/v1/board", "/api/v1/stream", "/api/v1/visits"])
async def test_503_with_words_before_ready(client: TestClient[Any, Any], path: str) -> None:
    answer = await client.get(path)
    assert answer.status == 503
    assert await answer.json() == {"error": "still reading"}


async def test_metrics_before_ready(inside: TestClient[Any, Any]) -> None:
    answer = await inside.get("/metrics")
    assert (answer.status, await answer.json()) == (503, {"error": "still reading"})


async def test_each_port_serves_its_own(
    client: TestClient[Any, Any], inside: TestClient[Any, Any], fake: Fake
) -> None:
    fake.show()
    assert (await client.get("/metrics")).status == 200
    for path in ("/", "/login", "/api/v1/board", "/api/v1/visits", "/page/wallboard.js"):
        assert (await inside.get(path)).status == 404, path
    answer = await inside.get("/readyz")
    assert (answer.status, (await answer.json())["ready"]) == (200, True)


async def test_health_and_readiness(client: TestClient[Any, Any], fake: Fake) -> None:
    answer = await client.get("/readyz")
    assert (answer.status, await answer.json()) == (
        503,
        {"ready": False, "problem": "still reading"},
    )
    assert (await client.get("/healthz")).status == 200
    fake.show()
    fake.problem = ""
    answer = await client.get("/readyz")
    assert (answer.status, await answer.json()) == (200, {"ready": True, "problem": None})
    fake.problem = "stuck"
    assert (await client.get("/healthz")).status == 503


async def test_the_board(client: TestClient[Any, Any], fake: Fake) -> None:
    fake.show(Call("a", NOON_MS - 60_000, 1_000))
    answer = await client.get("/api/v1/board")
    told = await answer.json()
    assert answer.content_type == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert told["served_ms"] > NOON_MS
    assert told["queues"][0]["windows"]["5m"]["answered"] == 1


async def test_the_page(client: TestClient[Any, Any]) -> None:
    types = {
        "/": "text/html",
        "/page/wallboard.js": "text/javascript",
        "/page/wallboard.css": "text/css",
        "/page/icon.svg": "image/svg+xml",
    }
    for path, content_type in types.items():
        answer = await client.get(path)
        assert (answer.status, answer.content_type) == (200, content_type), path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path", ["/nothing", "/page/web.py", "/page/../web.py", "/page/%2e%2e%2fweb.py", "/page/"]
)
async def test_nothing_else_is_served(client: TestClient[Any, Any], path: str) -> None:
    answer = await client.get(path)
    assert answer.status == 404
    assert "error" in await answer.json()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_only_get_and_head(client: TestClient[Any, Any], method: str) -> None:
    answer = await client.request(method, "/api/v1/board")
    assert (answer.status, await answer.json()) == (405, {"error": "expected GET or HEAD"})
    assert answer.headers["Allow"] == "GET, HEAD"


async def test_head(client: TestClient[Any, Any], fake: Fake) -> None:
    fake.show()
    for path in ("/", "/api/v1/board", "/login", "/readyz"):
        answer = await client.head(path)
        assert (answer.status, await answer.read()) == (200, b""), path


async def test_metrics(inside: TestClient[Any, Any], fake: Fake) -> None:
    fake.show(Call("a", NOON_MS - 60_000, 1_000))
    answer = await inside.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "hotline_contacts_offered_total" in await answer.text()
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    answer = await inside.get("/metrics", headers=accept)
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    assert (await answer.text()).endswith("# EOF\n")


async def test_a_page_of_elsewhere_cannot_read_metrics_by_loopbacks_name(
    inside: TestClient[Any, Any], board: Board, fake: Fake
) -> None:
    fake.show()
    foreign = {"Host": "evil.example"}
    assert (await inside.get("/metrics", headers=foreign)).status == 421
    app = board.metrics_application(reached_from_elsewhere=True)
    async with TestClient(TestServer(app)) as named:
        assert (await named.get("/metrics", headers={"Host": "board:8082"})).status == 200


async def test_visits(client: TestClient[Any, Any], fake: Fake) -> None:
    fake.show()
    query = "queue=售后&site=main&window=today&figure=answered"
    answer = await client.get(f"/api/v1/visits?{query}")
    assert (answer.status, await answer.json()) == (200, {"visits": []})
    assert fake.asked == Question("售后", "main", "today", "answered")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("window=9m", "window: expected one of 5m"),
        ("figure=x", "figure: expected one of"),
        ("a=b", "a: expected one of queue"),
        ("queue=nowhere", "queue: expected main/sales"),
    ],
)
async def test_a_bad_question_is_400(
    client: TestClient[Any, Any], fake: Fake, query: str, words: str
) -> None:
    fake.show()
    answer = await client.get(f"/api/v1/visits?{query}")
    assert answer.status == 400
    assert (await answer.json())["error"].startswith(words)


async def test_visits_that_are_still_read_are_503(client: TestClient[Any, Any], fake: Fake) -> None:
    fake.show()
    fake.found = None
    assert (await client.get("/api/v1/visits")).status == 503


async def event(stream: Any) -> Json:
    lines = [await stream.readline(), await stream.readline(), await stream.readline()]
    assert lines[0] == b"event: board\n"
    assert lines[2] == b"\n"
    told: Json = json.loads(lines[1].removeprefix(b"data: "))
    return told


async def test_events_at_once_then_on_change(
    client: TestClient[Any, Any], board: Board, fake: Fake
) -> None:
    fake.show()
    async with client.get("/api/v1/stream") as answer:
        assert answer.content_type == "text/event-stream"
        assert (await event(answer.content))["queues"] == []
        fake.show(Call("a", NOON_MS - 60_000, 1_000))
        board.changed()
        assert (await event(answer.content))["queues"][0]["windows"]["5m"]["answered"] == 1


async def test_a_quiet_board_still_sends(
    client: TestClient[Any, Any], fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_module, "HEARTBEAT_S", 0.02)
    fake.show()
    async with client.get("/api/v1/stream") as answer:
        first, second = await event(answer.content), await event(answer.content)
    assert first["served_ms"] <= second["served_ms"]


async def test_a_slow_client_misses_views_and_is_then_let_go(
    client: TestClient[Any, Any], board: Board, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_module, "SLOW_S", 0.2)
    fake.show(*(Call(f"c{n}", NOON_MS - 60_000, 0, queue=f"q{n}") for n in range(100)))
    url = client.make_url("/api/v1/stream")
    session = ClientSession(read_bufsize=1024, timeout=ClientTimeout(10))
    async with session, session.get(url):
        for _ in range(400):  # nobody reads
            board.changed()
            await asyncio.sleep(0.005)
            if board._streams == 0:
                break
        assert board._streams == 0


async def test_more_streams_than_bearable_are_refused(
    client: TestClient[Any, Any], fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_module, "STREAMS_MAX", 1)
    fake.show()
    async with client.get("/api/v1/stream") as first:
        await event(first.content)
        second = await client.get("/api/v1/stream")
        assert second.status == 503


async def test_what_breaks_is_500_and_says_nothing_private(
    client: TestClient[Any, Any], fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> View | None:
        raise RuntimeError("secret")

    monkeypatch.setattr(fake, "view", broken)
    answer = await client.get("/api/v1/board")
    assert answer.status == 500
    assert "secret" not in await answer.text()


async def test_a_taken_port_names_port_and_setting(fake: Fake) -> None:
    stop, taken = asyncio.Event(), asyncio.Event()
    ports: list[int] = []

    def listening(port: int) -> None:
        ports.append(port)
        taken.set()

    first = asyncio.create_task(serve(Board(fake), ("127.0.0.1", 0), listening, stop))
    await taken.wait()
    with pytest.raises(PortError, match=rf"127\.0\.0\.1:{ports[0]} is taken.*HOTLINE_BOARD__PORT"):
        await serve(Board(fake), ("127.0.0.1", ports[0]), ports.append, stop)
    with pytest.raises(PortError, match=r"board\.host.*192\.0\.2\.1"):
        await serve(Board(fake), ("192.0.2.1", 0), ports.append, stop)
    stop.set()
    await first


async def test_streams_end_when_the_board_does(fake: Fake) -> None:
    fake.show()
    stop, listening = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(Board(fake), ("127.0.0.1", 0), listening.set_result, stop))
    url = f"http://127.0.0.1:{await listening}/api/v1/stream"
    async with ClientSession() as session, session.get(url) as answer:
        await event(answer.content)
        stop.set()
        await asyncio.wait_for(serving, 3)
        assert await answer.content.read() == b""
