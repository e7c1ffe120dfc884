"""Hundreds of made-up days of a small PBX, whose truth is known before the log is written."""

from collections import Counter
from pathlib import Path

import pytest

from streams.core.rows import Row
from tests.sources.logs import report_of
from tests.sources.pbx import Pbx, Visit, housekeeping, seconds

FAR = 1 << 60
SEEDS = [range(first, first + 50) for first in range(0, 400, 50)]


def _truth(visit: Visit, cut_ms: int, system: bool) -> tuple[object, ...]:
    """(queue, outcome, wait s, talk s, transfer) of a visit whose log is cut at `cut_ms`."""
    if visit.left >= cut_ms:
        return visit.queue, "system" if system else None, None, None, None
    wait = seconds(visit.entered, visit.left)
    if visit.outcome != "answered":
        return visit.queue, visit.outcome, wait, None, None
    if visit.logged >= cut_ms:
        return visit.queue, "answered", wait, None, None
    talk = seconds(visit.left, visit.ended)
    return visit.queue, "answered", wait, talk, visit.kind or None


def _told(row: Row) -> tuple[object, ...]:
    outcome = row["reason"] or row["outcome"]
    wait, talk = (None if ms is None else ms // 1000 for ms in (row["wait_ms"], row["talk_ms"]))
    return row["queue"], outcome, None if outcome == "system" else wait, talk, row["transferred"]


def _text(lines: list[tuple[int, str]]) -> bytes:
    return "".join(f"{text}\n" for _, text in sorted(lines, key=lambda line: line[0])).encode()


def _compare(
    pbx: Pbx, lines: list[tuple[int, str]], folder: Path, cut_ms: int, system: bool
) -> None:
    report = report_of(folder, _text(lines))
    entered = [visit for visit in pbx.visits if visit.entered < cut_ms]
    expected = Counter(_truth(visit, cut_ms, system) for visit in entered)
    assert Counter(_told(row) for row in report.rows) == expected
    assert report.as_json()["records"]["rejected"] == {}


@pytest.mark.parametrize("seeds", SEEDS, ids=str)
def test_whole_days(seeds: range, tmp_path: Path) -> None:
    for seed in seeds:
        pbx = Pbx(seed)
        _compare(pbx, [*pbx.lines, *housekeeping(pbx)], tmp_path, FAR, system=False)


@pytest.mark.parametrize("seeds", SEEDS[:4], ids=str)
def test_a_file_that_ends_in_the_middle(seeds: range, tmp_path: Path) -> None:
    for seed in seeds:
        pbx = Pbx(seed)
        cut_ms = pbx.chance.choice(pbx.lines)[0]
        lines = [line for line in pbx.lines if line[0] < cut_ms]
        _compare(pbx, lines, tmp_path, cut_ms, system=False)


@pytest.mark.parametrize("seeds", SEEDS[:4], ids=str)
def test_a_crash_and_a_restart(seeds: range, tmp_path: Path) -> None:
    for seed in seeds:
        pbx = Pbx(seed)
        cut_ms = pbx.chance.choice(pbx.lines)[0]
        lines = [line for line in pbx.lines if line[0] < cut_ms]
        lines.append((cut_ms, f"{cut_ms // 1000 + 5}|NONE|NONE|NONE|QUEUESTART|"))
        _compare(pbx, lines, tmp_path, cut_ms, system=True)


def _is_told(visit: Visit, version: str, from_ms: int) -> bool:
    """Whether the lines from `from_ms` on are enough to count the visit."""
    if visit.entered >= from_ms:
        return True
    if visit.outcome != "answered":
        untold = {"timeout": {"1.2", "1.4"}, "key": {"1.2", "1.4", "1.6"}}
        return visit.left >= from_ms and version not in untold.get(visit.outcome, ())
    if visit.left >= from_ms:
        return True
    return visit.logged >= from_ms and not (visit.kind == "blind" and version == "1.2")


@pytest.mark.parametrize("seeds", SEEDS[:4], ids=str)
def test_a_file_that_begins_in_the_middle(seeds: range, tmp_path: Path) -> None:
    for seed in seeds:
        pbx = Pbx(seed)
        from_ms = pbx.chance.choice(pbx.lines)[0]
        report = report_of(tmp_path, _text([line for line in pbx.lines if line[0] >= from_ms]))
        told = [visit for visit in pbx.visits if _is_told(visit, pbx.version, from_ms)]
        expected = Counter(_truth(visit, FAR, system=False) for visit in told)
        assert Counter(_told(row) for row in report.rows) == expected, seed
        assert set(report.as_json()["records"]["rejected"]) <= {"unplaced"}
