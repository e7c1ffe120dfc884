"""Sessions as signed cookies: they outlive the board, and end with the token they came from.

Nothing is remembered here. Whoever's token left the file, or became another, is out at once.
"""

from __future__ import annotations

import hmac
import re
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import NamedTuple

from streams.board.access.tokens import Token, Tokens

DAY_S = 86_400
# Renewed by use this long after it was given: a screen that is on never reaches the end.
RENEW_S = DAY_S
COOKIE_CHARACTERS_MAX = 200
_ID_BYTES = 8
# What is signed says what it is, so that the key's other uses, if any, could not stand in for it.
_PURPOSE = "hotline session 1"
_FORM = re.compile(r"([A-Za-z0-9_-]{1,64})\.([0-9a-f]{16})\.([0-9]{1,12})\.([A-Za-z0-9_-]{43})")


class Session(NamedTuple):
    """Whose, which, and whether its cookie is to be given anew."""

    token: Token
    id: str
    due: bool


class Sessions:
    """Signs with the first key and believes all of them, so that keys can be changed."""

    def __init__(
        self, keys: Sequence[bytes], days: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._keys = keys
        self.length_s = days * DAY_S
        self._clock = clock

    def begin(self, token: Token) -> str:
        """The cookie of a new session."""
        return self._cookie(token, secrets.token_hex(_ID_BYTES))

    def renew(self, session: Session) -> str:
        """The cookie with which a session goes on."""
        return self._cookie(session.token, session.id)

    def _cookie(self, token: Token, session: str) -> str:
        issued = str(int(self._clock()))
        mac = _mac(self._keys[0], token, session, issued)
        return f"{token.name}.{session}.{issued}.{mac}"

    def read(self, cookie: str, tokens: Tokens) -> Session | None:
        """The session of a cookie; None where it is none, no longer, or not from here."""
        found = _FORM.fullmatch(cookie) if len(cookie) <= COOKIE_CHARACTERS_MAX else None
        if found is None:
            return None
        name, session, issued, mac = found.groups()
        token = tokens.named(name)
        age_s = self._clock() - int(issued)
        if token is None or not -DAY_S < age_s < self.length_s:
            return None
        for place, key in enumerate(self._keys):
            if hmac.compare_digest(_mac(key, token, session, issued), mac):
                return Session(token, session, due=place > 0 or age_s > RENEW_S)
        return None


def _mac(key: bytes, token: Token, session: str, issued: str) -> str:
    # With the token's hash in it, another token of the same name is another session.
    said = f"{_PURPOSE}|{token.name}|{session}|{issued}|{token.digest}"
    return urlsafe_b64encode(hmac.digest(key, said.encode(), "sha256")).rstrip(b"=").decode()
