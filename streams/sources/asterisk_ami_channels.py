"""What AMI says of channels: who hung up, left a bridge, was held or handed on.

The queue does not see a caller who is redirected, nor what a phone behind a Local channel does.
Channels that belong to no visit have no bearing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from streams.sources.asterisk_ami_message import Message
from streams.sources.asterisk_ami_queue import BETWEEN_BRIDGES_MS, Reader
from streams.sources.asterisk_ami_telling import Events, Telling, by_agent

_EXITS = {
    "TIMEOUT": "timeout",
    "LEAVEEMPTY": "empty",
    "LEAVEUNAVAIL": "empty",
    "WITHDRAW": "withdrawn",
}
_PARTIES = (
    "transfereeuniqueid",
    "transfereruniqueid",
    "origtransfereruniqueid",
    "secondtransfereruniqueid",
    "transfertargetuniqueid",
)


def hangup_requested(tell: Telling, message: Message) -> Events:
    """HangupRequest, SoftHangupRequest: stands before what the queue makes of it."""
    open_ = [each for each in tell.calls.followed(message.text("uniqueid")) if not each.closed_ms]
    for visit in open_:
        if visit.hangup_ms is None and visit.pending in {"", "listed"}:
            visit.hangup_ms = tell.at_ms
    return [] if open_ else None


def hung_up(tell: Telling, message: Message) -> Events:
    """Hangup: a caller's, or that of the channel that the queue dialled for an agent."""
    channel = message.text("uniqueid")
    tell.calls.unlink(channel, tell.at_ms)
    open_ = [each for each in tell.calls.followed(channel) if each.closed_ms is None]
    found = []
    for visit in open_:
        if visit.call == channel and visit.taken_over:
            continue  # the consulting channel goes, and the caller is in its place
        if visit.waiting and visit.pending:
            found += tell.settle(visit)
        if visit.closed_ms is None and visit.pending != "apart":
            tell.suspect(visit, "hangup")
    visit_of_leg = tell.calls.by_leg(channel)
    if visit_of_leg is not None:
        visit_of_leg.leg_gone_ms = tell.at_ms
        if visit_of_leg.left_ms is not None and not visit_of_leg.pending:
            tell.suspect(visit_of_leg, "apart", BETWEEN_BRIDGES_MS)
    return found if open_ or visit_of_leg else None


def bridge_entered(tell: Telling, message: Message) -> Events:
    """BridgeEnter: a caller who comes back at once was only moved."""
    visit = tell.calls.as_caller(message.text("uniqueid"))
    if visit is None or visit.left_ms is None:
        return None
    if visit.leg_gone_ms is None or tell.at_ms <= visit.left_ms + BETWEEN_BRIDGES_MS:
        visit.left_ms = None
        visit.pending = "" if visit.pending == "apart" else visit.pending
    return []


def bridge_left(tell: Telling, message: Message) -> Events:
    """BridgeLeave: the conversation is over, unless the caller comes back at once."""
    visit = tell.calls.as_caller(message.text("uniqueid"))
    if visit is None or visit.taken_over:
        return None
    if visit.left_ms is None:
        visit.left_ms = tell.at_ms
    if visit.leg_gone_ms is not None and not visit.pending:
        tell.suspect(visit, "apart", BETWEEN_BRIDGES_MS)
    return []


def dialled(tell: Telling, message: Message) -> Events:
    """DialBegin: from which channel a phone is rung."""
    tell.calls.link(message.text("destuniqueid"), message.text("uniqueid"))
    return None


def dial_ended(tell: Telling, message: Message) -> Events:
    """DialEnd: an agent has picked up for a caller who waits."""
    if message.text("dialstatus").upper() == "ANSWER":
        for visit in tell.calls.followed(message.text("uniqueid")):
            visit.picked_up = visit.picked_up or visit.waiting
    return None


def local_bridged(tell: Telling, message: Message) -> Events:
    """LocalBridge: the two halves of a Local channel; the first one is the queue's side."""
    tell.calls.link(message.text("localtwouniqueid"), message.text("localoneuniqueid"))
    return None


def variable_set(tell: Telling, message: Message) -> Events:
    """VarSet of QUEUESTATUS: why a caller has left (where the class `dialplan` is read)."""
    if message.text("variable").upper() != "QUEUESTATUS":
        return None
    reason = _EXITS.get(message.text("value").upper())
    found = []
    for visit in tell.calls.followed(message.text("uniqueid")):
        if reason and visit.pending in {"timeout", "leave"} and visit.waiting:
            visit.pending = reason
            found += tell.settle(visit)
    return found or None


def transferred(tell: Telling, message: Message) -> Events:
    """BlindTransfer, AttendedTransfer: by the parties' channels, or what those lead to."""
    if message.text("result").lower() not in {"", "success"}:
        return None
    parties = [message.text(name) for name in _PARTIES if message.text(name)]
    kind = "attended" if message.name.lower() == "attendedtransfer" else "blind"
    if kind == "attended":
        tell.calls.hand_on(parties, tell.at_ms)
        for asked in tell.calls.of(message.text("secondtransfereruniqueid")):
            if asked.closed_ms is None:  # consulted by way of a queue: the caller takes its place
                asked.taken_over, asked.left_ms = True, None
                asked.pending = asked.pending if asked.waiting else ""
    visit = next((each for party in parties if (each := tell.calls.talking(party))), None)
    if visit is None:
        return None
    tell.calls.touch(visit.call, tell.at_ms)
    told = by_agent(tell.event("call.transferred", visit, kind=kind), visit.agent)
    return [told, tell.ended(visit, tell.at_ms, "transfer")]


def held(tell: Telling, message: Message) -> Events:
    """Hold and Unhold of the agent's phone or the caller's, or the music that goes with it."""
    visit = tell.calls.talking(message.text("uniqueid"))
    holds = message.name.lower() in {"hold", "musiconholdstart"}
    if visit is None or visit.held == holds:
        return None
    visit.held = holds
    event = tell.event("call.held" if holds else "call.resumed", visit)
    return [by_agent(event, visit.agent)]


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "hanguprequest": hangup_requested,
        "softhanguprequest": hangup_requested,
        "hangup": hung_up,
        "bridgeenter": bridge_entered,
        "bridgeleave": bridge_left,
        "dialbegin": dialled,
        "dialend": dial_ended,
        "localbridge": local_bridged,
        "varset": variable_set,
        "blindtransfer": transferred,
        "attendedtransfer": transferred,
        **dict.fromkeys(("hold", "unhold", "musiconholdstart", "musiconholdstop"), held),
    }
)
