"""What a made-up hotline is like: its queues, its people, what goes wrong. One TOML file.

Only the form and what must be true of it; playing a day by it is `day`'s.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self

from annotated_types import Ge, Le
from pydantic import AfterValidator, BeforeValidator, field_validator, model_validator

from streams.config.errors import RefusedError
from streams.config.fields import Section, Texts, setting

HALF_HOURS = 48
DAY_MINUTES = 24 * 60
# Beyond these a day is no hotline's any more, and is not made in seconds.
CALLS_PER_DAY_MAX = 100_000
PEOPLE_MAX = 2_000
QUEUES_MAX = 100
# A day is over some time: nobody waits, talks or is silent for longer than another one.
LONGEST_S = 86_400
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")

# How many calls come in each half hour, as weights; only their proportions matter.
SHAPES: Mapping[str, Sequence[float]] = {
    "flat": (1,) * HALF_HOURS,
    # Two humps with a lunch between: the bank's February looks like this.
    "office": (
        *(0,) * 14, 2, 3, 6, 9, 12, 14, 15, 15, 13, 11, 9, 9, 11, 12, 12, 11, 10, 9, 7, 5, 4, 3,
        *(2,) * 4, *(1,) * 6, 0, 0,
    ),
    # Emergencies: all night a few, cooking times more.
    "all-day": (
        *(2,) * 4, *(1,) * 6, 2, 3, 5, 7, 9, 10, 10, 9, 9, 9, 10, 12, 13, 12, 10, 9, 8, 8, 8, 9,
        10, 12, 14, 15, 14, 12, 10, 9, 8, 7, 6, 5, 5, 4, 4, 3, 3, 2,
    ),
}  # fmt: skip

Ratio = Annotated[float, Ge(0), Le(1)]


class MisnamedError(RefusedError):
    """A name that stands for nothing; `path` is where it is written, from the file's root."""

    def __init__(self, path: tuple[str | int, ...], expected: str, found: str) -> None:
        super().__init__(expected, found=found)
        self.path = path


