"""Windows, languages, colours, the panel of visits: by mouse and by keyboard, and remembered."""

import pytest

from tests.page.boards import SERVED_MS, WINDOWS, board, queue, window
from tests.page.chromium import Page
from tests.page.fake_board import FakeBoard

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]

PRESSED = "document.querySelector('#windows [aria-pressed=true]').value"
HANDLED = "document.querySelector('#queues [data-part=handled]').textContent"
SUMMARY = "document.querySelector('#visits-summary').textContent"
LANGUAGE = "document.documentElement.lang"


def with_windows() -> dict[str, object]:
    sales = queue("sales")
    for place, name in enumerate(WINDOWS):
        sales["windows"][name] = window(answered=100 + place, basis="entered")
    return board(sales)


async def open_board(page: Page, fake: FakeBoard, query: str = "?lang=en") -> None:
    await page.goto(fake.url + query)
    await page.until("document.querySelector('#queues .tile')")


async def test_the_keys_one_to_six_choose_the_window(page: Page, fake: FakeBoard) -> None:
    fake.tell(with_windows())
    await open_board(page, fake)
    for place, name in enumerate(WINDOWS):
        await page.press(str(place + 1))
        await page.until(f"{HANDLED} === '{100 + place}'")
        assert await page.run(PRESSED) == name
        assert await page.run("location.hash") == f"#window={name}"


async def test_the_window_is_remembered_and_addressable(page: Page, fake: FakeBoard) -> None:
    fake.tell(with_windows())
    await open_board(page, fake)
    await page.press("6")
    await page.until(f"{HANDLED} === '105'")
    assert await page.text("#window-name") == "Today"
    assert (await page.text("#window-span")).endswith("provisional")

    await open_board(page, fake)
    assert await page.run(PRESSED) == "today"
    await page.run("location.hash = 'window=5m'")
    await page.until(f"{HANDLED} === '100'")
    await open_board(page, fake, "?lang=en#window=interval")
    assert await page.run(PRESSED) == "interval"
    await open_board(page, fake, "?lang=en#window=nonsense")
    assert await page.run(PRESSED) == "5m"


async def test_keys_can_be_switched_off(page: Page, fake: FakeBoard) -> None:
    fake.tell(with_windows())
    await open_board(page, fake, "?lang=en&keys=off")
    await page.press("6")
    assert await page.run(PRESSED) == "30m"


async def test_the_language_switches_and_is_remembered(page: Page, fake: FakeBoard) -> None:
    named = queue("sales", title="Sales", title_zh="销售")
    fake.tell(board(named))
    await open_board(page, fake, "?lang=zh")
    assert await page.run(LANGUAGE) == "zh-CN"
    assert await page.text("#queues [data-part=name]") == "销售"
    assert await page.text("#queues .waiting .label") == "排队人数"

    await page.click("#language")
    await page.until("document.querySelector('#queues [data-part=name]').textContent === 'Sales'")
    assert await page.run(LANGUAGE) == "en"
    assert await page.text("#queues .waiting .label") == "Waiting"
    assert await page.run("location.search") == "?lang=en"

    await open_board(page, fake, "")
    assert await page.run(LANGUAGE) == "en"


async def test_both_languages_say_the_same_things(page: Page, fake: FakeBoard) -> None:
    await page.goto(fake.url)
    gaps = await page.run("""
      import("./page/words.js").then(({ WORDS: { en, zh } }) => {
        const holes = (text) => (text.match(/\\{\\w+\\}/g) ?? []).sort().join();
        const keys = new Set([...Object.keys(en), ...Object.keys(zh)]);
        return [...keys].filter((key) => !en[key] || !zh[key] || holes(en[key]) !== holes(zh[key]));
      })
    """)
    assert gaps == []
    unknown = await page.run("""
      import("./page/words.js").then(({ WORDS: { en } }) => [
        ...document.querySelectorAll("[data-word]"),
        ...document.querySelector("template").content.querySelectorAll("[data-word]"),
      ].map((element) => element.dataset.word).filter((key) => !en[key]))
    """)
    assert unknown == []


