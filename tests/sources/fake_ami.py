"""A manager interface that replays traffic: greeting, login by challenge, lists, torn packets."""

from __future__ import annotations

import asyncio
import hashlib
import random
import ssl
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

SECRET = "a manager's secret"
GREETING = b"Asterisk Call Manager/11.0.0\r\n"
CHALLENGE = "840415273"


class FakePbx:
    """Serves each of `sessions` once, one connection after the other, then stays silent.

    A session is the messages (without line ends) that it sends after the login; it ends by hanging
    up in the middle of a packet, except the last one. `waiting` and `alive` answer the lists,
    `pause_s` is how long it rests between two packets.
    """

    def __init__(
        self,
        *sessions: Sequence[bytes],
        waiting: Sequence[bytes] = (),
        alive: Sequence[bytes] = (),
        greeting: bytes = GREETING,
        answers_pings: bool = True,
        tls: ssl.SSLContext | None = None,
        pause_s: float = 0,
    ) -> None:
        self.port = 0
        self.received = b""
        self.connections = 0
        self.logins = 0
        self._sessions = list(sessions)
        self._lists = {"QueueStatus": list(waiting), "CoreShowChannels": list(alive)}
        self._greeting = greeting
        self._answers_pings = answers_pings
        self._tls = tls
        self._pause_s = pause_s
        self._chance = random.Random(7)
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._up.wait(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        starting = asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        server = self._loop.run_until_complete(starting)
        self.port = server.sockets[0].getsockname()[1]
        self._up.set()
        self._loop.run_forever()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.write(self._greeting)
        try:
            while lines := await _action(reader):
                self.received += b"\n".join(lines) + b"\n\n"
                if not await self._answer(dict(_pair(line) for line in lines), writer):
                    break
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(self, action: dict[str, str], writer: asyncio.StreamWriter) -> bool:
        """Answer one action; False to hang up."""
        name, number = action["Action"], action.get("ActionID", "")
        if name == "Challenge":
            _respond(writer, number, Challenge=CHALLENGE)
        elif name == "Login":
            key = hashlib.md5(f"{CHALLENGE}{SECRET}".encode()).hexdigest()
            if action.get("Key") != key:
                _respond(writer, number, "Error", Message="Authentication failed")
                return False
            self.logins += 1
            _respond(writer, number, Message="Authentication accepted")
        elif name in self._lists:
            _respond(writer, number, EventList="start")
            for text in (*self._lists[name], f"Event: {name}Complete\nListItems: 0".encode()):
                writer.write(_wire(text))
            if name == "CoreShowChannels":  # the last that is asked for
                return await self._replay(writer)
        elif name == "Ping" and self._answers_pings:
            _respond(writer, number, Ping="Pong")
        return True

    async def _replay(self, writer: asyncio.StreamWriter) -> bool:
        if not self._sessions:
            return True
        content = b"".join(_wire(text) for text in self._sessions.pop(0))
        if self._sessions:
            content += b"Event: QueueCallerJoin\r\nQueue: sa"
        while content:
            size = self._chance.randrange(1, 3_000)
            writer.write(content[:size])
            await writer.drain()
            await asyncio.sleep(self._pause_s)
            content = content[size:]
        return not self._sessions


def _wire(text: bytes) -> bytes:
    return text.replace(b"\n", b"\r\n") + b"\r\n\r\n"


def _pair(line: bytes) -> tuple[str, str]:
    name, _, value = line.decode().partition(": ")
    return name, value


def _respond(
    writer: asyncio.StreamWriter, number: str, response: str = "Success", **headers: str
) -> None:
    lines = [f"Response: {response}", f"ActionID: {number}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write(_wire("\n".join(lines).encode()))


async def _action(reader: asyncio.StreamReader) -> list[bytes]:
    """The lines of one action; none at the end of the connection."""
    lines: list[bytes] = []
    while line := await reader.readline():
        if line == b"\r\n":
            return lines
        lines.append(line.rstrip(b"\r\n"))
    return []
