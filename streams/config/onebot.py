"""`[onebot]`: who is who in the messages that `hotline source onebot` reads.

It refuses to know the protocol.
"""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from streams.config.fields import Section, Texts, setting
from streams.config.pairs import check_pairs

LONGEST_NAME = 100


class OneBotSettings(Section):
    """`[onebot]`."""

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
        for key in ("accounts", "groups", "agents", "bots"):
            check_pairs(key, getattr(self, key))
        return self
