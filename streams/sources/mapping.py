"""A mapping file: how the columns of somebody's table of finished calls become events.

Only the form and its validation; reading rows by it is `table`'s. Built-in mappings lie in
`mappings/`.
"""

from __future__ import annotations

import codecs
import tomllib
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from streams.core.events import LEFT_REASONS

# Forms of time that have a name; every other one is a strptime form.
FORMATS = ("iso", "epoch", "epoch_ms")


class MappingError(ValueError):
    """A mapping that cannot be used: file, key, and what was expected."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Model):
    """A column, and the texts in it that mean nothing."""

    column: str = Field(description="header of the column")
    nulls: tuple[str, ...] = Field(default=("",), description="texts that mean no value")


class Duration(_Model):
    """A column with a length of time."""

    column: str = Field(description="header of the column")
    unit: Literal["ms", "s", "min", "clock"] = Field(default="s", description="clock is h:mm:ss")
    nulls: tuple[str, ...] = Field(default=("",), description="texts that mean no value")
    zero: Literal["value", "unknown"] = Field(default="value", description="what 0 means")


class Times(_Model):
    """When things happened."""

    date: str | None = Field(default=None, description="column with the local date, if apart")
    format: str = Field(
        description="iso, epoch, epoch_ms or a strptime form (a date apart, a space, the time)"
    )
    nulls: tuple[str, ...] = Field(default=("",), description="texts that mean: did not happen")
    arrived: str | None = Field(default=None, description="column: the call came in")
    entered: tuple[str, ...] = Field(
        description="columns: entered the queue; the first that is set"
    )
    left: str | None = Field(default=None, description="column: left the queue")

    @field_validator("format")
    @classmethod
    def _format(cls, value: str) -> str:
        if value in FORMATS:
            return value
        try:
            datetime.strptime("", value)  # noqa: DTZ007 - only the form is looked at
        except ValueError as error:
            if "%" not in value or "does not match" not in str(error):
                raise ValueError("expected iso, epoch, epoch_ms or a strptime form") from error
        return value


class Rule(_Model):
    """What a row means; the first rule whose conditions all hold."""

    when: dict[str, str] = Field(description='column = "text", or a comparison such as ">0"')
    is_: Literal["answered", "abandoned", "left", "outside"] = Field(alias="is")
    reason: str | None = Field(default=None, description="of left and outside")

    @model_validator(mode="after")
    def _known_reason(self) -> Rule:
        if self.is_ == "left" and self.reason not in LEFT_REASONS:
            raise ValueError(f"reason: expected one of {', '.join(sorted(LEFT_REASONS))}")
        return self


class Mapping(_Model):
    """A table of finished calls, one per row."""

    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote: str = Field(
        default='"', max_length=1, description="what cells are quoted by; empty: none"
    )
    encoding: str = Field(default="utf-8-sig")
    timezone: str = Field(default="UTC", description="IANA zone of the times")
    contact: tuple[str, ...] = Field(min_length=1, description="columns that name a call")
    queue: str = Field(description="column with the queue")
    agent: Column | None = None
    customer: Column | None = None
    time: Times
    wait: Duration | None = None
    talk: Duration | None = None
    outcome: tuple[Rule, ...] = Field(min_length=1)

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("expected an IANA time zone, as Asia/Shanghai") from error
        return value

    @field_validator("encoding")
    @classmethod
    def _encoding(cls, value: str) -> str:
        try:
            codecs.lookup(value)
        except LookupError as error:
            raise ValueError("expected an encoding, as utf-8 or gb18030") from error
        return value

    @model_validator(mode="after")
    def _leaving(self) -> Mapping:
        if self.wait is None and self.time.left is None:
            raise ValueError("expected wait or time.left: one says how long a call waited")
        return self

    def columns(self) -> set[str]:
        """Every column that a row must have."""
        named = {self.queue, *self.contact, *self.time.entered}
        named |= {column for rule in self.outcome for column in rule.when}
        named |= {c for c in (self.time.date, self.time.arrived, self.time.left) if c}
        named |= {c.column for c in (self.agent, self.customer, self.wait, self.talk) if c}
        return named


def built_in() -> list[str]:
    """The names of the mappings that come with the package."""
    folder = files("streams.sources").joinpath("mappings")
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir())


def load_mapping(name: str) -> Mapping:
    """A built-in mapping by name, or a TOML file; MappingError says what is wrong with it."""
    if name in built_in():
        text = files("streams.sources").joinpath("mappings", f"{name}.toml").read_text("utf-8")
    else:
        try:
            text = Path(name).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise MappingError(
                f"mapping {name!r}: expected one of {', '.join(built_in())}, or a file: {error}"
            ) from error
    try:
        return Mapping.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"mapping {name}: expected TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise MappingError(f"mapping {name}: {key or 'file'}: {first['msg']}") from error
