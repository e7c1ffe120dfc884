"""All settings as one frozen value, and the questions the services ask it.

It refuses to know files and environment: `loading` reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import model_validator

from streams.config.access import AccessSettings, is_loopback
from streams.config.ami import AmiSettings
from streams.config.chatwoot import ChatwootSettings
from streams.config.errors import RefusedError
from streams.config.fields import Section
from streams.config.kafka import KafkaSettings
from streams.config.links import DashboardSettings
from streams.config.onebot import OneBotSettings
from streams.config.openings import Openings
from streams.config.queues import QueueSettings, under_standard
from streams.config.services import BoardSettings, LimitSettings, SourceSettings, WorkerSettings
from streams.core.limits import Rules
from streams.core.targets import Target


class Settings(Section):
    """Everything that can be configured. `Settings()` runs the demo."""

    kafka: KafkaSettings = KafkaSettings()
    worker: WorkerSettings = WorkerSettings()
    board: BoardSettings = BoardSettings()
    access: AccessSettings = AccessSettings()
    source: SourceSettings = SourceSettings()
    dashboards: DashboardSettings = DashboardSettings()
    ami: AmiSettings = AmiSettings()
    onebot: OneBotSettings = OneBotSettings()
    chatwoot: ChatwootSettings = ChatwootSettings()
    limits: LimitSettings = LimitSettings()
    defaults: QueueSettings = QueueSettings()
    queues: Mapping[str, QueueSettings] = {}

    @model_validator(mode="before")
    @classmethod
    def _queues_inherit(cls, data: object) -> object:
        """Fill each queue's table: `[defaults]`, over it "name", over it "site/name"."""
        if not isinstance(data, dict):
            return data
        queues, defaults = data.get("queues", {}), data.get("defaults", {})
        if not isinstance(queues, dict) or not isinstance(defaults, dict):
            return data
        merged = {name: _inherited(name, queues, defaults) for name in queues}
        return {**data, "queues": merged}

    @model_validator(mode="after")
    def _queues_are_few(self) -> Self:
        if len(self.queues) > self.limits.queues:
            raise RefusedError(
                f"at most limits.queues ({self.limits.queues}) tables",
                key="queues",
                found=str(len(self.queues)),
            )
        return self

    @model_validator(mode="after")
    def _board_is_not_left_open(self) -> Self:
        if not self.access.decided and not is_loopback(self.board.host):
            raise RefusedError(
                "a loopback address, or a login: access.mode (docs/security.md), or "
                "access.everybody_without_login_is for a network whose every user may see it",
                key="board.host",
            )
        return self

    def queue(self, site: str, name: str) -> QueueSettings:
        """Return what is set for a queue: "site/name", else "name", else the defaults."""
        own = self.queues.get(f"{site}/{name}") or self.queues.get(name)
        return own or self.defaults

    def target(self, site: str, name: str) -> Target:
        """Return what a queue is held to, in the core's words."""
        return self.queue(site, name).target(name)

    def zone_of(self, site: str, name: str) -> str:
        """Return the IANA time zone whose midnight begins this queue's day."""
        return self.queue(site, name).timezone

    def rules(self) -> Rules:
        """Return how a partition is folded, in the core's own words."""
        limits, source = self.limits, self.source
        return Rules(
            allowed_lateness_ms=limits.allowed_lateness_ms,
            future_ms=limits.future_ms,
            max_disorder_ms=source.max_disorder_ms,
            waiting_timeout_ms=limits.waiting_timeout_ms,
            talking_timeout_ms=limits.talking_timeout_ms,
            queues_max=limits.queues,
            contacts_max=limits.open_contacts,
            zone_of=self.zone_of,
            opening_of=Openings(self.queue),
        )


def _inherited(name: str, queues: dict[str, Any], defaults: dict[str, Any]) -> object:
    """A preset lies right beneath the table that names it, above the tables further away."""
    own = queues[name]
    if not isinstance(own, dict):
        return own
    _, slash, shared_name = name.partition("/")
    shared = queues.get(shared_name, {}) if slash else {}
    tables = (defaults, shared if isinstance(shared, dict) else {}, own)
    return {key: value for table in tables for key, value in under_standard(table).items()}
