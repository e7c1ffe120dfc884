"""How one setting is declared and put into words, so that errors and documentation say the same.

It refuses to know any particular setting.
"""

from __future__ import annotations

import types
import typing
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import annotated_types
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

if typing.TYPE_CHECKING:
    from pydantic.fields import FieldInfo

KIND_WORDS: dict[object, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Path: "a path",
    SecretStr: "a secret text",
}


def _frozen_list(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_frozen_list)]


class Section(BaseModel):
    """A table of the file: immutable, strict about types, closed to unknown keys."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        validate_default=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,  # a secret under a wrong key must not reach a log
    )


def setting(default: Any, description: str, *, unit: str = "", **limits: Any) -> Any:  # noqa: ANN401
    """Declare one key: default, a sentence for the documentation, unit, pydantic's limits.

    The types are those of `pydantic.Field`: a value of any type.
    """
    return Field(default, description=description, json_schema_extra={"unit": unit}, **limits)


def unit_of(field: FieldInfo) -> str:
    """Return the unit a setting was declared with, "" where it has none."""
    extra = field.json_schema_extra
    return str(extra.get("unit", "")) if isinstance(extra, dict) else ""


def alternatives(annotation: object) -> tuple[object, ...]:
    """Return what a key accepts, without None: `int | Literal["auto"] | None` gives int, "auto"."""
    if get_origin(annotation) in (typing.Union, types.UnionType):
        return tuple(kind for part in get_args(annotation) for kind in alternatives(part))
    if get_origin(annotation) is Annotated:
        return alternatives(get_args(annotation)[0])
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return () if annotation is type(None) else (annotation,)


def section_of(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model of a key that holds a table, None for every other key."""
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def is_secret(field: FieldInfo) -> bool:
    """Tell whether the value must never be printed."""
    return SecretStr in alternatives(field.annotation)


def words(field: FieldInfo) -> str:
    """Return what a key accepts, as it completes "expected ...": "a whole number, at least 1"."""
    named, literal = [], []
    for kind in alternatives(field.annotation):
        if get_origin(kind) is tuple:
            named.append("a list of texts")
        elif isinstance(kind, type):
            named.append(KIND_WORDS[kind])
        else:
            literal.append(f'"{kind}"' if isinstance(kind, str) else str(kind))
    return ", ".join([" or ".join(literal + named), *_limit_words(field)])


def _limit_words(field: FieldInfo) -> list[str]:
    kinds = get_args(field.annotation)
    nested = [limit for kind in kinds for limit in getattr(kind, "__metadata__", ())]
    found = []
    for limit in [*field.metadata, *nested]:
        match limit:
            case annotated_types.Ge(ge=bound):
                found.append(f"at least {bound}")
            case annotated_types.Gt(gt=bound):
                found.append(f"more than {bound}")
            case annotated_types.Le(le=bound):
                found.append(f"at most {bound}")
            case annotated_types.Lt(lt=bound):
                found.append(f"less than {bound}")
            case annotated_types.MinLen(min_length=1):
                found.append("not empty")
            case annotated_types.MinLen(min_length=length):
                found.append(f"at least {length} characters")
            case annotated_types.MaxLen(max_length=length):
                found.append(f"at most {length} characters")
            case _:
                pass
    return found
