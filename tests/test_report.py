"""`hotline report --json` key by key: others script against it."""

import json
from pathlib import Path
from typing import Any

import pytest

from streams.core.limits import Rules
from streams.report import figures, make_report, periods, text
from streams.sources.catalogue import make_source
from streams.sources.taken import NAMES_MAX
from tests.core.histories import event
from tests.core.talks import talk
from tests.sources.logs import START_S, log, report_of

LINES = [
    "+0|c.1|gas|NONE|ENTERQUEUE||100|1",
    "+2|c.2|gas|NONE|ENTERQUEUE||101|2",
    "+3|c.3|sales|NONE|ENTERQUEUE||102|1",
    "+5|c.1|gas|Anna|CONNECT|5|c.9|3",
    "+6|c.2|gas|NONE|ABANDON|1|1|4",
    "+7|c.3|sales|Bert|CONNECT|4|c.9|3",
    "+9|c.1|gas|Anna|BLINDTRANSFER|300|x|5|4|1",
    "+10|c.4|gas|NONE|ENTERQUEUE||100|1",
    "+11|NONE|NONE|NONE|CONFIGRELOAD|",
    "+12|c.4|gas|NONE|EXITWITHKEY|9|1|1|2",
    "+13|c.5|gas|NONE|ENTERQUEUE||100|1",
    "rubbish",
]
F = {
    "offered": int,
    "answered": int,
    "abandoned": int,
    "left": dict,
    "waiting": int,
    "talking": int,
    "transferred": dict,
    "answer": dict,
    "abandon": dict,
    "handle": dict,
    "max_waiting": int,
}
ANSWER = ["count", "sum_ms", "mean_s", "p50_s", "p90_s", "p95_s", "within"]


@pytest.fixture
def found(tmp_path: Path) -> dict[str, Any]:
    content = log(LINES)
    return report_of(tmp_path, content, content).as_json()


def test_the_whole_object(found: dict[str, Any]) -> None:
    within = {"3": 0, "5": 1, "9": 1, "10": 1, "15": 1, "20": 1, "30": 1, "60": 1, "180": 1}
    assert list(found) == ["records", "outside", "total", "queues"]
    assert found["records"] == {
        "read": 24,
        "accepted": 10,
        "duplicates": 12,
        "ignored": {"CONFIGRELOAD": 1},
        "rejected": {"malformed": 1},
    }
    assert found["outside"] == {}
    assert found["queues"]["gas"] == {
        "offered": 4,
        "answered": 1,
        "abandoned": 1,
        "left": {"key": 1},
        "waiting": 1,
        "talking": 0,
        "transferred": {"blind": 1, "attended": 0},
        "answer": {
            "count": 1,
            "sum_ms": 5000,
            "mean_s": 5.0,
            "p50_s": 5.0,
            "p90_s": 5.0,
            "p95_s": 5.0,
            "within": within,
        },
        "abandon": {"count": 1, "sum_ms": 4000, "within": {"3": 0, "5": 1, "20": 1}},
        "handle": {"count": 1, "sum_ms": 4000, "mean_s": 4.0},
        "max_waiting": 2,
    }
    assert found["total"]["max_waiting"] == 3  # not the sum of the queues'
    assert found["total"]["talking"] == 1
    json.dumps(found)


def test_every_figure_has_every_key_and_kind(found: dict[str, Any]) -> None:
    for one in (found["total"], *found["queues"].values()):
        assert {name: type(value) for name, value in one.items()} == F
        assert list(one["answer"]) == ANSWER
        assert list(one["transferred"]) == ["blind", "attended"]
        left = sum(one["left"].values())
        assert one["offered"] == one["answered"] + one["abandoned"] + left + one["waiting"]


def test_no_value_is_null_and_never_nought(tmp_path: Path) -> None:
    answer = report_of(tmp_path, b"").as_json()["total"]
    for name in ("mean_s", "p50_s", "p90_s", "p95_s"):
        assert answer["answer"][name] is None
    assert answer["handle"] == {"count": 0, "sum_ms": 0, "mean_s": None}


