"""A connection to Asterisk's manager interface that is always there again: messages as records.

Logs in with an MD5 challenge, asks who waits and what is alive, and pings. Every beginning and end
of a connection is a record too, because what is said in between is lost. Knows no event's meaning.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import ssl
import threading
import time
from collections import deque
from contextlib import suppress

from streams.config.ami import AmiSettings
from streams.sources.asterisk_ami_message import (
    BANNER,
    CONNECTED,
    DISCONNECTED,
    Assembler,
    record,
    stamp_s,
)

log = logging.getLogger(__name__)

# A line longer than this is no manager's.
LINE_BYTES_MAX = 1024 * 1024
CHUNK_BYTES = 256 * 1024
# What is kept while Kafka does not take anything: some hours of a busy PBX. Then we hang up, which
# is a gap that shows.
RECORDS_MAX = 500_000
PINGS_UNANSWERED_MAX = 3
CLOSE_LIMIT_S = 2.0
# How long a PBX may take to show its clock; its answer to the first ping does.
CLOCK_LIMIT_S = 5.0
_NAME = b"live"


class SessionError(Exception):
    """A connection that cannot go on; the message says why. `refused`: at the login."""

    def __init__(self, words: str, *, refused: bool = False) -> None:
        super().__init__(words)
        self.refused = refused


class PbxClock:
    """Puts a time on what has none, by the PBX's clock, which need not be ours.

    Until it has shown that clock, what has no time is held back, at most `CLOCK_LIMIT_S`.
    """

    def __init__(self) -> None:
        self._ahead_s: float | None = None
        self._early: list[tuple[float, bytes]] = []

    def records(self, text: bytes) -> list[bytes]:
        """The records of a message that has just arrived, after those that waited for it."""
        now_s = time.monotonic()
        shown_s = stamp_s(text)
        if shown_s is not None:
            self._ahead_s = shown_s - now_s
        self._early.append((now_s, text))
        if self._ahead_s is None:
            if now_s - self._early[0][0] < CLOCK_LIMIT_S:
                return []
            self._ahead_s = time.time() - now_s
        early, self._early = self._early, []
        return [record(each, f"{at_s + self._ahead_s:.6f}") for at_s, each in early]


class AmiClient:
    """Runs in a thread of its own from `start` to `close`; `take` gives what has arrived."""

    def __init__(self, settings: AmiSettings) -> None:
        self._settings = settings
        self._secret = settings.secret_text()
        self._records: deque[bytes] = deque()
        self._clock = PbxClock()
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="ami", daemon=True)
        self._stopping = False
        self._logged_in = False
        self._said = ""

    @property
    def where(self) -> str:
        """host:port."""
        return f"{self._settings.host}:{self._settings.port}"

    @property
    def logged_in(self) -> bool:
        """Whether the PBX tells us everything at present."""
        return self._logged_in

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def take(self, most: int) -> list[bytes]:
        """The next records, in the order of their arrival."""
        found: list[bytes] = []
        with suppress(IndexError):
            while len(found) < most:
                found.append(self._records.popleft())
        return found

    def close(self) -> None:
        """Hang up."""
        self._stopping = True
        if self._thread.is_alive():
            with suppress(RuntimeError):  # its loop has just ended
                self._loop.call_soon_threadsafe(self._cancel)
            self._thread.join(CLOSE_LIMIT_S)
        if not self._loop.is_running():
            self._loop.close()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._task = self._loop.create_task(self._connect_for_ever())
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._task)

    async def _connect_for_ever(self) -> None:
        while not self._stopping:
            pause_s = self._settings.retry_s
            try:
                await self._session()
            except SessionError as error:
                self._say(str(error))
                pause_s = self._settings.refused_retry_s if error.refused else pause_s
            except (OSError, ValueError, EOFError, TimeoutError) as error:
                self._say(str(error) or type(error).__name__)
            await asyncio.sleep(pause_s)

    def _say(self, words: str) -> None:
        """Why the connection failed, once."""
        if words != self._said:
            log.warning("AMI at %s: %s; trying again", self.where, words)
        self._said = words

    async def _session(self) -> None:
        """One connection from its beginning to its end, which is always an error."""
        if len(self._records) > RECORDS_MAX // 2:
            raise SessionError(f"{len(self._records)} messages wait for Kafka")
        limit_s = self._settings.connect_timeout_s
        trusted = self._settings.tls_ca_file
        context = ssl.create_default_context(cafile=trusted) if self._settings.tls else None
        opening = asyncio.open_connection(
            self._settings.host, self._settings.port, ssl=context, limit=LINE_BYTES_MAX
        )
        reader, writer = await asyncio.wait_for(opening, limit_s)
        try:
            await asyncio.wait_for(self._log_in(reader, writer), limit_s)
            self._put(CONNECTED + _NAME)
            self._logged_in = True
            self._said = ""
            log.info("AMI at %s: logged in as %s", self.where, self._settings.username)
            pinging = asyncio.ensure_future(self._ask(writer))
            try:
                await self._listen(reader)
            finally:
                pinging.cancel()
                self._logged_in = False
                self._put(DISCONNECTED + _NAME)
        finally:
            writer.close()
            with suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), CLOSE_LIMIT_S)

    async def _log_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        banner = await reader.readline()
        if not banner.startswith(BANNER):
            found = banner[:64].decode("ascii", "replace").strip()
            raise SessionError(f"expected a manager interface's greeting, found {found!r}")
        send(writer, Action="Challenge", AuthType="MD5", ActionID="challenge")
        challenge = (await _response(reader, "challenge")).get("challenge", "")
        if not challenge:
            raise SessionError("expected a challenge for the login by MD5", refused=True)
        key = hashlib.md5((challenge + self._secret).encode(), usedforsecurity=False).hexdigest()
        send(
            writer,
            Action="Login",
            AuthType="MD5",
            Username=self._settings.username,
            Key=key,
            Events=self._settings.events,
            ActionID="login",
        )
        await _response(reader, "login")

    async def _ask(self, writer: asyncio.StreamWriter) -> None:
        """Its clock, who waits and what is alive; then, again and again, if anybody is there."""
        send(writer, Action="Ping", ActionID="clock")
        send(writer, Action="QueueStatus", ActionID="waiting")
        send(writer, Action="CoreShowChannels", ActionID="alive")
        while True:
            await asyncio.sleep(self._settings.ping_interval_s)
            send(writer, Action="Ping", ActionID="ping")

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        assembler = Assembler()
        silence_s = PINGS_UNANSWERED_MAX * self._settings.ping_interval_s
        rest = b""
        while True:
            try:
                chunk = await asyncio.wait_for(reader.read(CHUNK_BYTES), silence_s)
            except TimeoutError:
                raise SessionError(f"expected an answer within {silence_s} s") from None
            if not chunk:
                raise SessionError("the PBX has closed the connection")
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > LINE_BYTES_MAX:
                raise SessionError(f"expected lines of at most {LINE_BYTES_MAX} bytes")
            for line in lines:
                for text in assembler.push(line):
                    self._put(text)
            if len(self._records) > RECORDS_MAX:
                raise SessionError(f"hung up: {RECORDS_MAX} messages wait for Kafka")

    def _put(self, text: bytes) -> None:
        self._records.extend(self._clock.records(text))


def send(writer: asyncio.StreamWriter, **headers: str) -> None:
    """Send one action."""
    lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
    writer.write("".join([*lines, "\r\n"]).encode())


async def _response(reader: asyncio.StreamReader, action: str) -> dict[str, str]:
    """The headers of the response to an action; SessionError where it is not a success."""
    assembler = Assembler()
    while line := await reader.readline():
        for text in assembler.push(line):
            pairs = (each.partition(b":") for each in text.split(b"\n"))
            found = {
                name.strip().lower().decode("ascii", "replace"): value.strip().decode(
                    "utf-8", "replace"
                )
                for name, _, value in pairs
            }
            if found.get("actionid") != action or "response" not in found:
                continue
            if found["response"].lower() != "success":
                words = found.get("message", "no reason given")[:200]
                raise SessionError(f"{action} refused: {words}", refused=True)
            return found
    raise SessionError(f"the PBX has closed the connection instead of answering the {action}")
