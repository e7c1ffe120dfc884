"""`hotline board`: the readers, the view and the web put together, from settings to exit code.

Nothing here knows a figure or a record; it knows who calls whom, and in which thread.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from streams.board.access.gate import Gate
from streams.board.access.tokens import Tokens, TokensFileError
from streams.board.drill import Drill, Question
from streams.board.exporter import Exporter
from streams.board.feed import StateFeed
from streams.board.reader import TopicReader
from streams.board.view import View, Views
from streams.board.visits import VisitsFileError, VisitStore
from streams.board.watchdog import Watchdog
from streams.board.web import Board, Health, PortError, serve
from streams.config import AccessSettings, BoardSettings, ConfigError, Settings
from streams.config.refusals import listen
from streams.wire.topics import STATE, VISITS

# A question waits this long for visits on their way; then it is answered with what is there.
VISITS_LIMIT_S = 2.0
# Whoever stops us kills us some seconds later; `web` needs its share before.
STOP_LIMIT_S = 2.0
FAILED, BAD_CONFIGURATION = 1, 2

logger = logging.getLogger("hotline.board")


class Service:
    """All that answers: implements `web.Answers`. Reads from `start` to `stop`."""

    def __init__(self, settings: Settings, *, demo: bool = False) -> None:
        """Start nothing yet; VisitsFileError, ConfigError where the settings cannot be used."""
        kafka = settings.kafka
        options = kafka.client_options()
        self._publish: Callable[[], object] = lambda: None
        self.feed = StateFeed(Views(settings, program_version(), demo=demo), self._published)
        self.store = VisitStore(settings.board.visits_path)
        self.state = TopicReader(STATE.full_name(kafka.topic_prefix), options, self.feed)
        self.closed = TopicReader(VISITS.full_name(kafka.topic_prefix), options, self.store)
        self._exporter = Exporter(self.view)
        self._drill = Drill(self.store)
        self._one_at_a_time = threading.Lock()

    def start(self, publish: Callable[[], object]) -> None:
        """Begin to read; `publish` is called in a reader's thread whenever there is a new view."""
        self._publish = publish
        self.state.start()
        self.closed.start()

    def stop(self) -> None:
        """End the readers; one that a broker holds up ends with the process."""
        self._publish = lambda: None
        started = [reader for reader in (self.state, self.closed) if reader.is_alive()]
        for reader in started:
            reader.stop()
        until_s = time.monotonic() + STOP_LIMIT_S
        for reader in started:
            reader.join(max(0.0, until_s - time.monotonic()))
        if not self.closed.is_alive():
            self.store.close()

    def _published(self, _view: View) -> None:
        self._publish()

    def view(self) -> View | None:
        """The newest view."""
        return self.feed.view

    def alive(self) -> Health:
        """Whether both readers go round."""
        stuck = [reader.name for reader in (self.state, self.closed) if not reader.live]
        return Health(not stuck, f"stuck: {', '.join(stuck)}" if stuck else "")

    def ready(self) -> Health:
        """Whether there is a view; the problem names what is wrong with where it comes from."""
        problems = [
            self.state.status.words,
            self.feed.words,
            f"visits: {self.closed.status.words}" if self.closed.status.words else "",
        ]
        if self.feed.refused:
            problems.append(f"{self.feed.refused} state records refused")
        ready = self.feed.view is not None
        words = "; ".join(filter(None, problems))
        if not ready and not words:
            words = "the state topic is still being read"
        return Health(ready, words)

    def metrics(self, accept: str) -> tuple[bytes, str] | None:
        """The metrics of the newest view."""
        return self._exporter.render(accept)

    def visits(self, view: View, asked: Question) -> dict[str, object] | None:
        """The visits behind a figure of this very view."""
        if not self.closed.status.ready:
            return None
        # What was durable before the view's snapshots is in Kafka by now, and so in the file then.
        complete = self.closed.caught_up(VISITS_LIMIT_S)
        with self._one_at_a_time:
            return {"complete": complete, **self._drill.answer(view, asked)}


def program_version() -> str:
    """The installed distribution's version."""
    try:
        return version("hotline-streams")
    except PackageNotFoundError:
        return "unknown"


def run_board(settings: Settings, *, demo: bool = False) -> int:
    """Serve until SIGTERM or SIGINT; returns 0, or 1 or 2 after saying why not."""
    # The client repeats an outage several times a second; the readers say it once.
    listen(quiet=True)
    try:
        gate = _gate(settings.access)
        service = Service(settings, demo=demo)
        asyncio.run(_serve(service, gate, settings.board))
    except (ConfigError, TokensFileError, VisitsFileError) as error:
        logger.error("%s", error)  # noqa: TRY400 - words for people, no traceback
        return BAD_CONFIGURATION
    except PortError as error:
        logger.error("%s", error)  # noqa: TRY400 - as above
        return FAILED
    return 0


def _gate(access: AccessSettings) -> Gate:
    """Who is let in; TokensFileError where the tokens cannot be read."""
    if access.everybody_without_login_is:
        logger.warning(
            "access.everybody_without_login_is: whoever can connect sees the board as %s",
            access.everybody_without_login_is,
        )
    return Gate(access, Tokens(access.tokens_file) if access.mode and access.tokens_file else None)


async def _serve(service: Service, gate: Gate, settings: BoardSettings) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    board = Board(service, gate)

    def listening(port: int) -> None:
        logger.info("board: http://%s:%d", settings.host, port)
        service.start(lambda: loop.call_soon_threadsafe(board.changed))
        Watchdog(lambda: service.alive().problem, loop.call_soon_threadsafe).start()

    try:
        metrics = (settings.metrics_host, settings.metrics_port)
        await serve(board, (settings.host, settings.port), listening, stop, metrics)
    finally:
        # In a thread, so that a broker that is away cannot hold the loop up.
        await asyncio.to_thread(service.stop)
