"""`hotline source`: a real system's files or its live word into Kafka, for as long as they grow.

Puts feed, clock and sender together. An event older than the allowed lateness when it is sent is
history and says so (`backfill`), with that same lateness: it counts in a fresh deployment or for
a new source, and can never make a call count twice that the core has forgotten.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from streams.config import Settings
from streams.config.refusals import listen
from streams.core.events import SOURCE_TYPES
from streams.sources.asterisk_ami import AsteriskAmi
from streams.sources.asterisk_ami_client import AmiClient
from streams.sources.asterisk_ami_live import LiveAmi
from streams.sources.canonical import Canonical
from streams.sources.catalogue import AnySource, SourceError, make_source, topic_of_source
from streams.sources.chats import ChatReader
from streams.sources.clocks import Clocks
from streams.sources.feed import Batch, Feed, make_feed
from streams.sources.live_chats import live_chats
from streams.sources.patience import Patience, StoppedError
from streams.sources.positions import VERSION, position_key
from streams.sources.pushed import RETRIED_S, PushedFeed
from streams.sources.routing import topic_of
from streams.sources.sending import Sender
from streams.sources.taken import EventDict

log = logging.getLogger(__name__)

# A line is in Kafka a tenth of a second later, on the average; looking costs some microseconds.
POLL_S = 0.2
# A position is stored at most so often, and for at most a twentieth of the time: a PBX's memory of
# a day's calls has megabytes.
STORE_EVERY_S = 1.0
STORE_SHARE = 20
# A sender waits for it, and a desk's conversations have kilobytes.
PUSHED_STORE_SHARE = 4
TELL_EVERY_S = 60.0
# A watermark is the clock less the disorder: twice it is behind the last event of a file.
_DISORDERS_AHEAD = 2


def run_source(  # noqa: PLR0913 - the command's own arguments
    settings: Settings,
    kind: str,
    paths: Sequence[Path],
    *,
    name: str | None = None,
    mapping: str | None = None,
    zone: str | None = None,
    follow: bool = False,
) -> int:
    """Send the files' events until they end or, with `follow`, until SIGTERM or SIGINT; returns 0.

    Without files, `asterisk-ami` connects to the PBX and chats are listened to, until then. Waits
    for Kafka for ever. SourceError, MappingError, TableHeaderError, ConfigError for what
    cannot be meant; OSError for a file that cannot be read; SendingError for what no waiting mends.
    """
    name = name or settings.source.name
    key = b"" if kind == "canonical" else settings.source.key_bytes()
    site = settings.source.site
    source = make_source(
        kind,
        key=key,
        name=name,
        site=site,
        mapping=mapping,
        zone=zone,
        beside_ami=settings.ami.is_beside_queue_log,
        settings=settings,
    )
    for path in paths[:-1] if follow else paths:
        path.open("rb").close()
    patience = Patience()
    feed, where = _feed(settings, source, paths, follow=follow)
    with closing(feed), _quiet_library(), stopped_by_signals(patience):
        try:
            with Sender(settings, patience) as sender:
                Pump(settings, source, feed, sender, patience, where).run()
        except StoppedError:
            log.warning("%s: stopped without Kafka; what it lacks is read again next time", name)
    log.info("%s: %s", name, feed.fates)
    return 0


def _feed(
    settings: Settings, source: AnySource, paths: Sequence[Path], *, follow: bool
) -> tuple[Feed, str]:
    """Where the events come from, and its name among positions."""
    bytes_max = settings.limits.event_bytes
    if paths:
        feed = make_feed(source, paths, follow=follow, event_bytes_max=bytes_max)
        return feed, str(paths[-1].absolute())
    if isinstance(source, ChatReader):
        return live_chats(settings, source), f"live:{source.name}"
    if not isinstance(source, AsteriskAmi):
        raise SourceError("expected files to read")
    client = AmiClient(settings.ami)
    return LiveAmi(source, client, bytes_max), f"ami:{client.where}"


class Pump:
    """From a feed to a sender, the position after what was sent. `where` names the position."""

    def __init__(
        self,
        settings: Settings,
        source: AnySource,
        feed: Feed,
        sender: Sender,
        patience: Patience,
        where: str,
    ) -> None:
        self._source = settings.source
        self._limits = settings.limits
        self._name = source.name
        self._path = where
        self._feed = feed
        self._pushed = feed if isinstance(feed, PushedFeed) else None
        self._sender = sender
        self._patience = patience
        self._topics: set[str] = set()
        self._clocks = Clocks(settings.limits.future_ms)
        # Canonical events have sources and sites of their own.
        self._site = None if isinstance(source, Canonical) else settings.source.site
        if self._site is not None:
            self._topics.add(topic_of_source(source))
            self._clocks.know(source.name, self._site)
        self._heartbeat_s = self._store_s = 0.0
        self._settle_s = time.monotonic() + RETRIED_S if self._pushed else 0.0
        self._tell_s = time.monotonic() + TELL_EVERY_S
        self._unsaved = False

    def run(self) -> None:
        """Until everything is sent, or `patience` is told to stop; the position is stored then."""
        self._resume()
        while not self._patience.stopping and not self._feed.ended:
            now_ms = _now_ms()
            batch = self._feed.next()
            if self._feed.at_rest:
                if time.monotonic() >= self._settle_s:
                    self._sender.settle()
                if not self._clocks.rest(now_ms):
                    self._heartbeat_s = 0.0
            self._send(batch or Batch())
            self._tell_and_store()
            if batch is None:
                self._rest()
        if self._feed.ended:
            self._sender.settle()
            ahead_ms = _DISORDERS_AHEAD * self._source.max_disorder_ms
            last = self._clocks.events("source.heartbeat", ahead_ms=ahead_ms)
            self._sender.deliver(last, topics=self._topics)
            self._unsaved = True
        if self._unsaved:
            self._store()
        if self._pushed:
            self._pushed.stored()

    def _rest(self) -> None:
        """Until there may be something new; not beyond the time when senders may be told."""
        if self._pushed is None:
            self._patience.rest(POLL_S)
            return
        until_s = self._store_s - time.monotonic() if self._unsaved else POLL_S
        self._pushed.wait(min(POLL_S, max(0.0, until_s)))

    def _resume(self) -> None:
        """Go on from this path's position; else from the source's newest that is in the files."""
        stored = self._sender.positions(self._name)
        own = stored.pop(self._key, None)
        for position in filter(None, (own, *reversed(stored.values()))):
            if self._feed.resume(position["feed"], lost_too=position is own):
                self._clocks.load(position["clocks"])
                self._topics |= set(position["topics"])
                self._sender.start(position)
                log.info("%s: goes on with %s", self._name, self._path)
                return
        log.info("%s: begins with %s", self._name, self._path)
        self._sender.start(None)
        self._store()  # so that a crash before the first position repeats nothing

    @property
    def _key(self) -> bytes:
        return position_key(self._name, self._path)

    def _send(self, batch: Batch) -> None:
        now_ms = _now_ms()
        events = []
        if batch.gap:
            events += self._clocks.events("source.gap", reason=batch.gap)
        for event in batch.events:
            events.append(self._stamped(event, now_ms))
            self._clocks.note(events[-1], now_ms)
            if topic := topic_of(event):
                self._topics.add(topic)
        if time.monotonic() >= self._heartbeat_s:
            heartbeats = self._clocks.events("source.heartbeat")
            if heartbeats:
                self._heartbeat_s = time.monotonic() + self._source.heartbeat_interval_s
            events += heartbeats
        if events or batch.refused:
            self._sender.deliver(events, batch.refused, self._topics)
            self._unsaved = True

    def _stamped(self, event: EventDict, now_ms: int) -> EventDict:
        """With the site that the source cannot know, and a word where it is history."""
        if self._site is not None and "site" not in event:
            event = {**event, "site": self._site}
        age_ms = now_ms - event["at_ms"]
        if event["type"] in SOURCE_TYPES or age_ms <= self._limits.allowed_lateness_ms:
            return event
        return {"backfill": True, "lateness_ms": self._limits.allowed_lateness_ms, **event}

    def _tell_and_store(self) -> None:
        if time.monotonic() >= self._tell_s:
            self._tell_s = time.monotonic() + TELL_EVERY_S
            log.info("%s: %s", self._name, self._feed.fates)
            if self._clocks.behind_ms > self._limits.allowed_lateness_ms:
                log.warning(
                    "%s: new lines are %d s old, older than limits.allowed_lateness_ms: they will "
                    "be refused as late. Is a clock wrong, or does the file come in pieces?",
                    self._name,
                    self._clocks.behind_ms // 1000,
                )
        if self._unsaved and time.monotonic() >= self._store_s:
            self._store()
        if self._pushed and not self._unsaved:
            self._pushed.stored()

    def _store(self) -> None:
        began_s = time.monotonic()
        position: dict[str, Any] = {
            "v": VERSION,
            "source": self._name,
            "path": self._path,
            "stored_ms": _now_ms(),
            "feed": self._feed.state(),
            "clocks": self._clocks.dump(),
            "topics": sorted(self._topics),
        }
        self._sender.store(self._key, position)
        now_s = time.monotonic()
        cost_s = now_s - began_s
        pause_s = max(STORE_EVERY_S, STORE_SHARE * cost_s)
        self._store_s = now_s + (PUSHED_STORE_SHARE * cost_s if self._pushed else pause_s)
        self._unsaved = False


@contextmanager
def stopped_by_signals(patience: Patience) -> Iterator[None]:
    """SIGTERM and SIGINT tell `patience`; only where signals can be had, in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        each: signal.signal(each, lambda *_: patience.stop())
        for each in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def _quiet_library() -> Iterator[None]:
    """In an outage kafka-python repeats itself several times a second; we say it now and then."""
    library = logging.getLogger("kafka")
    before = library.level, library.propagate
    listen(quiet=True)
    try:
        yield
    finally:
        library.setLevel(before[0])
        library.propagate = before[1]


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
