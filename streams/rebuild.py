"""`hotline rebuild`: forget what the workers saved, so that the next ones fold the whole log again.

For a state that cannot be read, or definitions that must hold for the past too. It never touches
the input: what that no longer holds is gone from the figures, and is told before anything is done.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kafka import KafkaAdminClient, TopicPartition

from streams.provisioning import (
    CONNECT_LIMIT_S,
    ProvisioningError,
    connected,
    patiently,
    provision_topics,
)
from streams.wire.topics import INPUTS, STATE, worker_group

# A member that was killed stays in its group for a session; a deleted topic goes in its own time.
GONE_LIMIT_S = 30.0
PAUSE_S = 0.2
# Kafka's word for the beginning of a log, where else a time may stand.
_EARLIEST = -2
_NO_SUCH_GROUP = "GroupIdNotFoundError"


@dataclass(slots=True)
class Rebuilt:
    """What there was: `missing` are input records by partition that no longer can be folded."""

    group: str
    state_topic: str
    members: int
    missing: dict[str, int] = field(default_factory=dict)
    done: bool = False


def rebuild(
    options: Mapping[str, Any], partitions: int, replication: int, prefix: str, *, go: bool
) -> Rebuilt:
    """Delete the state topic and the workers' commits and make the topic anew, where `go` is true.

    `options` are kafka-python's. Raises ProvisioningError: no Kafka, or workers that still run.
    """
    with connected(options, CONNECT_LIMIT_S) as admin:
        group, topic = worker_group(prefix), STATE.full_name(prefix)
        told = patiently(lambda: admin.describe_groups([group]))[group]
        members = len(told.get("members") or ())
        found = Rebuilt(group, topic, members, _missing(admin, prefix))
        if not go:
            return found
        if members:
            raise ProvisioningError(
                f"{members} worker(s) still belong to {group}: stop them first (one that was "
                "killed leaves after its session)"
            )
        _delete_group(admin, group)
        _delete_topic(admin, topic)
    provision_topics(options, partitions, replication, prefix)
    found.done = True
    return found


def _missing(admin: KafkaAdminClient, prefix: str) -> dict[str, int]:
    """How many records of each input partition were deleted already."""
    named = [topic.full_name(prefix) for topic in INPUTS]
    known = set(admin.list_topics())
    there = admin.describe_topics([name for name in named if name in known])
    asked = {
        TopicPartition(topic["name"], each["partition_index"]): _EARLIEST
        for topic in there
        for each in topic["partitions"]
    }
    begins = admin.list_partition_offsets(asked) if asked else {}
    return {
        f"{tp.topic}/{tp.partition}": each.offset
        for tp, each in sorted(begins.items())
        if each.offset > 0
    }


def _delete_group(admin: KafkaAdminClient, group: str) -> None:
    answer = admin.delete_groups([group])[group]
    if answer not in ("OK", _NO_SUCH_GROUP):
        raise ProvisioningError(f"Kafka does not delete the group {group}: {answer}")


def _delete_topic(admin: KafkaAdminClient, topic: str) -> None:
    if topic not in admin.list_topics():
        return
    admin.delete_topics([topic])
    until_s = time.monotonic() + GONE_LIMIT_S
    while topic in admin.list_topics():
        if time.monotonic() > until_s:
            raise ProvisioningError(f"Kafka does not delete {topic} within {GONE_LIMIT_S:g} s")
        time.sleep(PAUSE_S)
