"""`[chatwoot]`: who is who in the webhooks that `hotline source chatwoot` reads.

It refuses to know the payloads.
"""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from streams.config.fields import Section, Texts, setting
from streams.config.pairs import check_pairs


class ChatwootSettings(Section):
    """`[chatwoot]`."""

    inboxes: Texts = setting((), "Queues of inboxes, as `id=queue`; others are `inbox-id`.")
    agents: Texts = setting((), "Names of agents, as `id=name`; others are `user-id`.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        for key in ("inboxes", "agents"):
            check_pairs(key, getattr(self, key))
        return self
