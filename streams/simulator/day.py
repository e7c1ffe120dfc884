"""One simulated day: a function of seed, profile and date, and of nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from streams.simulator import chance
from streams.simulator.calls import Caller, Floor
from streams.simulator.chats import Inbox, Writer
from streams.simulator.clockwork import Clockwork
from streams.simulator.hours import SLOT_MS, Hours, Spell, staffed
from streams.simulator.ledger import Ledger
from streams.simulator.people import Agent
from streams.simulator.profile import Profile
from streams.simulator.telling import HEARTBEAT, EventDict, Teller, heartbeats

CHANNELS = ("calls", "chats")
# When, ms of UTC; queue or inbox.
_Arrival = tuple[int, str]
# Beyond the last event a source is heard once more, so that nothing is still under way.
_AFTERWARDS_MS = 60_000


@dataclass(frozen=True, slots=True)
class Day:
    """`events` by channel in the order of their times, heartbeats among them; the truth of them.

    It begins at local midnight, `midnight_ms` is the next one, and `end_ms` when all are gone.
    `course`: what was expected and who was there, by queue and half hour.
    """

    day: date
    begin_ms: int
    midnight_ms: int
    end_ms: int
    events: Mapping[str, list[EventDict]]
    ledger: Ledger
    course: dict[str, Any]


def simulate_day(profile: Profile, seed: int, day: date) -> Day:
    """Play the day from local midnight until everybody who came by the next one is gone."""
    hours = Hours(profile, seed, day)
    clock, ledger = Clockwork(hours.begin_ms), Ledger()
    tellers = {channel: Teller(profile.site) for channel in CHANNELS}
    course = {
        "half_hours_ms": [begin_ms for begin_ms, _ in hours.slots()],
        "calls": _plan_calls(hours, clock, tellers["calls"], ledger),
        "chats": _plan_chats(hours, clock, tellers["chats"], ledger),
    }
    clock.run()
    # Not when the clock stops: the patience of who was answered long ago still runs on it.
    last_ms = [told.events[-1]["at_ms"] for told in tellers.values() if told.events]
    end_ms = max([hours.end_ms, *last_ms]) + _AFTERWARDS_MS
    events = {
        channel: _with_heartbeats(hours, channel, teller.events, end_ms)
        for channel, teller in tellers.items()
    }
    return Day(day, hours.begin_ms, hours.end_ms, end_ms, events, ledger, course)


def sources(profile: Profile, channel: str) -> list[str]:
    """The sources that speak on a channel."""
    if channel == "chats":
        return [profile.chat_source] if profile.chats else []
    return sorted({queue.source or profile.source for queue in profile.queues.values()})


def _with_heartbeats(
    hours: Hours, channel: str, events: list[EventDict], end_ms: int
) -> list[EventDict]:
    profile = hours.profile
    alive = [
        beat
        for source in sources(profile, channel)
        for beat in heartbeats(source, profile.site, hours.begin_ms, end_ms, profile.heartbeat_s)
    ]
    return sorted([*events, *alive], key=lambda event: (event["at_ms"], event["type"] != HEARTBEAT))


def _arrivals(hours: Hours, channel: str) -> tuple[list[_Arrival], dict[str, list[float]]]:
    """Who comes when, in order; and how many were expected, by name and half hour."""
    profile = hours.profile
    places = [begin_ms for begin_ms, _ in hours.slots()]
    arrivals: list[_Arrival] = []
    course = {}
    for name, traffic in (profile.queues if channel == "calls" else profile.chats).items():
        drawn = chance.stream(hours.seed, hours.day, channel, name, "arrivals")
        expected = [0.0] * len(places)
        for begin_ms, end_ms, count in hours.expected(name, traffic, channel):
            expected[(begin_ms - hours.begin_ms) // SLOT_MS] += count
            times = chance.poisson_times(drawn, count, begin_ms, end_ms)
            arrivals += [(int(at_ms), name) for at_ms in times]
        course[name] = [round(count, 3) for count in expected]
    return sorted(arrivals), course


def _plan_calls(hours: Hours, clock: Clockwork, teller: Teller, ledger: Ledger) -> dict[str, Any]:
    profile = hours.profile
    floor = Floor(profile.queues, clock, teller, ledger)
    by_skill: dict[str, dict[str, list[Spell]]] = {name: {} for name in profile.queues}
    for name, team in profile.teams.items():
        for number, spells in enumerate(hours.shifts(name, team)):
            agent = Agent(f"{name}.{number}", team.skills, team.ring_miss_ratio)
            floor.people.add(agent, spells)
            for skill in team.skills:
                by_skill[skill][agent.name] = spells
    arrivals, expected = _arrivals(hours, "calls")
    for number, (at_ms, name) in enumerate(arrivals):
        contact = _contact(hours, "call", number)
        caller = Caller(
            first=contact,
            contact=contact,
            customer=chance.customer(contact),
            source=profile.queues[name].source or profile.source,
            queue=name,
            chance=chance.stream(contact),
        )
        clock.at(at_ms, partial(floor.arrive, caller))
    places = [begin_ms for begin_ms, _ in hours.slots()]
    return {
        name: {"expected": expected[name], "staff": staffed(by_skill[name], places)}
        for name in profile.queues
    }


def _plan_chats(hours: Hours, clock: Clockwork, teller: Teller, ledger: Ledger) -> dict[str, Any]:
    profile = hours.profile
    inboxes = {}
    for name, queue in profile.chats.items():
        inboxes[name] = Inbox(name, queue, clock, teller, ledger)
        inboxes[name].staff(hours.shift(queue.starts, queue.ends))
    arrivals, expected = _arrivals(hours, "chats")
    for number, (at_ms, name) in enumerate(arrivals):
        contact = _contact(hours, "chat", number)
        writer = Writer(
            contact, chance.customer(contact), profile.chat_source, chance.stream(contact)
        )
        clock.at(at_ms, partial(inboxes[name].arrive, writer))
    return {name: {"expected": expected[name]} for name in profile.chats}


def _contact(hours: Hours, kind: str, number: int) -> str:
    """Unique among all seeds, dates and sites."""
    return f"{hours.profile.site}.{kind}.s{hours.seed}.{hours.day:%Y%m%d}.{number:05}"
