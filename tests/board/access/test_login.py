"""Signing in and out: forms of the board's own page alone, and nothing told to who guesses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from aiohttp import DummyCookieJar
from aiohttp.test_utils import TestClient, TestServer

from streams.board.access import login as login_module
from streams.board.access.gate import Gate
from streams.board.web import Board
from streams.config import AccessSettings
from tests.board.access.people import Clock, People
from tests.board.fake import Fake

Client = TestClient[Any, Any]
OWN = {"Sec-Fetch-Site": "same-origin"}
HTTPS = {**OWN, "X-Forwarded-Proto": "https"}


@pytest.fixture
async def client(people: People, clock: Clock) -> AsyncIterator[Client]:
    fake = Fake()
    fake.show()
    board = Board(fake, people.gate(clock, proxy_addresses=("127.0.0.1",)))
    server = TestServer(board.application())
    async with TestClient(server, cookie_jar=DummyCookieJar()) as client:
        yield client


async def sent(client: Client, token: str, headers: dict[str, str]) -> Any:
    form = {"token": token}
    return await client.post("/login", data=form, headers=headers, allow_redirects=False)


async def test_a_token_begins_a_session(
    client: Client, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    answer = await sent(client, f" {people.tokens['li-na']}\n", OWN)
    assert (answer.status, answer.headers["Location"]) == (303, "./")
    morsel = SimpleCookie(answer.headers["Set-Cookie"])["hotline"]
    assert morsel["httponly"]
    assert not morsel["secure"]
    assert (morsel["samesite"], morsel["path"]) == ("Strict", "/")
    cookie = {"Cookie": f"hotline={morsel.value}"}
    told = await (await client.get("/api/v1/session", headers=cookie)).json()
    assert told == {"name": "li-na", "role": "lead"}
    assert (await client.get("/login", headers=cookie, allow_redirects=False)).status == 303
    assert people.tokens["li-na"] not in caplog.text
    (line,) = [each.message for each in caplog.records if each.name == "hotline.audit"]
    assert json.loads(line)["who"] == "li-na"


async def test_behind_https_the_cookie_belongs_to_this_host_alone(
    client: Client, people: People
) -> None:
    answer = await sent(client, people.tokens["wall-1"], HTTPS)
    cookies = SimpleCookie(answer.headers["Set-Cookie"])
    assert list(cookies) == ["__Host-hotline"]
    assert cookies["__Host-hotline"]["secure"]
    assert not cookies["__Host-hotline"]["domain"]


async def test_a_wrong_token_learns_nothing(
    client: Client, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    pages = set()
    for wrong in ("", "wall-1", "x" * 43, people.lines["root"]):
        answer = await sent(client, wrong, OWN)
        assert answer.status == 401
        assert "Set-Cookie" not in answer.headers
        pages.add(await answer.text())
    assert len(pages) == 1
    assert 'data-state="wrong"' in pages.pop()
    assert "x" * 43 not in caplog.text


async def test_who_guesses_waits(client: Client, people: People) -> None:
    assert {(await sent(client, "x" * 43, OWN)).status for _ in range(5)} == {401}
    answer = await sent(client, people.tokens["root"], OWN)
    assert answer.status == 429
    assert 'data-state="later"' in await answer.text()
    elsewhere = {**OWN, "X-Forwarded-For": "192.0.2.7"}
    assert (await sent(client, people.tokens["root"], elsewhere)).status == 303


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "OWN"},
    ],
)
async def test_another_sites_form_signs_nobody_in_or_out(
    client: Client, people: People, headers: dict[str, str]
) -> None:
    own = f"http://127.0.0.1:{client.port}"
    said = {name: own if text == "OWN" else text for name, text in headers.items()}
    assert (await sent(client, people.tokens["root"], said)).status == 403
    assert (await client.post("/logout", headers=said)).status == 403


async def test_without_https_a_browsers_origin_is_taken(client: Client, people: People) -> None:
    origin = {"Origin": f"http://127.0.0.1:{client.port}"}
    assert (await sent(client, people.tokens["root"], origin)).status == 303


async def test_signing_out_takes_the_cookie(client: Client, people: People) -> None:
    morsel = SimpleCookie((await sent(client, people.tokens["root"], OWN)).headers["Set-Cookie"])[
        "hotline"
    ]
    cookie = {"Cookie": f"hotline={morsel.value}"}
    page = await client.get("/logout", headers=cookie)
    assert 'data-state="sign-out"' in await page.text()
    answer = await client.post("/logout", headers={**OWN, **cookie}, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "login")
    gone = SimpleCookie(answer.headers["Set-Cookie"])["hotline"]
    assert (gone.value, gone["max-age"]) == ("", "0")


async def test_a_form_that_is_none(client: Client) -> None:
    for data, headers, status in (
        (b"{}", {"Content-Type": "application/json"}, 415),
        (b"token=" + b"x" * 5000, {"Content-Type": login_module.FORM}, 413),
        (b"token=%ff%fe", {"Content-Type": f"{login_module.FORM}; charset=none"}, 400),
    ):
        answer = await client.post("/login", data=data, headers={**OWN, **headers})
        assert answer.status == status
        assert "error" in await answer.json()


async def test_a_form_that_does_not_come_is_given_up(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_module, "FORM_LIMIT_S", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    head = f"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {login_module.FORM}\r\n"
    writer.write(f"{head}Sec-Fetch-Site: same-origin\r\nContent-Length: 50\r\n\r\ntok".encode())
    assert b" 408 " in await reader.readline()
    writer.close()


@pytest.mark.parametrize(
    "access", [AccessSettings(), AccessSettings(mode="proxy", proxy_addresses=("192.0.2.1",))]
)
async def test_where_nobody_signs_in(access: AccessSettings) -> None:
    fake = Fake()
    fake.show()
    app = Board(fake, Gate(access)).application()
    async with TestClient(TestServer(app)) as client:
        assert (await sent(client, "x" * 43, OWN)).status == 404
        page = await client.get("/login", allow_redirects=False)
        if access.mode is None:
            assert (page.status, page.headers["Location"]) == (303, "./")
        else:
            assert 'data-state="elsewhere"' in await page.text()
