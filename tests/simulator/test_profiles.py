"""Profiles: the built-in ones are good, and what is wrong with another is said with its place."""

from pathlib import Path

import pytest

from streams.config.errors import ConfigError
from streams.simulator.profiles import load_profile, names, read_profile

GOOD = """[queues.a]
per_day = 10
"""


def test_the_built_in_ones() -> None:
    assert names() == ["city", "small"]
    for name in names():
        assert load_profile(name).queues


# The file, where in it, what was expected, what was found.
WRONG = [
    ("", ": queues", "at least one queue or chat", "none"),
    ("[queues]]", ", line 1", "TOML", "Expected newline or end of document after a statement"),
    ("queues = 3", ", line 1: queues", "a table", "the number 3"),
    (
        GOOD + "patience = 3",
        ", line 3: queues.a.patience",
        "a known key; nearest: patience_s",
        "an unknown key",
    ),
    (
        GOOD + 'talk = "gamma"',
        ", line 3: queues.a.talk",
        '"lognormal" or "exponential"',
        'the text "gamma"',
    ),
    (
        GOOD + "ivr_ratio = 1.5",
        ", line 3: queues.a.ivr_ratio",
        "a number, at least 0, at most 1",
        "the number 1.5",
    ),
    (
        GOOD + "patience_s = -1",
        ", line 3: queues.a.patience_s",
        "a number, more than 0, at most 86400",
        "the number -1",
    ),
    (
        GOOD + 'opens = "25:00"',
        ", line 3: queues.a.opens",
        'a time from "00:00" to "24:00"',
        'the text "25:00"',
    ),
    (
        GOOD + 'opens = "12:00"\ncloses = "11:00"',
        ", line 3: queues.a.opens",
        "opening hours in which somebody comes",
        '"12:00"',
    ),
    (
        GOOD + "weekdays = [1, 2]",
        ", line 3: queues.a.weekdays",
        "seven numbers of at least 0, Monday first",
        "a list",
    ),
    (
        GOOD + 'half_hours = ["many"]',
        ", line 3: queues.a.half_hours[0]",
        "a list of numbers",
        'the text "many"',
    ),
    (
        GOOD + 'overflow_to = "b"',
        ", line 3: queues.a.overflow_to",
        "one of the queues (a)",
        '"b"',
    ),
    (
        GOOD + "blind_ratio = 0.1",
        ", line 1: queues.a.blind_to",
        "a queue, as blind_ratio is set",
        "nothing",
    ),
    (
        GOOD + '[teams.x]\nskills = ["a", "c"]',
        ", line 4: teams.x.skills",
        "one of the queues (a)",
        '"c"',
    ),
    (
        GOOD + '[chats.x]\nstarts = "19:00"',
        ", line 3: chats.x.ends",
        'later than starts ("19:00")',
        '"18:00"',
    ),
    (
        GOOD + '[[incidents]]\nkind = "fire"',
        ": incidents[0].kind",
        '"surge" or "staff-leaves" or "silence"',
        'the text "fire"',
    ),
    (
        GOOD + '[[incidents]]\nkind = "staff-leaves"\nfactor = 3',
        ": incidents[0].factor",
        "a share of at most 1 who leave",
        "the number 3",
    ),
    (
        'timezone = "Mars/North"\n' + GOOD,
        ", line 1: timezone",
        'an IANA time zone such as "Asia/Shanghai"',
        'the text "Mars/North"',
    ),
    (
        "incidents = 5\n" + GOOD,
        ", line 1: incidents",
        "a list of tables ([[incidents]])",
        "the number 5",
    ),
]


@pytest.mark.parametrize(("text", "where", "expected", "found"), WRONG)
def test_what_is_wrong(text: str, where: str, expected: str, found: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_profile(text, "f.toml")
    assert str(refused.value) == f"f.toml{where}: expected {expected}; found {found}"


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cty: expected a profile \(city, small\) or a file"):
        load_profile("cty")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="expected text in UTF-8; found other bytes"):
        load_profile(str(tmp_path / "bytes.toml"))
    (tmp_path / "good.toml").write_text(GOOD)
    assert load_profile(str(tmp_path / "good.toml")).queues["a"].per_day == 10


def test_the_example_in_the_documents_is_good() -> None:
    page = (Path(__file__).parents[2] / "docs" / "simulate.md").read_text(encoding="utf-8")
    example = page.partition("```toml\n")[2].partition("```")[0]
    assert list(read_profile(example, "example").queues) == ["orders"]
