"""`[access]`: who may look at the board, and which proxies are believed.

It refuses to know HTTP, tokens and sessions: it holds what was decided.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Literal, Self

from pydantic import SecretStr, field_validator, model_validator

from streams.config.errors import RefusedError
from streams.config.fields import Section, Texts, setting
from streams.config.kafka import PathText
from streams.config.secrets import weakness

SESSION_KEY_CHARACTERS_MIN = 32
# Browsers forget a cookie after 400 days, whatever it asks for.
SESSION_DAYS_MAX = 400
HEADER_NAME = r"^[A-Za-z0-9-]+$"

Network = IPv4Network | IPv6Network


class AccessSettings(Section):
    """`[access]`."""

    mode: Literal["token", "proxy"] | None = setting(
        None,
        "How people prove who they are: with a token of `tokens_file`, or to a proxy in front. "
        "Without it, whoever reaches a loopback address sees everything, "
        "and any other address is refused.",
    )
    everybody_without_login_is: Literal["viewer", "lead", "admin"] | None = setting(
        None,
        "Opens a board to all who can connect, each with this role. For networks whose every user "
        "may see it.",
    )
    tokens_file: PathText | None = setting(
        None,
        "File with the hashes of the tokens, their names and roles (docs/security.md); read again "
        "when it changes.",
    )
    session_key: SecretStr | None = setting(
        None,
        "Key under which sessions are signed, 32 characters or more. Of several, set apart by "
        "spaces or lines, the first signs and all are accepted.",
    )
    session_key_file: PathText | None = setting(None, "File with that key instead.")
    session_days: int = setting(
        180,
        "A session that nobody uses for this long ends; use renews it.",
        unit="days",
        ge=1,
        le=SESSION_DAYS_MAX,
    )
    proxy_addresses: Texts = setting(
        (), "Addresses or networks of the proxies whose headers are believed."
    )
    proxy_user_header: str = setting(
        "X-Forwarded-User", "Header in which a proxy names the user.", pattern=HEADER_NAME
    )
    proxy_groups_header: str = setting(
        "X-Forwarded-Groups", "Header with the user's groups, with commas.", pattern=HEADER_NAME
    )
    proxy_lead_groups: Texts = setting(
        ("hotline-lead",), "Groups whose users have the role lead; others are viewers."
    )
    proxy_admin_groups: Texts = setting(
        ("hotline-admin",), "Groups whose users have the role admin."
    )
    hosts: Texts = setting(
        (),
        "Names by which the board may be asked for, without port. Without any: every name where "
        "there is a login, loopback's own where there is none.",
    )
    client_token: SecretStr | None = setting(
        None, "Token that `hotline verify`, `doctor` and `staffing plan` show the board."
    )
    client_token_file: PathText | None = setting(None, "File with that token instead.")

    @field_validator("proxy_addresses")
    @classmethod
    def _proxies_are_networks(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        for address in addresses:
            try:
                ip_network(address)
            except ValueError:
                expected = 'addresses or networks, such as "10.0.0.5" or "10.0.0.0/24"'
                raise RefusedError(expected, found=f'"{address[:60]}"') from None
        return addresses

    @model_validator(mode="after")
    def _mode_is_whole(self) -> Self:
        if self.mode and self.everybody_without_login_is:
            raise RefusedError(
                f'no such key while mode is "{self.mode}"', key="everybody_without_login_is"
            )
        if self.mode == "token" and self.tokens_file is None:
            raise RefusedError('a file, because mode is "token"', key="tokens_file")
        if self.mode == "token" and self.session_key is None:
            raise RefusedError(
                'a key (or session_key_file), because mode is "token"', key="session_key"
            )
        if self.mode == "proxy" and not self.proxy_addresses:
            raise RefusedError(
                'the proxies\' addresses, because mode is "proxy"', key="proxy_addresses"
            )
        for key in self.session_keys():
            if found := weakness(key.decode(), SESSION_KEY_CHARACTERS_MIN):
                raise RefusedError(
                    f"keys of {SESSION_KEY_CHARACTERS_MIN} random characters or more",
                    key="session_key",
                    found=found,
                )
        return self

    def session_keys(self) -> tuple[bytes, ...]:
        """Return the keys of sessions: the first signs, all are accepted."""
        text = self.session_key.get_secret_value() if self.session_key else ""
        return tuple(key.encode() for key in text.split())

    def networks(self) -> tuple[Network, ...]:
        """Return the proxies that are believed."""
        return tuple(ip_network(address) for address in self.proxy_addresses)

    def token_to_show(self) -> str:
        """Return the token for a board, "" where none is set."""
        return self.client_token.get_secret_value().strip() if self.client_token else ""

    @property
    def decided(self) -> bool:
        """Whether somebody said who may look."""
        return self.mode is not None or self.everybody_without_login_is is not None


def is_loopback(host: str) -> bool:
    """Tell whether an address to listen at can be reached from this machine only."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
