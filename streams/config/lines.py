"""On which line of a TOML text a key stands, because the standard library's parser does not say.

It refuses to know what keys mean; where it is unsure it says nothing rather than a wrong line.
"""

from __future__ import annotations

import re
import tomllib

KEY_PART = r"(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|[A-Za-z0-9_-]+)"
DOTTED = rf"{KEY_PART}(?:\s*\.\s*{KEY_PART})*"
TABLE = re.compile(rf"^\s*\[\s*({DOTTED})\s*\]")
ASSIGNMENT = re.compile(rf"^\s*({DOTTED})\s*=")


def line_of(text: str, path: tuple[str | int, ...]) -> int | None:
    """Return the line (from 1) of the key, or of the innermost table around it."""
    names = tuple(part for part in path if isinstance(part, str))
    table: tuple[str, ...] = ()
    best, best_length = None, 0
    for number, line in enumerate(text.splitlines(), start=1):
        if header := TABLE.match(line):
            here = table = _parts(header[1])
        elif key := ASSIGNMENT.match(line):
            here = table + _parts(key[1])
        else:
            continue
        if len(here) > best_length and names[: len(here)] == here:
            best, best_length = number, len(here)
    return best


def _parts(dotted: str) -> tuple[str, ...]:
    parts: list[str] = []
    table: object = tomllib.loads(f"{dotted} = 0")
    while isinstance(table, dict):
        name = next(iter(table))
        parts.append(name)
        table = table[name]
    return tuple(parts)
