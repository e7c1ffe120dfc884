"""Asks Kafka what the checks want to know, each question within seconds, and changes nothing.

The one module of the doctor that knows kafka-python. It refuses to judge.
"""

from __future__ import annotations

import logging
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import (
    AuthorizationError,
    IllegalSaslStateError,
    KafkaError,
    KafkaTimeoutError,
    SaslAuthenticationFailedError,
    UnsupportedSaslMechanismError,
)

from streams.config import KafkaSettings
from streams.doctor.facts import Commit, Group, Place, Reach, Seen
from streams.doctor.findings import Finding, ok, problem
from streams.provisioning import (
    NO_COORDINATOR,
    Difference,
    ProvisioningError,
    compare_topics,
    connected,
    patiently,
)
from streams.sources.clients import consumer
from streams.wire.keys import offset_in
from streams.wire.topics import STATE_RECORD_BYTES_MAX

# A broker that is there answers in milliseconds; nobody wants to wait long to hear that it is not.
CONNECT_LIMIT_S = 4.0
TOUCH_LIMIT_S = 2.0
ANSWER_LIMIT_MS = 5_000
# For all the records of one question: what did not come by then is not looked at.
READ_LIMIT_S = 6.0
POLL_MS = 200
WORDS_MAX = 200
_REFUSALS = (
    AuthorizationError,
    IllegalSaslStateError,
    SaslAuthenticationFailedError,
    UnsupportedSaslMechanismError,
)
# Kafka's words for the ends of a log, where else a time in ms may stand.
LATEST, EARLIEST = -1, -2


class Heard(logging.Handler):
    """What kafka-python only logs: why connections failed. Keeps it, shows it to nobody."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.errors: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the errors that a record carries."""
        args = record.args if isinstance(record.args, tuple) else ()
        self.errors += [each for each in args if isinstance(each, BaseException)]


@contextmanager
def hearing() -> Iterator[Heard]:
    """Listen to kafka-python instead of having it write to the terminal."""
    logger, heard = logging.getLogger("kafka"), Heard()
    before = logger.propagate, logger.level
    logger.addHandler(heard)
    logger.propagate = False
    logger.setLevel(heard.level)
    try:
        yield heard
    finally:
        logger.removeHandler(heard)
        logger.propagate = before[0]
        logger.setLevel(before[1])


class Cluster:
    """One admin client and one consumer without a group. Raises KafkaError, see `asked`."""

    def __init__(self, admin: KafkaAdminClient, reader: KafkaConsumer) -> None:
        self._admin = admin
        self._reader = reader

    def differences(self, kafka: KafkaSettings) -> dict[str, tuple[Difference, ...] | None]:
        """How each topic differs from what `hotline provision` would make; None: missing."""
        return compare_topics(self._admin, kafka.partitions, kafka.replication, kafka.topic_prefix)

    def places(self, topics: Iterable[str]) -> list[Place]:
        """The partitions of those topics that exist."""
        found = {topic: self._reader.partitions_for_topic(topic) or () for topic in topics}
        return [Place(topic, each) for topic, parts in found.items() for each in sorted(parts)]

    def reaches(self, places: Sequence[Place]) -> dict[Place, Reach]:
        """How far each log reaches."""
        begin, end = self._offsets(places, EARLIEST), self._offsets(places, LATEST)
        return {place: Reach(begin[place], end[place]) for place in places}

    def since(self, places: Sequence[Place], append_ms: int) -> dict[Place, int]:
        """The first offset appended at that time or later; places without one are left out."""
        found = self._offsets(places, append_ms)
        return {place: offset for place, offset in found.items() if offset >= 0}

    def _offsets(self, places: Sequence[Place], which: int) -> dict[Place, int]:
        """Not by the consumer: it leaves out what it has not assigned (a KeyError in 3.0.12)."""
        asked_for = {TopicPartition(*place): which for place in places}
        if not asked_for:
            return {}
        found = self._admin.list_partition_offsets(asked_for, timeout_ms=ANSWER_LIMIT_MS)
        return {Place(*tp): each.offset for tp, each in found.items()}

    def read(self, stretches: Mapping[Place, Reach]) -> dict[Place, list[Seen]]:
        """The records of these stretches, as far as they come within the limit."""
        left = {TopicPartition(*at): each for at, each in stretches.items() if each[0] < each[1]}
        found: dict[Place, list[Seen]] = {place: [] for place in stretches}
        self._reader.assign(list(left))
        for tp, stretch in left.items():
            self._reader.seek(tp, stretch.begin)
        until_s = time.monotonic() + READ_LIMIT_S
        while left and time.monotonic() < until_s:
            for tp, records in self._reader.poll(timeout_ms=POLL_MS).items():
                end = stretches[Place(*tp)].end
                found[Place(*tp)] += [_seen(each) for each in records if each.offset < end]
            # Not by the last record: a compacted log may end in nothing.
            done = [tp for tp in left if (self._reader.position(tp) or 0) >= left[tp].end]
            for tp in done:
                del left[tp]
                self._reader.pause(tp)
        return found

    def group(self, name: str) -> Group:
        """The consumer group; one that does not exist has no members."""
        told = patiently(lambda: self._admin.describe_groups([name]))[name]
        return Group(str(told.get("group_state") or "Dead"), len(told.get("members") or ()))

    def commits(self, name: str) -> dict[Place, Commit]:
        """What the group has committed."""
        told = patiently(lambda: self._admin.list_group_offsets({name: None}))[name]
        return {
            Place(*tp): Commit(each.offset, _pointer(each.metadata))
            for tp, each in told.items()
            if each.offset >= 0
        }


