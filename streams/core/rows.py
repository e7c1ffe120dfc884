"""A visit as one row: what reports, drill-down and `hotline.visits` show of it."""

from __future__ import annotations

from typing import TypedDict

from streams.core.contact import Contact
from streams.core.definitions import Left, Outcome
from streams.core.visit import UNKNOWN, Visit

_REASONS = frozenset(str(reason) for reason in Left)


class Row(TypedDict):
    """One queue visit; times integer ms of UTC, durations ms, None where unknown or not happened.

    `outcome` is answered, abandoned or left (then with its `reason`), None while waiting.
    """

    contact: str
    visit: int
    site: str
    queue: str
    channel: str
    source: str
    customer: str | None
    entered_ms: int
    left_ms: int | None
    outcome: str | None
    reason: str | None
    wait_ms: int | None
    agent: str | None
    talk_ms: int | None
    wrapup_ms: int | None
    talking: bool
    transferred: str | None
    ended_by: str | None
    rings_missed: int


def _known(value_ms: int) -> int | None:
    return None if value_ms == UNKNOWN else value_ms


def row(name: str, number: int, contact: Contact, visit: Visit) -> Row | None:
    """The row of a visit; None for one that counts for nothing (its entering is not known)."""
    if visit.enter is None:
        return None
    leave, serve = visit.leave, visit.serve
    outcome = leave[3] if leave else None
    reason = outcome if outcome in _REASONS else None
    answered = outcome == Outcome.ANSWERED
    return Row(
        contact=name,
        visit=number,
        site=visit.enter[0][0],
        queue=visit.enter[0][1],
        channel="voice",
        source=contact.source,
        customer=contact.customer,
        entered_ms=visit.enter[1],
        left_ms=leave[2] if leave else None,
        outcome=str(Outcome.LEFT) if reason else outcome,
        reason=reason,
        wait_ms=leave[4] if leave else None,
        agent=(visit.answered[2] or None) if answered and visit.answered else None,
        talk_ms=_known(serve[3]) if serve else None,
        wrapup_ms=_known(serve[4]) if serve else None,
        talking=bool(serve and serve[6]),
        transferred=(serve[5] or None) if serve else None,
        ended_by=(visit.ended[4] or None) if visit.ended else None,
        rings_missed=visit.rings_missed,
    )
