"""One partition's state: a fold of its events, and nothing else.

A function of the partition's prefix: no wall clock, no chance, no second topic. Whether an event is
late is judged by its source's watermark, whether it is from the future by the broker's append time.
Every refusal is returned with its reason; nothing is dropped silently and nothing raises for bad
input.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
    TYPES_OF_TOPIC,
    Event,
    Reason,
    Refusal,
    explain,
    well_formed,
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
    OUTSIDE_MAX,
    RINGS_PER_CONTACT_MAX,
    SOURCES_MAX,
    Rules,
)
from streams.core.tally import count_leave, count_serve
from streams.core.visit import WRITERS, QueueKey, Visit, merge

DUPLICATE: Refusal = (Reason.EMPTY, "duplicate")
_RINGS = frozenset({"call.ringing", "call.ring_missed"})
_MAY_BE_OUTSIDE = frozenset({"call.ended", "call.refused", "call.voicemail"})


# A contact's name, a visit's number, the contact.
Place = tuple[str, int, Contact]
_Visits = dict[Visit, Place]


def _is_one_too_many(event: Event, ids: Sequence[str]) -> bool:
    return event["type"] in _RINGS or len(ids) >= EVENTS_PER_CONTACT_MAX


def _must_not_wait(visit: Visit, event: Event) -> bool:
    """Whether every single change counts: corrections, and the queue it is counted in for good."""
    return visit.counted or (visit.key is not None and visit.key[1] != event.get("queue"))


def _note_outside(contact: Contact, event: Event) -> None:
    """Why a contact that never reaches a queue is seen at all; the alphabetically first stays."""
    reason: str = event["type"].partition(".")[2]
    if event["type"] == "call.ended":
        reason = (event.get("data") or {}).get("reason", "ivr")
    contact.outside = min(reason, contact.outside or reason)


class PartitionState:
    """The state of one (topic, partition): contacts, tallies by queue, clocks by source, `offset`.

    `topic` is the vocabulary: calls, chats, tickets or agents. `closed` collects the visits that
    closed or changed since `take_closed`, `refused` the refusals (offset, index, reason, words)
    since `take_refused`.
    """

    def __init__(self, topic: str = "calls", rules: Rules | None = None) -> None:
        self.topic = topic
        self._types = TYPES_OF_TOPIC[topic]
        self.rules = rules or Rules()
        self.offset = -1
        self.clock_ms = 0
        self.contacts: dict[str, Contact] = {}
        self.queues: dict[tuple[str, str], Counts] = {}
        self.clocks: dict[tuple[str, str], Clock] = {}
        self.outside: dict[tuple[str, str], int] = {}
        self.overflown = 0
        self.closed: _Visits = {}
        self.refused: list[tuple[int, int, Reason, str]] = []

    def fold(self, offset: int, append_ms: int | None, events: Sequence[Any]) -> None:
        """Fold one record's events; `append_ms` is the broker's append time, None in a batch."""
        pending: _Visits | None = {} if len(events) > 1 else None
        for index, event in enumerate(events):
            verdict = self._take(event, append_ms, pending)
            if verdict is not None and verdict is not DUPLICATE:
                self.refused.append((offset, index, *verdict))
        if pending:
            self._settle_all(pending)
        self.offset = offset

    def fold_event(self, event: Any, append_ms: int | None) -> Refusal | None:  # noqa: ANN401
        """Fold one event: None where it was taken, `DUPLICATE`, or why it was refused."""
        return self._take(event, append_ms, None)

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

    def _take(
        self,
        event: Any,  # noqa: ANN401 - whatever the record held
        append_ms: int | None,
        pending: _Visits | None,
    ) -> Refusal | None:
        """Fold one event; with `pending`, what it changed is counted when its source's clock moves.

        Until then nothing looks at the tallies, so that a finished call in one record is counted
        once instead of event by event, and comes to the same.
        """
        if not well_formed(event, self._types):
            refusal = explain(event, self.topic)
            if refusal is not None:
                self._invalid(event)
                return refusal
        at_ms, source, site = event["at_ms"], event["source"], event.get("site") or DEFAULT_SITE
        clock = self.clocks.get((source, site)) or self.clock_of(source, site)
        if append_ms is not None and at_ms > append_ms + self.rules.future_ms:
            clock.future += 1
            return Reason.FUTURE, f"at_ms: {at_ms - append_ms} ms after it was appended"
        kind = event["type"]
        if kind in WRITERS:
            verdict = self._merge(event, at_ms, clock, pending)
            if verdict is not None:
                return verdict
        if kind != "source.heartbeat":
            clock.ok += 1
            if at_ms > clock.last_event_ms:  # noqa: PLR1730 - a call costs more than all of this
                clock.last_event_ms = at_ms
        if at_ms > clock.heard_ms:
            if pending:
                self._settle_all(pending)
            self._advance(clock, at_ms)
        return None

    def _invalid(self, event: object) -> None:
        source = event.get("source") if isinstance(event, dict) else None
        if isinstance(source, str):
            sites = [site for name, site in self.clocks if name == source]
            if sites:  # which of them is unknown: the first by name, whatever came first
                self.clocks[source, min(sites)].invalid += 1
                return
        self.clock_of("", DEFAULT_SITE).invalid += 1

    def _merge(
        self, event: Event, at_ms: int, clock: Clock, pending: _Visits | None
    ) -> Refusal | None:
        keep_ms = self.rules.allowed_lateness_ms
        if event.get("backfill"):
            keep_ms = event.get("lateness_ms", keep_ms)
        watermark_ms = clock.heard_ms - clock.disorder_ms
        if at_ms < watermark_ms - keep_ms:
            clock.late += 1
            return Reason.LATE, f"at_ms: {watermark_ms - at_ms} ms behind its source's watermark"
        name, event_id = event["contact"], event["id"]
        contact = self.contacts.get(name)
        if contact is None:
            if len(self.contacts) >= self.rules.contacts_max:
                clock.invalid += 1
                return Reason.TOO_MANY_CONTACTS, f"contact: {self.rules.contacts_max} are open"
            contact = Contact(event["source"], event.get("site") or DEFAULT_SITE, clock)
            self.contacts[name] = contact
        ids = contact.ids
        if event_id in ids:
            clock.duplicate += 1
            return DUPLICATE
        if len(ids) >= RINGS_PER_CONTACT_MAX and _is_one_too_many(event, ids):
            clock.invalid += 1
            return Reason.TOO_MANY_EVENTS, f"contact: more than {len(ids)} events"
        ids.append(event_id)
        contact.encoded = None
        if at_ms > contact.touched_ms:  # noqa: PLR1730 - a call costs more than all of this
            contact.touched_ms = at_ms
        if keep_ms > contact.keep_ms:  # noqa: PLR1730 - as above
            contact.keep_ms = keep_ms
        self._write(event, name, contact, watermark_ms, pending)
        return None

    def _write(
        self,
        event: Event,
        name: str,
        contact: Contact,
        watermark_ms: int,
        pending: _Visits | None,
    ) -> None:
        number = event.get("visit", 1)
        visit = contact.visits.get(number)
        if visit is None:
            visit = contact.visits[number] = Visit()
        place = (name, number, contact)
        if pending is not None and visit in pending and _must_not_wait(visit, event):
            self._settle(visit, place)
        if visit.expired_ms is None:
            merge(visit, event)
        else:
            merge(visit, event)
            expire(visit, watermark_ms // 1000 * 1000, self.rules)
        if "customer" in event:
            self._note_customer(name, contact, event["customer"])
        if event.get("queue") is None and event["type"] in _MAY_BE_OUTSIDE:
            _note_outside(contact, event)
        if pending is None or visit.key not in self.queues:
            self._settle(visit, place)
        else:
            pending[visit] = place

    def _settle_all(self, pending: _Visits) -> None:
        for visit, place in pending.items():
            self._settle(visit, place)
        pending.clear()

    def _note_customer(self, name: str, contact: Contact, who: str | None) -> None:
        """Of customers that disagree the alphabetically first stays; it is in every visit's row."""
        if who is not None and who != contact.customer:
            contact.customer = min(who, contact.customer or who)
            for number, visit in contact.visits.items():
                self._note_closed(visit, (name, number, contact))

    def _settle(self, visit: Visit, place: Place) -> None:
        """Bring the tallies in line with the visit's slots; have it looked at when it is due."""
        contact = place[2]
        clock = contact.clock
        before = (visit.enter, visit.leave, visit.serve)
        after = read(visit)
        if contact.outside is not None:
            self._count_outside(contact, entered=after[0] is not None or len(contact.visits) > 1)
        if before != after:
            self._recount(visit, before, after)
        # With the same facts, too, who answered or how often it rang may have changed.
        self._note_closed(visit, place)
        due_ms = visit_due_ms(visit, self.rules, clock.disorder_ms)
        if due_ms is None:  # nothing of this visit, but of another, or that it may be forgotten
            due_ms = contact_due_ms(contact, self.rules)
        elif len(contact.visits) > 1 and contact.due_ms < due_ms:
            return
        clock.remind(contact, place[0], due_ms)

    def _recount(self, visit: Visit, before: Facts, after: Facts) -> None:
        """Replace what a visit counted for by what it counts for now."""
        enter = after[0]
        if enter is not None:
            counts = self.queues.get(enter[0])
            if counts is None:
                enter, *_ = after = self._open_queue(visit, enter[0])
                counts = self.queues[enter[0]]
            had_entered = before[0]
            if had_entered is None:
                counts.totals.cells[ENTERED] += 1
            elif had_entered[0] != enter[0]:
                self.queues[had_entered[0]].change(visit, before, NOTHING)
                before = NOTHING
            counts.change(visit, before, after)
            if visit.counted and self._contradicted(visit, after):
                counts.corrected()
        visit.enter, visit.leave, visit.serve = after

    def _note_closed(self, visit: Visit, place: Place) -> None:
        if visit.leave is not None and (visit.serve is None or not visit.serve[6]):
            self.closed[visit] = place

    @staticmethod
    def _contradicted(visit: Visit, after: Facts) -> bool:
        """Whether what the totals hold of the visit has changed."""
        return visit.leave != after[1] or (visit.served and visit.serve != after[2])

    def _open_queue(self, visit: Visit, key: QueueKey) -> tuple[Enter, Leave | None, Serve | None]:
        """Start the tallies of a new queue, or send the visit to `other` beyond the limit."""
        if len(self.queues) >= self.rules.queues_max:
            self.overflown += 1
            key = visit.key = (DEFAULT_SITE, OTHER)
        if key not in self.queues:
            counts = self.queues[key] = Counts(self.rules.zone_of(*key))
            counts.roll(self.clock_ms)
        enter, leave, serve = read(visit)
        assert enter is not None  # or no queue were opened
        return enter, leave, serve

    def _count_outside(self, contact: Contact, *, entered: bool) -> None:
        reason = None if entered else contact.outside
        if reason == contact.aside:
            return
        if contact.aside is not None:
            key = (contact.site, contact.aside)
            self.outside[key] -= 1
            if not self.outside[key]:
                del self.outside[key]
        if reason is not None:
            if (contact.site, reason) not in self.outside and len(self.outside) >= OUTSIDE_MAX:
                reason = OTHER
            key = (contact.site, reason)
            self.outside[key] = self.outside.get(key, 0) + 1
        contact.aside = reason

    def _advance(self, clock: Clock, heard_ms: int) -> None:
        clock.heard_ms = heard_ms
        # In whole seconds, so that what is due is the same whenever it was last looked at.
        watermark_ms = (heard_ms - clock.disorder_ms) // 1000 * 1000
        if clock.seconds and clock.seconds[0] * 1000 <= watermark_ms:
            for name, contact in clock.fallen_due(self.contacts, watermark_ms):
                self._review(name, contact, watermark_ms)
        if heard_ms > self.clock_ms:
            rolls = heard_ms // MINUTE_MS != self.clock_ms // MINUTE_MS
            self.clock_ms = heard_ms
            if rolls:
                for counts in self.queues.values():
                    counts.roll(heard_ms)

    def _review(self, name: str, contact: Contact, watermark_ms: int) -> None:
        """Time out, make final or forget what has fallen due."""
        due_ms = NEVER
        contact.encoded = None
        for number, visit in contact.visits.items():
            at_ms = self._make_final(visit, watermark_ms, contact.clock.disorder_ms)
            if (
                at_ms is not None
                and at_ms <= watermark_ms
                and expire(visit, watermark_ms, self.rules)
            ):
                self._settle(visit, (name, number, contact))
                at_ms = self._make_final(visit, watermark_ms, contact.clock.disorder_ms)
            if at_ms is not None and at_ms < due_ms:
                due_ms = at_ms
        if due_ms == NEVER:
            due_ms = forget_ms(contact)
        if due_ms <= watermark_ms:
            del self.contacts[name]
        else:
            contact.clock.remind(contact, name, due_ms)

    def _make_final(self, visit: Visit, watermark_ms: int, disorder_ms: int) -> int | None:
        """Add what has become final to the totals; when the visit is due next (`visit_due_ms`)."""
        leave, serve, rules = visit.leave, visit.serve, self.rules
        if leave is not None and not visit.counted:
            if left_settled_ms(visit, leave, rules, disorder_ms) > watermark_ms:
                return visit_due_ms(visit, rules, disorder_ms)
            visit.counted = True
            count_leave(self.queues[leave[0]].totals, leave, 1)
        if serve is None or serve[6] or visit.served:
            return visit_due_ms(visit, rules, disorder_ms)
        served_ms = served_settled_ms(visit, rules, disorder_ms)
        if served_ms is None or served_ms > watermark_ms:
            return served_ms
        visit.served = True
        count_serve(self.queues[serve[0]].totals, serve, 1)
        return None

    def take_closed(self) -> dict[tuple[str, int], tuple[Contact, Visit]]:
        """The visits that closed or changed since the last call, by contact and number."""
        closed, self.closed = self.closed, {}
        return {
            (name, number): (contact, visit) for visit, (name, number, contact) in closed.items()
        }

    def take_refused(self) -> list[tuple[int, int, Reason, str]]:
        """The refusals since the last call: (offset, index in the record, reason, words)."""
        refused, self.refused = self.refused, []
        return refused
