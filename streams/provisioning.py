"""Makes a Kafka cluster have the topics of the table, any number of times, and says what it did.

It never deletes, never changes a number of partitions or copies: what differs there is reported.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from kafka.admin import ConfigResource, KafkaAdminClient
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    KafkaError,
    NoError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
)
from kafka.errors import for_code as error_of

from streams.config.refusals import refusal
from streams.wire.topics import DEFAULT_PREFIX, TOPICS, Topic

# A cluster that is just being started answers within this time.
CONNECT_LIMIT_S = 30.0
# A broker that has just started makes its groups' topic when first asked.
COORDINATOR_LIMIT_S = 5.0
COORDINATOR_PAUSE_S = 0.2
NO_COORDINATOR = (CoordinatorLoadInProgressError, CoordinatorNotAvailableError)

_Told = TypeVar("_Told")

Found = Mapping[str, Any]
"""What kafka-python's admin client tells of one topic."""


class ProvisioningError(RuntimeError):
    """Kafka could not be reached or refused; the message says where and what."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting that was not as wanted; it is set, unless it counts partitions or copies."""

    setting: str
    found: str
    wanted: str
    repairable: bool = True

    def __str__(self) -> str:
        if self.repairable:
            return f"{self.setting} {self.found} -> {self.wanted}"
        return f"{self.setting} is {self.found}, wanted {self.wanted}: not changed"


@dataclass(frozen=True, slots=True)
class Action:
    """What was done about one topic, or would be in a dry run.

    `altered`: everything that differed was set; `differs`: something is left that only people can
    decide.
    """

    topic: str
    outcome: Literal["created", "exists", "altered", "differs"]
    differences: tuple[Difference, ...] = ()
    dry_run: bool = False

    def __str__(self) -> str:
        would = "would be " if self.dry_run and self.outcome in {"created", "altered"} else ""
        reasons = "; ".join(map(str, self.differences))
        return f"{self.topic}: {would}{self.outcome}" + (f" ({reasons})" if reasons else "")


def provision_topics(
    options: Mapping[str, Any],
    partitions: int,
    replication: int = 1,
    prefix: str = DEFAULT_PREFIX,
    *,
    dry_run: bool = False,
    connect_limit_s: float = CONNECT_LIMIT_S,
) -> list[Action]:
    """Create what is missing, set what differs, and return one action per topic of the table.

    `options` are kafka-python's (`bootstrap_servers`, TLS, SASL); `partitions` those of every input
    topic. A dry run asks the broker whether it would accept, and changes nothing. Raises
    ProvisioningError.
    """
    wanted = [_Wanted.of(topic, partitions, replication, prefix) for topic in TOPICS.values()]
    with connected(options, connect_limit_s) as admin:
        found = _described(admin, wanted)
        missing = [each for each in wanted if each.name not in found]
        made = _create(admin, missing, dry_run=dry_run)
        # Made by somebody else meanwhile: they may want it otherwise.
        found |= _described(admin, [each for each in missing if each.name not in made])
        kept = [each for each in wanted if each.name not in made]
        differing = _differences(admin, kept, found)
        for name, differences in differing.items():
            _repair(admin, name, differences, dry_run=dry_run)
    return [_action(each.name, differing.get(each.name), dry_run=dry_run) for each in wanted]


def compare_topics(
    admin: KafkaAdminClient, partitions: int, replication: int = 1, prefix: str = DEFAULT_PREFIX
) -> dict[str, tuple[Difference, ...] | None]:
    """Return how each topic of the table differs from what would be made; None: it is missing.

    Only asks: needs no right but to describe. Raises ProvisioningError, KafkaError.
    """
    wanted = [_Wanted.of(topic, partitions, replication, prefix) for topic in TOPICS.values()]
    found = _described(admin, wanted)
    there = [each for each in wanted if each.name in found]
    differing = _differences(admin, there, found)
    return {each.name: differing.get(each.name) for each in wanted}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One topic as this cluster shall have it."""

    name: str
    partitions: int
    replication: int
    configs: Mapping[str, str]

    @classmethod
    def of(cls, topic: Topic, inputs: int, replication: int, prefix: str) -> "_Wanted":
        return cls(
            topic.full_name(prefix),
            topic.partitions(inputs),
            replication,
            topic.configs(replication),
        )


@contextmanager
def connected(options: Mapping[str, Any], limit_s: float) -> Iterator[KafkaAdminClient]:
    """Connect within `limit_s`, close at the end; what fails becomes a ProvisioningError."""
    where = options.get("bootstrap_servers")
    where = where if isinstance(where, str) else ", ".join(where or ["(no bootstrap_servers)"])
    try:
        admin = KafkaAdminClient(**{**options, "bootstrap_timeout_ms": int(limit_s * 1000)})
    except (KafkaError, OSError) as error:
        raise ProvisioningError(
            f"no Kafka answered at {where} within {limit_s:g} s: {refusal() or error}. "
            "Is it running, and are its address and security settings right?"
        ) from error
    try:
        yield admin
    except KafkaError as error:
        raise ProvisioningError(f"Kafka at {where} failed: {error}") from error
    finally:
        admin.close()


def patiently(question: Callable[[], _Told]) -> _Told:
    """Ask again where the groups' coordinator is not there yet; in the end, raise what it said."""
    until_s = time.monotonic() + COORDINATOR_LIMIT_S
    while True:
        try:
            return question()
        except NO_COORDINATOR:
            if time.monotonic() > until_s:
                raise
            time.sleep(COORDINATOR_PAUSE_S)


