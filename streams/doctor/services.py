"""Asks boards and workers how they are, over HTTP, and judges the answers.

It refuses to know what their words mean: they are passed on.
"""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from streams.config import Settings
from streams.doctor.findings import Finding, ok, problem, span, warning

ANSWER_LIMIT_S = 3.0
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read, not bound


class Service(NamedTuple):
    """`named`: somebody said that it is there; else it is where the configuration puts one."""

    kind: str
    url: str
    named: bool


class Answer(NamedTuple):
    """Status 0 where nobody answers; then `body` says why. `body` is JSON, else text."""

    status: int
    body: Any


Get = Callable[[str], Answer]


def get(url: str, token: str = "") -> Answer:
    """Ask over HTTP, showing a token where there is one."""
    try:
        shown = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(url, headers=shown)  # noqa: S310 - see cli
        with urllib.request.urlopen(request, timeout=ANSWER_LIMIT_S) as answer:  # noqa: S310 - as above
            return Answer(answer.status, _read(answer.read()))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, _read(error.read()))
    except (OSError, ValueError, http.client.HTTPException) as error:
        return Answer(0, str(getattr(error, "reason", error)))


def _read(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return body[:200].decode(errors="replace")


def services(settings: Settings, boards: Sequence[str], workers: Sequence[str]) -> list[Service]:
    """The services named, else those of the configuration; a port of 0 is nowhere to be found."""
    board, worker = settings.board, settings.worker
    found = [Service("board", each.rstrip("/"), named=True) for each in boards]
    found += [Service("worker", each.rstrip("/"), named=True) for each in workers]
    if not boards and board.port:
        found.append(Service("board", _url(board.host, board.port), named=False))
    if not workers and worker.health_port:
        found.append(Service("worker", _url(worker.health_host, worker.health_port), named=False))
    return found


def _url(host: str, port: int) -> str:
    host = ANYWHERE.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def check_service(service: Service, stale_after_s: int, ask: Get = get) -> list[Finding]:
    """Alive, ready, and of a board the age of what it shows."""
    kind, url, named = service
    alive = ask(f"{url}/healthz")
    if not alive.status:
        words = f"no {kind} answers at {url}: {alive.body}"
        advice = f"start `hotline {kind}`, or say where it is: --{kind} URL"
        return [(problem if named else warning)(f"{kind}-absent", words, advice)]
    if alive.status != 200:  # noqa: PLR2004 - HTTP's own
        words = f"{kind} at {url} is not alive: {_why(alive)}"
        return [problem(f"{kind}-dead", words, "restart it, or have its supervisor do so")]
    ready = ask(f"{url}/readyz")
    if ready.status != 200:  # noqa: PLR2004 - HTTP's own
        words = f"{kind} at {url} is not ready: {_why(ready)}"
        return [problem(f"{kind}-unready", words, "if it stays so for a minute, see its log")]
    complaint = ready.body.get("problem") if isinstance(ready.body, dict) else None
    if complaint:
        words = f"{kind} at {url} serves, but says: {complaint}"
        return [warning(f"{kind}-complains", words, "what it shows may be old")]
    found = ok(kind, f"{kind} at {url} is alive and ready")
    return [found, *(_board_age(url, stale_after_s, ask) if kind == "board" else [])]


def _board_age(url: str, stale_after_s: int, ask: Get) -> list[Finding]:
    answer = ask(f"{url}/api/v1/board")
    if answer.status in {401, 403}:
        words = f"board at {url} asks for a login"
        return [warning("board-login", words, "set access.client_token to a token of it")]
    told = answer.body
    try:
        watermark_ms, served_ms = told["watermark_ms"], told["served_ms"]
        age_ms = None if watermark_ms is None else int(served_ms) - int(watermark_ms)
    except (LookupError, TypeError, ValueError):
        words = f"board at {url} does not tell the age of its data"
        return [problem("board-data", words, "is there a board of this release?")]
    if age_ms is None:
        words = f"board at {url} has no data yet"
        return [warning("board-data", words, "see what is said about sources and workers")]
    if age_ms > 1000 * stale_after_s:
        words = f"board at {url} shows data that is {span(age_ms)} old"
        return [warning("board-data", words, "see what is said about sources and workers")]
    return [ok("board-data", f"board at {url} shows data that is {span(max(0, age_ms))} old")]


def _why(answer: Answer) -> str:
    body = answer.body
    if isinstance(body, dict):
        reasons = body.get("reasons")
        words = "; ".join(map(str, reasons)) if reasons else body.get("problem")
        return str(words or f"status {answer.status}")
    return f"status {answer.status}: {body}"
