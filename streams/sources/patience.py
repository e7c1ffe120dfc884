"""How long to wait for Kafka: for ever, but not longer than a few seconds once asked to stop.

And how loudly: an outage is told when it is noticed and each half minute, not with every attempt.
"""

from __future__ import annotations

import logging
import threading
import time

from streams.config.refusals import refusal

log = logging.getLogger(__name__)

# Whoever stops a service waits five seconds before it kills; closing takes some of them.
STOP_LIMIT_S = 3.5
REPEAT_S = 30.0


class StoppedError(RuntimeError):
    """Asked to stop, and Kafka did not take in time what was on its way."""


class Patience:
    """Waiting that `stop` ends. One for all that one source does."""

    def __init__(self, limit_s: float = STOP_LIMIT_S) -> None:
        self._limit_s = limit_s
        self._stop = threading.Event()
        self._until = float("inf")
        self._trouble_since: float | None = None
        self._told = 0.0

    @property
    def stopping(self) -> bool:
        """Whether to come to an end."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Come to an end; safe in a signal handler."""
        if not self._stop.is_set():
            self._until = time.monotonic() + self._limit_s
            self._stop.set()

    def rest(self, seconds: float) -> None:
        """Do nothing for a while; asked to stop, return at once."""
        self._stop.wait(seconds)

    def hold_out(self, seconds: float) -> None:
        """Wait before another attempt; StoppedError once that has no time any more."""
        if time.monotonic() > self._until:
            raise StoppedError
        time.sleep(seconds)

    def complain(self, trouble: str) -> None:
        """Tell that something does not work (yet), now and then."""
        now = time.monotonic()
        if self._trouble_since is None:
            self._trouble_since = now
        if now - self._told < REPEAT_S:
            return
        self._told = now
        said = f"{trouble}: {refused}" if (refused := refusal()) else trouble
        log.warning("%s; trying again, since %.0f s", said, now - self._trouble_since)

    def relax(self) -> None:
        """It works again."""
        if self._trouble_since is not None and self._told:
            log.warning("works again, after %.1f s", time.monotonic() - self._trouble_since)
        self._trouble_since, self._told = None, 0.0