def _create(
    admin: KafkaAdminClient, missing: Sequence[_Wanted], *, dry_run: bool
) -> frozenset[str]:
    """Create what is missing and return the names of those that we made."""
    if not missing:
        return frozenset()
    orders = {
        each.name: {
            "num_partitions": each.partitions,
            "replication_factor": each.replication,
            "configs": each.configs,
        }
        for each in missing
    }
    answer = admin.create_topics(orders, validate_only=dry_run, raise_errors=False)
    made = frozenset(each["name"] for each in answer["topics"] if _was_made(each))
    if not dry_run:
        admin.wait_for_topics(list(orders))
    return made


def _was_made(answer: Found) -> bool:
    """Return False where somebody else was quicker; raise where the broker refused."""
    error = error_of(answer["error_code"])
    if error not in (NoError, TopicAlreadyExistsError):
        why = answer.get("error_message") or error.__name__
        raise ProvisioningError(f"Kafka does not create {answer['name']}: {why}")
    return error is NoError


def _described(admin: KafkaAdminClient, wanted: Sequence[_Wanted]) -> dict[str, Found]:
    """Return what exists of `wanted` by name, as Kafka describes it."""
    existing = {}
    for found in admin.describe_topics([each.name for each in wanted]):
        error = error_of(found["error_code"])
        if error is NoError:
            existing[found["name"]] = found
        elif error is not UnknownTopicOrPartitionError:
            raise ProvisioningError(f"Kafka does not describe {found['name']}: {error.__name__}")
    return existing


def _differences(
    admin: KafkaAdminClient, kept: Sequence[_Wanted], found: Mapping[str, Found]
) -> dict[str, tuple[Difference, ...]]:
    if not kept:
        return {}
    resources = [ConfigResource("TOPIC", each.name) for each in kept]
    settings = admin.describe_configs(resources, config_filter="all")["topic"]
    return {
        each.name: (
            *_of_shape(found[each.name], each),
            *_of_settings(settings[each.name], each),
        )
        for each in kept
    }


def _of_shape(found: Found, wanted: _Wanted) -> Iterator[Difference]:
    parts = found["partitions"]
    if len(parts) != wanted.partitions:
        yield Difference("partitions", str(len(parts)), str(wanted.partitions), repairable=False)
    copies = {len(each["replica_nodes"]) for each in parts}
    if copies != {wanted.replication}:
        shown = ", ".join(map(str, sorted(copies)))
        yield Difference("replication", shown, str(wanted.replication), repairable=False)


def _of_settings(found: Mapping[str, Found], wanted: _Wanted) -> Iterator[Difference]:
    for setting, value in wanted.configs.items():
        if setting not in found:  # kafka-python drops the error that came instead
            raise ProvisioningError(
                f"Kafka does not tell {setting} of {wanted.name}: "
                "is this user allowed DescribeConfigs, or was it deleted just now?"
            )
        if found[setting]["value"] != value:
            yield Difference(setting, str(found[setting]["value"]), value)


def _repair(
    admin: KafkaAdminClient, name: str, differences: Iterable[Difference], *, dry_run: bool
) -> None:
    settings = {each.setting: each.wanted for each in differences if each.repairable}
    if not settings:
        return
    resource = ConfigResource("TOPIC", name, settings)
    answer = admin.alter_configs([resource], validate_only=dry_run)["topic"][name]
    if answer != "OK":
        raise ProvisioningError(f"Kafka does not alter {name}: {answer}")


def _action(name: str, differences: tuple[Difference, ...] | None, *, dry_run: bool) -> Action:
    if differences is None:
        return Action(name, "created", dry_run=dry_run)
    if not differences:
        return Action(name, "exists", dry_run=dry_run)
    altered = all(each.repairable for each in differences)
    return Action(name, "altered" if altered else "differs", differences, dry_run)
