"""What tiles of calls and of chats say in one way: who a queue is, and what its figures mean.

It refuses to know the figures themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from streams.core.definitions import Definition
from streams.core.targets import Target


def definitions_shown(definitions: Iterable[Definition]) -> dict[str, dict[str, Any]]:
    """The definitions by id, as the board's JSON has them."""
    return {
        each.id: {
            "id": each.id,
            "version": each.version,
            "formula": each.formula,
            "formula_zh": each.formula_zh,
        }
        for each in definitions
    }


def head(
    key: tuple[str, str], channel: str, target: Target, held_to: Mapping[str, Any]
) -> dict[str, Any]:
    """Who a queue (site, name) is, and what it is held to beside its share."""
    return {
        "site": key[0],
        "queue": key[1],
        "channel": channel,
        "title": target.title,
        "title_zh": target.title_zh,
        "timezone": target.zone,
        "target": {"objective_ratio": target.objective_ratio, **held_to},
    }
