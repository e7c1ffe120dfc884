"""One Kafka node as an object: start, stop, kill, start again on the same data.

Knows processes and ports; leaves settings, jars and the leash to their modules.
"""

import os
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.broker.errors import BrokerError
from streams.broker.jars import Java, Progress, find_java
from streams.broker.leash import Leashed
from streams.broker.ports import HOST, answers, free_port, require_free
from streams.broker.properties import (
    Listener,
    as_java_properties,
    logging_properties,
    node_properties,
)

# A loaded machine of two cores needs 10 s; whoever waits a minute wants to be told.
ANSWER_LIMIT_S = 60.0
FORMAT_LIMIT_S = 60.0
# A clean stop takes about a second; Kafka itself would wait minutes for a controller that is gone.
STOP_LIMIT_S = 15.0
POLL_S = 0.05
TAIL_LINES = 15
# These would change the heap or print to the console of every Java that is started.
_FOREIGN_SETTINGS = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH")


class EmbeddedKafka:
    """A Kafka node of our own on 127.0.0.1, its data and its logs in one folder.

    Starting again, also by another object on the same folder, finds the same data. Not for several
    threads at once. `heap_mb` is Java's heap in MiB; the process takes some 150 MiB more.
    """

    def __init__(
        self,
        folder: Path | str,
        port: int = 0,
        heap_mb: int = 512,
        *,
        listeners: Sequence[Listener] = (),
        properties: Mapping[str, str] | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Take notes, start nothing.

        `port` 0 picks a free one at the first start and keeps it; `properties` win over ours;
        `progress` hears one short line per step of the first start's download (default: logging).
        """
        self.folder = Path(folder).absolute()
        self.port = port
        self.heap_mb = heap_mb
        self._listeners = tuple(listeners)
        self._properties = dict(properties or {})
        self._progress = progress
        self._leashed: Leashed | None = None

    @property
    def bootstrap(self) -> str:
        """The address for clients, `127.0.0.1:port`."""
        return f"{HOST}:{self.port}"

    @property
    def pid(self) -> int | None:
        """Java's process id; None unless it runs."""
        return self._process.pid if self._process and self.alive() else None

    @property
    def log(self) -> Path:
        """Kafka's own log file."""
        return self.folder / "kafka.log"

    @property
    def _console(self) -> Path:
        return self.folder / "java.log"

    @property
    def _process(self) -> subprocess.Popen[bytes] | None:
        return self._leashed.process if self._leashed else None

    def alive(self) -> bool:
        """Whether Java runs (a stopped or hung one does)."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> Self:
        """Start and wait until the node answers; nothing where it runs already.

        Raises BrokerError and leaves nothing running: a port is taken, the extra is missing, Java
        ended or did not answer in time.
        """
        if self.alive():
            return self
        self.port = self.port or free_port()
        require_free("its clients", self.port)
        for each in self._listeners:
            require_free(each.name, each.port)
        java = find_java(self._progress)
        try:
            self._write_settings()
            self._format(java)
            self._leashed = self._run(java, "kafka.Kafka", str(self.folder / "server.properties"))
            self._wait_for_answer(time.monotonic() + ANSWER_LIMIT_S)
        except BaseException:
            self.kill()
            raise
        return self

    def stop(self) -> None:
        """Stop cleanly within 15 s, else by force; nothing where nothing runs."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._leashed = None

    def kill(self) -> None:
        """End it as a power cut would; start() works afterwards on what reached the disk."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._leashed = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _write_settings(self) -> None:
        for each in (self.folder, self.folder / "tmp"):
            each.mkdir(parents=True, exist_ok=True)
        settings = node_properties(
            self.folder / "data", self.port, free_port(), self._listeners, self._properties
        )
        (self.folder / "server.properties").write_text(as_java_properties(settings), "ascii")
        (self.folder / "log4j2.properties").write_text(logging_properties(self.log), "ascii")
        self._console.write_bytes(b"")

    def _format(self, java: Java) -> None:
        if (self.folder / "data" / "meta.properties").exists():
            return
        options = [
            f"--cluster-id={_cluster_id()}",  # with "=": an id may begin with "-"
            f"--config={self.folder / 'server.properties'}",
        ]
        tool = self._run(java, "kafka.tools.StorageTool", "format", *options).process
        try:
            code = tool.wait(FORMAT_LIMIT_S)
        except subprocess.TimeoutExpired as error:
            raise BrokerError(f"formatting {self.folder} took over {FORMAT_LIMIT_S:g} s") from error
        finally:
            tool.kill()  # nothing, once it has ended
        if code != 0:
            raise BrokerError(f"Kafka cannot format {self.folder}: {self._tail()}")

    def _run(self, java: Java, main_class: str, *arguments: str) -> Leashed:
        options = [
            f"-Xmx{self.heap_mb}m",
            "-XX:-UsePerfData",  # writes to the machine's /tmp
            f"-XX:ErrorFile={self.folder / 'java_crash.log'}",
            f"-Djava.io.tmpdir={self.folder / 'tmp'}",  # native libraries are unpacked there
            f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}",
            "--enable-native-access=ALL-UNNAMED",
        ]
        command = [str(java.binary), *options, "-cp", java.class_path, main_class, *arguments]
        ours = {key: text for key, text in os.environ.items() if key not in _FOREIGN_SETTINGS}
        return Leashed(command, self._console, ours)

    def _wait_for_answer(self, deadline: float) -> None:
        while not answers(self.port):
            if not self.alive():
                raise BrokerError(f"Kafka ended while it started: {self._tail()}")
            if time.monotonic() > deadline:
                raise BrokerError(f"Kafka gave no answer in {ANSWER_LIMIT_S:g} s: {self._tail()}")
            time.sleep(POLL_S)

    def _tail(self) -> str:
        """Return what Kafka logged and Java printed last, without stack frames and settings."""
        files = [each for each in (self.log, self._console) if each.exists()]
        lines = [line for each in files for line in each.read_text(errors="replace").splitlines()]
        lines = [line for line in lines if not line.startswith(("\t", "WARNING: "))]
        return f"the end of {self.log} says\n" + "\n".join(lines[-TAIL_LINES:])


def _cluster_id() -> str:
    return urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