async def test_colours_are_dark_until_chosen(page: Page, fake: FakeBoard) -> None:
    fake.tell(board(queue("sales")))
    theme = "document.documentElement.dataset.theme"
    await open_board(page, fake)
    assert await page.run(theme) == "dark"
    await open_board(page, fake, "?theme=light")
    assert await page.run(theme) == "light"
    await page.click("#theme")
    assert await page.run(theme) == "auto"
    await open_board(page, fake, "")
    assert await page.run(theme) == "auto"


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_text_is_told_from_its_ground(page: Page, fake: FakeBoard, theme: str) -> None:
    """WCAG AA: 4.5 to 1, by the formula of the recommendation, for each pair that is used."""
    await page.goto(fake.url + f"?theme={theme}")
    await page.until(f"document.documentElement.dataset.theme === '{theme}'")
    colours = await page.run(
        "Object.fromEntries(['ground','card','raised','ink','soft','meets','risk','below','below-card',"
        "'stale','stale-card','on-status'].map((name) => [name,"
        "getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim()]))"
    )
    pairs = [(text, "card") for text in ("ink", "soft", "meets", "risk", "below")]
    pairs += [(text, "below-card") for text in ("ink", "soft", "below")]
    pairs += [("soft", "ground"), ("ink", "ground"), ("ink", "raised"), ("soft", "raised")]
    pairs += [("stale", "stale-card"), ("soft", "stale-card"), ("ink", "stale-card")]
    pairs += [("on-status", ground) for ground in ("risk", "below")]
    weak = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (3840, 2160)])
@pytest.mark.parametrize("queues", [1, 3, 5, 8])
async def test_the_screen_on_the_wall_does_not_scroll(
    page: Page, fake: FakeBoard, width: int, height: int, queues: int
) -> None:
    fake.tell(board(*(queue(f"queue {n}", now__waiting_beyond_target=3) for n in range(queues))))
    await page.size(width, height)
    await open_board(page, fake)
    await page.until("document.querySelector('#board').dataset.layout === 'tiles'")

    cut = await page.run("""
      [document.documentElement, ...document.querySelectorAll("#board, .tile")].filter((element) =>
        element.scrollHeight > element.clientHeight + 1 ||
        element.scrollWidth > element.clientWidth + 1).length
    """)
    assert cut == 0
    assert await page.run("document.documentElement.scrollHeight <= window.innerHeight")
    size = "parseFloat(getComputedStyle(document.querySelector('#queues .level .value')).fontSize)"
    assert await page.run(size) >= height / 14


@pytest.mark.parametrize(
    ("width", "queues", "layout"), [(1920, 20, "rows"), (390, 3, "scroll"), (820, 30, "scroll")]
)
async def test_many_queues_and_small_screens(
    page: Page, fake: FakeBoard, width: int, queues: int, layout: str
) -> None:
    fake.tell(board(*(queue(f"queue {n}") for n in range(queues))))
    await page.size(width, 844 if width < 1920 else 1080)
    await open_board(page, fake)

    await page.until(f"document.querySelector('#board').dataset.layout === '{layout}'")
    assert await page.run("document.documentElement.scrollWidth <= window.innerWidth")


VISITS = {
    "definition": {"id": "service_level", "version": 1, "formula": "met ÷ eligible"},
    "visits": [
        {
            "contact": "pbx-7",
            "visit": 2,
            "entered_ms": SERVED_MS - 60_000,
            "left_ms": SERVED_MS - 29_000,
            "outcome": "left",
            "reason": "timeout",
            "wait_ms": 31_000,
            "agent": None,
            "talk_ms": None,
            "counted": "missed",
            "why": "a_code_of_tomorrow",
        }
    ],
    "count": 734,
    "counted": {"met": 700, "missed": 34},
    "now_ms": SERVED_MS - 2_000,
    "truncated": True,
}


