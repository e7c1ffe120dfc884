"""Tables of finished calls by a mapping: forms of cells and times, damaged rows, order."""

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from streams.core.limits import Rules
from streams.report import Report, make_report
from streams.sources.catalogue import SourceError, make_source
from streams.sources.mapping import MappingError, built_in
from streams.sources.table import TableHeaderError

MAPPING = """
contact = ["id"]
queue = "queue"
agent = { column = "agent", nulls = ["", "-"] }
customer = { column = "number" }
wait = { column = "wait", unit = "s" }
talk = { column = "talk", unit = "s" }
[time]
format = "%Y-%m-%d %H:%M:%S"
entered = ["start"]
[[outcome]]
when = { result = "ok" }
is = "answered"
[[outcome]]
when = { result = "lost" }
is = "abandoned"
[[outcome]]
when = { result = "full", wait = "<=0" }
is = "left"
reason = "full"
[[outcome]]
when = { result = "ivr" }
is = "outside"
reason = "ivr"
"""
HEADER = "id,queue,agent,number,start,wait,talk,result"
ROWS = [
    "1,gas,Anna,5550100,2026-03-02 10:00:00,7,60,ok",
    "2,gas,-,,2026-03-02 10:01:00,12,,lost",
    "3,sales,Bert,5550101,2026-03-02 10:02:00,0,30,ok",
    "4,gas,,,2026-03-02 10:03:00,0,,full",
    "5,gas,,,2026-03-02 10:03:30,0,,ivr",
]


def read(
    folder: Path, text: str | bytes, mapping: str = MAPPING, zone: str | None = None
) -> Report:
    (folder / "mapping.toml").write_text(mapping, encoding="utf-8")
    table = folder / "table.csv"
    table.write_bytes(text if isinstance(text, bytes) else text.encode())
    source = make_source("table", key=b"k", mapping=str(folder / "mapping.toml"), zone=zone)
    return make_report(source, [table], Rules())


def table(*rows: str) -> str:
    return "\n".join([HEADER, *rows]) + "\n"


def counted(found: dict[str, Any]) -> dict[str, Any]:
    total = found["total"]
    return {
        "offered": total["offered"],
        "answered": total["answered"],
        "abandoned": total["abandoned"],
        "left": total["left"],
        "wait_ms": total["answer"]["sum_ms"],
        "handle": (total["handle"]["count"], total["handle"]["sum_ms"]),
    }


PLAIN = {
    "offered": 4,
    "answered": 2,
    "abandoned": 1,
    "left": {"full": 1},
    "wait_ms": 7000,
    "handle": (2, 90_000),
}


def at(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp()) * 1000  # type: ignore[arg-type, misc]


def test_a_plain_table(tmp_path: Path) -> None:
    report = read(tmp_path, table(*ROWS))
    found = report.as_json()
    assert counted(found) == PLAIN
    assert found["outside"] == {"ivr": 1}
    assert {name: one["offered"] for name, one in found["queues"].items()} == {
        "gas": 3,
        "sales": 1,
    }
    first = report.rows[0]
    assert (first["entered_ms"], first["agent"]) == (at(2026, 3, 2, 10), "Anna")
    assert first["customer"] is not None
    assert report.rows[1]["customer"] is None


