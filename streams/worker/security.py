"""The way into Kafka in the words of Faust and of aiokafka, from the same settings.

Refuses to know topics and groups.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiokafka.abc import AbstractTokenProvider
from faust import SASLCredentials, SSLCredentials
from faust.auth import OAuthCredentials
from faust.types.auth import CredentialsT

from streams.config import KafkaSettings, Security

# Whoever only looks something up asks again after this long.
REQUEST_TIMEOUT_MS = 10_000


class _Token(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka carries no types
    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read

    async def token(self) -> str:
        return self._read()


def credentials(security: Security) -> CredentialsT | None:
    """Return what Faust shows the brokers; None where nothing is asked for."""
    if security.sasl_mechanism is None:
        return SSLCredentials(security.ssl_context) if security.ssl_context else None
    if security.token is not None:
        return OAuthCredentials(oauth_cb=_Token(security.token), ssl_context=security.ssl_context)
    return SASLCredentials(
        username=security.sasl_username,
        password=security.sasl_password,
        ssl_context=security.ssl_context,
        mechanism=security.sasl_mechanism,
    )


def client_options(settings: KafkaSettings) -> dict[str, Any]:
    """Return the arguments of an aiokafka client that belongs to no group."""
    security = settings.security()
    return {
        "bootstrap_servers": list(settings.bootstrap),
        "request_timeout_ms": REQUEST_TIMEOUT_MS,
        "security_protocol": security.protocol,
        "ssl_context": security.ssl_context,
        "sasl_mechanism": security.sasl_mechanism or "PLAIN",
        "sasl_plain_username": security.sasl_username,
        "sasl_plain_password": security.sasl_password,
        "sasl_oauth_token_provider": _Token(security.token) if security.token else None,
    }
