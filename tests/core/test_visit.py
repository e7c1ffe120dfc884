"""Stories: what happened on the left, what is known of the visit on the right."""

from pathlib import Path
from typing import Any

import pytest

from streams.core.life import Phase
from streams.core.rows import Row
from streams.core.visit import Visit
from tests.core.histories import NOON_MS, event, folded, heartbeat, merged, rows_of

STORIES = sorted((Path(__file__).parent / "stories").glob("*.story"))
NUMBERS = {"wait", "talk", "wrapup", "visit"}


def _events(history: str) -> list[dict[str, Any]]:
    made = []
    for moment in history.split(", "):
        at_s, kind, *words = moment.split()
        if kind == "heartbeat":
            made.append(heartbeat(float(at_s)))
            continue
        fields = dict(word.split("=") for word in words)
        more: dict[str, Any] = {
            name: int(text) if name in NUMBERS else text for name, text in fields.items()
        }
        made.append(event(kind, float(at_s), **more))
    return made


def _seconds(ms: int | None) -> str:
    """To the millisecond, so that a story with whole seconds shows any that is too much."""
    assert ms is not None
    return f"{ms / 1000:.9g}"


def _second(at_ms: int | None) -> str:
    assert at_ms is not None
    return _seconds(at_ms - NOON_MS)


def _told(row: Row) -> str:
    words = [f"entered {_second(row['entered_ms'])}"]
    if row["outcome"] is None:
        words.append("waiting")
    else:
        end = f"{row['reason'] or row['outcome']} at {_second(row['left_ms'])}"
        by = f" by {row['agent']}" if row["agent"] else ""
        words.append(f"{end} after {_seconds(row['wait_ms'])}{by}")
    if row["talking"]:
        words.append("talking")
    elif row["outcome"] == "answered":
        known = row["talk_ms"] is not None
        words.append(f"talk {_seconds(row['talk_ms']) if known else 'unknown'}")
        assert known or row["wrapup_ms"] is None
    if row["wrapup_ms"] is not None:
        words.append(f"wrapup {_seconds(row['wrapup_ms'])}")
    if row["transferred"]:
        words.append(row["transferred"])
    if row["rings_missed"]:
        words.append(f"rung {row['rings_missed']}")
    if row["ended_by"]:
        words.append(f"ended by {row['ended_by']}")
    queue = "" if row["queue"] == "q" else f"{row['queue']}: "
    return queue + ", ".join(words)


def _stories() -> list[Any]:
    rows = [
        (path.stem, [part.strip() for part in line.split(" | ")])
        for path in STORIES
        for line in path.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    return [pytest.param(parts[0], parts[1], id=f"{stem}: {parts[0]}") for stem, parts in rows]


@pytest.mark.parametrize(("history", "facts"), _stories())
def test_story(history: str, facts: str) -> None:
    events = _events(history)
    orders = [events] if "heartbeat" in history else [events, events[::-1], events + events]
    for order in orders:
        rows = rows_of(folded(order))
        assert "; ".join(_told(row) for row in rows) == ("" if facts == "nothing" else facts)


def test_the_smallest_site_and_queue_name_the_visit() -> None:
    visit = Visit()
    for site, queue in (("b", "x"), ("b", "y"), ("a", "z"), ("c", "a")):
        merged(visit, event("ringing", 0, queue=queue, site=site))
    assert visit.key == ("a", "z")


def test_a_site_that_is_not_named_is_the_main_one() -> None:
    visit = Visit()
    merged(visit, event("queued", 0))
    assert visit.key == ("main", "q")


def test_nothing_of_a_visit_is_final_at_first() -> None:
    visit = Visit()
    assert visit.counted is False
    assert visit.served is False


def test_an_implied_entering_gives_way_to_one_that_was_seen() -> None:
    visit = Visit()
    merged(visit, event("answered", 20, wait=5))
    assert (visit.entered_ms, visit.implied_ms) == (None, NOON_MS + 15_000)
    merged(visit, event("abandoned", 20, wait=9))
    assert visit.implied_ms == NOON_MS + 11_000
    merged(visit, event("queued", 14))
    merged(visit, event("answered", 20, wait=19))
    assert visit.entered_ms == NOON_MS + 14_000
    assert visit.implied_ms is None


@pytest.mark.parametrize(
    ("history", "phase"),
    [
        ("0 queued, 5 left reason=key, 7 answered", Phase.LEFT),
        ("0 queued, 5 abandoned, 7 answered", Phase.ABANDONED),
        ("0 queued, 5 answered, 7 left reason=key", Phase.TALKING),
        ("0 queued, 5 left reason=key, 7 abandoned", Phase.LEFT),
        ("0 queued, 7 left reason=key, 5 abandoned", Phase.ABANDONED),
    ],
)
def test_the_phase_is_that_of_the_end_that_counts(history: str, phase: Phase) -> None:
    visit = Visit()
    for one in _events(history):
        merged(visit, one)
    assert visit.phase() is phase
