"""`hotline report`: the same core over files, no Kafka. The batch truth that everything else is
held to.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from streams.config import DEMO_CUSTOMER_KEY, Settings
from streams.core.chat_state import ChatState
from streams.core.chat_summary import Told, chat_summary
from streams.core.conversation import Conversation
from streams.core.events import SOURCE_TYPES, Refusal
from streams.core.limits import DAY_MS, Rules
from streams.core.rows import Row, row
from streams.core.state import DUPLICATE, PartitionState
from streams.core.summary import summary
from streams.core.targets import Target
from streams.sources.asterisk_queue_log import QueueLog
from streams.sources.believable import UNBELIEVABLE, Believable
from streams.sources.catalogue import AnySource, Traffic, in_reading_order, make_source, records
from streams.sources.routing import topic_of
from streams.sources.taken import Fate, Fates, Taken

# A report has the whole of its files: nothing in them is too late or too much for it.
REPORT_LATENESS_MS = DAY_MS
_UNBOUNDED = 1 << 60
# How often closed visits are collected, in events: only memory depends on it.
_COLLECT_EVENTS = 1_000


def _default_target(_site: str, _queue: str) -> Target:
    return Target()


@dataclass(slots=True)
class Report:
    """What the files say: every visit, every record's fate, who was never offered to a queue."""

    rows: list[Row]
    records: Fates
    outside: dict[str, int]
    chats: list[Told] = field(default_factory=list)

    def as_json(self, target: Callable[[str, str], Target] = _default_target) -> dict[str, Any]:
        """The object that `hotline report --json` prints; `chats` where there are any."""
        found = {
            "records": self.records.as_json(),
            "outside": self.outside,
            **figures(self.rows),
        }
        return {**found, "chats": chat_figures(self.chats, target)} if self.chats else found


class States:
    """The states of calls and of chats: each event goes to its own, a heartbeat to both."""

    def __init__(self, rules: Rules) -> None:
        self.calls = PartitionState("calls", rules)
        self.chats = ChatState(rules, collecting=True)
        self.told: dict[Conversation, Told] = {}

    def fold_event(self, event: object) -> Refusal | None:
        """Fold one event: None where it was taken, `DUPLICATE`, or why it was refused."""
        if topic_of(event) == "chats":
            return self.chats.fold_event(event, None)
        if isinstance(event, dict) and event.get("type") in SOURCE_TYPES:
            self.chats.fold_event(event, None)
        return self.calls.fold_event(event, None)

    def collect(self) -> None:
        """Keep what conversations tell, before they are forgotten."""
        for chat in self.chats.take_changed():
            self.told[chat] = Told(chat.place or chat.key, chat.facts, chat.now)


def chat_figures(told: Sequence[Told], target: Callable[[str, str], Target]) -> dict[str, Any]:
    """`total` and `queues` of some conversations."""

    def target_of(key: tuple[str, str]) -> Target:
        return target(*key)

    several_sites = len({one.key[0] for one in told}) > 1
    queues: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        queues["/".join(one.key) if several_sites else one.key[1]].append(one)
    return {
        "total": chat_summary(told, target_of),
        "queues": {name: chat_summary(queues[name], target_of) for name in sorted(queues)},
    }


def figures(rows: Sequence[Row]) -> dict[str, Any]:
    """`total` and `queues` of some visits."""
    several_sites = len({one["site"] for one in rows}) > 1
    queues: dict[str, list[Row]] = defaultdict(list)
    for one in rows:
        queues[f"{one['site']}/{one['queue']}" if several_sites else one["queue"]].append(one)
    return {
        "total": summary(rows),
        "queues": {name: summary(queues[name]) for name in sorted(queues)},
    }


def read_report(
    settings: Settings,
    kind: str,
    paths: Sequence[Path],
    *,
    mapping: str | None = None,
    zone: str | None = None,
    period: str | None = None,
) -> dict[str, Any]:
    """The object that `hotline report --json` prints; with a period also `periods`.

    ValueError says what is wrong with the request or a file's form, OSError that a file is not
    there.
    """
    if zone is not None:
        _zone(zone)
    # A report shows no customers: any key will do.
    key = DEMO_CUSTOMER_KEY
    source = make_source(kind, key=key, mapping=mapping, zone=zone, settings=settings)
    made = make_report(source, paths, settings.rules())
    found = made.as_json(settings.target)
    if period is not None:
        found["periods"] = periods(made.rows, period, zone or settings.defaults.timezone)
    return found


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"--timezone {name!r}: expected an IANA zone, as Asia/Shanghai") from error


def make_report(source: AnySource, paths: Sequence[Path], rules: Rules) -> Report:
    """Read the files in the order of their first timestamp; the same file twice changes nothing."""
    fates = Fates()
    reading = _reading(source, in_reading_order(source, list(paths)))
    rules = replace(
        rules,
        allowed_lateness_ms=max(REPORT_LATENESS_MS, rules.allowed_lateness_ms),
        contacts_max=_UNBOUNDED,
        queues_max=_UNBOUNDED,
    )
    states = States(rules)
    judge = _as_they_come if getattr(source, "in_order", True) else _by_time
    rows = _fold(states, judge(states, reading), fates)
    outside: Counter[str] = Counter()
    for (_, reason), count in states.calls.outside.items():
        outside[reason] += count
    return Report(rows, fates, dict(sorted(outside.items())), list(states.told.values()))


