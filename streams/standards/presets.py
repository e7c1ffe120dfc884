"""Reads the presets, the signals they need and the figures that measure them, as values.

It refuses to know events, sources and the registry of figures: tests hold the data to them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

NAMES = ("esale", "gas-hotline", "etiquette", "time-standards", "studio")
Comparison = Literal["<=", ">=", "=", ">", "about", "between", "by"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a norm asks for. `value` is in `unit`, None where its document leaves it blank."""

    comparison: Comparison
    value: float | None = None
    upper: float | None = None  # of "between"
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    """One norm of a document. An advisory one may warn, and is never called a breach.

    `target` is None where the document names no number, `key` the configuration key that takes a
    value left blank, None where there is none yet.
    """

    id: str
    wording: str
    wording_zh: str
    figure: str
    signals: tuple[str, ...]
    target: Target | None = None
    key: str | None = None
    advisory: bool = False
    note: str = ""

    @property
    def blank(self) -> bool:
        """Whether the document leaves the value to whoever takes the norm over."""
        return self.target is not None and self.target.value is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One document's norms. `supplies` are values for keys of a queue's configuration, `asks` the
    keys for which the document has a blank.
    """

    name: str
    title: str
    title_zh: str
    norms: tuple[Norm, ...]
    supplies: Mapping[str, int] = field(default_factory=dict)
    asks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What measures a norm: `tests` where it is computed, else the `formula` to be computed."""

    id: str
    name_zh: str = ""
    formula: str = ""
    note: str = ""
    tests: tuple[str, ...] = ()


@cache
def preset(name: str) -> Preset:
    """The preset of that name; KeyError for any other."""
    if name not in NAMES:
        raise KeyError(name)
    data = _read(name)
    norms = tuple(_norm(table) for table in data.pop("norm"))
    return Preset(name=name, norms=norms, asks=tuple(data.pop("asks", ())), **data)


@cache
def figures() -> Mapping[str, Figure]:
    """Every figure that a norm names, by id, in the order of the file."""
    return {
        id_: Figure(id=id_, tests=tuple(table.pop("tests", ())), **table)
        for id_, table in _read("figures").items()
    }


@cache
def senders() -> Mapping[str, tuple[str, ...]]:
    """The names of the sources that send a signal today, by signal; empty where none does."""
    data = _read("signals")
    events = {signal: tuple(names) for signal, names in data["events"].items()}
    return events | dict.fromkeys(data["outside"], ())


def feeders(norm: Norm) -> tuple[str, ...]:
    """The sources that send everything the norm needs."""
    first, *others = (senders()[signal] for signal in norm.signals)
    return tuple(name for name in first if all(name in other for other in others))


def missing(norm: Norm) -> tuple[str, ...]:
    """The signals that it needs and no source sends."""
    return tuple(signal for signal in norm.signals if not senders()[signal])


def _norm(table: dict[str, Any]) -> Norm:
    target = table.pop("target", None)
    signals = tuple(table.pop("signals"))
    return Norm(signals=signals, target=Target(**target) if target else None, **table)


def _read(name: str) -> dict[str, Any]:
    text = files("streams.standards").joinpath(f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)
