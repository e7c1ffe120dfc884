"""Reads the file and the environment into `Settings`, and says plainly what is wrong with them.

It refuses to know any particular setting, and never repeats a value that might be a secret.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from streams.config import environment
from streams.config.errors import ConfigError, RefusedError, key_path, shown
from streams.config.fields import is_secret, section_of, words
from streams.config.lines import line_of
from streams.config.queues import QueueSettings
from streams.config.settings import Settings

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

FILE_NAME = "hotline.toml"
FILE_VARIABLE = "HOTLINE_CONFIG"
SECRET_FILES = (
    ("kafka", "sasl_password", "sasl_password_file"),
    ("source", "customer_key", "customer_key_file"),
    ("access", "session_key", "session_key_file"),
    ("access", "client_token", "client_token_file"),
    ("ami", "secret", "secret_file"),
    ("onebot", "secret", "secret_file"),
    ("onebot", "token", "token_file"),
    ("chatwoot", "secret", "secret_file"),
    ("chatwoot", "path_token", "path_token_file"),
)
LONGEST_SECRET_CHARACTERS = 64 * 1024  # a token is a few kB; a device named by mistake has no end
LINE_IN_MESSAGE = re.compile(r"\(at line (\d+), column \d+\)")

Location = tuple[str | int, ...]


@dataclass(slots=True)
class _Origin:
    """Where each key came from, to say so when it is refused."""

    file: str
    text: str
    variables: set[environment.Key] = field(default_factory=set)

    def error(self, path: Location, expected: str, found: str) -> ConfigError:
        section_key = tuple(part for part in path[:2] if isinstance(part, str))
        if section_key in self.variables:
            place, line = f"environment variable {environment.variable(*section_key)}", None
        else:
            place, line = self.file, line_of(self.text, path)
        return ConfigError(
            file=place, line=line, key=key_path(path), expected=expected, found=found
        )


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of a file and the environment, the environment winning.

    The file is `path`, else what HOTLINE_CONFIG names, else `hotline.toml` where the command runs,
    else none. Raises ConfigError at the first thing that is wrong.
    """
    environ = os.environ if environ is None else environ
    file = _chosen(path, environ)
    data, origin = _read(file) if file else ({}, _Origin("configuration", ""))
    for (section, key), value in environment.read(environ).items():
        table = data.setdefault(section, {})
        if isinstance(table, dict):
            table[key] = value
            origin.variables.add((section, key))
    for section, key, file_key in SECRET_FILES:
        _read_secret(data, section, key, file_key, origin)
    return _validated(data, origin)


def _chosen(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    if path is not None:
        return path
    if environ.get(FILE_VARIABLE):
        return Path(environ[FILE_VARIABLE])
    return Path(FILE_NAME) if Path(FILE_NAME).is_file() else None


def _read(file: Path) -> tuple[dict[str, Any], _Origin]:
    try:
        text = file.read_text(encoding="utf-8")
        return tomllib.loads(text), _Origin(str(file), text)
    except tomllib.TOMLDecodeError as problem:
        at = LINE_IN_MESSAGE.search(str(problem))
        line, found = int(at[1]) if at else None, LINE_IN_MESSAGE.sub("", str(problem)).strip()
        raise ConfigError(file=str(file), key="", line=line, expected="TOML", found=found) from None
    except UnicodeDecodeError:
        raise ConfigError(
            file=str(file), key="", expected="text in UTF-8", found="other bytes"
        ) from None
    except OSError as problem:
        found = problem.strerror or type(problem).__name__
        raise ConfigError(
            file=str(file), key="", expected="a file that can be read", found=found
        ) from None


def _read_secret(
    data: dict[str, Any], section: str, key: str, file_key: str, origin: _Origin
) -> None:
    table = data.get(section)
    if not isinstance(table, dict) or not isinstance(table.get(file_key), str):
        return
    if key in table:
        raise origin.error((section, key), f"either this or {file_key}", "both")
    try:
        with Path(table[file_key]).open(encoding="utf-8") as lines:
            secret = lines.read(LONGEST_SECRET_CHARACTERS).strip()
    except (OSError, UnicodeDecodeError) as problem:
        found = getattr(problem, "strerror", None) or "bytes that are no text"
        raise origin.error((section, file_key), "a text file that can be read", found) from None
    if not secret:
        raise origin.error((section, file_key), "a file with a secret in it", "an empty one")
    table[key] = secret


def _validated(data: dict[str, Any], origin: _Origin) -> Settings:
    try:
        return Settings.model_validate(data)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False)[0]
    raise _explained(first, data, origin)  # outside the handler: the first error holds values


def _explained(error: ErrorDetails, data: dict[str, Any], origin: _Origin) -> ConfigError:
    path, setting = _declared(error["loc"])
    refused = error.get("ctx", {}).get("error")
    if error["type"] == "extra_forbidden":
        return origin.error(path, _known_keys(path), "an unknown key")
    if isinstance(refused, RefusedError):
        if refused.key is not None:
            path, setting = _declared((*path, *refused.key.split(".")))
        expected, value = refused.expected, _at(data, path, setting)
        if refused.found is not None:
            return origin.error(path, expected, refused.found)
    else:
        expected, value = words(setting) if setting else "a table", error["input"]
    if error["type"] == "string_pattern_mismatch":
        expected = 'letters, digits, ".", "_" and "-" only'
    return origin.error(
        path, expected, shown(value, secret=setting is not None and is_secret(setting))
    )


def _declared(location: Location) -> tuple[Location, FieldInfo | None]:
    """Cut pydantic's location to the key that was declared, and return its declaration with it."""
    model: type[BaseModel] = Settings
    path: list[str | int] = []
    for part in location:
        path.append(part)
        if path == ["queues", part]:
            model = QueueSettings
            continue
        if path == ["queues"]:
            continue
        declared = model.model_fields.get(str(part))
        if declared is None:
            return tuple(path), None
        if section := section_of(declared):
            model = section
            continue
        places = (rest for rest in location[len(path) :] if isinstance(rest, int))
        return (*path, *places), declared
    return tuple(path), None


def _known_keys(path: Location) -> str:
    """Name the key probably meant: the same word elsewhere, or the nearest of this table."""
    *tables, key = map(str, path)
    model: type[BaseModel] = QueueSettings if tables else Settings
    if tables and tables[0] != "queues":
        model = section_of(Settings.model_fields[tables[0]]) or model
    nearest = difflib.get_close_matches(key, model.model_fields, n=1, cutoff=0)[0]
    elsewhere = [
        f"{section}.{name}" for (section, name), _ in environment.keys().values() if name == key
    ]
    meant = elsewhere[0] if elsewhere else key_path((*tables, nearest))
    return f"a known key; nearest: {meant}"


def _at(data: dict[str, Any], path: Location, setting: FieldInfo | None) -> object:
    """Return the value that a check refused: as given, inherited, or the default."""
    value: Any = data
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    if value is None and path[0] == "queues":
        shared = str(path[1]).partition("/")[2]
        inherited = {**data.get("defaults", {}), **data["queues"].get(shared, {})}
        value = inherited.get(path[-1])
    return value if value is not None or setting is None else setting.default