def _frozen(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Numbers = Annotated[tuple[float, ...], BeforeValidator(_frozen)]


def minutes_of(clock: str) -> int:
    """Minutes since midnight of a time such as 08:30; RefusedError for anything else."""
    if not _CLOCK.fullmatch(clock):
        raise RefusedError('a time from "00:00" to "24:00"')
    hours, _, minutes = clock.partition(":")
    return 60 * int(hours) + int(minutes)


def _checked(clock: str) -> str:
    minutes_of(clock)
    return clock


Clock = Annotated[str, AfterValidator(_checked)]
Clocks = Annotated[tuple[Clock, ...], BeforeValidator(_frozen)]


class Traffic(Section):
    """When contacts come; shared by calls and chats."""

    per_day: float = setting(
        100.0, "Contacts expected on a day, redials apart.", ge=0, le=CALLS_PER_DAY_MAX
    )
    day_spread: float = setting(
        0.0, "How much days differ: standard deviation ÷ mean of a day's level.", ge=0, le=2
    )
    weekdays: Numbers = setting((1.0,) * 7, "Factors of Monday to Sunday.")
    shape: Literal["flat", "office", "all-day"] = setting("office", "How they spread over the day.")
    half_hours: Numbers = setting((), "48 weights instead of a shape, from midnight on.")
    opens: Clock = setting("00:00", "Nobody comes before this local time.")
    closes: Clock = setting("24:00", "Nobody comes after this local time.")

    @field_validator("weekdays")
    @classmethod
    def _seven(cls, factors: tuple[float, ...]) -> tuple[float, ...]:
        if len(factors) != len("MTWTFSS") or min(factors) < 0:
            raise RefusedError("seven numbers of at least 0, Monday first")
        return factors

    @field_validator("half_hours")
    @classmethod
    def _forty_eight(cls, weights: tuple[float, ...]) -> tuple[float, ...]:
        if weights and (len(weights) != HALF_HOURS or min(weights) < 0 or not any(weights)):
            raise RefusedError("48 numbers of at least 0, not all of them 0")
        return weights

    @model_validator(mode="after")
    def _is_open(self) -> Self:
        if not any(self.weights()):
            raise RefusedError(
                "opening hours in which somebody comes", key="opens", found=f'"{self.opens}"'
            )
        return self

    def weights(self) -> list[float]:
        """A weight for each half hour of the clock; those outside the opening hours are 0."""
        first, last = minutes_of(self.opens), minutes_of(self.closes)
        plain = self.half_hours or SHAPES[self.shape]
        return [
            weight * max(0, min(last, 30 * slot + 30) - max(first, 30 * slot)) / 30
            for slot, weight in enumerate(plain)
        ]


class CallQueue(Traffic):
    """`[queues."name"]`: a line that callers wait in."""

    source: str | None = setting(
        None, "The PBX its calls enter by; else the profile's.", min_length=1, max_length=100
    )
    ivr_ratio: Ratio = setting(0.0, "Share that enters through a phone tree.", unit="ratio")
    ivr_s: float = setting(20.0, "Mean time in the phone tree.", unit="seconds", gt=0, le=LONGEST_S)
    ivr_leave_ratio: Ratio = setting(0.0, "Share of those who hang up in it.", unit="ratio")
    patience_s: float = setting(
        240.0, "Mean patience in the line.", unit="seconds", gt=0, le=LONGEST_S
    )
    patience_shape: float = setting(
        1.0, "Shape of its Weibull distribution; 1 is exponential.", ge=0.3, le=10
    )
    redial_ratio: Ratio = setting(0.0, "Share of those who hung up who try again.", unit="ratio")
    redial_after_s: float = setting(
        120.0, "Mean time until they do.", unit="seconds", gt=0, le=LONGEST_S
    )
    talk_s: float = setting(180.0, "Mean conversation.", unit="seconds", gt=0, le=LONGEST_S)
    talk: Literal["lognormal", "exponential"] = setting("lognormal", "Its distribution.")
    talk_spread: float = setting(
        0.8, "Standard deviation ÷ mean of a lognormal conversation.", gt=0, le=5
    )
    wrapup_s: float = setting(
        0.0, "Mean work after a call; 0: none.", unit="seconds", ge=0, le=LONGEST_S
    )
    hold_ratio: Ratio = setting(0.0, "Share of conversations that are held once.", unit="ratio")
    ring_s: float = setting(
        0.0, "Mean ringing until it is answered; 0: at once.", unit="seconds", ge=0, le=60
    )
    timeout_s: float | None = setting(
        None, "Who waits so long must leave.", unit="seconds", gt=0, le=LONGEST_S
    )
    overflow_to: str | None = setting(None, "The queue for who must leave or finds it full.")
    key_ratio: Ratio = setting(0.0, "Share that would press a key to leave.", unit="ratio")
    key_after_s: float = setting(
        30.0, "Mean time until they press it.", unit="seconds", gt=0, le=LONGEST_S
    )
    key_means: Literal["key", "callback", "withdrawn"] = setting("key", "Why they left, then.")
    capacity: int | None = setting(None, "Most who may wait; the next is refused.", ge=1)
    blind_ratio: Ratio = setting(0.0, "Share of conversations passed to a queue.", unit="ratio")
    blind_to: str | None = setting(None, "That queue.")
    attended_ratio: Ratio = setting(0.0, "Share passed to an expert after asking.", unit="ratio")

    @model_validator(mode="after")
    def _passes_somewhere(self) -> Self:
        if self.blind_ratio and self.blind_to is None:
            raise RefusedError("a queue, as blind_ratio is set", key="blind_to", found="nothing")
        if self.blind_ratio + self.attended_ratio > 1:
            raise RefusedError(
                "at most 1 together with blind_ratio",
                key="attended_ratio",
                found=str(self.attended_ratio),
            )
        return self


class Team(Section):
    """`[teams."name"]`: people with one shift and the same skills."""

    agents: int = setting(5, "People of a full shift.", unit="people", ge=0, le=PEOPLE_MAX)
    skills: Texts = setting((), "The queues they answer; the longest waiting comes first.")
    starts: Clock = setting("08:00", "When their shift begins.")
    ends: Clock = setting("18:00", "When it ends; earlier than `starts` is the next morning.")
    breaks: Clocks = setting((), "When a break is due; each goes within the hour that begins then.")
    break_min: int = setting(30, "Its length.", unit="minutes", ge=1, le=240)
    weekdays: Numbers = setting((1.0,) * 7, "Shares of them present, Monday to Sunday.")
    ring_miss_ratio: Ratio = setting(0.0, "Share of ringing that nobody answers.", unit="ratio")

    @field_validator("weekdays")
    @classmethod
    def _seven(cls, shares: tuple[float, ...]) -> tuple[float, ...]:
        if len(shares) != len("MTWTFSS") or min(shares) < 0 or max(shares) > 1:
            raise RefusedError("seven numbers from 0 to 1, Monday first")
        return shares


class ChatQueue(Traffic):
    """`[chats."name"]`: an inbox, and the people who answer nothing else."""

    bot_ratio: Ratio = setting(0.0, "Share of sessions that a bot takes first.", unit="ratio")
    bot_solves_ratio: Ratio = setting(0.0, "Share of those that it solves alone.", unit="ratio")
    greets: bool = setting(default=False, description="Whether an automatic greeting is sent.")
    agents: int = setting(3, "People who answer.", unit="people", ge=0, le=PEOPLE_MAX)
    starts: Clock = setting("08:00", "When their shift begins.")
    ends: Clock = setting("18:00", "When it ends.")
    concurrent: int = setting(3, "Sessions that one of them has at once.", ge=1, le=20)
    first_reply_s: float = setting(
        25.0,
        "Mean time from taking a session to the first word.",
        unit="seconds",
        gt=0,
        le=LONGEST_S,
    )
    reply_s: float = setting(
        40.0, "Mean time to a later word, of either.", unit="seconds", gt=0, le=LONGEST_S
    )
    exchanges: float = setting(4.0, "Mean number of later exchanges.", ge=0, le=50)
    patience_s: float = setting(
        900.0, "Mean patience of who has no answer yet.", unit="seconds", gt=0, le=LONGEST_S
    )
    idle_ratio: Ratio = setting(0.3, "Share that just stops writing.", unit="ratio")
    idle_s: float = setting(
        600.0, "Silence that ends a session.", unit="seconds", gt=0, le=LONGEST_S
    )
    reopen_ratio: Ratio = setting(0.0, "Share of closed sessions that come back.", unit="ratio")
    reopen_after_s: float = setting(
        1800.0, "Mean time until then.", unit="seconds", gt=0, le=LONGEST_S
    )
    rated_ratio: Ratio = setting(0.0, "Share that is rated, from 1 to 5.", unit="ratio")

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> Self:
        if minutes_of(self.starts) >= minutes_of(self.ends):
            raise RefusedError(
                f'later than starts ("{self.starts}")', key="ends", found=f'"{self.ends}"'
            )
        return self


class Incident(Section):
    """`[[incidents]]`: something that makes the day another one."""

    kind: Literal["surge", "staff-leaves", "silence"] = setting(
        "surge",
        "More calls; people who leave before their time; or a dead trunk: no call comes.",
    )
    at: Clock = setting("10:00", "When it begins.")
    minutes: int = setting(60, "How long it lasts.", unit="minutes", ge=1, le=DAY_MINUTES)
    factor: float = setting(
        2.0, "So many times the calls of a surge; the share of the people who leave.", ge=0, le=100
    )
    chance: Ratio = setting(1.0, "On which share of days.", unit="ratio")
    queues: Texts = setting((), "Only these queues, and people with their skills; else all.")

    @model_validator(mode="after")
    def _share(self) -> Self:
        if self.kind == "staff-leaves" and self.factor > 1:
            raise RefusedError("a share of at most 1 who leave", key="factor")
        return self

    def touches(self, *queues: str) -> bool:
        """Whether it is about any of these."""
        return not self.queues or any(name in self.queues for name in queues)


class Profile(Section):
    """The whole file."""

    site: str = setting("city", "The site of its queues.", min_length=1, max_length=100)
    source: str = setting("city-pbx", "Name of its PBX.", min_length=1, max_length=100)
    chat_source: str = setting("city-chat", "Name of its chats.", min_length=1, max_length=100)
    timezone: str = setting("Asia/Shanghai", "IANA zone of its clocks.")
    heartbeat_s: int = setting(
        10, "How often each source says it is alive.", unit="seconds", ge=1, le=3600
    )
    queues: Mapping[str, CallQueue] = {}
    teams: Mapping[str, Team] = {}
    chats: Mapping[str, ChatQueue] = {}
    incidents: Annotated[tuple[Incident, ...], BeforeValidator(_frozen)] = ()

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        try:
            zoneinfo.ZoneInfo(name)
        except (ValueError, OSError, KeyError):
            raise RefusedError('an IANA time zone such as "Asia/Shanghai"') from None
        return name

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        if not self.queues and not self.chats:
            raise RefusedError("at least one queue or chat", key="queues", found="none")
        if len(self.queues) + len(self.chats) > QUEUES_MAX:
            raise RefusedError(f"at most {QUEUES_MAX} queues and chats", key="queues", found="more")
        for path, named in self._named():
            if named not in self.queues and not (path[0] == "incidents" and named in self.chats):
                known = ", ".join(sorted(self.queues)) or "none"
                raise MisnamedError(path, f"one of the queues ({known})", f'"{named}"')
        return self

    def _named(self) -> list[tuple[tuple[str | int, ...], str]]:
        """Every queue that is named somewhere: (where, its name)."""
        found: list[tuple[tuple[str | int, ...], str]] = []
        for name, queue in self.queues.items():
            onward = {"overflow_to": queue.overflow_to, "blind_to": queue.blind_to}
            found += [(("queues", name, key), to) for key, to in onward.items() if to is not None]
        for name, team in self.teams.items():
            found += [(("teams", name, "skills"), skill) for skill in team.skills]
        for place, incident in enumerate(self.incidents):
            found += [(("incidents", place, "queues"), each) for each in incident.queues]
        return found
