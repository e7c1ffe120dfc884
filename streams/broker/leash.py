"""Starts a program that cannot outlive this process, whatever ends it.

Knows nothing of Kafka. Linux alone holds the leash: elsewhere whoever starts a program must end it.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

# Run by a fresh interpreter, not by preexec_fn: that deadlocks where a thread holds a lock.
# A parent that died before the call left no signal behind, hence the look at getppid().
_LEASH = """
import os, sys
if sys.platform == "linux":
    import ctypes, signal
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):
        sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


class Leashed:
    """A running program; killed by the kernel when this process ends.

    The kernel watches the *thread* that started the program, so that thread stays with it.
    """

    def __init__(
        self, command: Sequence[str], output: Path, environment: Mapping[str, str]
    ) -> None:
        """Start `command`, appending what it prints to the file `output`; raises OSError."""
        self._command = [sys.executable, "-I", "-S", "-c", _LEASH, str(os.getpid()), *command]
        self._output = output
        self._environment = dict(environment)
        self._started = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._error: OSError | None = None
        threading.Thread(target=self._hold, name=f"leash of {command[0]}", daemon=True).start()
        self._started.wait()
        if self._error is not None:
            raise self._error

    def _hold(self) -> None:
        try:
            self._process = self._spawn()
        except OSError as error:
            self._error = error
        finally:
            self._started.set()
        if self._process is not None:
            self._process.wait()

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self._output.open("ab") as output:
            return subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,  # Ctrl-C at the terminal is for the parent only
            )

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The program's process; its pid is the program's own."""
        if self._process is None:
            raise RuntimeError("the program was not started")
        return self._process
