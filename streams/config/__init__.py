"""The configuration: one TOML file and the environment, validated once, frozen from then on.

`load()` gives `Settings`; `Settings.queue(site, name)` what is promised for one queue. Every key is
described in docs/configuration.md, which is generated from here.
"""

from streams.config.access import AccessSettings, is_loopback
from streams.config.errors import ConfigError
from streams.config.kafka import KafkaSettings, Security
from streams.config.links import DashboardSettings
from streams.config.loading import load
from streams.config.queues import QueueSettings
from streams.config.secrets import DEMO_CUSTOMER_KEY
from streams.config.services import (
    BoardSettings,
    LimitSettings,
    SourceSettings,
    WorkerSettings,
)
from streams.config.settings import Settings

__all__ = [
    "DEMO_CUSTOMER_KEY",
    "AccessSettings",
    "BoardSettings",
    "ConfigError",
    "DashboardSettings",
    "KafkaSettings",
    "LimitSettings",
    "QueueSettings",
    "Security",
    "Settings",
    "SourceSettings",
    "WorkerSettings",
    "is_loopback",
    "load",
]
