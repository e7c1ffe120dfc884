"""Some days of a seed, one after the other, and the truth about them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from streams.simulator.day import CHANNELS, Day, simulate_day
from streams.simulator.faults import FAULTS, Faulty, seen, spoil
from streams.simulator.ledger import Ledger
from streams.simulator.profile import Profile

# A Monday, so that a command without a date gives the same bytes whenever it is run.
FIRST_DAY = date(2026, 3, 2)
# A quarter of a year: every day's visits are kept for the figures of them all.
DAYS_MAX = 92
# Times before 1970 or after 2100 are believed of nobody.
YEARS = (1971, 2098)


@dataclass(frozen=True, slots=True)
class Plan:
    """Which days, and what goes wrong on them. ValueError for what cannot be simulated."""

    profile: Profile
    name: str
    seed: int = 1
    first: date = FIRST_DAY
    days: int = 1
    faults: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.days <= DAYS_MAX:
            raise ValueError(f"--days {self.days}: expected 1 to {DAYS_MAX}")
        if not YEARS[0] <= self.first.year <= YEARS[1]:
            raise ValueError(f"--date {self.first}: expected a year from {YEARS[0]} to {YEARS[1]}")
        for fault in self.faults:
            if fault not in FAULTS:
                known = ", ".join(FAULTS)
                raise ValueError(f"--faults {fault!r}: expected all, or of these: {known}")

    def played(self) -> Iterator[Played]:
        """Each day, one after the other."""
        for number in range(self.days):
            yield self.play(number)

    def play(self, number: int) -> Played:
        """One day of them, from 0."""
        day = simulate_day(self.profile, self.seed, self.first + timedelta(days=number))
        return Played(
            day,
            {
                channel: spoil(
                    day.events[channel], self.faults, day.end_ms, self.seed, channel, day.day
                )
                for channel in CHANNELS
            },
        )


@dataclass(frozen=True, slots=True)
class Played:
    """A day, and what is read of it by channel."""

    day: Day
    read: dict[str, Faulty]


@dataclass(slots=True)
class Truth:
    """What `truth.json` says: the true figures of all days, and what must be seen of them."""

    plan: Plan
    days: list[dict[str, Any]] = field(default_factory=list)
    _true: Ledger = field(default_factory=Ledger)
    _played: list[tuple[Ledger, Faulty]] = field(default_factory=list)
    _counts: dict[str, Counter[str]] = field(
        default_factory=lambda: {channel: Counter() for channel in CHANNELS}
    )
    _records: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {channel: Faulty([]).records() for channel in CHANNELS}
    )
    end_ms: int = 0

    def note(self, played: Played) -> None:
        """Another day."""
        day, calls = played.day, played.read["calls"]
        self._true.add(day.ledger)
        # Without the events themselves: a quarter of a year of them is too much to keep.
        self._played.append((day.ledger, replace(calls, deliveries=[])))
        self.end_ms = day.end_ms
        for channel, faulty in played.read.items():
            self._counts[channel] += faulty.counts
            self._records[channel] = _sum_of(self._records[channel], faulty.records())
        self.days.append(
            {
                "date": day.day.isoformat(),
                "begin_ms": day.begin_ms,
                "end_ms": day.end_ms,
                "calls": day.ledger.calls(),
                "chats": day.ledger.chats(),
                "expected": _expected(calls.records(), seen(day.ledger, calls, day.end_ms)),
                "course": day.course,
            }
        )

    def as_json(self) -> dict[str, Any]:
        """`calls` and `chats` are true; `expected` is what a report over the files of calls must
        say, `expected_live` what a running system must, once it has heard everything.
        """
        plan = self.plan
        return {
            "seed": plan.seed,
            "profile": plan.name,
            "site": plan.profile.site,
            "timezone": plan.profile.timezone,
            "faults": {name: self._fault(name) for name in FAULTS if name in plan.faults},
            "calls": self._true.calls(),
            "chats": self._true.chats(),
            "expected": _expected(self._records["calls"], self._seen(live=False)),
            "expected_live": self._seen(live=True).calls(),
            "expected_chats": {"records": self._records["chats"], **self._true.chats()},
            "days": self.days,
        }

    def _seen(self, *, live: bool) -> Ledger:
        """Every day as it looks when the last one is over."""
        everything = Ledger()
        for ledger, faulty in self._played:
            everything.add(seen(ledger, faulty, self.end_ms, live=live))
        return everything

    def _fault(self, name: str) -> dict[str, Any]:
        counts = {channel: self._counts[channel][name] for channel in CHANNELS}
        return {**counts, "figures": FAULTS[name]}


def _expected(records: dict[str, Any], ledger: Ledger) -> dict[str, Any]:
    return {"records": records, **ledger.calls()}


def _sum_of(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Two objects `records` together."""
    rejected = Counter(one["rejected"]) + Counter(other["rejected"])
    numbers = {name: one[name] + other[name] for name in ("read", "accepted", "duplicates")}
    return {**numbers, "ignored": {}, "rejected": dict(sorted(rejected.items()))}


def truth(plan: Plan) -> dict[str, Any]:
    """The truth alone; nothing is written."""
    found = Truth(plan)
    for played in plan.played():
        found.note(played)
    return found.as_json()
