"""What every source that is pushed to is told: where it listens, and how much it takes.

Refuses to listen beyond this machine without a secret; refuses to know any system's own settings.
"""

from __future__ import annotations

import ipaddress

from pydantic import SecretStr

from streams.config.errors import RefusedError
from streams.config.fields import Section, setting

HIGHEST_PORT = 65535
LONGEST_BODY_BYTES = 16 * 1024 * 1024


class PushSettings(Section):
    """A listening address and its bounds."""

    host: str = setting(
        "127.0.0.1",
        "Address it listens at; another than this machine's own needs a secret.",
        min_length=1,
    )
    port: int = setting(0, "Its port; 0 takes any free one.", ge=0, le=HIGHEST_PORT)
    body_bytes: int = setting(
        1024 * 1024, "Longest message taken.", unit="bytes", ge=1024, le=LONGEST_BODY_BYTES
    )
    answer_limit_s: float = setting(
        4.0,
        "How long a sender waits for Kafka; then it is told to try again (503).",
        unit="seconds",
        gt=0,
        le=60,
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def needs_secret(settings: PushSettings, *secrets: SecretStr | None) -> None:
    """RefusedError where others could reach the address and no secret would stop them."""
    if not is_loopback(settings.host) and not any(secrets):
        raise RefusedError("127.0.0.1, ::1 or localhost as long as no secret is set", key="host")
