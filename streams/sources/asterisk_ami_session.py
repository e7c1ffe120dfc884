"""What a connection to AMI has missed: AMI repeats nothing, so a disconnect is a gap.

At a new connection what is still open is compared with what the PBX lists as waiting and alive;
what is neither has ended unheard. A restarted PBX has ended everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from streams.sources.asterisk_ami_message import Message
from streams.sources.asterisk_ami_queue import Reader
from streams.sources.asterisk_ami_telling import Events, Telling
from streams.sources.taken import EventDict

# Uptime is in whole seconds.
_UPTIME_MS = 1_000


def connected(tell: Telling, message: Message) -> Events:
    """A connection has begun; the first one that follows others ends a gap."""
    session, name = tell.session, message.text("connected")
    alone = not session.open or name in session.open  # its end was not noted
    if name not in session.open:
        session.open.append(name)
    return _begun(tell) if alone else []


def banner(tell: Telling, message: Message) -> Events:  # noqa: ARG001 - a reader's
    """The greeting: where nothing else tells of connections, one begins."""
    return [] if tell.session.open else _begun(tell)


def disconnected(tell: Telling, message: Message) -> Events:
    """A connection has ended; with the last one a gap begins."""
    session, name = tell.session, message.text("disconnected")
    session.open = [each for each in session.open if each != name]
    if not session.open:
        session.lost_ms = tell.at_ms
    return []


def _begun(tell: Telling) -> list[EventDict]:
    session = tell.session
    again = session.began_ms > 0 or session.interrupted
    lost_ms = session.lost_ms or tell.calls.now_ms
    session.former_ms, session.began_ms, session.lost_ms = session.began_ms, tell.at_ms, 0
    session.interrupted = False
    session.compare_waiting = session.compare_alive = again
    session.alive = []
    if not again:
        return []
    data: dict[str, object] = {"reason": "disconnected"}
    if lost_ms:
        data["gap_ms"] = max(0, tell.at_ms - lost_ms)
    gap = tell.pbx.gap(tell.record_id, tell.at_ms, data)
    ended = _all_ended(tell) if session.shut_down else []
    session.shut_down = False
    return [gap, *ended]


def booted(tell: Telling, message: Message) -> Events:
    """FullyBooted: a PBX that started after the former connection began was restarted since."""
    up_ms = message.number_ms("uptime")
    if up_ms is None:
        return None
    started_ms = tell.at_ms - up_ms - _UPTIME_MS
    if 0 < tell.session.former_ms < started_ms:
        return _all_ended(tell)
    return [
        tell.cut(visit)
        for visit in tell.calls.open()
        if max(visit.entered_ms or 0, visit.connected_ms or 0) < started_ms
    ]


def shut_down(tell: Telling, message: Message) -> Events:  # noqa: ARG001 - a reader's
    """Shutdown: whatever is open at the next connection has ended."""
    tell.session.shut_down = True
    return []


def _all_ended(tell: Telling) -> list[EventDict]:
    return [tell.cut(visit) for visit in tell.calls.open()]


def waiting_listed(tell: Telling, message: Message) -> Events:  # noqa: ARG001 - a reader's
    """QueueStatusComplete: who waited before the gap and is not listed has left unheard."""
    session = tell.session
    if not session.compare_waiting:
        return None
    session.compare_waiting = False
    return [
        tell.cut(visit)
        for visit in tell.calls.open()
        if visit.waiting and max(visit.seen_ms, visit.entered_ms or 0) < session.began_ms
    ]


def channel_listed(tell: Telling, message: Message) -> Events:
    """CoreShowChannel: this channel is alive."""
    if tell.session.compare_alive:
        tell.session.alive.append(message.text("uniqueid"))
    return None


def channels_listed(tell: Telling, message: Message) -> Events:  # noqa: ARG001 - a reader's
    """CoreShowChannelsComplete: calls from before the gap that are not alive have ended."""
    session = tell.session
    if not session.compare_alive:
        return None
    alive = set(session.alive)
    session.compare_alive, session.alive = False, []
    return [
        tell.cut(visit)
        for visit in tell.calls.open()
        if visit.call not in alive
        and max(visit.connected_ms or 0, visit.entered_ms or 0) < session.began_ms
    ]


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "connected": connected,
        "banner": banner,
        "disconnected": disconnected,
        "fullybooted": booted,
        "shutdown": shut_down,
        "queuestatuscomplete": waiting_listed,
        "coreshowchannel": channel_listed,
        "coreshowchannelscomplete": channels_listed,
    }
)
