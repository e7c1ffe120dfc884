"""A board with a login: what strangers get, what each role may, limits, headers, record."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from aiohttp import ClientSession, DummyCookieJar
from aiohttp.test_utils import TestClient, TestServer

from streams.board import web as web_module
from streams.board.access import guard as guard_module
from streams.board.access.gate import Gate
from streams.board.web import Board
from streams.config import AccessSettings
from tests.board.access.people import Clock, People
from tests.board.fake import Fake

Client = TestClient[Any, Any]
Record = pytest.LogCaptureFixture
PAGES = ("/api/v1/board", "/api/v1/stream", "/api/v1/visits", "/api/v1/session")
ROLES = ("wall-1", "li-na", "root")


@pytest.fixture
def fake() -> Fake:
    fake = Fake()
    fake.show()
    return fake


@pytest.fixture
def board(fake: Fake, people: People, clock: Clock) -> Board:
    return Board(fake, people.gate(clock, proxy_addresses=("127.0.0.1",)))


@pytest.fixture
async def client(board: Board) -> AsyncIterator[Client]:
    server = TestServer(board.application())
    async with TestClient(server, cookie_jar=DummyCookieJar()) as client:
        yield client


@pytest.fixture
def bearer(people: People) -> dict[str, dict[str, str]]:
    return {name: {"Authorization": f"Bearer {token}"} for name, token in people.tokens.items()}


@pytest.mark.parametrize("path", [*PAGES, "/page/wallboard.js", "/nothing", "/page/none.js"])
async def test_a_stranger_is_told_to_sign_in(client: Client, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status, await answer.json()) == (401, {"error": "sign in first"})
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_strangers_browser_is_led_to_the_login(client: Client) -> None:
    answer = await client.get("/", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "login")
    for path in ("/login", "/page/login.css", "/page/login.js", "/page/icon.svg"):
        assert (await client.get(path)).status == 200


async def test_health_says_nothing_to_a_stranger_but_yes_or_no(client: Client, fake: Fake) -> None:
    fake.problem = "kafka-1.internal:9092 is away"
    for path, word in (("/healthz", "alive"), ("/readyz", "ready")):
        assert await (await client.get(path)).json() == {word: True}


@pytest.mark.parametrize("name", ROLES)
async def test_figures_are_for_everybody_who_is_in(
    client: Client, bearer: dict[str, Any], name: str
) -> None:
    for path in ("/", "/api/v1/board", "/page/wallboard.js", "/api/v1/session", "/readyz"):
        assert (await client.get(path, headers=bearer[name])).status == 200, path
    answer = await client.get("/readyz", headers=bearer[name])
    assert "problem" in await answer.json()


def records(log: Record) -> list[dict[str, Any]]:
    return [json.loads(each.message) for each in log.records if each.name == "hotline.audit"]


async def test_visits_are_for_leads_and_admins_and_every_look_is_on_record(
    client: Client, bearer: dict[str, Any], fake: Fake, caplog: Record
) -> None:
    caplog.set_level("INFO")
    fake.found = {"count": 2, "visits": [{"contact": "13800138000", "agent": "Wang"}]}
    asked = "/api/v1/visits?queue=sales&window=today&figure=answered"
    statuses = [(await client.get(asked, headers=bearer[name])).status for name in ROLES]
    assert statuses == [403, 200, 200]
    assert fake.asked is not None
    shared = {"audit": "visits", "queue": "sales", "site": "*", "window": "today"}
    more = {**shared, "figure": "answered", "outcome": "ok", "count": 2}
    assert records(caplog) == [
        {"audit": "visits", "who": "wall-1", "role": "viewer", "outcome": "refused"},
        {**more, "who": "li-na", "role": "lead"},
        {**more, "who": "root", "role": "admin"},
    ]
    assert "13800138000" not in caplog.text
    assert "Wang" not in caplog.text


async def test_a_question_that_failed_is_on_record_too(
    client: Client, bearer: dict[str, Any], caplog: Record
) -> None:
    caplog.set_level("INFO")
    for query in ("window=9m", "queue=nowhere"):
        assert (await client.get(f"/api/v1/visits?{query}", headers=bearer["li-na"])).status == 400
    assert [each["outcome"] for each in records(caplog)] == ["failed", "failed"]


async def test_what_is_asked_for_cannot_begin_a_new_line(
    client: Client, bearer: dict[str, Any], caplog: Record
) -> None:
    caplog.set_level("INFO")
    query = {"queue": 'x\n{"audit": "visits", "who": "root"}'}
    await client.get("/api/v1/visits", params=query, headers=bearer["li-na"])
    (line,) = [each.message for each in caplog.records if each.name == "hotline.audit"]
    assert "\n" not in line
    assert json.loads(line)["queue"] == query["queue"]


async def test_headers_of_every_answer(client: Client, bearer: dict[str, Any]) -> None:
    for path in ("/", "/login", "/api/v1/board", "/api/v1/visits", "/nothing", "/healthz"):
        answer = await client.get(path, headers=bearer["root"], allow_redirects=False)
        policy = dict(
            each.strip().split(" ", 1)
            for each in answer.headers["Content-Security-Policy"].split(";")
        )
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert "unsafe" not in str(policy)
        for name, text in (
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Server", "hotline"),
        ):
            assert answer.headers[name] == text, path
        assert "geolocation=()" in answer.headers["Permissions-Policy"]
        assert answer.headers["Referrer-Policy"] in {"no-referrer", "same-origin"}
        assert "Strict-Transport-Security" not in answer.headers
        if path != "/":
            assert answer.headers["Cache-Control"] == "no-store"


async def test_behind_https_browsers_are_told_to_stay_there(client: Client) -> None:
    answer = await client.get("/login", headers={"X-Forwarded-Proto": "https"})
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000"


async def test_a_session_is_renewed_by_use(client: Client, board: Board, clock: Clock) -> None:
    gate = board._guard.gate
    gate.sessions._clock = clock
    assert gate.tokens is not None
    token = gate.tokens.named("wall-1")
    assert token is not None
    cookies = {"Cookie": f"hotline={gate.sessions.begin(token)}"}
    assert "Set-Cookie" not in (await client.get("/api/v1/board", headers=cookies)).headers
    clock.now_s += 2 * 86_400
    async with client.get("/api/v1/stream", headers=cookies) as answer:
        morsel = SimpleCookie(answer.headers["Set-Cookie"])["hotline"]
    assert morsel["httponly"]
    assert (morsel["samesite"], morsel["path"], morsel["max-age"]) == ("Strict", "/", "15552000")
    renewed = {"Cookie": f"hotline={morsel.value}"}
    clock.now_s += 179 * 86_400
    assert (await client.get("/api/v1/board", headers=renewed)).status == 200
    assert (await client.get("/api/v1/board", headers=cookies)).status == 401


async def test_a_stream_ends_with_its_token(
    client: Client,
    board: Board,
    people: People,
    clock: Clock,
    bearer: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(web_module, "WELCOME_S", 0)
    async with client.get("/api/v1/stream", headers=bearer["wall-1"]) as answer:
        await answer.content.readuntil(b"\n\n")
        people.write("root")
        clock.now_s += 1
        board.changed()
        await answer.content.read()
    assert (await client.get("/api/v1/stream", headers=bearer["wall-1"])).status == 401


async def test_a_stream_is_opened_anew_now_and_then(
    client: Client, bearer: dict[str, Any], board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_module, "STREAM_S", 0)
    async with client.get("/api/v1/stream", headers=bearer["wall-1"]) as answer:
        await answer.content.readuntil(b"\n\n")
        board.changed()
        await answer.content.read()


async def test_one_session_opens_few_streams(
    client: Client, bearer: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard_module, "STREAMS_OF_SESSION_MAX", 1)
    async with client.get("/api/v1/stream", headers=bearer["wall-1"]) as first:
        assert first.status == 200
        assert (await client.get("/api/v1/stream", headers=bearer["wall-1"])).status == 503
        async with client.get("/api/v1/stream", headers=bearer["root"]) as other:
            assert other.status == 200


async def statuses(client: Client, path: str, times: int, **headers: str) -> set[int]:
    return {(await client.get(path, headers=headers)).status for _ in range(times)}


@pytest.fixture
async def limited(
    fake: Fake, people: People, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Client]:
    """A board whose every limit is small, so that a test need not ask thousands of times."""
    for name, text in (("ADDRESS", 40), ("SESSION", 20), ("VISITS", 5)):
        monkeypatch.setattr(guard_module, f"{name}_BURST", text)
        monkeypatch.setattr(guard_module, f"{name}_PER_S", 1e-6)
    board = Board(fake, people.gate(clock, proxy_addresses=("127.0.0.1",)))
    server = TestServer(board.application())
    async with TestClient(server, cookie_jar=DummyCookieJar()) as client:
        yield client


async def test_an_address_that_asks_too_much_is_told_to_wait(limited: Client) -> None:
    assert await statuses(limited, "/login", 40) == {200}
    answer = await limited.get("/login")
    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert await statuses(limited, "/login", 1, **{"X-Forwarded-For": "192.0.2.7"}) == {200}


async def test_a_session_that_asks_too_much_is_told_to_wait(
    limited: Client, bearer: dict[str, Any]
) -> None:
    assert await statuses(limited, "/api/v1/board", 20, **bearer["wall-1"]) == {200}
    assert await statuses(limited, "/api/v1/board", 1, **bearer["wall-1"]) == {429}
    assert await statuses(limited, "/api/v1/board", 1, **bearer["root"]) == {200}


async def test_visits_are_not_for_collecting(
    limited: Client, bearer: dict[str, Any], caplog: Record
) -> None:
    caplog.set_level("INFO")
    assert await statuses(limited, "/api/v1/visits", 5, **bearer["li-na"]) == {200}
    assert await statuses(limited, "/api/v1/visits", 1, **bearer["li-na"]) == {429}
    assert records(caplog)[-1]["outcome"] == "too many"


async def test_guessing_is_slowed_down_and_who_knows_is_not(
    client: Client, bearer: dict[str, Any]
) -> None:
    wrong = {"Authorization": "Bearer " + "x" * 43}
    found = [(await client.get("/api/v1/board", headers=wrong)).status for _ in range(7)]
    assert found == [401] * 5 + [429] * 2
    assert (await client.get("/api/v1/board", headers=bearer["wall-1"])).status == 200


async def test_a_page_of_elsewhere_cannot_take_loopbacks_name(fake: Fake) -> None:
    board = Board(fake, Gate(AccessSettings()))
    async with TestServer(board.application()) as server, ClientSession() as session:
        url = server.make_url("/api/v1/board")
        foreign = await session.get(url, headers={"Host": "evil.example"})
        assert foreign.status == 421
        assert (await session.get(url)).status == 200
