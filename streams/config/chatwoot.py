"""`[chatwoot]`: how Chatwoot's webhooks reach `hotline source chatwoot`.

It refuses to know the payloads, and never prints a secret.
"""

from __future__ import annotations

from typing import Self

from pydantic import SecretStr, model_validator

from streams.config.fields import Texts, setting
from streams.config.kafka import PathText
from streams.config.pairs import check_pairs
from streams.config.push import HIGHEST_PORT, PushSettings, needs_secret

DEFAULT_PORT = 8091


class ChatwootSettings(PushSettings):
    """`[chatwoot]`."""

    port: int = setting(DEFAULT_PORT, "Its port; 0 takes any free one.", ge=0, le=HIGHEST_PORT)
    secret: SecretStr | None = setting(
        None, "The webhook's secret: X-Chatwoot-Signature must fit it.", min_length=1
    )
    secret_file: PathText | None = setting(None, "File with that secret instead.")
    path_token: SecretStr | None = setting(
        None,
        "For versions that do not sign: the webhook's URL ends in /chatwoot/ and this.",
        min_length=16,
    )
    path_token_file: PathText | None = setting(None, "File with that token instead.")
    inboxes: Texts = setting((), "Queues of inboxes, as `id=queue`; others are `inbox-id`.")
    agents: Texts = setting((), "Names of agents, as `id=name`; others are `user-id`.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        needs_secret(self, self.secret, self.path_token)
        for key in ("inboxes", "agents"):
            check_pairs(key, getattr(self, key))
        return self