def _seen(raw: Any) -> Seen:  # noqa: ANN401 - kafka-python carries no types
    return Seen(raw.offset, raw.timestamp, raw.key, raw.value, offset_in(raw.headers))


def _pointer(metadata: str | None) -> int | None:
    words = metadata or ""
    return int(words) if words.isascii() and words.isdigit() else None


def asked(
    id_: str, what: str, question: Callable[[], list[Finding]], heard: Sequence[BaseException] = ()
) -> list[Finding]:
    """The findings of a check; where Kafka refuses or does not answer, a finding that says so."""
    before = len(heard)
    try:
        return question()
    except AuthorizationError as error:
        words = f"this user may not look at {what}: {type(error).__name__}"
        return [problem(id_, words, "allow it Describe and Read on topics and group")]
    except NO_COORDINATOR as error:
        words = f"no broker looks after the consumer group: {_short(error)}"
        return [problem(id_, words, "are all brokers up, and __consumer_offsets whole?")]
    except (KafkaError, ProvisioningError, OSError) as error:
        said = f"{what} could not be looked at: {_short(error)}"
        if len(heard) > before:
            said += f" ({_short(heard[-1])})"
        advice = (
            "is the address that the brokers advertise (advertised.listeners) one that this "
            "machine can reach?"
        )
        return [problem(id_, said, advice)]


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:WORDS_MAX].rstrip(": ")


@contextmanager
def reached(settings: KafkaSettings, heard: Heard) -> Iterator[tuple[Cluster | None, Finding]]:
    """Connect and yield the cluster, or None and why not."""
    options = {**settings.client_options(), "request_timeout_ms": ANSWER_LIMIT_MS}
    where = ", ".join(settings.bootstrap)
    closed = _untouchable(settings.bootstrap)
    if len(closed) == len(settings.bootstrap):
        advice = "start Kafka, or set kafka.bootstrap to where it is"
        yield None, problem("broker", f"no Kafka: {'; '.join(closed)}", advice)
        return
    reading = {
        **options,
        "fetch_max_wait_ms": POLL_MS,
        "check_crcs": False,
        "max_partition_fetch_bytes": STATE_RECORD_BYTES_MAX,
    }
    with ExitStack() as open_clients:
        try:
            client = open_clients.enter_context(connected(options, CONNECT_LIMIT_S))
            reader = open_clients.enter_context(consumer(reading))
        except (ProvisioningError, KafkaError, OSError):
            yield None, why_not(where, settings.security_protocol, heard.errors)
            return
        yield Cluster(client, reader), ok("broker", f"Kafka answers at {where}")


def _untouchable(brokers: Iterable[str]) -> list[str]:
    """In words, the brokers where no connection can be made at all."""
    found = []
    for broker in brokers:
        host, _, port = broker.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), TOUCH_LIMIT_S).close()
        except TimeoutError:
            found.append(f"{broker} does not answer within {TOUCH_LIMIT_S:g} s")
        except OSError as error:
            found.append(f"{broker}: {error.strerror or error}")
    return found


def why_not(where: str, protocol: str, errors: Sequence[BaseException]) -> Finding:
    """Why nobody who listens at `where` became a Kafka for us, from what the client heard."""
    for error in errors:
        cause = error.__cause__ or error
        if isinstance(error, _REFUSALS):
            return problem(
                "credentials",
                f"Kafka at {where} refuses the user: {_short(error)}",
                "check kafka.security_protocol, sasl_mechanism, sasl_username and sasl_password",
            )
        if isinstance(cause, ssl.SSLError) or "ssl" in str(error).lower():
            return problem(
                "tls",
                f"TLS with {where} fails: {_short(error)}",
                "check kafka.security_protocol and ssl_cafile: the certificate must be signed by "
                "that authority and name this host",
            )
    if any("disconnected" in str(error) for error in errors):
        return _hung_up(where, protocol)
    telling = [error for error in errors if not isinstance(error, KafkaTimeoutError)]
    last = f": {_short(telling[-1])}" if telling else ""
    return problem(
        "broker",
        f"{where} listens, but does not answer as Kafka does within {CONNECT_LIMIT_S:g} s{last}",
        f"is it Kafka, is it busy or frozen, and does that listener speak {protocol} "
        "(kafka.security_protocol)?",
    )


def _hung_up(where: str, protocol: str) -> Finding:
    """A broker says no more than that where the password is wrong, or the protocol another."""
    if protocol.startswith("SASL_"):
        return problem(
            "credentials",
            f"{where} hangs up when the user is to be proved",
            "most likely user or password are wrong (kafka.sasl_username, sasl_password); "
            f"else that listener does not speak {protocol} with kafka.sasl_mechanism",
        )
    return problem(
        "broker",
        f"{where} hangs up when spoken to in {protocol}",
        "most likely that listener wants TLS or SASL (kafka.security_protocol), or is no Kafka",
    )
