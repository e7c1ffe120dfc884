"""The tokens that are let in: a file of hashes with names and roles, read again when it changes.

It never holds a token, and a file that cannot be used lets nobody in.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
import time
import tomllib
from collections.abc import Callable, Mapping
from enum import IntEnum
from pathlib import Path
from typing import Any, NamedTuple

TOKEN_BYTES = 32
# Nobody guesses this many random characters; what is shorter was chosen by a person.
TOKEN_CHARACTERS_MIN = 24
TOKEN_CHARACTERS_MAX = 200
LOOK_S = 1.0
FILE_BYTES_MAX = 1024 * 1024
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
HASH = re.compile(r"[0-9a-f]{64}")

logger = logging.getLogger("hotline.board")


class Role(IntEnum):
    """What somebody may do; each may do what those before it may."""

    VIEWER = 1
    LEAD = 2
    ADMIN = 3


ROLES: Mapping[str, Role] = {role.name.lower(): role for role in Role}


class Token(NamedTuple):
    """One line of the file; `digest` is the SHA-256 of the token, 64 hexadecimal digits."""

    name: str
    role: Role
    digest: str


class TokensFileError(RuntimeError):
    """The file cannot be used: which file, which setting, what was expected."""


def digest_of(token: str) -> str:
    """The hash under which a token stands in the file.

    A plain one: tokens are random, so there is nothing that a slow hash would protect.
    """
    return hashlib.sha256(token.encode()).hexdigest()


def new_token(name: str, role: Role) -> tuple[str, str]:
    """A new token and its line of the file; ValueError names what a name is made of."""
    if not NAME.fullmatch(name):
        raise ValueError(
            f'{name[:80]!r}: expected a name of letters, digits, "_" and "-", at most 64'
        )
    token = secrets.token_urlsafe(TOKEN_BYTES)
    line = f'{name} = {{ role = "{role.name.lower()}", sha256 = "{digest_of(token)}" }}'
    return token, line


def read_tokens(path: Path) -> dict[str, Token]:
    """{name: token} of a file; TokensFileError says where it is wrong."""
    try:
        with path.open("rb") as file:
            table = tomllib.loads(file.read(FILE_BYTES_MAX).decode())
    except OSError as error:
        raise _unusable(path, f"a file that can be read; found {error.strerror}") from error
    except ValueError as error:  # also TOML's and UTF-8's
        raise _unusable(path, f"TOML; found {error}") from None
    tokens = {name: _token(path, name, entry) for name, entry in table.items()}
    if len({token.digest for token in tokens.values()}) != len(tokens):
        raise _unusable(path, "each token under one name only")
    return tokens


def _token(path: Path, name: str, entry: Any) -> Token:  # noqa: ANN401 - of any type until checked
    if not NAME.fullmatch(name):
        raise _unusable(path, 'names of letters, digits, "_" and "-", at most 64')
    if not isinstance(entry, dict) or set(entry) != {"role", "sha256"}:
        raise _unusable(path, f'{name} = {{ role = "…", sha256 = "…" }}')
    role, digest = entry["role"], entry["sha256"]
    if role not in ROLES:
        raise _unusable(path, f"{name}.role to be one of {', '.join(ROLES)}")
    if not isinstance(digest, str) or not HASH.fullmatch(digest):
        raise _unusable(path, f"{name}.sha256 to be 64 hexadecimal digits in lower case")
    return Token(name, ROLES[role], digest)


def _unusable(path: Path, expected: str) -> TokensFileError:
    return TokensFileError(f"{path}: access.tokens_file: expected {expected}")


class Tokens:
    """The tokens of a file as it is now, give or take a second."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Read the file; TokensFileError where it cannot be used."""
        self._path = path
        self._clock = clock
        self._looked_s = clock()
        self._seen = self._look()
        self._take(read_tokens(path))

    def named(self, name: str) -> Token | None:
        """The token of a name."""
        self._refresh()
        return self._named.get(name)

    def of(self, token: str) -> Token | None:
        """Whose token it is; None where it is nobody's."""
        self._refresh()
        possible = TOKEN_CHARACTERS_MIN <= len(token) <= TOKEN_CHARACTERS_MAX
        if not possible or not token.isascii():
            return None
        # Looked up by its hash: how long that takes says nothing about the token.
        return self._hashed.get(digest_of(token))

    def _take(self, tokens: dict[str, Token]) -> None:
        self._named = tokens
        self._hashed = {token.digest: token for token in tokens.values()}

    def _look(self) -> tuple[int, ...]:
        try:
            found = self._path.stat()
        except OSError:
            return ()
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _refresh(self) -> None:
        now_s = self._clock()
        if now_s - self._looked_s < LOOK_S:
            return
        self._looked_s = now_s
        seen = self._look()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._take(read_tokens(self._path))
            logger.info("%s: read again, %d tokens", self._path, len(self._named))
        except TokensFileError as error:
            self._take({})
            logger.error("%s; until then nobody is let in", error)  # noqa: TRY400 - words
