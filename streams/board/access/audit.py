"""The record of who looked at visits and who signed in: a JSON object a line, a log of its own.

It refuses to write what was shown: no contact, no number, no agent.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

import orjson

TEXT_CHARACTERS_MAX = 200

logger = logging.getLogger("hotline.audit")


def record(what: str, **facts: str | int | None) -> None:
    """Write one line; texts of a stranger stay within their quotes and in length."""
    line: Mapping[str, str | int | None] = {
        "audit": what,
        **{key: _short(each) if isinstance(each, str) else each for key, each in facts.items()},
    }
    logger.info("%s", orjson.dumps(line).decode())


def _short(text: str) -> str:
    # Bytes that are no text come from HTTP's library as half characters.
    return text[:TEXT_CHARACTERS_MAX].encode(errors="replace").decode()
