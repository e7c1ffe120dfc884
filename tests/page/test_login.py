"""A board with a login in a browser: in by the form, out when the token goes, within the policy."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer

from streams.board import web as web_module
from streams.board.web import Board
from tests.board.access.people import Clock, People
from tests.board.calls import NOON_MS, Call
from tests.board.fake import Fake
from tests.page.chromium import Page

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture
def people(tmp_path: Path) -> People:
    return People(tmp_path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def board(people: People, clock: Clock) -> Board:
    fake = Fake()
    fake.show(Call("a", NOON_MS - 60_000, 1_000))
    return Board(fake, people.gate(clock))


@pytest_asyncio.fixture(loop_scope="session")
async def url(board: Board) -> AsyncIterator[str]:
    async with TestServer(board.application()) as server:
        yield str(server.make_url("/"))


async def sign_in(page: Page, token: str) -> None:
    await page.until("document.querySelector('#token')")
    await page.run(f"document.querySelector('#token').value = {json.dumps(token)}")
    await page.click("form.in button")


async def test_in_by_the_form_and_out_with_the_token(
    page: Page,
    url: str,
    board: Board,
    people: People,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await page.goto(url)
    await page.until("location.pathname === '/login'")
    await sign_in(page, "x" * 43)
    await page.until("document.body.dataset.state === 'wrong'")
    await sign_in(page, people.tokens["wall-1"])
    await page.until("document.querySelector('#queues .tile')")
    await page.click("#queues .level")
    await page.until("document.querySelector('#visits-summary').textContent.includes('lead')")
    assert await page.run("document.cookie") == ""
    assert await page.run("window.violations") == []

    monkeypatch.setattr(web_module, "WELCOME_S", 0)
    people.write("root")
    clock.now_s += 1
    board.changed()
    await page.until("location.pathname === '/login' && document.querySelector('#token')")
    assert await page.run("window.violations") == []
    assert {each for each in page.requests if not each.startswith((url, "about:"))} == set()


async def test_a_link_from_elsewhere_leads_to_the_board_of_who_is_in(
    page: Page, url: str, people: People
) -> None:
    """A browser keeps the cookie back there; the login page sees it."""
    await page.goto(f"{url}login")
    await sign_in(page, people.tokens["wall-1"])
    await page.until("document.querySelector('#queues .tile')")
    elsewhere = url.replace("127.0.0.1", "localhost")
    await page.goto(f"{elsewhere}login")
    await page.run(f"location.href = {json.dumps(url)}")
    await page.until("document.querySelector('#queues .tile')")