def test_names_of_what_is_ignored_are_bounded(tmp_path: Path) -> None:
    names = [f"+{n}|c|q|NONE|CUSTOM{n}|" for n in range(NAMES_MAX + 50)]
    names.append("+999|c|q|NONE|" + "X" * 500 + "|")
    ignored = report_of(tmp_path, log(names)).as_json()["records"]["ignored"]
    assert len(ignored) == NAMES_MAX + 1
    assert ignored["other"] == 51
    assert max(map(len, ignored)) <= 64


def test_limits_of_a_service_are_not_a_reports(tmp_path: Path) -> None:
    rules = Rules(queues_max=1, contacts_max=2, allowed_lateness_ms=1)
    path = tmp_path / "log"
    path.write_bytes(log(LINES))
    found = make_report(make_source("asterisk-queue-log", key=b"k"), [path], rules).as_json()
    assert found["total"]["offered"] == 5
    assert list(found["queues"]) == ["gas", "sales"]


def test_periods_are_local(tmp_path: Path) -> None:
    # 1,700,000,000 s is 2023-11-14 22:13:20 UTC, a Tuesday; in Shanghai it is Wednesday.
    lines = ["+0|c.1|gas|NONE|ENTERQUEUE||1|1", "+5|c.1|gas|NONE|ABANDON|1|1|5"]
    lines += ["+86400|c.2|gas|NONE|ENTERQUEUE||1|1", "+86405|c.2|gas|NONE|ABANDON|1|1|5"]
    rows = report_of(tmp_path, log(lines)).rows
    assert START_S == 1_700_000_000
    for zone, days in (
        ("UTC", ["2023-11-14", "2023-11-15"]),
        ("Asia/Shanghai", ["2023-11-15", "2023-11-16"]),
    ):
        by_day = periods(rows, "day", zone)
        assert [one["from"] for one in by_day] == days
        assert [one["total"]["offered"] for one in by_day] == [1, 1]
    assert [one["from"] for one in periods(rows, "week", "UTC")] == ["2023-11-13"]
    (month,) = periods(rows, "month", "UTC")
    assert (month["from"], month["period"]) == ("2023-11-01", "month")
    assert {name: month[name] for name in ("total", "queues")} == figures(rows)


CHATS = [
    ("open@0 ask@0 bot@1 to-queue@20 reply:Anna@50 close@60 rate:5@61", "a", "qq"),
    ("open@0 ask@0 reply:Anna@70", "b", "qq"),
    ("open@0 ask@0 close@9", "c", "web"),
]


def test_chats_of_canonical_lines_have_figures_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    events = [one for told, name, queue in CHATS for one in talk(told, name, queue=queue)]
    events += [event("queued", 0, "call", queue="phone"), events[0]]
    events += [event("chat.agent_reply", 1, "a", data={"by": "robot"})]
    path.write_text("\n".join(map(json.dumps, events)))
    made = make_report(make_source("canonical", key=b"k"), [path], Rules())
    found = made.as_json()
    assert found["records"]["duplicates"] == 1
    assert found["records"]["rejected"] == {"bad_field": 1}
    assert list(found["queues"]) == ["phone"]
    assert list(found["chats"]["queues"]) == ["qq", "web"]
    first = found["chats"]["queues"]["qq"]["first_reply"]
    assert (first["met"], first["eligible"], first["sum_ms"]) == (1, 2, 100_000)
    assert found["chats"]["queues"]["web"]["missed"] == 1
    assert found["chats"]["total"]["first_reply"]["eligible"] == 3
    assert found["chats"]["total"]["open"] == 1
    lines = text(found).splitlines()
    assert lines[4].startswith("chats")
    (total,) = (line for line in lines[5:] if line.startswith("all"))
    assert total.split() == ["all", "3", "3", "2", "1", "50.0", "s", "70.0", "s", "33.3", "%"]
