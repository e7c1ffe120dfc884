"""Any CSV or TSV of finished calls into events, by a mapping: one row, one contact, one burst of
events.
"""

from __future__ import annotations

import io
import operator
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import IO, Any
from zoneinfo import ZoneInfo

from streams.core.limits import DURATION_MS_MAX
from streams.sources.identity import RecordIds, customer
from streams.sources.mapping import Column, Duration, Mapping, Rule
from streams.sources.rows import SEPARATOR, Rows
from streams.sources.taken import EventDict, Fate, Taken, ignored, rejected

_COMPARISON = re.compile(r"(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_UNIT_MS = {"ms": 1, "s": 1000, "min": 60_000}
# A time of day that is earlier than the one before by more than this is the next day's.
_HALF_DAY = timedelta(hours=12)


class RowError(ValueError):
    """A row that cannot be read; the text says which column and what was expected."""


class TableHeaderError(ValueError):
    """A file whose header lacks columns that the mapping names."""


class Table:
    """A reader of rows; `zone` overrides the mapping's. Rows may come in any order."""

    in_order = False

    def __init__(self, name: str, mapping: Mapping, *, key: bytes, zone: str | None = None) -> None:
        self.name = name
        self._mapping = mapping
        self._zone = ZoneInfo(zone or mapping.timezone)
        self._key = key
        self._ids = RecordIds(name)
        self._columns: list[str] = []

    def records(self, stream: IO[bytes]) -> Iterator[bytes]:
        """The rows of a file after its header, each as one record."""
        # A damaged cell stays recognisable and its row is judged by the columns that matter.
        text = io.TextIOWrapper(stream, self._mapping.encoding, "replace", newline="")
        try:
            yield from self._rows(Rows(text, self._mapping.delimiter, self._mapping.quote))
        finally:
            text.detach()  # the file is its opener's to close

    def _rows(self, rows: Rows) -> Iterator[bytes]:
        self._columns = [cell.strip() for cell in next(rows, "").split(SEPARATOR)]
        if missing := sorted(self._mapping.columns() - set(self._columns)):
            raise TableHeaderError(f"header: expected the columns {', '.join(missing)}")
        rows.width = len(self._columns)
        for row in rows:
            yield row.encode()

    def memory(self) -> Any:  # noqa: ANN401 - the protocol's word
        """Rows stand alone: nothing to remember but the header."""
        return self._columns

    def restore(self, memory: Any) -> None:  # noqa: ANN401
        """Go on from a stored memory."""
        self._columns = memory

    def identify(self, record: bytes) -> str:
        """The id of the next row, once per row."""
        # A table has one row per call: an identical one is a copy wherever it stands.
        return self._ids.alone(record)

    def read(self, record: bytes) -> Taken:
        """Take one row."""
        return self.take(record, self.identify(record))

    def take(self, record: bytes, record_id: str) -> Taken:
        """Take one row that has this id."""
        if not record.strip():
            return ignored("blank")
        cells = record.decode("utf-8", "replace").split(SEPARATOR)
        width = len(self._columns)
        if len(cells) < width or any(cell.strip() for cell in cells[width:]):
            return rejected("malformed", f"expected {width} columns, found {len(cells)}")
        row = dict(zip(self._columns, cells, strict=False))
        try:
            rule = self._rule(row)
            return Taken(Fate.ACCEPTED, events=self._events(row, rule, record_id))
        except (RowError, OverflowError) as error:
            return rejected("bad_field", str(error))

    def _rule(self, row: dict[str, str]) -> Rule:
        for rule in self._mapping.outcome:
            if all(_holds(row[column], wanted) for column, wanted in rule.when.items()):
                return rule
        raise RowError("no outcome of the mapping fits")

    def _events(self, row: dict[str, str], rule: Rule, record_id: str) -> list[EventDict]:
        arrived = self._at(row, self._mapping.time.arrived, None)
        contact = ":".join((self.name, *(row[column] for column in self._mapping.contact)))
        common: EventDict = {"v": 1, "source": self.name, "contact": contact}
        if who := self._value(row, self._mapping.customer):
            common["customer"] = customer(who, self._key)
        if rule.is_ == "outside":
            at = arrived or self._entered(row, None, queued=False)
            data = {"reason": rule.reason or "ivr"}
            return [
                {
                    **common,
                    "id": f"{record_id}.en",
                    "type": "call.ended",
                    "at_ms": _ms(at),
                    "data": data,
                }
            ]
        return self._visit(row, rule, {**common, "id": record_id}, arrived)

    def _visit(
        self, row: dict[str, str], rule: Rule, common: EventDict, arrived: datetime | None
    ) -> list[EventDict]:
        wait_ms = self._duration(row, self._mapping.wait)
        entered = self._entered(row, arrived, queued=bool(wait_ms))
        entered_ms = _ms(entered)
        if wait_ms is None:
            left = self._at(row, self._mapping.time.left, entered)
            if left is None:
                raise RowError(f"{self._mapping.time.left}: expected when the call left the queue")
            wait_ms = max(0, _ms(left) - entered_ms)
        left_ms = entered_ms + wait_ms
        common = {**common, "queue": row[self._mapping.queue]}

        def event(kind: str, at_ms: int, **data: object) -> EventDict:
            return {
                **common,
                "id": f"{common['id']}.{kind[5:7]}",
                "type": kind,
                "at_ms": at_ms,
                "data": {name: value for name, value in data.items() if value is not None},
            }

        events = [event("call.queued", entered_ms)]
        if rule.is_ == "abandoned":
            return [*events, event("call.abandoned", left_ms, wait_ms=wait_ms)]
        if rule.is_ == "left":
            return [*events, event("call.left", left_ms, wait_ms=wait_ms, reason=rule.reason)]
        answered = event("call.answered", left_ms, wait_ms=wait_ms)
        if agent := self._value(row, self._mapping.agent):
            answered["agent"] = agent
        talk_ms = self._duration(row, self._mapping.talk)
        by = "system" if talk_ms is None else None  # over, for a length that nobody noted
        return [
            *events,
            answered,
            event("call.ended", left_ms + (talk_ms or 0), talk_ms=talk_ms, by=by),
        ]

    def _value(self, row: dict[str, str], column: Column | None) -> str | None:
        if column is None or row[column.column].strip() in column.nulls:
            return None
        return _CONTROL.sub(" ", row[column.column].strip()) or None

    def _duration(self, row: dict[str, str], column: Duration | None) -> int | None:
        if column is None or (text := row[column.column].strip()) in column.nulls:
            return None
        try:
            if column.unit == "clock":
                hours, minutes, seconds = text.split(":")
                value_ms = (int(hours) * 3600 + int(minutes) * 60 + int(seconds)) * 1000
            else:
                value_ms = round(float(text) * _UNIT_MS[column.unit])
        except (ValueError, OverflowError) as error:
            raise RowError(f"{column.column}: expected a duration in {column.unit}") from error
        if not 0 <= value_ms <= DURATION_MS_MAX:
            raise RowError(f"{column.column}: expected a duration of 0 to 40 days")
        return None if not value_ms and column.zero == "unknown" else value_ms

    def _entered(self, row: dict[str, str], arrived: datetime | None, *, queued: bool) -> datetime:
        columns = self._mapping.time.entered
        # Who waited did enter: a text that also means "did not happen" is then a time (midnight).
        literal = self._at(row, columns[0], arrived, nulls=("",)) if queued else None
        found = (self._at(row, column, arrived) for column in columns)
        at = literal or next((at for at in found if at), None) or arrived
        if at is None:
            raise RowError(f"{columns[0]}: expected when the call entered the queue")
        return at

    def _at(
        self,
        row: dict[str, str],
        column: str | None,
        after: datetime | None,
        nulls: tuple[str, ...] | None = None,
    ) -> datetime | None:
        """The time in a column; of its readings (autumn, midnight) the first not before `after`."""
        times = self._mapping.time
        nulls = times.nulls if nulls is None else nulls
        if column is None or (text := row[column].strip()) in nulls:
            return None
        if times.date:
            text = f"{row[times.date].strip()} {text}"
        try:
            local = _read_time(text, times.format)
        except (ValueError, OverflowError, OSError) as error:
            raise RowError(f"{column}: expected a time as {times.format}") from error
        if local.tzinfo is not None:
            return local
        at = local.replace(tzinfo=self._zone)
        if after is None or _ms(at) >= _ms(after):
            return at
        again = at.replace(fold=1)
        if _ms(again) >= _ms(after):
            return again
        next_day = times.date and after.replace(tzinfo=None) - local > _HALF_DAY
        return at + timedelta(days=1) if next_day else at


def _read_time(text: str, form: str) -> datetime:
    if form == "iso":
        return datetime.fromisoformat(text)
    if form in {"epoch", "epoch_ms"}:
        return datetime.fromtimestamp(float(text) / (1 if form == "epoch" else 1000), UTC)
    return datetime.strptime(text, form)  # noqa: DTZ007 - the zone follows


def _holds(text: str, wanted: str) -> bool:
    comparison = _COMPARISON.fullmatch(wanted)
    if comparison is None:
        return text.strip() == wanted
    try:
        return _COMPARE[comparison[1]](float(text), float(comparison[2]))
    except ValueError:
        return False


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
