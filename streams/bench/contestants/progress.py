"""How a contestant tells how far it is: a line 50 times a second, from a thread of its own."""

from __future__ import annotations

import os
import threading
import time

INTERVAL_S = 0.02
# Not `sys.stdout`: Faust turns that into log lines.
STDOUT = 1


class Progress:
    """Count up `events`; lines of `seconds events` go to stdout."""

    def __init__(self) -> None:
        self.events = 0
        threading.Thread(target=self._tell, name="progress", daemon=True).start()

    def _tell(self) -> None:
        while True:
            os.write(STDOUT, b"%.4f %d\n" % (time.monotonic(), self.events))
            time.sleep(INTERVAL_S)
