"""One contact: its visits, the events it has seen, and when it must be looked at again.

Knows when a visit's outcome is final, times out or may be forgotten; what that counts for is the
state's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import heappop, heappush
from typing import TypeVar

from streams.core.facts import left_settled_ms, read, served_settled_ms
from streams.core.limits import AT_MS_MAX, TIMED_OUT_KEPT_MS, Rules
from streams.core.visit import Visit

# Later than any time that is believed.
NEVER = 2 * AT_MS_MAX

AnyContact = TypeVar("AnyContact", bound="Remembered")


class Clock:
    """What a partition knows of one source: its newest times (ms) and what became of its events.

    `due` are the contacts to review by the second of the watermark at which they fall due,
    `seconds` those seconds as a heap, `wakes_ms` the time that makes the first of them due.
    """

    __slots__ = (
        "disorder_ms",
        "due",
        "duplicate",
        "future",
        "heard_ms",
        "invalid",
        "last_event_ms",
        "late",
        "ok",
        "seconds",
        "wakes_ms",
    )

    def __init__(self, disorder_ms: int = 0) -> None:
        self.disorder_ms = disorder_ms
        self.heard_ms = 0
        self.last_event_ms = 0
        self.ok = self.duplicate = self.late = self.invalid = self.future = 0
        self.due: dict[int, list[str]] = {}
        self.seconds: list[int] = []
        self.wakes_ms = NEVER

    def watermark_ms(self) -> int:
        """In whole seconds, so that what is due is the same whenever it was last looked at."""
        return (self.heard_ms - self.disorder_ms) // 1000 * 1000

    def remind(self, contact: Remembered, name: str, due_ms: int) -> None:
        """Have the contact reviewed once the watermark has reached `due_ms`, in whole seconds.

        A reminder that comes earlier stays: it is put off when it comes (see `fallen_due`).
        """
        contact.due_ms = due_ms
        second = -(-due_ms // 1000)
        if second >= contact.reminded_s:
            return
        contact.reminded_s = second
        names = self.due.get(second)
        if names is None:
            self.due[second] = [name]
            heappush(self.seconds, second)
            self.wakes_ms = self.seconds[0] * 1000 + self.disorder_ms
        else:
            names.append(name)

    def fallen_due(
        self, contacts: Mapping[str, AnyContact], watermark_ms: int
    ) -> Iterator[tuple[str, AnyContact]]:
        """(name, contact) of those of `contacts` that the watermark has made due."""
        while self.seconds and self.seconds[0] * 1000 <= watermark_ms:
            second = heappop(self.seconds)
            for name in self.due.pop(second):
                contact = contacts.get(name)
                # It may have been forgotten and begun anew, by another source even.
                if contact is None or contact.reminded_s != second or contact.clock is not self:
                    continue
                contact.reminded_s = NEVER
                if contact.due_ms <= watermark_ms:
                    yield name, contact
                else:
                    self.remind(contact, name, contact.due_ms)
        self.wakes_ms = self.seconds[0] * 1000 + self.disorder_ms if self.seconds else NEVER


class Remembered:
    """What a partition remembers and reviews: a call's contact, a conversation; times in ms of UTC.

    `clock` is its source's, `touched_ms` its newest event, `keep_ms` how late events may still
    come, `due_ms` the watermark of its source at which it must be reviewed, `reminded_s` the second
    of its reminder. `encoded` and `in_base` belong to whoever saves the state: the one is cleared
    when anything changes, the other says whether it is in the snapshot that changes rest on.
    """

    __slots__ = (
        "clock",
        "due_ms",
        "encoded",
        "in_base",
        "keep_ms",
        "reminded_s",
        "site",
        "source",
        "touched_ms",
    )

    def __init__(self, source: str, site: str, clock: Clock) -> None:
        self.source = source
        self.site = site
        self.clock = clock
        self.touched_ms = 0
        self.keep_ms = 0
        self.due_ms = self.reminded_s = NEVER
        self.encoded: bytes | None = None
        self.in_base = False


class Contact(Remembered):
    """`ids` are the events seen, `visits` {number: Visit}.

    `outside` is why it never reached a queue, `aside` that reason where it is counted.
    """

    __slots__ = ("aside", "customer", "ids", "outside", "visits")

    def __init__(self, source: str, site: str, clock: Clock) -> None:
        super().__init__(source, site, clock)
        self.ids: list[str] = []
        self.visits: dict[int, Visit] = {}
        self.customer: str | None = None
        self.outside: str | None = None
        self.aside: str | None = None


def visit_due_ms(visit: Visit, rules: Rules, disorder_ms: int) -> int | None:
    """The watermark at which something about the visit falls due; None where nothing does."""
    if visit.leave is None:
        if visit.enter is not None:
            return visit.enter[1] + rules.waiting_timeout_ms
        return None
    due = None if visit.counted else left_settled_ms(visit, visit.leave, rules, disorder_ms)
    if visit.serve is None or (visit.served and not visit.serve[6]):
        return due
    served = served_settled_ms(visit, rules, disorder_ms)
    if visit.serve[6]:
        served = visit.leave[2] + rules.talking_timeout_ms
    elif due is not None:
        return due  # how it was served counts after how it left
    if served is None or (due is not None and due < served):
        return due
    return served


def contact_due_ms(contact: Contact, rules: Rules) -> int:
    """The watermark at which the contact must be reviewed: a visit of it, or to forget it."""
    due_ms = NEVER
    for visit in contact.visits.values():
        at_ms = visit_due_ms(visit, rules, contact.clock.disorder_ms)
        if at_ms is not None and at_ms < due_ms:
            due_ms = at_ms
    return forget_ms(contact) if due_ms == NEVER else due_ms


def forget_ms(contact: Contact) -> int:
    """The watermark at which a contact may be forgotten of which nothing else is due."""
    due_ms = contact.touched_ms + contact.keep_ms + 1  # a copy of its newest event is late then
    for visit in contact.visits.values():
        if visit.expired_ms is not None:
            due_ms = max(due_ms, visit.expired_ms + TIMED_OUT_KEPT_MS)
    return due_ms


def expire(visit: Visit, watermark_ms: int, rules: Rules) -> bool:
    """End a visit that has waited or talked too long; says whether it did."""
    if visit.expired_ms is not None:
        return False
    enter, leave, serve = read(visit)  # not what it counted for before its newest event
    if enter is None:
        return False
    if leave is None:
        due_ms = enter[1] + rules.waiting_timeout_ms
    elif serve is not None and serve[6]:
        due_ms = leave[2] + rules.talking_timeout_ms
    else:
        return False
    if watermark_ms < due_ms:
        return False
    visit.expired_ms = due_ms
    return True
