"""Ten thousand damaged lines in a recording: each counted once, and no good call disturbed."""

import random
from pathlib import Path

import pytest

from streams.core.rows import Row
from tests.sources.logs import RECORDING, report_of, report_on

LINES = RECORDING.read_bytes().splitlines()


def _random_bytes(chance: random.Random) -> bytes:
    return chance.randbytes(chance.randrange(200)).replace(b"\n", b"")


def _random_text(chance: random.Random) -> bytes:
    words = [
        "|",
        "NONE",
        "CONNECT",
        "ABANDON",
        "0",
        "-1",
        "1e9",
        "1795333000",
        "",
        "sales",
        "é",
        "\0",
    ]
    return "|".join(chance.choices(words, k=chance.randrange(9))).encode()


def _damaged(chance: random.Random) -> bytes:
    """A copy of a line, of another call and another queue, damaged so that it may still be one."""
    time, _, *rest = chance.choice(LINES).split(b"|")
    if len(rest) < 4 or b"QUEUESTART" in rest:
        return b"|".join([time, *rest])
    line = b"|".join([time, b"%d.9" % chance.randrange(200), b"rubbish", *rest[1:]])
    kind = chance.randrange(4)
    if kind == 0:
        return line[: chance.randrange(len(line))]
    if kind == 1:
        return line + chance.choice(LINES)
    flipped = bytearray(line)
    for _ in range(chance.randrange(1, 4)):
        # Not in the columns of call and queue: a flip could make them a good call's.
        place = chance.choice(
            [*range(len(time)), *range(len(line) - len(b"|".join(rest[1:])), len(line))]
        )
        flipped[place] ^= 1 << chance.randrange(8)
    return bytes(flipped).replace(b"\n", b"?")


def _good(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["queue"] in {"gas-repair", "sales", "complaints"}]


@pytest.mark.parametrize("seed", range(3))
def test_rubbish_between_good_lines(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    makers = (_random_bytes, _random_text, _damaged, _damaged)
    rubbish = [chance.choice(makers)(chance) for _ in range(10_000)]
    places = sorted(chance.randrange(len(LINES) + 1) for _ in rubbish)
    mixed: list[bytes] = []
    for place, good in enumerate([*LINES, None]):
        while places and places[0] == place:
            places.pop(0)
            mixed.append(rubbish.pop())
        if good is not None:
            mixed.append(good)
    report = report_of(tmp_path, b"\n".join(mixed) + b"\n")
    fates = report.as_json()["records"]
    parts = fates["accepted"] + fates["duplicates"]
    parts += sum(fates["ignored"].values()) + sum(fates["rejected"].values())
    assert fates["read"] == len(mixed) == parts
    assert _good(report.rows) == _good(report_on(RECORDING).rows)


def test_binary_files_are_read_to_their_end(tmp_path: Path) -> None:
    chance = random.Random(7)
    fates = report_of(tmp_path, chance.randbytes(300_000)).as_json()["records"]
    assert fates["read"] == sum(fates["rejected"].values()) + sum(fates["ignored"].values())
    assert fates["accepted"] == 0
