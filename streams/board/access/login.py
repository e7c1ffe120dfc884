"""The way in and out: a page that works without scripts, and the session that it begins.

It refuses to say why a token was not taken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import orjson
from aiohttp import web

from streams.board.access.audit import record
from streams.board.access.guard import (
    CALLER,
    HEADERS,
    NO_STORE,
    Guard,
    error_answer,
    identity_of,
    json_answer,
)
from streams.board.access.limits import network_of
from streams.board.access.tokens import TOKEN_CHARACTERS_MAX

FORM_BYTES_MAX = 4096
# A form of one field: whoever needs longer is not sending one.
FORM_LIMIT_S = 5.0
FORM = "application/x-www-form-urlencoded"
# The page says of itself what it shows.
STATE = b'data-state="sign-in"'
LOGIN_HEADERS = {
    "Content-Security-Policy": HEADERS["Content-Security-Policy"].replace(
        "form-action 'none'", "form-action 'self'"
    ),
    # With "no-referrer" a browser hides the Origin of its own form.
    "Referrer-Policy": "same-origin",
    "Content-Type": "text/html; charset=utf-8",
    **NO_STORE,
}


class Login:
    """The pages `/login` and `/logout`, and `/api/v1/session`."""

    def __init__(self, guard: Guard, page: Mapping[str, bytes]) -> None:
        self._guard = guard
        self._page = page["login.html"]

    def install(self, app: web.Application) -> None:
        """Add the pages to an application."""
        app.router.add_get("/login", self._show)
        app.router.add_post("/login", self._sign_in)
        app.router.add_get("/logout", self._show_out)
        app.router.add_post("/logout", self._sign_out)
        app.router.add_get("/api/v1/session", self._session)

    def _shown(self, state: str, status: int = 200) -> web.Response:
        body = self._page.replace(STATE, b'data-state="%s"' % state.encode())
        return web.Response(body=body, status=status, headers=LOGIN_HEADERS)

    async def _show(self, request: web.Request) -> web.Response:
        if request[CALLER].identity is not None:
            return _on("./")
        return self._shown("sign-in" if self._guard.gate.mode == "token" else "elsewhere")

    async def _show_out(self, request: web.Request) -> web.Response:
        return self._shown("sign-out") if self._has_session(request) else _on("./")

    def _has_session(self, request: web.Request) -> bool:
        return self._guard.gate.mode == "token" and request[CALLER].identity is not None

    async def _session(self, request: web.Request) -> web.Response:
        identity = identity_of(request)
        told = {"name": identity.name, "role": identity.role.name.lower()}
        return json_answer(orjson.dumps(told))

    async def _sign_in(self, request: web.Request) -> web.Response:
        if refused := _refused(request):
            return refused
        caller, gate = request[CALLER], self._guard.gate
        if gate.mode != "token" or gate.tokens is None:
            return error_answer(404, "nobody signs in here")
        if self._guard.tries.wait_s(network_of(caller.address)):
            return self._shown("later", 429)
        token = gate.tokens.of(await _token_sent(request))
        if token is None:
            record("sign-in", outcome="refused", address=caller.address)
            return self._shown("wrong", 401)
        record("sign-in", outcome="ok", who=token.name, role=token.role.name.lower())
        response = _on("./")
        self._guard.give_cookie(response, caller, gate.sessions.begin(token))
        return response

    async def _sign_out(self, request: web.Request) -> web.Response:
        if refused := _refused(request):
            return refused
        response = _on("login")
        self._guard.give_cookie(response, request[CALLER], "")
        return response


def _on(where: str) -> web.Response:
    return web.Response(status=303, headers={"Location": where, **NO_STORE})


async def _token_sent(request: web.Request) -> str:
    if request.content_type != FORM:
        raise web.HTTPUnsupportedMediaType(text=f"expected {FORM}")
    if (request.content_length or 0) > FORM_BYTES_MAX:
        raise web.HTTPRequestEntityTooLarge(FORM_BYTES_MAX, text="expected a form of one field")
    try:
        async with asyncio.timeout(FORM_LIMIT_S):
            token = (await request.post()).get("token")
    except TimeoutError:
        raise web.HTTPRequestTimeout(text="the form did not come in time") from None
    except (LookupError, ValueError):  # a character set that is none, bytes that are not of it
        raise web.HTTPBadRequest(text="expected a form in UTF-8") from None
    return (
        token.strip() if isinstance(token, str) and len(token) <= 2 * TOKEN_CHARACTERS_MAX else ""
    )


def _refused(request: web.Request) -> web.Response | None:
    """Refuse a form that another site's page sent: it would sign the viewer in as somebody else."""
    site = request.headers.getall("Sec-Fetch-Site", ())
    if site:
        own = list(site) == ["same-origin"]
    else:  # a browser says this of itself over https only
        origin = request.headers.getall("Origin", ())
        host = request.headers.get("Host", "")
        own = len(origin) == 1 and origin[0] in {f"http://{host}", f"https://{host}"}
    return None if own else error_answer(403, "expected the board's own page to send this")
