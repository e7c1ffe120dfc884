"""The services' own settings: worker, board, source, and the named limits.

It refuses to know Kafka's settings and the queues', which have files of their own.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Literal

from pydantic import SecretStr, field_validator

from streams.config.errors import ConfigError, RefusedError
from streams.config.fields import Section, setting
from streams.config.kafka import TOPIC_NAME, PathText
from streams.config.secrets import weakness
from streams.core.limits import DURATION_MS_MAX, Rules

RULES = Rules()
HIGHEST_PORT = 65535
SHORTEST_KEY = 16  # telephone numbers are few: a shorter key could be found by trying
LONGEST_RECORD_BYTES = 15 * 1024 * 1024  # the topics take 16 MiB, headers included


class WorkerSettings(Section):
    """`[worker]`."""

    name: str | None = setting(
        None,
        "Static member name: a restart shorter than `kafka.session_timeout_s` keeps its "
        "partitions. "
        "Different for every worker; without it, membership is dynamic.",
        pattern=TOPIC_NAME,
    )
    health_host: str = setting("127.0.0.1", "Address of the health and metrics port.", min_length=1)
    health_port: int = setting(
        8081, "Health and metrics port; 0 takes any free one.", ge=0, le=HIGHEST_PORT
    )
    checkpoint_interval_ms: int = setting(
        250, "Shortest time between two checkpoints.", unit="milliseconds", ge=10, le=60_000
    )
    checkpoint_share: float = setting(
        0.05,
        "Share of the worker's time that checkpoints may take; "
        "when they cost more, they come less often.",
        unit="ratio",
        gt=0,
        le=1,
    )
    linger_ms: int = setting(
        50,
        "How long a trickle is gathered before it is folded.",
        unit="milliseconds",
        ge=0,
        le=10_000,
    )
    batch_records: int = setting(
        500, "Most records folded at once.", unit="records", ge=1, le=100_000
    )
    compression: Literal["none", "gzip", "lz4", "zstd"] = setting(
        "zstd", "How what is sent to Kafka is compressed."
    )


class BoardSettings(Section):
    """`[board]`."""

    host: str = setting("127.0.0.1", "Address the wallboard is served at.", min_length=1)
    port: int = setting(8080, "Port of the wallboard; 0 takes any free one.", ge=0, le=HIGHEST_PORT)
    visits_database: PathText | None = setting(
        None,
        "SQLite file of the visits behind the figures; it can be deleted and is rebuilt. "
        "Without it, a file in the user's cache folder, named by the port.",
    )
    stale_after_s: int = setting(
        25, "A queue without a sign of its source for this long is greyed.", unit="seconds", ge=1
    )
    metrics_host: str = setting(
        "127.0.0.1",
        "Address of the board's metrics and health, which ask nobody for a login.",
        min_length=1,
    )
    metrics_port: int = setting(
        8082, "Port of metrics and health; 0 takes any free one.", ge=0, le=HIGHEST_PORT
    )

    @property
    def visits_path(self) -> Path:
        """The database's path, whether set or not; nothing is created."""
        if self.visits_database is not None:
            return self.visits_database
        return _cache_folder() / "hotline" / f"visits-{self.port}.sqlite"


class SourceSettings(Section):
    """`[source]`."""

    name: str = setting(
        "pbx", "Name of this source, unique in the deployment.", min_length=1, max_length=100
    )
    site: str = setting("main", "Site whose queues it feeds.", min_length=1, max_length=100)
    max_disorder_ms: int = setting(
        RULES.max_disorder_ms,
        "How far out of order its events may come.",
        unit="milliseconds",
        ge=0,
        le=600_000,
    )
    heartbeat_interval_s: int = setting(
        10, "How often it says that it is alive.", unit="seconds", ge=1, le=3600
    )
    batch_events: int = setting(
        500, "Most events sent as one record.", unit="events", ge=1, le=10_000
    )
    customer_key: SecretStr | None = setting(
        None,
        "Key under which customers' numbers are hashed; "
        "the same for all sources that shall recognise each other's customers.",
        min_length=SHORTEST_KEY,
    )
    customer_key_file: PathText | None = setting(None, "File with that key instead.")

    @field_validator("customer_key")
    @classmethod
    def _key_is_strong(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and (found := weakness(key.get_secret_value(), SHORTEST_KEY)):
            raise RefusedError(f"{SHORTEST_KEY} random characters or more", found=found)
        return key

    def key_bytes(self) -> bytes:
        """Return the key of the customers' hash; ConfigError where none is set."""
        if self.customer_key is None:
            raise ConfigError(
                file="configuration",
                key="source.customer_key",
                expected=f"a secret text, {SHORTEST_KEY} or more characters (or customer_key_file)",
                found="nothing",
            )
        return self.customer_key.get_secret_value().encode()


class LimitSettings(Section):
    """`[limits]`."""

    allowed_lateness_ms: int = setting(
        RULES.allowed_lateness_ms,
        "How far behind the newest an event may come and still count.",
        unit="milliseconds",
        ge=0,
        le=86_400_000,
    )
    future_ms: int = setting(
        RULES.future_ms,
        "An event further ahead of its arrival in Kafka than this is set aside.",
        unit="milliseconds",
        ge=0,
        le=86_400_000,
    )
    waiting_timeout_ms: int = setting(
        RULES.waiting_timeout_ms,
        "A visit waiting longer than this has ended unseen.",
        unit="milliseconds",
        ge=60_000,
        le=DURATION_MS_MAX,
    )
    talking_timeout_ms: int = setting(
        RULES.talking_timeout_ms,
        "A conversation longer than this has ended unseen.",
        unit="milliseconds",
        ge=60_000,
        le=DURATION_MS_MAX,
    )
    event_bytes: int = setting(
        64 * 1024, "Longest event.", unit="bytes", ge=1024, le=LONGEST_RECORD_BYTES
    )
    batch_bytes: int = setting(
        1024 * 1024,
        "Longest record, one event or an array of them.",
        unit="bytes",
        ge=1024,
        le=LONGEST_RECORD_BYTES,
    )
    queues: int = setting(
        RULES.queues_max, "Queues told apart; the rest are counted as `other`.", ge=1, le=10_000
    )
    open_contacts: int = setting(
        RULES.contacts_max, "Open contacts of one partition.", unit="contacts", ge=1
    )


def _cache_folder() -> Path:
    folder = os.environ.get("XDG_CACHE_HOME")
    if folder:
        return Path(folder)
    try:
        return Path.home() / ".cache"
    except RuntimeError:  # an account without a home, as in containers
        return Path(tempfile.gettempdir())
