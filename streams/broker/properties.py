"""What one Kafka node is configured with: pure text, written by no hand and read by Java.

Refuses to know where Java is, whether the node runs, and what the topics are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import ascii_letters, digits
from struct import iter_unpack

from streams.broker.errors import BrokerError
from streams.broker.ports import HOST

CLIENTS = "PLAINTEXT"
CONTROLLER = "CONTROLLER"
# A state snapshot is one record: this is the largest one (chunks above it).
MAX_MESSAGE_BYTES = 16 * 1024 * 1024
# The cleaner takes this from the heap at once; the default of 128 MiB is half of a small heap.
CLEANER_BUFFER_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class Listener:
    """One more address on loopback: its name, its port and its security protocol.

    What the protocol needs (key stores, SASL mechanisms) goes into the extra properties, as
    `listener.name.<name in lower case>.…`.
    """

    name: str
    port: int
    protocol: str = "PLAINTEXT"


ONE_NODE: Mapping[str, str] = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": CONTROLLER,
    "inter.broker.listener.name": CLIENTS,
    # There is one copy of everything.
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "2",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    # A topic is provisioned or it is an error.
    "auto.create.topics.enable": "false",
    # After a crash the controller, which is this node too, waits this long for its former self.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # Workers that start together still join one generation.
    "group.initial.rebalance.delay.ms": "100",
    "group.min.session.timeout.ms": "1000",
    "message.max.bytes": str(MAX_MESSAGE_BYTES),
    "replica.fetch.max.bytes": str(MAX_MESSAGE_BYTES),
    # The state topic is rewritten all the time: keep it short.
    "log.cleaner.backoff.ms": "1000",
    "log.cleaner.dedupe.buffer.size": str(CLEANER_BUFFER_BYTES),
    "log.segment.delete.delay.ms": "1000",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "num.recovery.threads.per.data.dir": "2",
}

# Set by the folder, the port and the listeners; anything else would leave us waiting for nobody.
_OURS = ("log.dirs", "listeners", "advertised.listeners", "controller.quorum.voters")

_PLAIN = frozenset(ascii_letters + digits + "./-_,;%()[]{}'\"@$*+<>")


def node_properties(
    data: Path,
    port: int,
    controller_port: int,
    listeners: Iterable[Listener] = (),
    extra: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the properties of a node that keeps its log in `data`; `extra` wins over ours.

    Raises BrokerError where `extra` sets what folder, port and listeners decide, and where `data`
    cannot be written as one folder.
    """
    taken = [key for key in _OURS if key in (extra or {})]
    if taken:
        raise BrokerError(f"{', '.join(taken)}: set folder, port and listeners, not properties")
    if "," in str(data):
        raise BrokerError(f"{data}: a folder without a comma, which Kafka takes for two folders")
    every = [Listener(CLIENTS, port), *listeners, Listener(CONTROLLER, controller_port)]
    addresses = [f"{each.name}://{HOST}:{each.port}" for each in every]
    return {
        **ONE_NODE,
        "log.dirs": str(data),
        "listeners": ",".join(addresses),
        "advertised.listeners": ",".join(addresses[:-1]),
        "listener.security.protocol.map": ",".join(
            f"{each.name}:{each.protocol}" for each in every
        ),
        "controller.quorum.voters": f"1@{HOST}:{controller_port}",
        **(extra or {}),
    }


def as_java_properties(properties: Mapping[str, str]) -> str:
    """Return the text of a .properties file, pure ASCII, one setting a line."""
    return "".join(f"{_escaped(key)}={_escaped(properties[key])}\n" for key in sorted(properties))


def _escaped(text: str) -> str:
    r"""Escape what Java would read as its own: it takes a file for Latin-1 with \u escapes."""
    return "".join(each if each in _PLAIN else _as_units(each) for each in text)


def _as_units(character: str) -> str:
    return "".join(f"\\u{unit:04x}" for (unit,) in iter_unpack(">H", character.encode("utf-16-be")))


def logging_properties(log: Path) -> str:
    """Return a log4j 2 configuration that writes to `log` alone, at most 4 files of 10 MB."""
    return as_java_properties(
        {
            "status": "error",
            "appender.file.type": "RollingFile",
            "appender.file.name": "file",
            "appender.file.fileName": str(log),
            "appender.file.filePattern": f"{log}.%i",
            "appender.file.layout.type": "PatternLayout",
            "appender.file.layout.pattern": "%d %p %m (%c)%n",
            "appender.file.policies.type": "Policies",
            "appender.file.policies.size.type": "SizeBasedTriggeringPolicy",
            "appender.file.policies.size.size": "10MB",
            "appender.file.strategy.type": "DefaultRolloverStrategy",
            "appender.file.strategy.max": "3",
            "rootLogger.level": "info",
            "rootLogger.appenderRef.file.ref": "file",
        }
    )
