"""`hotline source onebot` and `chatwoot` without files: which doors each of them has."""

from __future__ import annotations

import time

from aiohttp import web

from streams.config import Settings
from streams.sources.arrivals import Arrivals
from streams.sources.chats import ChatReader
from streams.sources.onebot import OneBot
from streams.sources.onebot_sockets import ForwardSocket, ReverseSockets
from streams.sources.pushed import Door, Doors, PushedFeed
from streams.sources.receiver import Receiver
from streams.sources.signatures import is_signed_chatwoot, is_signed_onebot


def live_chats(settings: Settings, source: ChatReader) -> PushedFeed:
    """The feed of a system's own word; OSError where its address cannot be had."""
    arrivals = Arrivals()
    doors = (
        _onebot(settings, arrivals) if isinstance(source, OneBot) else _chatwoot(settings, arrivals)
    )
    return PushedFeed(source, arrivals, Doors(doors), settings.limits.event_bytes)


def _chatwoot(settings: Settings, arrivals: Arrivals) -> list[Door]:
    def is_known(request: web.BaseRequest, body: bytes) -> bool:
        return is_signed_chatwoot(
            settings.chatwoot, request.headers, request.path, body, time.time()
        )

    return [Receiver(settings.chatwoot, arrivals, is_known)]


def _onebot(settings: Settings, arrivals: Arrivals) -> list[Door]:
    def is_known(request: web.BaseRequest, body: bytes) -> bool:
        token = request.query.get("access_token", "")
        return is_signed_onebot(settings.onebot, request.headers, token, body)

    doors: list[Door] = []
    if settings.onebot.listen:
        sockets = ReverseSockets(settings.onebot, arrivals)
        doors += [Receiver(settings.onebot, arrivals, is_known, sockets.handle), sockets]
    if settings.onebot.url is not None:
        doors.append(ForwardSocket(settings.onebot, arrivals))
    return doors
