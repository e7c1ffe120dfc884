"""The Kafka cluster to talk to, and the same settings in the words of the client libraries.

It refuses to know topics, groups and any client: it hands out plain data and an `ssl.SSLContext`.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from streams.config.errors import ConfigError, RefusedError, shown
from streams.config.fields import Section, Texts, setting

if TYPE_CHECKING:
    from collections.abc import Callable

HOST_PORT = re.compile(r"^(\[[0-9A-Fa-f:.]+\]|[^\s:/@\[\]]+):(\d{1,5})$")
TOPIC_NAME = r"^[A-Za-z0-9._-]+$"
LONGEST_PREFIX = 200  # Kafka refuses topic names above 249 characters; ours add less than 40
RECONNECT_BACKOFF_MAX_MS = 1000  # with kafka-python's default a reader stayed away 13-44 s

PathText = Annotated[Path, Field(strict=False)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """What any client needs to be let in; `token` gives the current OAUTHBEARER token."""

    protocol: str
    ssl_context: ssl.SSLContext | None = None
    sasl_mechanism: str | None = None
    sasl_username: str | None = None
    sasl_password: str | None = field(default=None, repr=False)
    token: Callable[[], str] | None = field(default=None, repr=False)


class KafkaSettings(Section):
    """`[kafka]`."""

    bootstrap: Texts = setting(
        ("127.0.0.1:9092",), "Brokers to ask first, each host:port.", min_length=1
    )
    topic_prefix: str = setting(
        "hotline",
        "First word of every topic: `hotline` gives `hotline.calls`.",
        pattern=TOPIC_NAME,
        max_length=LONGEST_PREFIX,
    )
    partitions: int = setting(
        8, "Partitions of every input topic; cannot change later.", ge=1, le=1000
    )
    replication: int = setting(1, "Copies of every partition.", ge=1, le=9)
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = setting(
        "PLAINTEXT", "How brokers are spoken to."
    )
    ssl_cafile: PathText | None = setting(
        None, "Certificates that the brokers' are checked against; without it, the system's."
    )
    ssl_certfile: PathText | None = setting(None, "Own certificate, PEM.")
    ssl_keyfile: PathText | None = setting(None, "Key of the own certificate, PEM.")
    ssl_password: SecretStr | None = setting(None, "Password of `ssl_keyfile`.")
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] | None = (
        setting(None, "How the user is proved with SASL.")
    )
    sasl_username: str | None = setting(None, "User of SASL PLAIN and SCRAM.", min_length=1)
    sasl_password: SecretStr | None = setting(
        None, "Password of that user, or the token of OAUTHBEARER."
    )
    sasl_password_file: PathText | None = setting(
        None,
        "File with the SASL password or token instead; a token is read anew whenever it is needed.",
    )
    session_timeout_s: int = setting(
        6, "A worker silent for this long loses its partitions.", unit="seconds", ge=6, le=1800
    )
    request_timeout_s: int = setting(
        30, "A broker that has not answered after this long is given up.", unit="seconds", ge=1
    )

    @field_validator("bootstrap")
    @classmethod
    def _brokers_have_ports(cls, brokers: tuple[str, ...]) -> tuple[str, ...]:
        for broker in brokers:
            match = HOST_PORT.match(broker)
            if match is None or not 0 < int(match[2]) < 65536:  # noqa: PLR2004 - TCP's own limit
                found = shown(broker, secret="@" in broker)  # some write user:password@host
                raise RefusedError('brokers as host:port, such as "kafka-1:9092"', found=found)
        return brokers

    @model_validator(mode="after")
    def _security_is_whole(self) -> Self:
        self._ssl_is_whole()
        self._sasl_is_whole()
        if self.request_timeout_s <= self.session_timeout_s:
            raise RefusedError(
                f"more than session_timeout_s ({self.session_timeout_s})", key="request_timeout_s"
            )
        return self

    def _ssl_is_whole(self) -> None:
        if "SSL" not in self.security_protocol.removeprefix("SASL_"):
            for key in ("ssl_cafile", "ssl_certfile", "ssl_keyfile", "ssl_password"):
                self._refuse_unless(getattr(self, key) is None, key, self._unused("SSL"))
        self._refuse_unless(
            self.ssl_keyfile is None or self.ssl_certfile is not None,
            "ssl_certfile",
            "the certificate that belongs to ssl_keyfile",
        )

    def _sasl_is_whole(self) -> None:
        used = self.security_protocol.startswith("SASL_")
        for key in ("sasl_mechanism", "sasl_username", "sasl_password", "sasl_password_file"):
            self._refuse_unless(used or getattr(self, key) is None, key, self._unused("SASL_SSL"))
        if not used:
            return
        self._refuse_unless(
            self.sasl_mechanism is not None,
            "sasl_mechanism",
            f"a mechanism, because security_protocol is {self.security_protocol}",
        )
        self._refuse_unless(
            self.sasl_mechanism == "OAUTHBEARER" or self.sasl_username is not None,
            "sasl_username",
            f"a user, because sasl_mechanism is {self.sasl_mechanism}",
        )
        self._refuse_unless(
            self.sasl_password is not None,
            "sasl_password",
            "a password (or sasl_password_file), because SASL is used",
        )

    def _unused(self, protocol: str) -> str:
        current = self.security_protocol
        return f"no such key while security_protocol is {current} (or set that to {protocol})"

    @staticmethod
    def _refuse_unless(holds: bool, key: str, expected: str) -> None:  # noqa: FBT001 - an assertion
        if not holds:
            raise RefusedError(expected, key=key)

    def security(self) -> Security:
        """Return what a client needs to be let in; ConfigError on an unusable certificate."""
        return Security(
            protocol=self.security_protocol,
            ssl_context=self._ssl_context(),
            sasl_mechanism=self.sasl_mechanism,
            sasl_username=self.sasl_username,
            sasl_password=self.sasl_password.get_secret_value() if self.sasl_password else None,
            token=self._token if self.sasl_mechanism == "OAUTHBEARER" else None,
        )

    def client_options(self) -> dict[str, Any]:
        """Return the arguments that kafka-python's consumer, producer and admin client share."""
        security = self.security()
        options: dict[str, Any] = {
            "bootstrap_servers": list(self.bootstrap),
            "request_timeout_ms": self.request_timeout_s * 1000,
            "reconnect_backoff_max_ms": RECONNECT_BACKOFF_MAX_MS,
            "security_protocol": security.protocol,
        }
        if security.ssl_context is not None:
            options["ssl_context"] = security.ssl_context
        if security.sasl_mechanism is not None:
            options["sasl_mechanism"] = security.sasl_mechanism
        if security.token is not None:
            # Only here is the client library needed.
            from streams.config.oauth import token_provider  # noqa: PLC0415

            options["sasl_oauth_token_provider"] = token_provider(security.token)
        elif security.sasl_mechanism is not None:
            options["sasl_plain_username"] = security.sasl_username
            options["sasl_plain_password"] = security.sasl_password
        return options

    def broker_urls(self) -> list[str]:
        """Return the brokers as Faust writes them: `kafka://host:port`."""
        return [f"kafka://{broker}" for broker in self.bootstrap]

    def _token(self) -> str:
        if self.sasl_password_file is not None:
            return self.sasl_password_file.read_text(encoding="utf-8").strip()
        return self.sasl_password.get_secret_value() if self.sasl_password else ""

    def _ssl_context(self) -> ssl.SSLContext | None:
        if "SSL" not in self.security_protocol.removeprefix("SASL_"):
            return None
        key = "kafka.ssl_cafile"
        try:
            context = ssl.create_default_context(cafile=self.ssl_cafile)
            if self.ssl_certfile is not None:
                key = "kafka.ssl_certfile"
                password = self.ssl_password.get_secret_value() if self.ssl_password else ""
                context.load_cert_chain(self.ssl_certfile, self.ssl_keyfile, lambda: password)
        except (OSError, ssl.SSLError) as problem:
            raise ConfigError(
                file="configuration",
                key=key,
                expected="PEM files that can be read",
                found=str(problem),
            ) from None
        return context
