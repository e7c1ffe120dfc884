"""Queue logs made up for a test, and what a report says of them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from streams.core.limits import Rules
from streams.report import Report, make_report
from streams.sources.catalogue import make_source

START_S = 1_700_000_000
_ROOT = Path(__file__).parents[2]
RECORDING = _ROOT / "streams/simulator/recordings/asterisk_22_run_a/queue_log"
DATA = _ROOT / "tests/data/asterisk_22_run_a"
KEY = b"a key for tests"


def at(second: int) -> int:
    return START_S + second


def report_on(*paths: Path) -> Report:
    return make_report(make_source("asterisk-queue-log", key=KEY), list(paths), Rules())


def report_of(folder: Path, *files: bytes) -> Report:
    """The report on files with these contents."""
    paths = []
    for number, content in enumerate(files):
        path = folder / f"log{number}"
        path.write_bytes(content)
        paths.append(path)
    return report_on(*paths)


def log(lines: Iterable[str]) -> bytes:
    """Lines that begin with `+seconds` instead of the epoch, as a file."""
    return b"".join(f"{_dated(line)}\n".encode() for line in lines)


def _dated(line: str) -> str:
    second, bar, rest = line.partition("|")
    return f"{at(int(second))}{bar}{rest}" if second.startswith("+") else line


def brief(found: dict[str, Any]) -> dict[str, Any]:
    """A figure object F reduced to what a careful reader can count by hand; seconds."""
    return {
        "offered": found["offered"],
        "answered": found["answered"],
        "abandoned": found["abandoned"],
        "waiting": found["waiting"],
        "talking": found["talking"],
        **found["left"],
        **{name: count for name, count in found["transferred"].items() if count},
        "wait": found["answer"]["sum_ms"] / 1000,
        "abandon_wait": found["abandon"]["sum_ms"] / 1000,
        "handled": found["handle"]["count"],
        "handle": found["handle"]["sum_ms"] / 1000,
    }
