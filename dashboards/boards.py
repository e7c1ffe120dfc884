"""Every dashboard: its lasting address, its title and its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboards import calls

if TYPE_CHECKING:
    from dashboards.panels import Row


@dataclass(frozen=True, slots=True)
class Board:
    """`uid` is the address that links use: it never changes. `channel` is all that is shown."""

    uid: str
    title: str
    description: str
    channel: str
    rows: tuple[Row, ...]


CALLS = Board(
    "hotline-calls",
    "电话 · Calls",
    "各电话队列的服务水平、等待、接听速度、放弃、处理与数据新鲜度。"
    "Service level, waiting, speed of answer, abandonment, handling and data age of each queue.",
    "voice",
    calls.ROWS,
)
BOARDS = (CALLS,)