def _reading(source: AnySource, paths: Iterable[Path]) -> Iterator[Taken]:
    seen: set[str] = set()
    believable = Believable()
    for path in paths:
        with path.open("rb") as stream:
            found = records(source, stream)
            in_log = isinstance(source, QueueLog | Traffic)
            judged = believable.judged(found) if in_log else ((record, True) for record in found)
            for record, is_believed in judged:
                record_id = source.identify(record)
                if record_id in seen:
                    yield Taken(Fate.DUPLICATE)
                    continue
                seen.add(record_id)
                yield source.take(record, record_id) if is_believed else UNBELIEVABLE
    if isinstance(source, Traffic):
        yield Taken(Fate.ACCEPTED, events=source.due(None), counted=False)


Verdicts = Sequence[Refusal | None]


def _as_they_come(states: States, reading: Iterable[Taken]) -> Iterator[tuple[Taken, Verdicts]]:
    for taken in reading:
        yield taken, [states.fold_event(event) for event in taken.events]


def _by_time(states: States, reading: Iterable[Taken]) -> Iterator[tuple[Taken, Verdicts]]:
    """All events by their times, over records: a long call's end is later than the next row."""
    taken = list(reading)
    verdicts: list[list[Refusal | None]] = [[] for _ in taken]
    events = [
        (_at_ms(event), place, event) for place, one in enumerate(taken) for event in one.events
    ]
    for _, place, event in sorted(events, key=itemgetter(0)):
        verdicts[place].append(states.fold_event(event))
    yield from zip(taken, verdicts, strict=True)


def _at_ms(event: object) -> int:
    at_ms = event.get("at_ms") if isinstance(event, dict) else None
    return at_ms if type(at_ms) is int else 0


def _fold(states: States, judged: Iterable[tuple[Taken, Verdicts]], fates: Fates) -> list[Row]:
    rows: dict[tuple[str, int], Row] = {}
    for number, (taken, verdicts) in enumerate(judged):
        if taken.counted:
            fates.note(*_fate(taken, verdicts))
        if number % _COLLECT_EVENTS == 0:
            _collect(states, rows)
    _collect(states, rows)
    for contact_name, contact in states.calls.contacts.items():
        for visit_number, visit in contact.visits.items():
            if one := row(contact_name, visit_number, contact, visit):
                rows[contact_name, visit_number] = one
    return sorted(rows.values(), key=lambda one: (one["entered_ms"], one["contact"], one["visit"]))


def _fate(taken: Taken, verdicts: Verdicts) -> tuple[Fate, str]:
    """A record is rejected with any of its events, a duplicate with all of them."""
    for verdict in verdicts:
        if verdict is not None and verdict is not DUPLICATE:
            return Fate.REJECTED, str(verdict[0])
    if verdicts and all(verdict is DUPLICATE for verdict in verdicts):
        return Fate.DUPLICATE, ""
    return taken.fate, taken.name


def _collect(states: States, rows: dict[tuple[str, int], Row]) -> None:
    states.collect()
    for (name, number), (contact, visit) in states.calls.take_closed().items():
        if one := row(name, number, contact, visit):
            rows[name, number] = one


def periods(rows: Sequence[Row], period: str, zone: str) -> list[dict[str, Any]]:
    """The figures by local day, week (from Monday) or month of entering."""
    found: dict[date, list[Row]] = defaultdict(list)
    for one in rows:
        entered = datetime.fromtimestamp(one["entered_ms"] / 1000, UTC).astimezone(ZoneInfo(zone))
        found[_first_day(entered.date(), period)].append(one)
    return [
        {"from": day.isoformat(), "period": period, **figures(found[day])} for day in sorted(found)
    ]


def _first_day(day: date, period: str) -> date:
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


_COLUMNS = ("queue", "offered", "answered", "abandoned", "left", "waiting", "mean", "p90", "<=20 s")


_CHAT_COLUMNS = ("chats", "opened", "needed", "replied", "missed", "mean", "p95", "in time")


def text(found: dict[str, Any]) -> str:
    """A report as a table to read, and another one of chats where there are any."""
    lines = _table(_COLUMNS, _line, found)
    if "chats" in found:
        lines += ["", *_table(_CHAT_COLUMNS, _chat_line, found["chats"])]
    read = found["records"]
    fates = [f"{read[name]} {name}" for name in ("read", "accepted", "duplicates")]
    fates += [f"{sum(read[name].values())} {name}" for name in ("ignored", "rejected")]
    lines += ["", f"records: {', '.join(fates)}"]
    lines += [f"  rejected as {name}: {count}" for name, count in read["rejected"].items()]
    lines += [f"outside the queues, {name}: {count}" for name, count in found["outside"].items()]
    return "\n".join(lines) + "\n"


def _table(
    columns: tuple[str, ...],
    line: Callable[[str, dict[str, Any]], tuple[str, ...]],
    found: dict[str, Any],
) -> list[str]:
    rows = [columns, *(line(name, one) for name, one in found["queues"].items())]
    rows.append(line("all", found["total"]))
    widths = [max(len(row[column]) for row in rows) for column in range(len(columns))]
    return [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


def _chat_line(name: str, one: dict[str, Any]) -> tuple[str, ...]:
    first = one["first_reply"]
    counts = (one["opened"] + one["reopened"], first["eligible"], first["count"], one["missed"])
    rate = "-" if first["ratio"] is None else f"{100 * first['ratio']:.1f} %"
    return name, *map(str, counts), _seconds(first["mean_s"]), _seconds(first["p95_s"]), rate


def _line(name: str, one: dict[str, Any]) -> tuple[str, ...]:
    answer = one["answer"]
    counts = (one["offered"], one["answered"], one["abandoned"], sum(one["left"].values()))
    return (
        name,
        *map(str, counts),
        str(one["waiting"]),
        _seconds(answer["mean_s"]),
        _seconds(answer["p90_s"]),
        str(answer["within"]["20"]),
    )
