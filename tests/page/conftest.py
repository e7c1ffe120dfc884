"""One browser for all page tests, a new tab with empty storage and a fresh fake board for each."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.page.chromium import Browser, Page, executable
from tests.page.fake_board import FakeBoard


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    try:
        executable()
    except FileNotFoundError as missing:
        pytest.fail(str(missing), pytrace=False)
    running = await Browser.start()
    yield running
    await running.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    tab = await browser.page()
    yield tab
    await tab.close()


@pytest_asyncio.fixture(loop_scope="session")
async def fake() -> AsyncIterator[FakeBoard]:
    server = FakeBoard()
    await server.start()
    yield server
    await server.stop()