@pytest.mark.parametrize(
    ("text", "mapping"),
    [
        pytest.param(table(*ROWS).replace("\n", "\r\n"), MAPPING, id="windows"),
        pytest.param("\ufeff" + table(*ROWS), MAPPING, id="byte order mark"),
        pytest.param(table(*ROWS).rstrip("\n"), MAPPING, id="no last line end"),
        pytest.param(
            table(*ROWS).replace(",", ";"), 'delimiter = ";"\n' + MAPPING, id="semicolons"
        ),
        pytest.param(table(*ROWS).replace(",", "\t"), 'delimiter = "\\t"\n' + MAPPING, id="tabs"),
        pytest.param(table(*ROWS).replace("Anna", '"Anna, ""A."", night"'), MAPPING, id="quotes"),
        pytest.param(table(*ROWS).replace("Anna", '"Anna\nnight shift"'), MAPPING, id="two lines"),
        pytest.param(table(*ROWS).replace("Anna", 'An"na'), MAPPING, id="a quote inside"),
        pytest.param(table(*ROWS).replace("Anna", "An\x1fna"), MAPPING, id="a separator inside"),
        pytest.param(table(*[row + ",," for row in ROWS]), MAPPING, id="empty cells at the end"),
        pytest.param(
            table(*ROWS).replace("Anna", "安娜").encode("gb18030"),
            'encoding = "gb18030"\n' + MAPPING,
            id="gb18030",
        ),
        pytest.param(
            table(*ROWS).replace("Anna", "Änne").encode("latin-1"), MAPPING, id="not utf-8"
        ),
        pytest.param(
            table(*ROWS).replace("Anna", '"Anna'),
            MAPPING.replace("contact =", 'quote = ""\ncontact =', 1),
            id="no quotes at all",
        ),
    ],
)
def test_forms(text: str | bytes, mapping: str, tmp_path: Path) -> None:
    found = read(tmp_path, text, mapping).as_json()
    assert counted(found) == PLAIN
    assert found["records"]["rejected"] == {}


@pytest.mark.parametrize("seed", range(5))
def test_order_and_copies_do_not_matter(seed: int, tmp_path: Path) -> None:
    rows = ROWS * 3
    random.Random(seed).shuffle(rows)
    found = read(tmp_path, table(*rows)).as_json()
    assert counted(found) == PLAIN
    assert (found["records"]["accepted"], found["records"]["duplicates"]) == (5, 10)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("9,gas", "malformed"),
        ("9,gas,A,5,2026-03-02 10:00:00,7,60,ok,more", "malformed"),
        ("9,gas,A,5,2026-03-02,7,60,ok", "bad_field"),
        ("9,gas,A,5,2026-02-30 10:00:00,7,60,ok", "bad_field"),
        ("9,gas,A,5,,7,60,ok", "bad_field"),
        ("9,gas,A,5,2026-03-02 10:00:00,soon,60,ok", "bad_field"),
        ("9,gas,A,5,2026-03-02 10:00:00,-7,60,ok", "bad_field"),
        ("9,gas,A,5,2026-03-02 10:00:00,inf,60,ok", "bad_field"),
        ("9,gas,A,5,2026-03-02 10:00:00,nan,60,ok", "bad_field"),
        ("9,gas,A,5,2026-03-02 10:00:00,99999999,60,ok", "bad_field"),
        ("9,gas,A,5,2026-03-02 10:00:00,7,60,maybe", "bad_field"),
        ("9,,A,5,2026-03-02 10:00:00,7,60,ok", "bad_field"),
        ("9,gas,A,5,9999-12-31 23:59:59,7,60,ok", "bad_field"),
        ("9,gas,A,5,1960-03-02 10:00:00,7,60,ok", "bad_field"),
        ('"9,gas,A,5,2026-03-02 10:00:00,7,60,ok', "malformed"),
    ],
)
def test_a_bad_row_costs_itself_only(row: str, reason: str, tmp_path: Path) -> None:
    found = read(tmp_path, table(ROWS[0], row, *ROWS[1:])).as_json()
    assert counted(found) == PLAIN
    assert found["records"]["rejected"] == {reason: 1}
    assert found["records"]["read"] == 6


def test_rubbish_between_rows(tmp_path: Path) -> None:
    chance = random.Random(1)
    rows = [f"{n},gas,A,5,2026-03-02 10:00:{n % 60:02},7,60,ok".encode() for n in range(500)]
    mixed = [
        line
        for row in rows
        for line in (row, *(chance.randbytes(chance.randrange(60)) for _ in range(20)))
    ]
    # Line ends would make two records of one.
    text = b"\n".join(line.translate(None, b"\r\n") for line in mixed)
    found = read(tmp_path, HEADER.encode() + b"\n" + text).as_json()
    assert found["total"]["offered"] == 500
    fates = found["records"]
    assert fates["accepted"] == 500
    parts = fates["duplicates"] + sum(fates["ignored"].values()) + sum(fates["rejected"].values())
    assert fates["read"] == 500 + parts


