"""`[ami]`: how `hotline source asterisk-ami` reaches Asterisk's manager interface.

It refuses to know the protocol, and never prints the secret.
"""

from __future__ import annotations

from pydantic import SecretStr

from streams.config.errors import ConfigError
from streams.config.fields import Section, setting
from streams.config.kafka import PathText

HIGHEST_PORT = 65535
# A header's value: what has line ends would be another header.
_WORD = r"^[^\x00-\x1f\x7f]+$"


class AmiSettings(Section):
    """`[ami]`."""

    host: str = setting("127.0.0.1", "Host of Asterisk's manager interface.", min_length=1)
    port: int = setting(5038, "Its port.", ge=1, le=HIGHEST_PORT)
    tls: bool = setting(
        default=False, description="Whether to connect with TLS, and check the certificate."
    )
    tls_ca_file: PathText | None = setting(
        None, "Certificates to trust, for a PBX that has signed its own; else the system's."
    )
    username: str = setting("hotline", "The manager user (manager.conf).", pattern=_WORD)
    secret: SecretStr | None = setting(
        None, "That user's secret; it answers an MD5 challenge and is never sent.", min_length=1
    )
    secret_file: PathText | None = setting(None, "File with that secret instead.")
    events: str = setting(
        "system,call,agent",
        "Classes of events asked for; with `dialplan` the reason of every exit is exact, and "
        "there is far more traffic.",
        pattern=_WORD,
    )
    connect_timeout_s: int = setting(
        10, "How long connecting and logging in may take.", unit="seconds", ge=1, le=600
    )
    retry_s: int = setting(
        2, "Pause before the next attempt to connect.", unit="seconds", ge=1, le=3600
    )
    refused_retry_s: int = setting(
        30,
        "The same after a refused login: guards against attackers count attempts.",
        unit="seconds",
        ge=1,
        le=3600,
    )
    ping_interval_s: int = setting(
        10,
        "How often it asks whether the PBX is there; after three unanswered times it is not.",
        unit="seconds",
        ge=1,
        le=3600,
    )
    beside_queue_log: bool | None = setting(
        None,
        "Whether an asterisk-queue-log source of the same name reads the same PBX: its whole "
        "seconds then give way to AMI's exact times. Without it, where a secret is set.",
    )

    @property
    def is_beside_queue_log(self) -> bool:
        """Whether the queue log gives way: as set, else where AMI can be reached."""
        if self.beside_queue_log is None:
            return self.secret is not None
        return self.beside_queue_log

    def secret_text(self) -> str:
        """Return the secret; ConfigError where none is set."""
        if self.secret is None:
            raise ConfigError(
                file="configuration",
                key="ami.secret",
                expected="the manager user's secret (or secret_file)",
                found="nothing",
            )
        return self.secret.get_secret_value()
