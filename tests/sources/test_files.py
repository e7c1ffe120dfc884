"""Files as they lie about: other line ends and encodings, pieces in any order, copies, damage."""

from pathlib import Path

import pytest

from streams.sources.asterisk_line import LINE_BYTES_MAX
from streams.wire.codec import RECORD_BYTES_MAX
from tests.sources.logs import RECORDING, START_S, brief, log, report_of, report_on

CALL = [
    "+0|c.1|q|NONE|ENTERQUEUE||100|1",
    "+5|c.1|q|Anna|CONNECT|5|c.2|3",
    "+9|c.1|q|Anna|COMPLETEAGENT|5|4|1",
]
ANSWERED = {
    "offered": 1,
    "answered": 1,
    "abandoned": 0,
    "waiting": 0,
    "talking": 0,
    "wait": 5,
    "abandon_wait": 0,
    "handled": 1,
    "handle": 4,
}


@pytest.mark.parametrize(
    ("damage", "rejected"),
    [
        pytest.param(lambda content: content.replace(b"\n", b"\r\n"), {}, id="windows line ends"),
        pytest.param(lambda content: content.removesuffix(b"\n"), {}, id="last line without end"),
        pytest.param(lambda content: b"\xef\xbb\xbf" + content, {}, id="byte order mark"),
        pytest.param(lambda content: b"\0" * 4096 + content, {}, id="a power failure's zeros"),
        pytest.param(
            lambda content: content.replace(b"Anna", "安娜".encode("gbk")), {}, id="names in GBK"
        ),
        pytest.param(
            lambda content: content.replace(b"Anna", "Änne".encode("latin-1")), {}, id="latin-1"
        ),
        pytest.param(lambda content: content.replace(b"Anna", b"An\tna\x01"), {}, id="controls"),
        pytest.param(lambda content: content.replace(b"Anna", b"A" * 999), {}, id="a long name"),
        pytest.param(
            lambda content: b"\0" * 99 + b"\n" + content, {"malformed": 1}, id="a line of zeros"
        ),
        pytest.param(
            lambda content: content + b"x" * (LINE_BYTES_MAX + 1) + b"\n",
            {"too_large": 1},
            id="too long a line",
        ),
        pytest.param(
            lambda content: b"x" * (3 * RECORD_BYTES_MAX) + b"\n" + content,
            {"too_large": 1},
            id="megabytes in one line",
        ),
        pytest.param(
            lambda content: content + f"{START_S + 9}|c\0.1|q|NONE|ABANDON|1|1|9\n".encode(),
            {"bad_field": 1},
            id="a control character in a call",
        ),
    ],
)
def test_form(damage: object, rejected: dict[str, int], tmp_path: Path) -> None:
    assert callable(damage)
    found = report_of(tmp_path, damage(log(CALL))).as_json()
    assert brief(found["total"]) == ANSWERED
    assert found["records"]["rejected"] == rejected
    assert found["records"]["accepted"] == 3


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"\0" * 999, bytes(range(256)) * 200, b"<?xml?>"]
)
def test_what_is_no_log_has_no_figures(content: bytes, tmp_path: Path) -> None:
    found = report_of(tmp_path, content).as_json()
    assert found["total"]["offered"] == 0
    assert found["total"]["answer"]["mean_s"] is None
    assert found["queues"] == {}
    fates = found["records"]
    assert fates["read"] == sum(fates["rejected"].values()) + sum(fates["ignored"].values())


def _pieces(folder: Path, *bounds: tuple[int, int]) -> list[Path]:
    lines = RECORDING.read_bytes().splitlines(keepends=True)
    paths = []
    for number, (first, last) in enumerate(bounds):
        path = folder / f"queue_log.{number}"
        path.write_bytes(b"".join(lines[first:last]))
        paths.append(path)
    return paths


def test_rotated_pieces_in_any_order(tmp_path: Path) -> None:
    whole = report_on(RECORDING).as_json()
    first, second, third = _pieces(tmp_path, (0, 400), (400, 1100), (1100, 1712))
    assert report_on(third, first, second).as_json() == whole


def test_overlapping_pieces_count_once(tmp_path: Path) -> None:
    whole = report_on(RECORDING).as_json()
    found = report_on(*_pieces(tmp_path, (900, 1712), (0, 1000))).as_json()
    assert found["records"].pop("duplicates") == 100
    assert found["records"].pop("read") == 1812
    whole["records"].pop("duplicates")
    whole["records"].pop("read")
    assert found == whole


def test_the_same_file_twice_changes_nothing() -> None:
    once, twice = report_on(RECORDING).as_json(), report_on(RECORDING, RECORDING).as_json()
    assert twice["records"]["duplicates"] == once["records"]["read"]
    del once["records"], twice["records"]
    assert once == twice


def test_identical_lines_of_one_second_are_repetitions(tmp_path: Path) -> None:
    rings = ["+1|c.1|q|Anna|RINGNOANSWER|0"] * 3 + ["+2|c.1|q|Bert|RINGNOANSWER|0"]
    rings += ["+1|c.1|q|Anna|RINGNOANSWER|0"]  # its thread was overtaken
    content = log([CALL[0], *rings, *CALL[1:]])
    report = report_of(tmp_path, content, content)
    assert report.rows[0]["rings_missed"] == 5
    assert report.as_json()["records"]["duplicates"] == 8
