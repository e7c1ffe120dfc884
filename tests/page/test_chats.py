"""Queues of chats beside those of calls: their own figures, in both languages."""

import json

import pytest

from tests.page.boards import SERVED_MS, queue
from tests.page.chats import chat_board, chat_queue, window
from tests.page.chromium import Page
from tests.page.fake_board import FakeBoard
from tests.page.test_figures import TILE, open_board, parts

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]

CHAT = TILE.format(place=2)


async def test_each_figure_of_a_queue_of_chats_is_the_boards(page: Page, fake: FakeBoard) -> None:
    said = chat_board(queue("sales"), chats=[chat_queue("qq")])
    await open_board(page, fake, said, "?lang=en")
    await page.until(f"document.querySelector('{CHAT} [data-part=longest]').textContent")

    shown = await parts(page, CHAT)
    assert shown["longest"].startswith("1:2")
    del shown["longest"], shown["age"]
    assert shown == {
        "name": "qq",
        "site": "Chats",
        "status": "Below target",  # of those that wait two will be missed
        "level": "80",
        "level-unit": "%",
        "level-of": "of 50 chats",
        "target": "target 80 % in 60 s",
        "live": "live 77 %",
        "waiting": "3",
        "beyond": "2 beyond 60 s",
        "open": "12",
        "open-note": "max 5",
        "first": "31 s",
        "first-note": "p95 95 s",
        "next": "25 s",
        "next-note": "210 times",
        "missed": "3",
        "missed-note": "17/20 happy",
        "opened": "65",
    }
    assert (await parts(page, TILE.format(place=1)))["handled"] == "268"


async def test_in_chinese(page: Page, fake: FakeBoard) -> None:
    await open_board(page, fake, chat_board(queue("s"), chats=[chat_queue("qq")]), "?lang=zh")
    labels = f"[...document.querySelectorAll('{CHAT} .label')].map((one) => one.textContent)"
    assert await page.run(labels) == [
        "首次回复率", "待回复", "最久待回复", "进行中", "首次回复", "未回复", "后续回复",
    ]  # fmt: skip
    assert (await parts(page, CHAT))["target"] == "目标 60 秒 80 %"


async def test_the_oldest_ticks(page: Page, fake: FakeBoard) -> None:
    await open_board(page, fake, chat_board(queue("s"), chats=[chat_queue("qq")]), "?lang=en")
    reading = f"document.querySelector('{CHAT} [data-part=longest]').textContent"
    first = await page.until(reading)
    later = await page.until(f"{reading} !== {json.dumps(first)} && {reading}")
    assert later > first


async def test_what_has_no_value_is_a_dash(page: Page, fake: FakeBoard) -> None:
    nothing = {"first_reply__ratio": None, "first_reply__eligible": 0, "rating__count": 0}
    nothing |= {"first_reply__live_ratio": None, "first_reply__mean_s": None}
    figures = window(**nothing, first_reply__p95_s=None, next_reply__mean_s=None)
    quiet = chat_queue("qq", figures=figures, now__first_reply_beyond_target=0)
    quiet["now"] |= {"unanswered": 0, "oldest_unanswered_ms": None, "per_agent_max": None}
    quiet["now"] |= {"unanswered_beyond_target": 0}
    await open_board(page, fake, chat_board(queue("s"), chats=[quiet]), "?lang=en")
    shown = await parts(page, CHAT)
    assert shown["status"] == "No rated chats"
    assert shown["level"] == shown["first"] == shown["next"] == shown["longest"] == "–"
    assert shown["beyond"] == shown["open-note"] == shown["missed-note"] == ""


async def test_a_silent_chat_server_greys_its_tile_alone(page: Page, fake: FakeBoard) -> None:
    old = chat_queue("qq", data_ms=SERVED_MS - 3_600_000)
    await open_board(page, fake, chat_board(queue("s"), chats=[old]), "?lang=en")
    states = "[...document.querySelectorAll('#queues .tile')].map((one) => one.dataset.status)"
    assert (await page.run(states))[1] == "stale"
    assert (await page.run(states))[0] != "stale"


async def test_without_telephones_the_chats_stand_on_top(page: Page, fake: FakeBoard) -> None:
    said = chat_board(chats=[chat_queue("qq"), chat_queue("web")])
    await open_board(page, fake, said, "?lang=en")
    assert (await parts(page, "#total .tile"))["name"] == "All chats"
    assert await page.run("document.querySelectorAll('#queues .tile').length") == 2
    assert await page.run("document.querySelector('#empty').hidden")


async def test_many_queues_in_rows_say_what_their_figures_are(page: Page, fake: FakeBoard) -> None:
    chats = [chat_queue(f"chat {number}") for number in range(12)]
    said = chat_board(*(queue(f"line {number}") for number in range(20)), chats=chats)
    await page.size(1920, 1080)
    await open_board(page, fake, said, "?lang=en")
    await page.until("document.querySelector('#board').dataset.layout === 'rows'")
    label = f"document.querySelector('{TILE.format(place=25)} .waiting .label')"
    assert await page.run(f"{label}.getBoundingClientRect().height") > 5
