"""Prometheus and Alertmanager as programs of this machine, started and ended by a test."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# Long enough for a loaded machine; a passing test never waits for it.
PATIENCE_S = 60.0
PAUSE_S = 0.1


def tool(*names: str, package: str) -> str:
    """The path of a program under one of its names; the test fails where it is missing."""
    for name in names:
        if path := shutil.which(name):
            return path
    pytest.fail(f"{names[0]} is missing. On Debian: apt-get install {package}", pytrace=False)


def promtool() -> str:
    return tool("promtool", package="prometheus")


def amtool() -> str:
    return tool("amtool", package="prometheus-alertmanager")


def checked(*command: str | Path) -> str:
    """Run a program to its end and return what it said; the test fails unless it ends with 0."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextlib.contextmanager
def running(program: str, *options: str, port: int, folder: Path) -> Iterator[str]:
    """Run a server until it is ready, and give its address; its log is shown where it fails."""
    address = f"http://127.0.0.1:{port}"
    command = [program, *options, f"--web.listen-address=127.0.0.1:{port}"]
    log = folder / f"{Path(program).name}.log"
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_for(lambda: _is_ready(server, address, log))
            yield address
        finally:
            server.terminate()
            server.wait(PATIENCE_S)


@contextlib.contextmanager
def prometheus(config: Path, folder: Path, *options: str) -> Iterator[str]:
    """Run a Prometheus on a configuration, its data under `folder`."""
    program = tool("prometheus", package="prometheus")
    arguments = (f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}", *options)
    with running(program, *arguments, port=free_port(), folder=folder) as address:
        yield address


def wait_for(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < deadline, f"not within {PATIENCE_S} s"
        time.sleep(PAUSE_S)


def asked(address: str, path: str, **parameters: str) -> Any:
    """The JSON that a server answers; the test fails with its words where it refuses."""
    url = f"{address}{path}?{urllib.parse.urlencode(parameters)}"
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refusal:
        with refusal:
            pytest.fail(f"{url}: {refusal.read().decode()}")


def text(url: str) -> str:
    """What a server answers."""
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
        found: bytes = answer.read()
    return found.decode()


def _is_ready(server: subprocess.Popen[bytes], address: str, log: Path) -> bool:
    assert server.poll() is None, log.read_text()
    try:
        with urllib.request.urlopen(f"{address}/-/ready", timeout=PATIENCE_S) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as refusal:
        refusal.close()
        return False
    except OSError:
        return False
