"""What is promised for one queue: `[defaults]` and `[queues."name"]`.

It refuses to know how figures are computed; it only makes sure that they can be, exactly.
"""

from __future__ import annotations

import difflib
import zoneinfo
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from annotated_types import Ge
from pydantic import ValidationInfo, field_validator, model_validator

from streams.config.errors import RefusedError
from streams.config.fields import Section, Texts, setting
from streams.core.chats import REPLY_EDGES_S
from streams.core.definitions import ANSWER_EDGES_S
from streams.core.hours import (
    BLOCK_FORM,
    DATED_FORM,
    Hours,
    dated_block,
    holiday,
    weekly_block,
)
from streams.core.targets import ServiceLevel, Target
from streams.standards.presets import NAMES, preset

# Nothing larger is a hotline.
AGENTS_MAX = 100_000
TARGET = Target()
FORMULA = TARGET.service_level

_READ_HOURS: Mapping[str, Callable[[str], object]] = {
    "opening_hours": weekly_block,
    "holidays": holiday,
    "special_hours": dated_block,
}


class QueueSettings(Section):
    """`[defaults]`, and with them filled in, each `[queues."name"]` and `[queues."site/name"]`."""

    title: str | None = setting(
        None, "Name on the wallboard in English; without it, the queue's own.", min_length=1
    )
    title_zh: str | None = setting(
        None, "Name on the wallboard in Chinese; without it, `title`.", min_length=1
    )
    timezone: str = setting(
        "Asia/Shanghai", "IANA name of the time zone in which the queue's day begins and ends."
    )
    standard: Literal["esale", "gas-hotline", "etiquette", "time-standards", "studio"] | None = (
        setting(
            None,
            "Norm preset that gives `threshold_s` or `short_abandon_s` where the same table does "
            "not; `time-standards` leaves `threshold_s` blank and asks for it (docs/standards.md).",
        )
    )
    threshold_s: int = setting(
        FORMULA.threshold_s,
        "Answered within this long counts as met; must be a bucket edge: "
        + ", ".join(map(str, ANSWER_EDGES_S))
        + ".",
        unit="seconds",
    )
    short_abandon_s: int = setting(
        FORMULA.short_abandon_s,
        "Abandoned within this long is left out of the service level; "
        "0 or a bucket edge, at most `threshold_s`.",
        unit="seconds",
    )
    objective_ratio: float = setting(
        TARGET.objective_ratio,
        "Share of eligible visits to be met, as agreed.",
        unit="ratio",
        gt=0,
        le=1,
    )
    abandon_objective_ratio: float | None = setting(
        None,
        "Share of visits that may be abandoned; without it, no target.",
        unit="ratio",
        gt=0,
        le=1,
    )
    asa_objective_s: float | None = setting(
        None, "Mean speed of answer to stay under; without it, no target.", unit="seconds", gt=0
    )
    credit_short_abandons: bool = setting(
        default=FORMULA.credit_short_abandons,
        description="Count short abandons as met instead of leaving them out.",
    )
    include_abandons: bool = setting(
        default=FORMULA.include_abandons,
        description="Count abandons beyond `short_abandon_s` as missed; false leaves them out.",
    )
    wrapup: Annotated[int, Ge(0)] | Literal["auto", "absent"] = setting(
        "auto",
        "After-call work: measured where the source sends it (`auto`), left out (`absent`), "
        "or a fixed length.",
        unit="seconds",
    )
    interval_min: Literal[15, 30] = setting(
        TARGET.interval_min, "Length of a reporting interval.", unit="minutes"
    )
    first_reply_s: int = setting(
        TARGET.first_reply_s,
        "Chats: a person's first reply within this long counts as met; must be a bucket edge: "
        + ", ".join(map(str, REPLY_EDGES_S))
        + ".",
        unit="seconds",
    )
    bot_only_missed: bool = setting(
        default=TARGET.bot_only_missed,
        description="Chats: count those that only a bot answered as missed instead of leaving them "
        "out.",
    )
    opening_hours: Texts = setting(
        (),
        "Chats: weekly blocks in the queue's time zone, several a day if need be, such as "
        f"{BLOCK_FORM}; the clock of the first reply to who writes outside them starts at opening. "
        "Without any it is always open.",
    )
    holidays: Texts = setting((), 'Dates on which it stays closed, such as "2026-10-01".')
    special_hours: Texts = setting(
        (),
        "Blocks of single dates instead of the week's, also on holidays (make-up working days), "
        f"such as {DATED_FORM}.",
    )
    agents: int | None = setting(
        None,
        "People who take its calls now, each counted in one queue; without it, unknown to "
        "`hotline staffing plan` unless given there.",
        unit="people",
        ge=0,
        le=AGENTS_MAX,
    )
    minimum_agents: int = setting(
        0, "No advice leaves fewer people than this.", unit="people", ge=0, le=AGENTS_MAX
    )
    occupancy_limit_ratio: float | None = setting(
        None,
        "No advice makes its people busier than this; without it, no limit.",
        unit="ratio",
        gt=0,
        le=1,
    )
    pools: Texts = setting(
        (), "Names of the groups it shares people with; a move needs a pool in common."
    )

    @model_validator(mode="before")
    @classmethod
    def _blanks_are_filled(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        name = data.get("standard")
        for key in preset(name).asks if name in NAMES else ():
            if data.get(key) is None:
                raise RefusedError(
                    f'a value, which standard = "{name}" leaves blank', key=key, found="nothing"
                )
        return under_standard(data)

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        try:
            zoneinfo.ZoneInfo(name)
        except (ValueError, OSError, KeyError):
            near = difflib.get_close_matches(name, sorted(zoneinfo.available_timezones()), n=1)
            hint = f"; nearest: {near[0]}" if near else ""
            raise RefusedError(f'an IANA time zone such as "Europe/Paris"{hint}') from None
        return name

    @field_validator("threshold_s")
    @classmethod
    def _threshold_is_an_edge(cls, seconds: int) -> int:
        if seconds not in ANSWER_EDGES_S:
            raise RefusedError(f"a bucket edge in seconds, one of {_edges()}")
        return seconds

    @field_validator("short_abandon_s")
    @classmethod
    def _short_is_an_edge_within(cls, seconds: int, info: ValidationInfo) -> int:
        if seconds and seconds not in ANSWER_EDGES_S:
            raise RefusedError(f"0 or a bucket edge in seconds, one of {_edges()}")
        threshold = info.data.get("threshold_s", seconds)
        if seconds > threshold:
            raise RefusedError(f"at most threshold_s ({threshold})")
        return seconds

    @field_validator("first_reply_s")
    @classmethod
    def _first_reply_is_an_edge(cls, seconds: int) -> int:
        if seconds not in REPLY_EDGES_S:
            edges = ", ".join(map(str, REPLY_EDGES_S))
            raise RefusedError(f"a bucket edge of chats in seconds, one of {edges}")
        return seconds

    @field_validator("opening_hours", "holidays", "special_hours")
    @classmethod
    def _hours_can_be_read(cls, words: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        read = _READ_HOURS[info.field_name or ""]
        for each in words:
            try:
                read(each)
            except ValueError as error:
                expected, _, found = str(error).partition(", found ")
                raise RefusedError(expected.removeprefix("expected "), found=found) from None
        return words

    def hours(self) -> Hours:
        """Return when it is open."""
        return Hours(self.timezone, self.opening_hours, self.holidays, self.special_hours)

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The queue's time zone."""
        return zoneinfo.ZoneInfo(self.timezone)

    def target(self, name: str) -> Target:
        """Return the same in the core's words; a queue without a title is called by its name."""
        title = self.title or name
        return Target(
            service_level=ServiceLevel(
                threshold_s=self.threshold_s,
                short_abandon_s=self.short_abandon_s,
                credit_short_abandons=self.credit_short_abandons,
                include_abandons=self.include_abandons,
            ),
            objective_ratio=self.objective_ratio,
            abandonment_ratio=self.abandon_objective_ratio,
            answer_speed_s=self.asa_objective_s,
            title=title,
            title_zh=self.title_zh or title,
            zone=self.timezone,
            interval_min=self.interval_min,
            wrapup=self.wrapup,
            first_reply_s=self.first_reply_s,
            bot_only_missed=self.bot_only_missed,
        )


def under_standard(table: dict[str, Any]) -> dict[str, Any]:
    """Return a table with what its own `standard` supplies filled in beneath its keys.

    An unknown name supplies nothing: it is refused as any other bad value.
    """
    name = table.get("standard")
    return {**preset(name).supplies, **table} if name in NAMES else table


def _edges() -> str:
    return ", ".join(map(str, ANSWER_EDGES_S))
