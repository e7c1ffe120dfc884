"""The one table of Kafka topics: what each is for, how it is cut, how long it is kept, who folds.

Pure data: it refuses to know any broker, and leaves the prefix's spelling to the configuration.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

DEFAULT_PREFIX = "hotline"

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MIB = 1024 * 1024
# A worker that was away longer than this has lost records, and says so.
INPUTS_KEPT_MS = 7 * DAY_MS
# As long as days stay correctable: what was refused or closed can be looked at until then.
AFTERMATH_KEPT_MS = 40 * DAY_MS
# A state larger than one record is sent in chunks.
STATE_RECORD_BYTES_MAX = 16 * MIB
# A record of ours is 1 MiB at most, which with its key and header is above Kafka's own limit.
RECORD_BYTES_MAX = 2 * MIB
# The refused record, its reason and its origin.
REJECTED_BYTES_MAX = 4 * MIB
# A reader that is in the middle of the topic finds the snapshot it was told of.
STATE_KEPT_AT_LEAST_MS = 60_000
# The segment being written is never compacted: whoever restores reads all of it. Not below the
# largest record, which has to fit into one.
STATE_SEGMENT_BYTES = 2 * STATE_RECORD_BYTES_MAX
STATE_SEGMENT_MS = 5 * 60_000
# A snapshot makes the one before it worthless: compact long before half of the topic is dirty.
STATE_DIRTY_RATIO = "0.1"
FOREVER = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic. `key` says in words what its records are keyed by; `name` has no prefix.

    `cut_like_inputs`: it has as many partitions as every input topic; else it has one.
    """

    name: str
    purpose: str
    key: str
    cleanup: Literal["delete", "compact"]
    cut_like_inputs: bool
    own: Mapping[str, str] = field(default_factory=dict, repr=False)

    def full_name(self, prefix: str = DEFAULT_PREFIX) -> str:
        """Return the topic's name in Kafka."""
        return f"{prefix}.{self.name}"

    def partitions(self, inputs: int) -> int:
        """Return how many partitions it has where the input topics have `inputs`."""
        return inputs if self.cut_like_inputs else 1

    def configs(self, replication: int = 1) -> dict[str, str]:
        """Return every setting that Kafka must have for it, by Kafka's names."""
        return {
            "cleanup.policy": self.cleanup,
            # By the clock of the record's writer, old files would be deleted as soon as they
            # arrive; and lateness is judged by this time.
            "message.timestamp.type": "LogAppendTime",
            # An acknowledged record survives the loss of one broker, where there are others.
            "min.insync.replicas": str(max(1, replication - 1)),
            "max.message.bytes": str(RECORD_BYTES_MAX),
            **self.own,
        }


def _kept(for_ms: int) -> dict[str, str]:
    return {"retention.ms": str(for_ms), "retention.bytes": str(FOREVER)}


def _input(name: str, purpose: str, key: str = "contact id") -> Topic:
    return Topic(
        name=name,
        purpose=purpose,
        key=key,
        cleanup="delete",
        cut_like_inputs=True,
        own=_kept(INPUTS_KEPT_MS),
    )


INPUTS = (
    _input("calls", "events of calls, from PBX logs and interfaces"),
    _input("chats", "events of chats"),
    _input("tickets", "events of tickets"),
    _input("agents", "changes of agents' states", key="agent id"),
)
STATE = Topic(
    name="state",
    purpose="snapshots of the workers' state, one per input partition; what boards read",
    key="input topic|partition|generation modulo 4",
    cleanup="compact",
    cut_like_inputs=True,
    own={
        "max.message.bytes": str(STATE_RECORD_BYTES_MAX),
        "min.compaction.lag.ms": str(STATE_KEPT_AT_LEAST_MS),
        "min.cleanable.dirty.ratio": STATE_DIRTY_RATIO,
        "segment.bytes": str(STATE_SEGMENT_BYTES),
        "segment.ms": str(STATE_SEGMENT_MS),
    },
)
VISITS = Topic(
    name="visits",
    purpose="closed queue visits, again when corrected; what reports and drill-down read",
    key="contact id/visit",
    cleanup="compact",
    cut_like_inputs=True,
)
CUSTOMERS = Topic(
    name="customers",
    purpose="closed queue visits by customer, folded into repeat calls and returned calls",
    key="customer hash",
    cleanup="delete",
    cut_like_inputs=True,
    own=_kept(AFTERMATH_KEPT_MS),
)
REJECTED = Topic(
    name="rejected",
    purpose="records that were refused, and why",
    key="input topic|partition|offset",
    cleanup="delete",
    cut_like_inputs=False,
    own={**_kept(AFTERMATH_KEPT_MS), "max.message.bytes": str(REJECTED_BYTES_MAX)},
)
POSITIONS = Topic(
    name="positions",
    purpose="how far each source was read, and what it has to remember",
    key="source",
    cleanup="compact",
    cut_like_inputs=False,
)
FLOOR = Topic(
    name="floor",
    purpose="what people enter: roster, notes, acknowledgements, handovers, layouts",
    key="what it is about",
    cleanup="delete",
    cut_like_inputs=False,
    own=_kept(FOREVER),
)

TOPICS: Mapping[str, Topic] = MappingProxyType(
    {each.name: each for each in (*INPUTS, STATE, VISITS, CUSTOMERS, REJECTED, POSITIONS, FLOOR)}
)


def worker_group(prefix: str) -> str:
    """Return the name of the workers' consumer group in Kafka."""
    return f"{prefix}-worker"
