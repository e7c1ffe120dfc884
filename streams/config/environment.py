"""Settings from environment variables: `HOTLINE_<SECTION>__<KEY>`, converted from text.

It refuses to know the file; an empty variable counts as not set, because deployments pass those on.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, get_origin

from pydantic import SecretStr

from streams.config.errors import ConfigError
from streams.config.fields import alternatives, section_of
from streams.config.settings import Settings

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

PREFIX = "HOTLINE_"
SEPARATOR = "__"
READ_AS_TEXT = (str, SecretStr, Path)
BOOLEANS = {"true": True, "false": False}

Key = tuple[str, str]


def variable(section: str, key: str) -> str:
    """Return the name of the variable that sets a key."""
    return f"{PREFIX}{section}{SEPARATOR}{key}".upper()


def keys() -> dict[str, tuple[Key, FieldInfo]]:
    """Return every variable that is understood: name to ((section, key), its declaration)."""
    return {
        variable(name, key): ((name, key), field)
        for name, declared in Settings.model_fields.items()
        if (section := section_of(declared)) is not None
        for key, field in section.model_fields.items()
    }


def read(environ: Mapping[str, str]) -> dict[Key, object]:
    """Return the converted value of each variable that is set; ConfigError on an unknown one."""
    known = keys()
    found = {}
    for name, text in environ.items():
        if not name.startswith(PREFIX) or SEPARATOR not in name or not text:
            continue
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1, cutoff=0)[0]
            raise ConfigError(
                file=f"environment variable {name}",
                key="",
                expected=f"a known variable; nearest: {nearest} (queues are set in the file)",
                found="an unknown one",
            )
        key, field = known[name]
        found[key] = _converted(text, field)
    return found


def _converted(text: str, field: FieldInfo) -> object:
    """Convert what is no text by nature; where that fails, the text is refused with the rest."""
    kinds = alternatives(field.annotation)
    if any(get_origin(kind) is tuple for kind in kinds):
        return [part.strip() for part in text.split(",")]
    if text in kinds or any(kind in READ_AS_TEXT for kind in kinds):
        return text
    readers: tuple[Callable[[str], object], ...] = (_boolean, int, float)
    for reader in readers:
        try:
            return reader(text)
        except ValueError:
            continue
    return text


def _boolean(text: str) -> bool:
    if text.lower() not in BOOLEANS:
        raise ValueError(text)
    return BOOLEANS[text.lower()]
