"""The token provider that kafka-python insists on by type.

The one place of the configuration that imports a client library. It refuses to know where the token
comes from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kafka.net.sasl.oauth import AbstractTokenProvider

if TYPE_CHECKING:
    from collections.abc import Callable


class _TokenProvider(AbstractTokenProvider):  # type: ignore[misc]  # kafka-python carries no types
    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read

    def token(self) -> str:
        return self._read()


def token_provider(read: Callable[[], str]) -> object:
    """Return kafka-python's provider that asks `read` for the token at every connection."""
    return _TokenProvider(read)
