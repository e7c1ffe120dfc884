"""`[onebot]`: how QQ's messages reach `hotline source onebot`, and who is who in them.

It refuses to know the protocol, and never prints a secret.
"""

from __future__ import annotations

from typing import Self

from pydantic import SecretStr, model_validator

from streams.config.errors import RefusedError
from streams.config.fields import Texts, setting
from streams.config.kafka import PathText
from streams.config.pairs import check_pairs
from streams.config.push import HIGHEST_PORT, PushSettings, needs_secret

LONGEST_NAME = 100
DEFAULT_PORT = 8090


class OneBotSettings(PushSettings):
    """`[onebot]`."""

    port: int = setting(DEFAULT_PORT, "Its port; 0 takes any free one.", ge=0, le=HIGHEST_PORT)
    listen: bool = setting(
        default=True,
        description="Whether it listens, for HTTP POST and for reverse WebSockets.",
    )
    url: str | None = setting(
        None,
        "A WebSocket that it connects to as well, such as ws://127.0.0.1:3001/.",
        pattern=r"^wss?://[^\x00-\x20\x7f]+$",
    )
    secret: SecretStr | None = setting(
        None, "Key of X-Signature on HTTP POST; without it, the token is.", min_length=1
    )
    secret_file: PathText | None = setting(None, "File with that key instead.")
    token: SecretStr | None = setting(
        None, "Access token, of WebSockets in both directions and of version 12.", min_length=1
    )
    token_file: PathText | None = setting(None, "File with that token instead.")
    connect_timeout_s: int = setting(
        10, "How long connecting may take.", unit="seconds", ge=1, le=600
    )
    retry_s: int = setting(
        3, "Pause before the next attempt to connect.", unit="seconds", ge=1, le=3600
    )
    idle_s: int = setting(
        1800, "After so much silence a conversation is over.", unit="seconds", ge=60, le=86_400
    )
    closing_keywords: Texts = setting(
        (), "A message that is only one of these ends its conversation."
    )
    queue: str = setting(
        "qq", "Queue of what has none below.", min_length=1, max_length=LONGEST_NAME
    )
    accounts: Texts = setting((), "Queues of our own accounts, each as `number=queue`.")
    groups: Texts = setting(
        (),
        "Groups whose messages count, each as `number=queue` or `number`; others are ignored.",
    )
    agents: Texts = setting(
        (), "Accounts of agents who answer from an account of their own, as `number=name`."
    )
    bots: Texts = setting((), "Accounts that only a program writes with.")
    bot_prefixes: Texts = setting(
        (), "A reply that begins with one of these is a bot's; the text itself is not kept."
    )
    auto_prefixes: Texts = setting(
        (), "The same for greetings and away messages, which are no replies."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.listen:
            needs_secret(self, self.secret, self.token)
        for key in ("accounts", "groups", "agents", "bots"):
            check_pairs(key, getattr(self, key))
        if not self.listen and self.url is None:
            raise RefusedError("true, or an onebot.url to connect to", key="listen")
        return self
