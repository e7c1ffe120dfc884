"""What is said when a configuration is refused: file, key, what was expected, what was found.

It refuses to know how settings are read. A secret's value never gets this far: whoever raises
shows it masked.
"""

from __future__ import annotations

import json

SHOWN_CHARACTERS = 60  # enough to recognise a value; a pasted file does not fill the terminal


class ConfigError(Exception):
    """A configuration that cannot be used; the command line ends with exit code 2.

    `file` is a path or "environment variable NAME", `key` a dotted path such as
    `queues."sales".threshold_s`, `line` counts from 1 and is None where it is not known.
    """

    def __init__(
        self, *, file: str, key: str, expected: str, found: str, line: int | None = None
    ) -> None:
        """Keep the parts for programs and one sentence of them for people."""
        self.file, self.key, self.expected, self.found, self.line = file, key, expected, found, line
        place = file if line is None else f"{file}, line {line}"
        subject = f"{key}: " if key else ""
        super().__init__(f"{place}: {subject}expected {expected}; found {found}")


class RefusedError(ValueError):
    """Raised by a check inside a section: what was expected.

    `key` (dotted) is given where a whole table was checked, `found` where the value would say too
    little.
    """

    def __init__(self, expected: str, *, key: str | None = None, found: str | None = None) -> None:
        """Complete the sentences "expected ..." and "found ..."."""
        super().__init__(expected)
        self.expected, self.key, self.found = expected, key, found


def shown(value: object, *, secret: bool = False) -> str:
    """Return the words for what was found; containers and secrets are named, never printed."""
    if value is None or secret:
        return "nothing" if value is None else "a value that is not shown"
    if isinstance(value, str):
        cut = "..." if len(value) > SHOWN_CHARACTERS else ""
        return f"the text {json.dumps(value[:SHOWN_CHARACTERS], ensure_ascii=False)}{cut}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, dict | list | tuple):
        return "a table" if isinstance(value, dict) else "a list"
    return f"a {type(value).__name__}"


def key_path(parts: tuple[str | int, ...]) -> str:
    """Return the dotted path as TOML writes it, quoting what TOML would quote."""
    path = ""
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
            continue
        bare = part.isascii() and part.replace("_", "").replace("-", "").isalnum()
        path += ("." if path else "") + (part if bare else json.dumps(part, ensure_ascii=False))
    return path