def test_blank_lines_are_ignored(tmp_path: Path) -> None:
    found = read(tmp_path, table(*ROWS) + "\n").as_json()
    assert counted(found) == PLAIN
    assert found["records"]["ignored"] == {"blank": 1}


@pytest.mark.parametrize(
    ("form", "text", "moment"),
    [
        ("%d.%m.%Y %H:%M", "02.03.2026 10:00", at(2026, 3, 2, 2)),
        ("iso", "2026-03-02T10:00:00", at(2026, 3, 2, 2)),
        ("iso", "2026-03-02T10:00:00.250", at(2026, 3, 2, 2) + 250),
        ("iso", "2026-03-02T10:00:00Z", at(2026, 3, 2, 10)),
        ("iso", "2026-03-02 10:00:00+01:00", at(2026, 3, 2, 9)),
        ("%Y-%m-%dT%H:%M:%S%z", "2026-03-02T10:00:00+0100", at(2026, 3, 2, 9)),
        ("epoch", "1772445600", at(2026, 3, 2, 10)),
        ("epoch", "1772445600.5", at(2026, 3, 2, 10) + 500),
        ("epoch_ms", "1772445600250", at(2026, 3, 2, 10) + 250),
    ],
)
def test_times(form: str, text: str, moment: int, tmp_path: Path) -> None:
    mapping = MAPPING.replace("%Y-%m-%d %H:%M:%S", form)
    row = f"1,gas,A,5,{text},7,60,ok"
    report = read(tmp_path, table(row), 'timezone = "Asia/Shanghai"\n' + mapping)
    assert [one["entered_ms"] for one in report.rows] == [moment]


def test_the_zone_of_the_command_wins(tmp_path: Path) -> None:
    (row,) = read(tmp_path, table(ROWS[0]), zone="America/New_York").rows
    assert row["entered_ms"] == at(2026, 3, 2, 15)


LEAVING = MAPPING.replace('wait = { column = "wait", unit = "s" }\n', "").replace(
    'entered = ["start"]', 'entered = ["start"]\nleft = "wait"'
)


@pytest.mark.parametrize(
    ("entered", "left", "wait_s"),
    [
        ("2026-03-02 10:00:00", "2026-03-02 10:00:09", 9),
        ("2026-03-02 10:00:09", "2026-03-02 10:00:00", 0),  # one second off is no negative wait
        ("2026-03-29 01:59:50", "2026-03-29 03:00:10", 20),  # spring: an hour is missing
        ("2026-10-25 02:59:50", "2026-10-25 02:00:10", 20),  # autumn: an hour comes twice
        ("2026-10-25 02:10:00", "2026-10-25 02:10:30", 30),
    ],
)
def test_waits_across_a_change_of_clocks(
    entered: str, left: str, wait_s: int, tmp_path: Path
) -> None:
    mapping = 'timezone = "Europe/Berlin"\n' + LEAVING
    (row,) = read(tmp_path, table(f"1,gas,A,5,{entered},{left},60,ok"), mapping).rows
    assert row["wait_ms"] == 1000 * wait_s


TIME_OF_DAY = """
contact = ["id"]
queue = "queue"
talk = { column = "talk", unit = "clock", zero = "unknown" }
[time]
date = "day"
format = "%d/%m/%Y %H:%M:%S"
nulls = ["", "0:00:00"]
arrived = "came"
entered = ["joined", "through"]
left = "gone"
[[outcome]]
when = {}
is = "answered"
"""


