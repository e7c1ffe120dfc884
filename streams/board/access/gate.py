"""Who asks: from a connection's address, headers and cookies to a name and a role, or to nobody.

It refuses to know HTTP's library and what is asked for. What a stranger writes into a proxy's
headers is not read at all.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from streams.board.access.sessions import Sessions
from streams.board.access.tokens import ROLES, Role, Tokens
from streams.config import AccessSettings

USER_CHARACTERS_MAX = 200
# With the prefix a browser takes it only over https, for this very host and every path.
COOKIE, SECURE_COOKIE = "hotline", "__Host-hotline"
HOST = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?")
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


class Asked(NamedTuple):
    """A request as far as it tells who asks; `header` gives all values of a name."""

    peer: str
    secure: bool
    header: Callable[[str], Sequence[str]]
    cookies: Mapping[str, str]


class Identity(NamedTuple):
    """Who it is. `session` tells two screens of one user apart; "" where nobody signed in."""

    name: str
    role: Role
    session: str = ""


class Caller(NamedTuple):
    """Who asks from where. `cookie` is to be given anew; `wrong`: showed a token that is none."""

    address: str
    https: bool
    identity: Identity | None
    cookie: str | None = None
    wrong: bool = False


class Gate:
    """Recognises callers. Without `mode`, everybody is of the role that was decided."""

    def __init__(self, access: AccessSettings, tokens: Tokens | None = None) -> None:
        """`tokens` where the settings name their file."""
        self.mode = access.mode
        self.tokens = tokens
        self.sessions = Sessions(access.session_keys(), access.session_days)
        self._access = access
        self._networks = access.networks()
        self._everybody = ROLES[access.everybody_without_login_is or "admin"]
        # Nobody proves anything to a board that this machine alone can reach; then a page of
        # elsewhere must not reach it by giving its own name this address.
        self._hosts = {name.lower() for name in access.hosts}
        if self._hosts or not access.decided:
            self._hosts |= LOOPBACK_NAMES

    def serves(self, hosts: Sequence[str]) -> bool:
        """Whether the name (the Host header's values) is one the board goes by."""
        found = HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        if found is None:
            return not hosts and not self._hosts  # HTTP/1.0 names none
        return not self._hosts or found[1].lower() in self._hosts

    def caller(self, asked: Asked) -> Caller:
        """Who asks."""
        trusted = self.trusts(asked.peer)
        address = self._address(asked) if trusted else asked.peer
        proto = asked.header("X-Forwarded-Proto")
        https = asked.secure or (trusted and [each.lower() for each in proto] == ["https"])
        if self.mode is None:
            name = "everybody" if self._access.decided else "local"
            return Caller(address, https, Identity(name, self._everybody))
        if self.mode == "proxy" and trusted and (user := self._user(asked, address)):
            return Caller(address, https, user)
        return self._with_token(asked, address, https=https)

    def _with_token(self, asked: Asked, address: str, *, https: bool) -> Caller:
        if self.tokens is None:
            return Caller(address, https, None)
        shown = asked.header("Authorization")
        # Other kinds are a proxy's own business.
        if any(each[:6].lower() == "bearer" for each in shown):
            kind, _, text = shown[0].partition(" ")
            bearer = len(shown) == 1 and kind.lower() == "bearer"
            token = self.tokens.of(text.strip()) if bearer else None
            found = Identity(token.name, token.role, f"token:{token.name}") if token else None
            return Caller(address, https, found, wrong=token is None)
        cookie = asked.cookies.get(SECURE_COOKIE if https else COOKIE, "")
        session = self.sessions.read(cookie, self.tokens)
        if session is None or self.mode != "token":
            return Caller(address, https, None)
        identity = Identity(session.token.name, session.token.role, session.id)
        return Caller(
            address, https, identity, self.sessions.renew(session) if session.due else None
        )

    def trusts(self, address: str) -> bool:
        """Whether it is a proxy's whose headers are believed."""
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
        return any((mapped or found) in network for network in self._networks)

    def _address(self, asked: Asked) -> str:
        """The nearest address that is no proxy of ours; what lies beyond it anybody could write."""
        address = asked.peer
        said = ",".join(asked.header("X-Forwarded-For")).split(",")
        for each in reversed(said):
            try:
                address = str(ipaddress.ip_address(each.strip()))
            except ValueError:
                break
            if not self.trusts(address):
                break
        return address

    def _user(self, asked: Asked, address: str) -> Identity | None:
        """Whom the proxy names; nobody where a header came twice: one may be the client's own."""
        names = asked.header(self._access.proxy_user_header)
        groups = asked.header(self._access.proxy_groups_header)
        if len(names) != 1 or len(groups) > 1:
            return None
        name = names[0].strip()
        if not name or len(name) > USER_CHARACTERS_MAX or not name.isprintable():
            return None
        of = {group.strip() for group in "".join(groups).split(",")}
        role = Role.VIEWER
        if of & set(self._access.proxy_lead_groups):
            role = Role.LEAD
        if of & set(self._access.proxy_admin_groups):
            role = Role.ADMIN
        return Identity(name, role, f"{name} {address}")
