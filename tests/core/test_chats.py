import re
from collections import Counter
from pathlib import Path

from streams.core import chats
from streams.core.chats import CHAT_DEFINITIONS, CHAT_METRICS, CHAT_WIDTH, REPLY_EDGES_S
from streams.core.definitions import DEFINITIONS, METRICS


def test_edges_are_those_of_the_contract() -> None:
    assert REPLY_EDGES_S == (
        5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1800, 3600, 7200,
    )  # fmt: skip
    assert tuple(edge // 1000 for edge in chats.REPLY_EDGES_MS) == REPLY_EDGES_S
    assert set(chats.REPLIED_WITHIN_S) <= set(REPLY_EDGES_S)


def test_columns_follow_each_other_without_gap() -> None:
    single = [
        chats.OPENED, chats.REOPENED, *(chats.OUTCOME_FIRST + place for place in range(5)),
        chats.REPLY_SUM_MS, chats.REPLY_CALENDAR_SUM_MS, chats.REPLY_TOTAL_SUM_MS,
        chats.NEXT_REPLIES, chats.NEXT_SUM_MS, chats.CLOSED, chats.RESOLVED,
        chats.RESOLUTION_SUM_MS, chats.RATED, chats.RATED_SUM_PERMILLE, chats.SATISFIED,
        chats.CHAT_CORRECTIONS,
    ]  # fmt: skip
    wide = (chats.REPLY_FIRST, chats.CALENDAR_FIRST, chats.NEXT_FIRST)
    used = single + [first + n for first in wide for n in range(len(REPLY_EDGES_S) + 1)]
    assert sorted(used) == list(range(CHAT_WIDTH))


def test_definitions_and_metrics_have_names_of_their_own() -> None:
    assert max(Counter(one.id for one in (*DEFINITIONS, *CHAT_DEFINITIONS)).values()) == 1
    assert max(Counter(one.name for one in (*METRICS, *CHAT_METRICS)).values()) == 1
    for one in CHAT_DEFINITIONS:
        assert re.search(r"[\u4e00-\u9fff]", one.formula_zh)
    for metric in CHAT_METRICS:
        assert re.fullmatch(r"hotline(_[a-z]+)+", metric.name)
        assert (metric.kind == "counter") == metric.name.endswith("_total")
        assert metric.help.endswith(".")


def test_the_documents_say_the_same() -> None:
    text = (Path(__file__).parents[2] / "docs" / "chats.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (.+) \|$", text, re.MULTILINE)
    assert rows == [(one.id, str(one.version), one.formula) for one in CHAT_DEFINITIONS]
    assert ", ".join(map(str, REPLY_EDGES_S)) in " ".join(text.split())
