"""Makes a Kafka cluster have the topics of the table, any number of times, and says what it did.

It never deletes, never changes a number of partitions or copies: what differs there is reported.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from kafka.admin import ConfigResource, KafkaAdminClient
from kafka.errors import KafkaError, NoError, TopicAlreadyExistsError, UnknownTopicOrPartitionError
from kafka.errors import for_code as error_of

from streams.wire.topics import DEFAULT_PREFIX, TOPICS, Topic

# A cluster that is just being started answers within this time.
CONNECT_LIMIT_S = 30.0

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
    with _connected(options, connect_limit_s) as admin:
        wanted = {topic.full_name(prefix): topic for topic in TOPICS.values()}
        made = _create_missing(admin, wanted, partitions, replication, dry_run=dry_run)
        differing = _differences(
            admin, {n: t for n, t in wanted.items() if n not in made}, partitions, replication
        )
        for name, differences in differing.items():
            _repair(admin, name, differences, dry_run=dry_run)
    return [
        Action(name, "created", dry_run=dry_run)
        if name in made
        else Action(name, _outcome(differing[name]), tuple(differing[name]), dry_run)
        for name in wanted
    ]


@contextmanager
def _connected(options: Mapping[str, Any], limit_s: float) -> Iterator[KafkaAdminClient]:
    where = options.get("bootstrap_servers")
    where = where if isinstance(where, str) else ", ".join(where or ["(no bootstrap_servers)"])
    try:
        admin = KafkaAdminClient(**{**options, "bootstrap_timeout_ms": int(limit_s * 1000)})
    except (KafkaError, OSError) as error:
        raise ProvisioningError(
            f"no Kafka answered at {where} within {limit_s:g} s: {error}. "
            "Is it running, and are its address and security settings right?"
        ) from error
    try:
        yield admin
    except KafkaError as error:
        raise ProvisioningError(f"Kafka at {where} failed: {error}") from error
    finally:
        admin.close()


def _create_missing(
    admin: KafkaAdminClient,
    wanted: Mapping[str, Topic],
    partitions: int,
    replication: int,
    *,
    dry_run: bool,
) -> set[str]:
    """Create what is missing and return the names of what was."""
    existing = _described(admin, wanted)
    missing = {
        name: {
            "num_partitions": topic.partitions(partitions),
            "replication_factor": replication,
            "configs": topic.configs(replication),
        }
        for name, topic in wanted.items()
        if name not in existing
    }
    if not missing:
        return set()
    answer = admin.create_topics(missing, validate_only=dry_run, raise_errors=False)
    made = {each["name"] for each in answer["topics"] if _was_made(each)}
    if not dry_run:
        admin.wait_for_topics(missing)
    return made


def _was_made(answer: Found) -> bool:
    """Return False where somebody else was quicker; raise where the broker refused."""
    error = error_of(answer["error_code"])
    if error not in (NoError, TopicAlreadyExistsError):
        why = answer.get("error_message") or error.__name__
        raise ProvisioningError(f"Kafka does not create {answer['name']}: {why}")
    return error is NoError


def _described(admin: KafkaAdminClient, names: Iterable[str]) -> dict[str, Found]:
    """Return what exists of `names`, as Kafka describes it."""
    existing = {}
    for found in admin.describe_topics(list(names)):
        error = error_of(found["error_code"])
        if error is NoError:
            existing[found["name"]] = found
        elif error is not UnknownTopicOrPartitionError:
            raise ProvisioningError(f"Kafka does not describe {found['name']}: {error.__name__}")
    return existing


def _differences(
    admin: KafkaAdminClient, wanted: Mapping[str, Topic], partitions: int, replication: int
) -> dict[str, list[Difference]]:
    if not wanted:
        return {}
    shapes = _described(admin, wanted)
    resources = [ConfigResource("TOPIC", name) for name in wanted]
    settings = admin.describe_configs(resources, config_filter="all")["topic"]
    return {
        name: [
            *_of_shape(shapes[name], topic.partitions(partitions), replication),
            *_of_settings(name, settings[name], topic.configs(replication)),
        ]
        for name, topic in wanted.items()
    }


def _of_shape(found: Found, partitions: int, replication: int) -> Iterator[Difference]:
    parts = found["partitions"]
    if len(parts) != partitions:
        yield Difference("partitions", str(len(parts)), str(partitions), repairable=False)
    copies = sorted({len(each["replica_nodes"]) for each in parts})
    if copies != [replication]:
        shown = ", ".join(map(str, copies))
        yield Difference("replication", shown, str(replication), repairable=False)


def _of_settings(
    name: str, found: Mapping[str, Found], wanted: Mapping[str, str]
) -> Iterator[Difference]:
    for setting, value in wanted.items():
        if setting not in found:  # kafka-python drops the error that came instead
            raise ProvisioningError(
                f"Kafka does not tell {setting} of {name}: is this user allowed DescribeConfigs?"
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


def _outcome(differences: list[Difference]) -> Literal["exists", "altered", "differs"]:
    if not differences:
        return "exists"
    return "altered" if all(each.repairable for each in differences) else "differs"
