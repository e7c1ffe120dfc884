"""What is old says so, in words, and nothing has to be pressed when it is new again."""

import asyncio

import pytest

from tests.page.boards import SERVED_MS, board, queue
from tests.page.chromium import PATIENCE_S, Page
from tests.page.fake_board import FakeBoard

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]

TILE = "document.querySelector('#queues .tile')"
AGE = "document.querySelector('#queues [data-part=age]').textContent"
BANNER = "document.querySelector('#banner')"
# The page takes half a minute of silence for a dead connection; the test does not wait so long.
HURRY = """
  const real = setTimeout;
  window.setTimeout = (f, ms, ...rest) => real(f, ms >= 30000 ? 300 : ms, ...rest);
"""


async def open_board(page: Page, fake: FakeBoard, query: str = "?lang=en") -> None:
    await page.goto(fake.url + query)
    await page.until(TILE)


async def test_a_stale_queue_greys_with_words_and_recovers(page: Page, fake: FakeBoard) -> None:
    old = queue("sales", data_ms=SERVED_MS - 62_000)
    fake.tell(board(queue("repair"), old))
    await open_board(page, fake)
    second = "document.querySelector('#queues .tile:nth-child(2)')"

    assert await page.run(f"{second}.dataset.status") == "stale"
    assert await page.run(f"{TILE}.dataset.status") == "meets"
    texts = await page.run(f"{second}.textContent")
    assert "No data since 14:02:25 – feed stale" in texts

    fake.tell(board(queue("repair"), queue("sales")))
    await page.until(f"{second}.dataset.status === 'meets'")


async def test_a_queue_goes_stale_without_any_message(page: Page, fake: FakeBoard) -> None:
    fake.tell(board(queue("sales", data_ms=SERVED_MS - 24_000)))
    await open_board(page, fake, "?lang=zh")

    await page.until(f"{TILE}.dataset.status === 'stale'")

    assert await page.run(AGE) == "数据停滞：14:03:03 起无数据"


async def test_the_wait_of_a_stale_queue_stands_still(page: Page, fake: FakeBoard) -> None:
    waits = {"waiting": 1, "longest_wait_start_ms": SERVED_MS - 65_000}
    old = queue("sales", data_ms=SERVED_MS - 60_000)
    old["now"].update(waits)
    fake.tell(board(old))
    await open_board(page, fake)

    assert await page.text("#queues [data-part=longest]") == "0:05"


async def test_a_queue_never_heard_of_says_so(page: Page, fake: FakeBoard) -> None:
    fake.tell(board(queue("sales", data_ms=None)))
    await open_board(page, fake)

    assert await page.run(AGE) == "No data yet – feed silent"


async def test_a_lost_board_shows_a_banner_and_recovers(page: Page, fake: FakeBoard) -> None:
    fake.tell(board(queue("sales")))
    await open_board(page, fake)
    assert await page.run(f"{BANNER}.hidden")

    await fake.stop()
    await page.until(f"!{BANNER}.hidden")

    assert (await page.text("#banner")).startswith("Connection to the board lost at 14:0")
    await page.until(f"{TILE}.dataset.status === 'stale'")
    assert await page.run(AGE) == "No data since 14:03:25 – connection lost"

    fake.tell(board(queue("sales", now__talking=9)))
    await fake.start()
    await page.until(f"{BANNER}.hidden && {TILE}.dataset.status === 'meets'")
    assert await page.text("#queues [data-part=talking]") == "9"


async def test_silence_on_a_standing_connection_is_a_lost_one(page: Page, fake: FakeBoard) -> None:
    fake.tell(board(queue("sales")))
    await page.before(HURRY)
    await open_board(page, fake)

    async with asyncio.timeout(PATIENCE_S):
        await fake.opened(2)


async def test_a_new_release_of_the_board_renews_the_page(page: Page, fake: FakeBoard) -> None:
    fake.tell(board(queue("sales")))
    await open_board(page, fake)
    await page.run("window.before = true")

    fake.tell(board(queue("sales"), version="0.2.0"))

    await page.until(f"window.before === undefined && {TILE}")


async def test_a_board_that_is_not_there_yet(page: Page, fake: FakeBoard) -> None:
    await page.goto(fake.url + "?lang=en")

    assert await page.text("#empty") == "Connecting to the board…"
    fake.tell(board())
    await page.until("document.querySelector('#empty').textContent.startsWith('The board is')")
