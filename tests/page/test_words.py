"""Every code that the board can give for a visit has words in both languages."""

from itertools import chain

import pytest

from streams.board.why import Counted, Why
from streams.core.definitions import Left, Outcome
from tests.page.chromium import Page
from tests.page.fake_board import FakeBoard

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]

CODES = {"why": Why, "counted": Counted, "reason": Left, "outcome": Outcome}


async def test_each_code_has_words(page: Page, fake: FakeBoard) -> None:
    await page.goto(fake.url)
    known = await page.run("import('./page/codes.js').then(({ CODES }) => CODES)")

    for kind, codes in CODES.items():
        assert {str(code) for code in codes} - set(known[kind]) == set(), kind
    texts = chain.from_iterable(pair for kind in known.values() for pair in kind.values())
    assert all(texts)
