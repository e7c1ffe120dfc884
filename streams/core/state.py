"""One partition's state: a fold of its events, and nothing else.

A function of the partition's prefix: no wall clock, no chance, no second topic. Whether an event is
late is judged by its source's watermark, whether it is from the future by the broker's append time.
Every refusal is returned with its reason; nothing is dropped silently and nothing raises for bad
input.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streams.core import outside
from streams.core.contact import (
    NEVER,
    Clock,
    Contact,
    contact_due_ms,
    expire,
    forget_ms,
    visit_due_ms,
)
from streams.core.counts import Counts
from streams.core.definitions import ENTERED
from streams.core.events import (
    DEFAULT_SITE,
    Event,
    Reason,
    Refusal,
    explain,
)
from streams.core.facts import (
    NOTHING,
    Enter,
    Facts,
    Leave,
    Serve,
    left_settled_ms,
    read,
    served_settled_ms,
)
from streams.core.limits import (
    EVENTS_PER_CONTACT_MAX,
    MINUTE_MS,
    OTHER,
    QUARTER_MS,
    RINGS_PER_CONTACT_MAX,
    SOURCES_MAX,
    Rules,
)
from streams.core.shapes import Shape, Shapes, may_wait, merge
from streams.core.tally import count_leave, count_serve
from streams.core.visit import QueueKey, Visit

DUPLICATE: Refusal = (Reason.EMPTY, "duplicate")
_RINGS = frozenset({"call.ringing", "call.ring_missed"})
# So long a changed visit may stay uncounted while nobody looks: less than any time that matters.
LAZY_MS = 10 * MINUTE_MS


# A contact's name, a visit's number, the contact.
Place = tuple[str, int, Contact]
_Visits = dict[Visit, Place]


class PartitionState:
    """The state of one (topic, partition): contacts, tallies by queue, clocks by source, `offset`.

    `topic` is the vocabulary: calls, chats, tickets or agents. `closed` collects the visits that
    closed or changed since `take_closed`, `refused` the refusals (offset, index, reason, words)
    since `take_refused`.

    Tallies are brought in line when somebody looks, not with every event: a visit that changed is
    `uncounted` until then, or until its contact is reviewed, or until an event comes that might
    contradict what is final by now. So a call that came and went between two looks is counted once,
    and what is seen is the same whenever it was looked at.
    """

    def __init__(self, topic: str = "calls", rules: Rules | None = None) -> None:
        self.topic = topic
        self.rules = rules or Rules()
        self.offset = -1
        self.clock_ms = 0
        self.clocks: dict[tuple[str, str], Clock] = {}
        self.overflown = 0
        self.uncounted: _Visits = {}
        self.refused: list[tuple[int, int, Reason, str]] = []
        # Kept by whoever saves only what has changed since its last whole snapshot.
        self.forgotten: set[str] | None = None
        self._closed: _Visits = {}
        self._contacts: dict[str, Contact] = {}
        self._queues: dict[QueueKey, Counts] = {}
        self._outside: dict[tuple[str, str], int] = {}
        self._shapes = Shapes(topic)
        self._lazy_ms = min(
            LAZY_MS,
            self.rules.allowed_lateness_ms,
            self.rules.waiting_timeout_ms,
            self.rules.talking_timeout_ms,
        )

    @property
    def contacts(self) -> dict[str, Contact]:
        """The contacts remembered, by name."""
        self._count_all()
        return self._contacts

    @property
    def queues(self) -> dict[QueueKey, Counts]:
        """The tallies, by site and queue."""
        self._count_all()
        return self._queues

    @property
    def outside(self) -> dict[tuple[str, str], int]:
        """How many contacts never reached a queue, by site and reason."""
        self._count_all()
        return self._outside

    @property
    def unsaved_visits(self) -> int:
        """At most so many visits does `take_closed` return."""
        return len(self._closed) + len(self.uncounted)

    def fold(self, offset: int, append_ms: int | None, events: Sequence[Any]) -> None:
        """Fold one record's events; `append_ms` is the broker's append time, None in a batch."""
        for index, event in enumerate(events):
            verdict = self.fold_event(event, append_ms)
            if verdict is not None and verdict is not DUPLICATE:
                self.refused.append((offset, index, *verdict))
        self.offset = offset

    def refuse(self, offset: int, index: int, reason: Reason, words: str) -> None:
        """Note a record that could not even be read."""
        self.clock_of("", DEFAULT_SITE).invalid += 1
        self.refused.append((offset, index, reason, words))
        self.offset = max(self.offset, offset)

    def clock_of(self, source: str, site: str) -> Clock:
        """The clock of a source; beyond the limit of sources all share one."""
        clock = self.clocks.get((source, site))
        if clock is None:
            key = (source or OTHER, site)
            if len(self.clocks) >= SOURCES_MAX:
                key = (OTHER, DEFAULT_SITE)
            clock = self.clocks.get(key)
            if clock is None:
                clock = self.clocks[key] = Clock(self.rules.disorder_of(source))
        return clock

    def fold_event(  # noqa: C901 - one question after the other
        self,
        event: Any,  # noqa: ANN401 - whatever the record held
        append_ms: int | None,
    ) -> Refusal | None:
        """Fold one event: None where it was taken, `DUPLICATE`, or why it was refused."""
        shape = self._shapes.of(event)
        if shape is None:
            self._invalid(event)
            return explain(event, self.topic)
        at_ms = event["at_ms"]
        clock = shape.clock
        if clock is None:
            clock = shape.clock = self.clock_of(shape.source, shape.site)
            if shape.keep_ms is None:
                shape.keep_ms = self.rules.allowed_lateness_ms
        if append_ms is not None and at_ms > append_ms + self.rules.future_ms:
            clock.future += 1
            return Reason.FUTURE, f"at_ms: {at_ms - append_ms} ms after it was appended"
        if shape.write is not None:
            verdict = self._merge(event, shape, at_ms, clock)
            if verdict is not None:
                return verdict
        if shape.kind != "source.heartbeat":
            clock.ok += 1
            if at_ms > clock.last_event_ms:  # noqa: PLR1730 - a call costs more than all of this
                clock.last_event_ms = at_ms
        if at_ms > clock.heard_ms:
            clock.heard_ms = at_ms
            if at_ms >= clock.wakes_ms:
                self._wake(clock)
            if at_ms > self.clock_ms:
                self._tell_time(at_ms)
        return None

    def _invalid(self, event: object) -> None:
        source = event.get("source") if isinstance(event, dict) else None
        if isinstance(source, str):
            sites = [site for name, site in self.clocks if name == source]
            if sites:  # which of them is unknown: the first by name, whatever came first
                self.clocks[source, min(sites)].invalid += 1
                return
        self.clock_of("", DEFAULT_SITE).invalid += 1

    def _merge(self, event: Event, shape: Shape, at_ms: int, clock: Clock) -> Refusal | None:
        """Write the event into its visit, to be counted later where that comes to the same."""
        keep_ms = shape.keep_ms or 0  # filled in with the clock
        behind_ms = clock.heard_ms - clock.disorder_ms - at_ms
        if behind_ms > keep_ms:
            clock.late += 1
            return Reason.LATE, f"at_ms: {behind_ms} ms behind its source's watermark"
        name, event_id = event["contact"], event["id"]
        contact = self._contacts.get(name)
        if contact is None:
            if len(self._contacts) >= self.rules.contacts_max:
                clock.invalid += 1
                return Reason.TOO_MANY_CONTACTS, f"contact: {self.rules.contacts_max} are open"
            contact = self._contacts[name] = Contact(shape.source, shape.site, clock)
        elif event_id in contact.ids:
            clock.duplicate += 1
            return DUPLICATE
        elif len(contact.ids) >= RINGS_PER_CONTACT_MAX and (
            shape.kind in _RINGS or len(contact.ids) >= EVENTS_PER_CONTACT_MAX
        ):
            clock.invalid += 1
            return Reason.TOO_MANY_EVENTS, f"contact: more than {len(contact.ids)} events"
        contact.ids.append(event_id)
        contact.encoded = None
        if at_ms > contact.touched_ms:  # noqa: PLR1730 - a call costs more than all of this
            contact.touched_ms = at_ms
        if keep_ms > contact.keep_ms:  # noqa: PLR1730 - as above
            contact.keep_ms = keep_ms
        if self._write(event, shape, name, contact):
            due_ms = at_ms + min(keep_ms, self._lazy_ms)
            if due_ms < contact.due_ms:
                contact.clock.remind(contact, name, due_ms)
        return None

    def _write(self, event: Event, shape: Shape, name: str, contact: Contact) -> bool:
        """Whether the visit is to be counted later."""
        number, uncounted = shape.number, self.uncounted
        visit = contact.visits.get(number)
        if visit is None:
            visit = contact.visits[number] = Visit()
            visit.key = shape.key
        elif visit in uncounted and not may_wait(visit, shape):
            self._settle(visit, uncounted.pop(visit))
        had_expired = visit.expired_ms is not None
        merge(visit, shape, event)
        if had_expired:
            expire(visit, contact.clock.watermark_ms(), self.rules)
        if (customer := event.get("customer")) is not None:
            self._note_customer(name, contact, customer)
        if shape.key is None and shape.kind in outside.MAY_BE_OUTSIDE:
            outside.note(contact, event)
        if visit in uncounted:
            return True
        if had_expired or contact.outside is not None or visit.key not in self._queues:
            self._settle(visit, (name, number, contact))
            return False
        uncounted[visit] = (name, number, contact)
        return True

    def _count_all(self) -> None:
        uncounted = self.uncounted
        while uncounted:
            self._settle(*uncounted.popitem())

    def _note_customer(self, name: str, contact: Contact, who: str) -> None:
        """Of customers that disagree the alphabetically first stays; it is in every visit's row."""
        if who != contact.customer:
            contact.customer = min(who, contact.customer or who)
            for number, visit in contact.visits.items():
                self._note_closed(visit, (name, number, contact))

    def _settle(self, visit: Visit, place: Place) -> None:
        """Count the visit as it stands, what of it is final by now, and have it looked at again."""
        name, _, contact = place
        clock = contact.clock
        self._count(visit, place)
        due_ms = self._make_final(visit, clock.watermark_ms(), clock.disorder_ms)
        if due_ms is None:
            due_ms = contact_due_ms(contact, self.rules)
        if len(contact.visits) > 1:  # another one may be uncounted, or due before
            due_ms = min(due_ms, contact.due_ms)
        clock.remind(contact, name, due_ms)

    def _count(self, visit: Visit, place: Place) -> None:
        """Bring the tallies in line with the visit's slots."""
        contact = place[2]
        before = (visit.enter, visit.leave, visit.serve)
        after = read(visit)
        if contact.outside is not None:
            entered = after[0] is not None or len(contact.visits) > 1
            outside.recount(self._outside, contact, entered=entered)
        if before != after:
            self._recount(visit, before, after)
        # With the same facts, too, who answered or how often it rang may have changed.
        self._note_closed(visit, place)

    def _recount(self, visit: Visit, before: Facts, after: Facts) -> None:
        """Replace what a visit counted for by what it counts for now."""
        enter = after[0]
        if enter is not None:
            counts = self._queues.get(enter[0])
            if counts is None:
                enter, *_ = after = self._open_queue(visit, enter[0])
                counts = self._queues[enter[0]]
            had_entered = before[0]
            if had_entered is None:
                counts.totals.cells[ENTERED] += 1
            elif had_entered[0] != enter[0]:
                self._queues[had_entered[0]].change(visit, before, NOTHING)
                before = NOTHING
            counts.change(visit, before, after)
            if visit.counted and self._contradicted(visit, after):
                counts.corrected()
        visit.enter, visit.leave, visit.serve = after

    def _note_closed(self, visit: Visit, place: Place) -> None:
        if visit.leave is not None and (visit.serve is None or not visit.serve[6]):
            self._closed[visit] = place

    @staticmethod
    def _contradicted(visit: Visit, after: Facts) -> bool:
        """Whether what the totals hold of the visit has changed."""
        return visit.leave != after[1] or (visit.served and visit.serve != after[2])

    def _open_queue(self, visit: Visit, key: QueueKey) -> tuple[Enter, Leave | None, Serve | None]:
        """Start the tallies of a new queue, or send the visit to `other` beyond the limit."""
        if len(self._queues) >= self.rules.queues_max:
            self.overflown += 1
            key = visit.key = (DEFAULT_SITE, OTHER)
        if key not in self._queues:
            counts = self._queues[key] = Counts(self.rules.zone_of(*key))
            counts.roll(self.clock_ms)
        enter, leave, serve = read(visit)
        assert enter is not None  # or no queue were opened
        return enter, leave, serve

    def _tell_time(self, now_ms: int) -> None:
        rolls = now_ms // QUARTER_MS != self.clock_ms // QUARTER_MS
        self.clock_ms = now_ms
        if rolls:
            for counts in self._queues.values():
                counts.roll(now_ms)

    def _wake(self, clock: Clock) -> None:
        watermark_ms = clock.watermark_ms()
        for name, contact in clock.fallen_due(self._contacts, watermark_ms):
            self._review(name, contact, watermark_ms)

    def _review(self, name: str, contact: Contact, watermark_ms: int) -> None:
        """Count what is uncounted; time out, make final or forget what has fallen due."""
        due_ms = NEVER
        contact.encoded = None
        uncounted, disorder_ms = self.uncounted, contact.clock.disorder_ms
        for number, visit in contact.visits.items():
            if visit in uncounted:
                self._count(visit, uncounted.pop(visit))
            at_ms = self._make_final(visit, watermark_ms, disorder_ms)
            if at_ms is not None and at_ms <= watermark_ms:
                if expire(visit, watermark_ms, self.rules):
                    self._count(visit, (name, number, contact))
                at_ms = self._make_final(visit, watermark_ms, disorder_ms)
            if at_ms is not None and at_ms < due_ms:
                due_ms = at_ms
        if due_ms == NEVER:
            due_ms = forget_ms(contact)
        if due_ms <= watermark_ms:
            del self._contacts[name]
            if self.forgotten is not None:
                self.forgotten.add(name)
        else:
            contact.clock.remind(contact, name, due_ms)

    def _make_final(self, visit: Visit, watermark_ms: int, disorder_ms: int) -> int | None:
        """Add what has become final to the totals; when the visit is due next (`visit_due_ms`)."""
        leave, serve, rules = visit.leave, visit.serve, self.rules
        if leave is not None and not visit.counted:
            if left_settled_ms(visit, leave, rules, disorder_ms) > watermark_ms:
                return visit_due_ms(visit, rules, disorder_ms)
            visit.counted = True
            count_leave((self._queues[leave[0]].totals,), leave, 1)
        if serve is None or serve[6] or visit.served:
            return visit_due_ms(visit, rules, disorder_ms)
        served_ms = served_settled_ms(visit, rules, disorder_ms)
        if served_ms is None or served_ms > watermark_ms:
            return served_ms
        visit.served = True
        count_serve((self._queues[serve[0]].totals,), serve, 1)
        return None

    def take_closed(self) -> dict[tuple[str, int], tuple[Contact, Visit]]:
        """The visits that closed or changed since the last call, by contact and number."""
        self._count_all()
        closed, self._closed = self._closed, {}
        return {
            (name, number): (contact, visit) for visit, (name, number, contact) in closed.items()
        }

    def take_refused(self) -> list[tuple[int, int, Reason, str]]:
        """The refusals since the last call: (offset, index in the record, reason, words)."""
        refused, self.refused = self.refused, []
        return refused
