"""Profiles by name, or from a TOML file; what is wrong with one is said with file, line and key."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from streams.config.errors import ConfigError, RefusedError, key_path, shown
from streams.config.fields import words
from streams.config.lines import line_of
from streams.simulator.profile import MisnamedError, Profile

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

DEFAULT = "city"
_ENDING = ".toml"
_LINE = re.compile(r"\(at line (\d+), column \d+\)")

Path_ = tuple[str | int, ...]


def names() -> list[str]:
    """The built-in profiles."""
    folder = files("streams.simulator").joinpath("profiles")
    return sorted(
        each.name.removesuffix(_ENDING) for each in folder.iterdir() if each.name.endswith(_ENDING)
    )


def load_profile(name: str) -> Profile:
    """A built-in profile by its name, else the file of that name. ConfigError: what is wrong."""
    if name in names():
        built_in = files("streams.simulator").joinpath("profiles", name + _ENDING)
        return read_profile(built_in.read_text(encoding="utf-8"), name)
    try:
        text = Path(name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigError(
            file=name, key="", expected="text in UTF-8", found="other bytes"
        ) from None
    except OSError as problem:
        expected = f"a profile ({', '.join(names())}) or a file that can be read"
        found = problem.strerror or type(problem).__name__
        raise ConfigError(file=name, key="", expected=expected, found=found) from None
    return read_profile(text, name)


def read_profile(text: str, file: str) -> Profile:
    """The profile that a TOML text describes; `file` is what errors call it."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        at = _LINE.search(str(problem))
        found = _LINE.sub("", str(problem)).strip()
        line = int(at[1]) if at else None
        raise ConfigError(file=file, key="", line=line, expected="TOML", found=found) from None
    try:
        return Profile.model_validate(data)
    except ValidationError as invalid:
        path, expected, found = _explained(invalid.errors(include_url=False)[0], data)
    raise ConfigError(
        file=file, key=key_path(path), line=line_of(text, path), expected=expected, found=found
    )


def _explained(error: ErrorDetails, data: Mapping[str, Any]) -> tuple[Path_, str, str]:
    """(where, what was expected, what was found) of pydantic's first error."""
    path, field, model = _declared(error["loc"])
    if error["type"] == "extra_forbidden" and model is not None:
        near = difflib.get_close_matches(str(path[-1]), model.model_fields, n=1, cutoff=0)
        return path, f"a known key; nearest: {near[0]}", "an unknown key"
    refused = error.get("ctx", {}).get("error")
    if isinstance(refused, MisnamedError):
        return refused.path, refused.expected, str(refused.found)
    if isinstance(refused, RefusedError):
        path = (*path, refused.key) if refused.key is not None else path
        return path, refused.expected, refused.found or shown(_at(data, path))
    return path, _words(field), shown(error["input"])


def _declared(location: Path_) -> tuple[Path_, FieldInfo | None, type[BaseModel] | None]:
    """The key that was declared, its declaration, and the table it stands in."""
    kind: Any = Profile
    field: FieldInfo | None = None
    for depth, part in enumerate(location, 1):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = kind.model_fields.get(str(part))
            if field is None:
                return location[:depth], None, kind
            kind = field.annotation
            continue
        inside = get_args(kind)
        kind = inside[1] if get_origin(kind) is Mapping else inside[0] if inside else None
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            return location[:depth], field, None
        field = None
    return location, field, None


def _words(field: FieldInfo | None) -> str:
    if field is None or get_origin(field.annotation) is Mapping:
        return "a table"
    inside = get_args(field.annotation)
    if get_origin(field.annotation) is tuple and inside[0] is not str:
        return "a list of numbers" if inside[0] is float else "a list of tables ([[incidents]])"
    return words(field)


def _at(data: Mapping[str, Any], path: Path_) -> object:
    found: Any = data
    for part in path:
        if isinstance(found, dict):
            found = found.get(str(part))
        else:
            found = found[part] if isinstance(found, list) and isinstance(part, int) else None
    return found