@pytest.mark.parametrize(
    ("cells", "entered_ms", "wait_s", "talk_ms"),
    [
        ("10:00:00,10:00:10,,10:00:15,0:01:05", at(2026, 3, 2, 10, 0, 10), 5, 65_000),
        ("23:59:50,23:59:58,,00:00:03,0:00:00", at(2026, 3, 2, 23, 59, 58), 5, None),
        ("23:59:50,00:00:04,,00:00:10,1:00:00", at(2026, 3, 3, 0, 0, 4), 6, 3_600_000),
        ("10:00:00,0:00:00,10:00:03,10:00:03,0:00:01", at(2026, 3, 2, 10, 0, 3), 0, 1000),
        ("10:00:05,,10:00:03,10:00:09,0:00:01", at(2026, 3, 2, 10, 0, 3), 6, 1000),
        ("10:00:05,,,10:00:09,0:00:01", at(2026, 3, 2, 10, 0, 5), 4, 1000),
    ],
)
def test_times_of_day(
    cells: str, entered_ms: int, wait_s: int, talk_ms: int | None, tmp_path: Path
) -> None:
    text = f"id,queue,day,came,joined,through,gone,talk\n1,gas,02/03/2026,{cells}\n"
    (row,) = read(tmp_path, text, TIME_OF_DAY).rows
    assert (row["entered_ms"], row["wait_ms"]) == (entered_ms, 1000 * wait_s)
    assert row["talk_ms"] == talk_ms
    assert row["talking"] is False  # it is over, however long it was


@pytest.mark.parametrize(
    ("unit", "cell", "talk_ms"),
    [
        ("ms", "1500", 1500),
        ("s", "1.5", 1500),
        ("min", "0.5", 30_000),
        ("clock", "1:02:03", 3_723_000),
    ],
)
def test_units(unit: str, cell: str, talk_ms: int, tmp_path: Path) -> None:
    mapping = MAPPING.replace('"talk", unit = "s"', f'"talk", unit = "{unit}"')
    (row,) = read(tmp_path, table(f"1,gas,A,5,2026-03-02 10:00:00,7,{cell},ok"), mapping).rows
    assert row["talk_ms"] == talk_ms


def test_a_header_that_lacks_columns(tmp_path: Path) -> None:
    with pytest.raises(TableHeaderError, match="expected the columns queue, wait"):
        read(tmp_path, "id,agent,number,start,talk,result\n")
    with pytest.raises(TableHeaderError):
        read(tmp_path, b"")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("[time]", "[time"), "expected TOML"),
        (('queue = "queue"', ""), "queue: Field required"),
        (('unit = "s"', 'unit = "fortnights"'), "wait.unit"),
        (('is = "answered"', 'is = "fine"'), "outcome.0.is"),
        (('reason = "full"', 'reason = "boredom"'), "reason: expected one of"),
        (('contact = ["id"]', "contact = []"), "contact"),
        (('contact = ["id"]', 'contact = ["id"]\ncolour = 1'), "colour"),
        (('contact = ["id"]', 'contact = ["id"]\ntimezone = "Mars/Base"'), "IANA time zone"),
        (('contact = ["id"]', 'contact = ["id"]\nencoding = "morse"'), "expected an encoding"),
        (('contact = ["id"]', 'contact = ["id"]\ndelimiter = "ab"'), "delimiter"),
        (("%Y-%m-%d %H:%M:%S", "%Q"), "strptime form"),
        (("%Y-%m-%d %H:%M:%S", "yyyy"), "strptime form"),
        (('wait = { column = "wait", unit = "s" }', ""), "wait or time.left"),
    ],
)
def test_a_mapping_that_cannot_be_used(change: tuple[str, str], words: str, tmp_path: Path) -> None:
    with pytest.raises(MappingError) as caught:
        read(tmp_path, table(*ROWS), MAPPING.replace(*change, 1))
    assert words in str(caught.value)
    assert "mapping.toml" in str(caught.value)


def test_the_source_asks_for_its_mapping() -> None:
    with pytest.raises(SourceError, match="anonymous-bank"):
        make_source("table", key=b"k")
    with pytest.raises(MappingError, match="anonymous-bank"):
        make_source("table", key=b"k", mapping="no-such-mapping")
    with pytest.raises(SourceError, match="asterisk-queue-log"):
        make_source("carrier-pigeon", key=b"k")
    assert built_in() == ["anonymous-bank"]
