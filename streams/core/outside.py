"""Contacts that were seen and never reached a queue: counted by site and reason, beside all else.

Who hung up in the phone tree was never offered to anybody, and belongs to no queue's figures.
"""

from __future__ import annotations

from streams.core.contact import Contact
from streams.core.events import Event
from streams.core.limits import OTHER, OUTSIDE_MAX

MAY_BE_OUTSIDE = frozenset({"call.ended", "call.refused", "call.voicemail"})


def note(contact: Contact, event: Event) -> None:
    """Note why a contact would be outside; of several reasons the alphabetically first stays."""
    reason: str = event["type"].partition(".")[2]
    if event["type"] == "call.ended":
        reason = (event.get("data") or {}).get("reason", "ivr")
    contact.outside = min(reason, contact.outside or reason)


def recount(outside: dict[tuple[str, str], int], contact: Contact, *, entered: bool) -> None:
    """Bring `outside`, {(site, reason): contacts}, in line with a contact that has a reason."""
    reason = None if entered else contact.outside
    if reason == contact.aside:
        return
    if contact.aside is not None:
        key = (contact.site, contact.aside)
        outside[key] -= 1
        if not outside[key]:
            del outside[key]
    if reason is not None:
        if (contact.site, reason) not in outside and len(outside) >= OUTSIDE_MAX:
            reason = OTHER
        key = (contact.site, reason)
        outside[key] = outside.get(key, 0) + 1
    contact.aside = reason
