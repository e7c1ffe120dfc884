"""Lists of `name=value` texts: tables that an environment variable can set as well."""

from __future__ import annotations

from collections.abc import Mapping

from streams.config.errors import RefusedError
from streams.config.fields import Texts


def pairs_of(texts: Texts) -> Mapping[str, str]:
    """`["1=one", "2"]` as {"1": "one", "2": ""}."""
    return {
        name.strip(): value.strip() for name, _, value in (text.partition("=") for text in texts)
    }


def check_pairs(key: str, texts: Texts) -> None:
    """RefusedError for what has no name before its `=`."""
    if not all(pairs_of((text,)).keys() - {""} for text in texts):
        raise RefusedError('texts as "number=name"', key=key)
