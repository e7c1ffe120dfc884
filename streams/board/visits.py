"""Closed visits in a local SQLite file: read from Kafka, thrown away and read again at will.

Of two rows of one visit the one that rests on more input is true, so it does not matter in which
order, how often or from where they are read. It refuses to know what a figure is.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import cast

import orjson

from streams.board.reader import POLL_MS, Record
from streams.core.book import Span
from streams.core.rows import Row

VERSION = 1
# Another board may be writing the same rows into the same file.
BUSY_S = 10.0
_NOWHERE = -1

_SCHEMA = """
CREATE TABLE visits (
    contact TEXT NOT NULL,
    visit INTEGER NOT NULL,
    site TEXT NOT NULL,
    queue TEXT NOT NULL,
    entered_ms INTEGER NOT NULL,
    left_ms INTEGER,
    partition INTEGER NOT NULL,
    based_on INTEGER NOT NULL,
    row BLOB NOT NULL,
    PRIMARY KEY (contact, visit)
);
CREATE INDEX visits_left ON visits (queue, site, left_ms);
CREATE INDEX visits_entered ON visits (queue, site, entered_ms);
CREATE TABLE positions (partition INTEGER PRIMARY KEY, position INTEGER NOT NULL);
CREATE TABLE topic (identity TEXT NOT NULL);
"""
_UPSERT = """
INSERT INTO visits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (contact, visit) DO UPDATE SET
    site = excluded.site, queue = excluded.queue, entered_ms = excluded.entered_ms,
    left_ms = excluded.left_ms, partition = excluded.partition, based_on = excluded.based_on,
    row = excluded.row
WHERE excluded.based_on >= visits.based_on
"""
_MOVE = "INSERT OR REPLACE INTO positions VALUES (?, ?)"
_BETWEEN = {
    "left": "SELECT partition, based_on, row FROM visits "
    "WHERE queue = ? AND site = ? AND left_ms >= ? AND left_ms < ?",
    "entered": "SELECT partition, based_on, row FROM visits "
    "WHERE queue = ? AND site = ? AND entered_ms >= ? AND entered_ms < ?",
}

logger = logging.getLogger("hotline.board")


class VisitsFileError(RuntimeError):
    """The database cannot be used: which file, which setting, what was found."""


class VisitStore:
    """The file. Written by the reader's thread alone, read by any with a connection of its own."""

    def __init__(self, path: Path) -> None:
        """Take or make the file; VisitsFileError where that is impossible."""
        self.path = path
        self.refused = 0
        self._writing: sqlite3.Connection | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._open()) as connection:
                _prepare(connection)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise self._unusable(error) from error
            logger.warning("%s: %s: it is made anew", path, error)
            self._make_anew()
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> VisitsFileError:
        return VisitsFileError(
            f"board.visits_database: expected a file that can be written at {self.path}; "
            f"found {error}"
        )

    def _make_anew(self) -> None:
        try:
            for ending in ("", "-wal", "-shm"):
                self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
            with closing(self._open()) as connection:
                _prepare(connection)
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error

    def _open(self) -> sqlite3.Connection:
        # Never used by two threads at once: the last to use it closes it when the reader has ended.
        return sqlite3.connect(
            self.path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
        )

    def begin(self, identity: str) -> Mapping[int, int]:
        """Go on after what is in the file, if it came from this very topic; else empty it."""
        self.close()
        self._writing = connection = self._open()
        known = connection.execute("SELECT identity FROM topic").fetchone()
        if known != (identity,):
            with _transaction(connection):
                for table in ("visits", "positions", "topic"):
                    connection.execute(f"DELETE FROM {table}")  # noqa: S608 - three names of ours
                connection.execute("INSERT INTO topic VALUES (?)", (identity,))
        return dict(connection.execute("SELECT partition, position FROM positions"))

    def take(self, records: Sequence[Record]) -> None:
        """Take rows and how far they were read, in one transaction."""
        connection = self._writing
        if connection is None or not records:
            return
        with _transaction(connection):
            rows = [found for each in records if (found := self._row(each))]
            connection.executemany(_UPSERT, rows)
            connection.execute(_MOVE, (records[-1].partition, records[-1].position + 1))

    def _row(self, record: Record) -> tuple[object, ...] | None:
        if record.value is None:
            return None
        try:
            row = orjson.loads(record.value)
            found = [
                row[name] for name in ("contact", "visit", "site", "queue", "entered_ms", "left_ms")
            ]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            self.refused += 1
            logger.warning("visits: a record that is no visit: %r", record.value[:200])
            return None
        based_on = _NOWHERE if record.based_on is None else record.based_on
        return (*found, record.partition, based_on, record.value)

    def turn(self) -> int:
        """Nothing to do between records."""
        return POLL_MS

    def between(self, site: str, queue: str, where: Span) -> Iterator[tuple[int, int, Row]]:
        """(input partition, offset it rests on, row) of the visits of a queue in a window."""
        query = _BETWEEN[where.basis]
        with closing(self._open()) as connection:
            found = connection.execute(query, (queue, site, where.from_ms, where.to_ms))
            for partition, based_on, row in found:
                yield partition, based_on, cast("Row", orjson.loads(row))

    def close(self) -> None:
        """Close the writing connection."""
        if self._writing is not None:
            self._writing.close()
            self._writing = None


class _transaction:  # noqa: N801 - reads as a statement
    """All or nothing; sqlite3's own context manager begins no transaction in autocommit mode."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_rest: object) -> None:
        self._connection.execute("COMMIT" if kind is None else "ROLLBACK")


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == VERSION:
        return
    for (name,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type='table'"
    ).fetchall():
        connection.execute(f'DROP TABLE "{name}"')
    connection.executescript(_SCHEMA)
    connection.execute(f"PRAGMA user_version={VERSION}")
