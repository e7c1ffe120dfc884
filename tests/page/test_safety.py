"""Nothing leaves the origin, nothing breaks the content policy, and names are never markup."""

import pytest

from tests.page.boards import SERVED_MS, board, queue
from tests.page.chromium import Page, executable
from tests.page.fake_board import FakeBoard

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]

HOSTILE = '<img src=x onerror="window.broken=1">"\'&amp;\u202e\u0000$&'


async def test_everything_stays_on_the_origin_and_inside_the_policy(
    page: Page, fake: FakeBoard
) -> None:
    fake.visits = {"definition": None, "visits": [], "truncated": False}
    fake.tell(board(queue("sales"), queue("repair", data_ms=SERVED_MS - 90_000)))
    await page.goto(fake.url + "?lang=zh&theme=light")
    await page.until("document.querySelector('#queues .tile')")
    for control in ("#theme", "#language", "#windows button", "#queues .level"):
        await page.click(control)
    await page.until(
        "document.querySelector('#visits-summary').textContent === 'No visit behind this figure.'"
    )

    assert page.complaints == []
    assert await page.run("window.violations") == []
    foreign = [url for url in page.requests if not url.startswith((fake.url, "about:"))]
    assert foreign == []


async def test_hostile_names_are_shown_and_nothing_else(page: Page, fake: FakeBoard) -> None:
    name = HOSTILE.replace("\u0000", "")
    evil = queue(HOSTILE, site=HOSTILE, title_zh=None, timezone=HOSTILE)
    evil["title"] = name
    fake.visits = {
        "definition": {"id": name, "version": name, "formula": name},
        "visits": [
            {
                "contact": name,
                "visit": 1,
                "entered_ms": SERVED_MS,
                "left_ms": None,
                "outcome": "__proto__",
                "reason": name,
                "wait_ms": None,
                "agent": name,
                "talk_ms": None,
                "counted": name,
                "why": name,
            }
        ],
        "truncated": False,
    }
    fake.tell(board(evil, queue("sales")))
    await page.goto(fake.url + "?lang=en")
    await page.until("document.querySelector('#queues .tile')")
    await page.click("#queues .level")
    await page.until("document.querySelector('#visits-rows td.why')")

    assert await page.text("#queues [data-part=name]") == name
    assert await page.text("#visits-rows td.why") == name
    assert await page.text("#visits-rows td.agent") == name
    assert fake.asked[0]["queue"] == HOSTILE
    assert fake.asked[0]["site"] == HOSTILE
    assert await page.run("document.images.length") == 0
    assert await page.run("window.broken === undefined")
    assert await page.run("window.violations") == []


async def test_a_missing_browser_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(FileNotFoundError, match="apt-get install chromium"):
        executable()
