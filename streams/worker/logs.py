"""Log lines for people, and few of them: what repeats itself in an outage is said once in a while.

Refuses to know what is logged.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable

# An outage makes aiokafka repeat itself several times a second: a megabyte a minute.
QUIET_S = 10.0
TEMPLATES_MAX = 1000


class Sparing(logging.Filter):
    """Lets one line of a kind pass per `QUIET_S`, with the number of those that did not."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this line is logged; INFO of ours and criticals always are."""
        if record.levelno == logging.INFO or record.levelno >= logging.CRITICAL:
            return True
        kind = (record.name, record.levelno, str(record.msg))
        now = self._clock()
        said_at, held_back = self._said.get(kind, (now - QUIET_S, 0))
        if now - said_at < QUIET_S:
            self._said[kind] = (said_at, held_back + 1)
            return False
        if len(self._said) >= TEMPLATES_MAX:
            self._said.clear()
        self._said[kind] = (now, 0)
        if held_back:
            record.msg = f"{record.msg} (and {held_back} more like it)"
        return True


def configure(level: int = logging.INFO) -> None:
    """Log to stderr: what we say from `level`, what libraries say from WARNING."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(Sparing())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("hotline").setLevel(level)
