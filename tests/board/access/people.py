"""A file of tokens, and boards that know it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from streams.board.access.gate import Gate
from streams.board.access.tokens import Role, Tokens, new_token
from streams.config import AccessSettings

KEY = "0123456789abcdef-0123456789-key-one"
OTHER_KEY = "fedcba9876543210-fedcba9876-key-two"


class Clock:
    """A clock that a test moves."""

    def __init__(self, now_s: float = 1_800_000_000.0) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


class People:
    """Three people with a token each; `path` is the file that knows them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "tokens.toml"
        made = {name: new_token(name, role) for name, role in ROLES.items()}
        self.tokens = {name: token for name, (token, _) in made.items()}
        self.lines = {name: line for name, (_, line) in made.items()}
        self.write(*self.lines)

    def write(self, *names: str) -> None:
        """Let the file know these only."""
        self.path.write_text("".join(f"{self.lines[name]}\n" for name in names))

    def access(self, **more: Any) -> AccessSettings:
        settings = {"mode": "token", "tokens_file": self.path, "session_key": KEY, **more}
        return AccessSettings.model_validate(settings)

    def gate(self, clock: Clock | None = None, **more: Any) -> Gate:
        tokens = Tokens(self.path, clock or Clock())
        return Gate(self.access(**more), tokens)


ROLES = {"wall-1": Role.VIEWER, "li-na": Role.LEAD, "root": Role.ADMIN}