async def test_a_figure_opens_the_visits_behind_it(page: Page, fake: FakeBoard) -> None:
    fake.tell(board(queue("sales", site="east"), queue("repair")))
    fake.visits = VISITS
    await open_board(page, fake)
    await page.run("document.querySelector('#queues .level').focus()")
    await page.press("Enter")
    await page.until("document.querySelector('#visits-rows tr')")

    assert fake.asked == [
        {"queue": "sales", "site": "east", "window": "30m", "figure": "service_level"}
    ]
    cells = "[...document.querySelectorAll('#visits-rows td')].map((cell) => cell.textContent)"
    assert await page.run(cells) == [
        "14:02:27",
        "14:02:58",
        "Left (time-out)",
        "0:31",
        "Missed",
        "a_code_of_tomorrow",
        "–",
        "–",
        "pbx-7 / 2",
    ]
    assert await page.text("#visits-title") == "Service level – sales – Last 30 minutes"
    definition = await page.text("#visits-definition")
    assert definition == "service_level version 1: met ÷ eligible (T = 20 s, s = 5 s)"
    assert await page.text("#visits-summary") == (
        "734 visits · Met 700 · Missed 34 · as of 14:03:25 · only the first 1 of them are shown"
    )

    await page.press("Escape")
    await page.until("!document.querySelector('#visits').open")
    assert await page.run("document.querySelectorAll('#visits-rows tr').length") == 0


@pytest.mark.parametrize(
    ("selector", "figure"),
    [
        (".waiting", "waiting"),
        (".longest", "waiting"),
        (".answer", "answered"),
        (".abandon", "abandoned"),
        (".handled", "handle"),
        (".talking", "talking"),
        (".offered", "offered"),
    ],
)
async def test_each_figure_asks_for_its_own_visits(
    page: Page, fake: FakeBoard, selector: str, figure: str
) -> None:
    fake.tell(board(queue("sales")))
    fake.visits = {"definition": None, "visits": [], "truncated": False}
    await open_board(page, fake)
    await page.click(f"#queues {selector}")
    await page.until(f"{SUMMARY} === 'No visit behind this figure.'")
    assert fake.asked[0]["figure"] == figure


async def test_why_there_are_no_visits_is_said(page: Page, fake: FakeBoard) -> None:
    fake.tell(board(queue("sales")))
    fake.refusal = "the visits are still being read from Kafka"
    await open_board(page, fake)
    await page.click("#queues .level")
    await page.until(f"{SUMMARY}.endsWith('could not be loaded: {fake.refusal}')")


CLOCK = "document.querySelector('#wall-clock').textContent"
ANNOUNCED = "document.querySelector('#announcer').textContent"


async def a_second_goes_by(page: Page) -> None:
    before = await page.run(CLOCK)
    await page.until(f"{CLOCK} !== '{before}'")


async def test_a_change_of_status_is_announced(page: Page, fake: FakeBoard) -> None:
    fake.tell(board(queue("sales")))
    await open_board(page, fake)
    # The first second only learns what there is; the next one is whole.
    await a_second_goes_by(page)
    await a_second_goes_by(page)
    assert await page.run(ANNOUNCED) == ""

    fake.tell(board(queue("sales", figures=window(service_level__ratio=0.5))))

    await page.until(f"{ANNOUNCED} === 'sales: Below target'")


async def test_a_page_opened_in_the_background_comes_up_quiet(page: Page, fake: FakeBoard) -> None:
    # A tab that nobody looks at hears boards and ticks, but no frame is drawn.
    await page.before(
        "window.held = []; window.draw = window.requestAnimationFrame.bind(window);"
        "window.requestAnimationFrame = (frame) => window.held.push(frame);"
    )
    fake.tell(board(queue("sales")))
    await page.goto(fake.url + "?lang=en")
    await page.until("window.held.length > 0")
    for _ in range(3):
        await a_second_goes_by(page)

    await page.run("window.requestAnimationFrame = window.draw; held.forEach((one) => one())")
    await page.until("document.querySelector('#queues .tile')")
    for _ in range(2):
        await a_second_goes_by(page)
    assert await page.run(ANNOUNCED) == ""
