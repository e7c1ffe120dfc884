"""A local day's clock: half hours, shifts, breaks and incidents, in ms of UTC. It draws no chance
but that which the day is made of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

from streams.simulator import chance
from streams.simulator.profile import DAY_MINUTES, Incident, Profile, Team, Traffic, minutes_of

SLOT_MS = 30 * 60_000
OVERTIME_MS = 60 * 60_000
_MINUTE_MS = 60_000

# From and until, ms of UTC.
Spell = tuple[int, int]


@dataclass(frozen=True)
class Hours:
    """One date of a profile. `seed` and date decide which incidents happen."""

    profile: Profile
    seed: int
    day: date
    _incidents: list[tuple[Incident, Spell]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for place, incident in enumerate(self.profile.incidents):
            drawn = chance.stream(self.seed, self.day, "incident", place).random()
            if drawn < incident.chance:
                begin_ms = self.at_ms(incident.at)
                spell = (begin_ms, begin_ms + incident.minutes * _MINUTE_MS)
                self._incidents.append((incident, spell))

    def at_ms(self, clock: str) -> int:
        """The moment of a local time such as 08:30; past midnight where minutes say so."""
        return self._moment_ms(minutes_of(clock))

    def _moment_ms(self, minutes: int) -> int:
        zone = ZoneInfo(self.profile.timezone)
        days, minutes = divmod(minutes, DAY_MINUTES)
        midnight = datetime.combine(self.day, datetime.min.time()) + timedelta(days=days)
        local = (midnight + timedelta(minutes=minutes)).replace(tzinfo=zone)
        return round(local.timestamp() * 1000)

    @cached_property
    def begin_ms(self) -> int:
        """Local midnight."""
        return self._moment_ms(0)

    @cached_property
    def end_ms(self) -> int:
        """The next one: 23 or 25 hours later where clocks change."""
        return self._moment_ms(DAY_MINUTES)

    def slots(self) -> Iterator[tuple[int, int]]:
        """(begins at, its half hour of the clock, 0 to 47) of each half hour that passes."""
        zone = ZoneInfo(self.profile.timezone)
        for begin_ms in range(self.begin_ms, self.end_ms, SLOT_MS):
            local = datetime.fromtimestamp(begin_ms / 1000, UTC).astimezone(zone)
            yield begin_ms, 2 * local.hour + local.minute // 30

    def expected(self, name: str, traffic: Traffic, kind: str) -> list[tuple[int, int, float]]:
        """(from, until, contacts expected) of each half hour, or less where an incident cuts it."""
        weights = traffic.weights()
        level = traffic.weekdays[self.day.weekday()] * traffic.per_day / sum(weights)
        if traffic.day_spread:
            drawn = chance.stream(self.seed, self.day, kind, name, "level")
            level *= chance.lognormal(drawn, 1.0, traffic.day_spread)
        opens_ms, closes_ms = self.at_ms(traffic.opens), self.at_ms(traffic.closes)
        found = []
        for begin_ms, slot in self.slots():
            first, last = max(begin_ms, opens_ms), min(begin_ms + SLOT_MS, closes_ms)
            if first < last and weights[slot]:
                rate = level * weights[slot] / (last - first)
                found += [
                    (begin, end, rate * (end - begin) * self._factor(name, begin))
                    for begin, end in self._cut(first, last)
                ]
        return found

    def _cut(self, first_ms: int, last_ms: int) -> list[Spell]:
        """The stretch, cut wherever an incident begins or ends."""
        edges = {edge for _, spell in self._incidents for edge in spell}
        inner = sorted(edge for edge in edges if first_ms < edge < last_ms)
        marks = [first_ms, *inner, last_ms]
        return list(pairwise(marks))

    def _factor(self, name: str, at_ms: int) -> float:
        factor = 1.0
        for incident, (begin_ms, end_ms) in self._incidents:
            if begin_ms <= at_ms < end_ms and incident.touches(name):
                if incident.kind == "silence":
                    return 0.0
                factor *= incident.factor if incident.kind == "surge" else 1.0
        return factor

    def shifts(self, name: str, team: Team) -> list[list[Spell]]:
        """When each of its people is there: shifts without breaks, and without who left early."""
        people = round(team.agents * team.weekdays[self.day.weekday()])
        return [self._spells(f"{name}.{number}", team, number) for number in range(people)]

    def _spells(self, agent: str, team: Team, number: int) -> list[Spell]:
        drawn = chance.stream(self.seed, self.day, "agent", agent)
        away = []
        for clock in team.breaks:
            begin_ms = self.at_ms(clock) + round(drawn.random() * 60) * _MINUTE_MS
            away.append((begin_ms, begin_ms + team.break_min * _MINUTE_MS))
        for incident, spell in self._incidents:
            # Those who leave are spread over the team: every second one of a half.
            leaves = int((number + 1) * incident.factor) > int(number * incident.factor)
            if incident.kind == "staff-leaves" and incident.touches(*team.skills) and leaves:
                away.append(spell)
        return without(self.shift(team.starts, team.ends), away)

    def shift(self, starts: str, ends: str) -> list[Spell]:
        """When somebody of that shift is there on this date."""
        first, last = minutes_of(starts), minutes_of(ends)
        # Past midnight: the end of the one that began yesterday, and the one that ends tomorrow.
        spells = [(first, last)] if first < last else [(0, last), (first, DAY_MINUTES)]
        # Who is there at midnight stays for the callers that came before it.
        return [
            (self._moment_ms(begin), self._moment_ms(end) + OVERTIME_MS * (end == DAY_MINUTES))
            for begin, end in spells
            if begin < end
        ]


def without(spells: list[Spell], away: list[Spell]) -> list[Spell]:
    """What is left of the spells without the times away."""
    for gone_ms, back_ms in away:
        kept = []
        for begin, end in spells:
            kept += [(begin, min(end, gone_ms)), (max(begin, back_ms), end)]
        spells = [(begin, end) for begin, end in kept if begin < end]
    return spells


def staffed(shifts: Mapping[str, list[Spell]], slots: list[int]) -> list[float]:
    """The mean number of people there in each half hour that begins at `slots`."""
    every = [spell for spells in shifts.values() for spell in spells]
    return [
        sum(max(0, min(end, slot + SLOT_MS) - max(begin, slot)) for begin, end in every) / SLOT_MS
        for slot in slots
    ]
