"""Ends a board that stands still: its readers, or the loop that answers, for a minute.

A screen would show the last figures for ever, greyed; a supervisor brings a new board in seconds.
It refuses to know what is read or answered. Time is counted in its own beats, so a process that was
stopped, or a machine that slept, is not blamed.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

BEAT_S = 1.0
# A reader is silent for half a minute before it counts as stuck; both together are a minute.
LIMIT_S = 25.0
LOOP_LIMIT_S = 50.0
EXIT_STUCK = 70  # EX_SOFTWARE of sysexits.h: a supervisor restarts on anything but 0

logger = logging.getLogger("hotline.board")


def die(words: str) -> None:
    """End the process as it stands: all it shows is in Kafka."""
    logger.critical("not alive, ending: %s", words)
    for handler in logging.getLogger().handlers:
        handler.flush()
    os._exit(EXIT_STUCK)


class Watchdog:
    """`stuck` says in words which readers stand still; `ask_loop` has the loop call what it gets.

    `ask_loop` is `loop.call_soon_threadsafe`, which raises RuntimeError once the loop is closed.
    """

    def __init__(
        self, stuck: Callable[[], str], ask_loop: Callable[[Callable[[], None]], object]
    ) -> None:
        self._stuck = stuck
        self._ask_loop = ask_loop
        self._answered = True
        self._stuck_beats = 0
        self._silent_beats = 0

    def start(self, when_dead: Callable[[str], None] = die) -> None:
        """Watch from a thread of its own until the loop is closed."""

        def watch() -> None:
            while not (words := self.beat()):
                time.sleep(BEAT_S)
                try:
                    self._ask_loop(self._answer)
                except RuntimeError:
                    return  # the board has stopped
            when_dead(words)

        threading.Thread(target=watch, name="watchdog", daemon=True).start()

    def _answer(self) -> None:
        self._answered = True

    def beat(self) -> str:
        """Look once; returns why the board counts as dead, empty while it lives."""
        words = self._stuck()
        self._stuck_beats = self._stuck_beats + 1 if words else 0
        self._silent_beats = 0 if self._answered else self._silent_beats + 1
        self._answered = False
        if self._silent_beats * BEAT_S >= LOOP_LIMIT_S:
            return f"event loop: no answer for {self._silent_beats * BEAT_S:.0f} s"
        return words if self._stuck_beats * BEAT_S >= LIMIT_S else ""
