"""One partition's state: a fold of its events, and nothing else.

A function of the partition's prefix: no wall clock, no chance, no second topic. Whether an event is
late is judged by its source's watermark, whether it is from the future by the broker's append time.
Every refusal is returned with its reason; nothing is dropped silently and nothing raises for bad
input.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streams.core.contact import Clock, Contact, contact_due_ms, expire, visit_due_ms
from streams.core.counts import Counts, move
from streams.core.definitions import ENTERED
from streams.core.events import (
    CALL_TYPES,
    DEFAULT_SITE,
    TYPES_OF_TOPIC,
    Event,
    Reason,
    Refusal,
    explain,
    well_formed,
)
from streams.core.facts import (
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
from streams.core.visit import QueueKey, Visit, merge

DUPLICATE: Refusal = (Reason.EMPTY, "duplicate")
_RINGS = frozenset({"call.ringing", "call.ring_missed"})
_MAY_BE_OUTSIDE = frozenset({"call.arrived", "call.ended", "call.refused", "call.voicemail"})


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
        self.closed: dict[tuple[str, int], tuple[Contact, Visit]] = {}
        self.refused: list[tuple[int, int, Reason, str]] = []

    def fold(self, offset: int, append_ms: int | None, events: Sequence[object]) -> None:
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

    def fold_event(self, event: Any, append_ms: int | None) -> Refusal | None:  # noqa: ANN401
        """Take one event: None where it was taken, `DUPLICATE`, or why it was refused."""
        if not well_formed(event, self._types):
            refusal = explain(event, self.topic)
            if refusal is not None:
                self._invalid(event)
                return refusal
        source, at_ms, kind = event["source"], event["at_ms"], event["type"]
        clock = self.clocks.get((source, event.get("site") or DEFAULT_SITE))
        if clock is None:
            clock = self.clock_of(source, event.get("site") or DEFAULT_SITE)
        if append_ms is not None and at_ms > append_ms + self.rules.future_ms:
            clock.future += 1
            return Reason.FUTURE, f"at_ms: {at_ms - append_ms} ms after it was appended"
        if kind in CALL_TYPES:
            verdict = self._call(event, clock, at_ms, clock.heard_ms - clock.disorder_ms)
            if verdict is not None:
                return verdict
        if kind != "source.heartbeat":
            clock.ok += 1
            if at_ms > clock.last_event_ms:  # noqa: PLR1730 - a call would cost more
                clock.last_event_ms = at_ms
        if at_ms > clock.heard_ms:
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

    def _call(self, event: Event, clock: Clock, at_ms: int, watermark_ms: int) -> Refusal | None:
        keep_ms = self.rules.allowed_lateness_ms
        if event.get("backfill"):
            keep_ms = event.get("lateness_ms", keep_ms)
        if at_ms < watermark_ms - keep_ms:
            clock.late += 1
            return Reason.LATE, f"at_ms: {watermark_ms - at_ms} ms behind its source's watermark"
        name = event["contact"]
        contact = self.contacts.get(name)
        if contact is None:
            if len(self.contacts) >= self.rules.contacts_max:
                clock.invalid += 1
                return Reason.TOO_MANY_CONTACTS, f"contact: {self.rules.contacts_max} are open"
            contact = Contact(event["source"], event.get("site") or DEFAULT_SITE, clock)
            self.contacts[name] = contact
        ids = contact.ids
        if event["id"] in ids:
            clock.duplicate += 1
            return DUPLICATE
        if len(ids) >= RINGS_PER_CONTACT_MAX and (
            event["type"] in _RINGS or len(ids) >= EVENTS_PER_CONTACT_MAX
        ):
            clock.invalid += 1
            return Reason.TOO_MANY_EVENTS, f"contact: more than {len(ids)} events"
        ids.append(event["id"])
        if at_ms > contact.touched_ms:  # noqa: PLR1730 - as above
            contact.touched_ms = at_ms
        if keep_ms > contact.keep_ms:  # noqa: PLR1730 - as above
            contact.keep_ms = keep_ms
        self._merge(name, contact, event, watermark_ms)
        return None

    def _merge(self, name: str, contact: Contact, event: Event, watermark_ms: int) -> None:
        number = event.get("visit", 1)
        visit = contact.visits.get(number)
        if visit is None:
            visit = contact.visits[number] = Visit()
        if visit.expired_ms is None:
            merge(visit, event)
        else:
            merge(visit, event)
            expire(visit, watermark_ms // 1000 * 1000, self.rules)
        if event["type"] in _MAY_BE_OUTSIDE:
            self._note_outside(contact, event)
        if (who := event.get("customer")) is not None and who != contact.customer:
            contact.customer = min(who, contact.customer or who)
            for each, other in contact.visits.items():
                self._note_closed(name, each, contact, other)
        due_ms = self._settle(name, number, contact, visit)
        if (
            due_ms is None
        ):  # nothing of this visit: the contact may be forgotten earlier than thought
            due_ms = contact_due_ms(contact, self.rules)
        if not contact.due_ms or due_ms < contact.due_ms:
            contact.clock.remind(contact, name, due_ms)

    def _note_outside(self, contact: Contact, event: Event) -> None:
        """Why a contact is seen that never reaches a queue; the alphabetically first stays."""
        kind = event["type"]
        if kind == "call.arrived" or event.get("queue") is not None:
            return
        reason = kind.partition(".")[2]
        if kind == "call.ended":
            reason = (event.get("data") or {}).get("reason", "ivr")
        contact.outside = min(reason, contact.outside or reason)

    def _settle(self, name: str, number: int, contact: Contact, visit: Visit) -> int | None:
        """Bring the tallies in line with the visit's slots; when it falls due, if that changed."""
        before = (visit.enter, visit.leave, visit.serve)
        after = read(visit)
        if contact.outside is not None or contact.aside is not None:
            self._count_outside(contact, entered=after[0] is not None or len(contact.visits) > 1)
        if before == after:
            # Who answered, how often it rang, how sure we are of the same facts may have changed.
            self._note_closed(name, number, contact, visit)
            return visit_due_ms(visit, self.rules, contact.clock.disorder_ms) if after[1] else None
        enter = after[0]
        if enter is not None:
            if enter[0] not in self.queues:
                after = self._open_queue(visit, enter[0])
                enter = after[0]
            if before[0] is None:
                self.queues[enter[0]].totals.cells[ENTERED] += 1
        move(self.queues, before, after, (name, number))
        if visit.counted and enter is not None and self._contradicted(visit, before, after):
            self.queues[enter[0]].corrected()
        visit.enter, visit.leave, visit.serve = after
        self._note_closed(name, number, contact, visit)
        return visit_due_ms(visit, self.rules, contact.clock.disorder_ms)

    def _note_closed(self, name: str, number: int, contact: Contact, visit: Visit) -> None:
        if visit.leave is not None and (visit.serve is None or not visit.serve[6]):
            self.closed[name, number] = (contact, visit)

    @staticmethod
    def _contradicted(visit: Visit, before: Facts, after: Facts) -> bool:
        """Whether what the totals hold of the visit has changed."""
        return before[1] != after[1] or (visit.served and before[2] != after[2])

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

    def _advance(self, clock: Clock, at_ms: int) -> None:
        clock.heard_ms = at_ms
        # In whole seconds, so that what is due is the same whenever it was last looked at.
        watermark_ms = (at_ms - clock.disorder_ms) // 1000 * 1000
        if clock.seconds and clock.seconds[0] * 1000 <= watermark_ms:
            for name in clock.fallen_due(watermark_ms):
                contact = self.contacts.get(name)
                # Forgotten and begun anew by another source, it is that source's to review.
                if contact is None or contact.clock is not clock:
                    continue
                if contact.due_ms <= watermark_ms:
                    self._review(name, contact, watermark_ms)
        if at_ms > self.clock_ms:
            rolls = at_ms // MINUTE_MS != self.clock_ms // MINUTE_MS
            self.clock_ms = at_ms
            if rolls:
                for counts in self.queues.values():
                    counts.roll(at_ms)

    def _review(self, name: str, contact: Contact, watermark_ms: int) -> None:
        """Time out, make final or forget what has fallen due."""
        rules, clock = self.rules, contact.clock
        for number, visit in contact.visits.items():
            is_open = visit.leave is None or (visit.serve is not None and visit.serve[6])
            if is_open and expire(visit, watermark_ms, rules):
                self._settle(name, number, contact, visit)
            self._make_final(visit, watermark_ms, clock.disorder_ms)
        due_ms = contact_due_ms(contact, rules)
        if due_ms <= watermark_ms:
            del self.contacts[name]
        else:
            clock.remind(contact, name, due_ms)

    def _make_final(self, visit: Visit, watermark_ms: int, disorder_ms: int) -> None:
        leave, serve = visit.leave, visit.serve
        if leave is None:
            return
        totals = self.queues[leave[0]].totals
        if not visit.counted:
            if left_settled_ms(visit, leave, self.rules, disorder_ms) > watermark_ms:
                return
            visit.counted = True
            count_leave(totals, leave, 1)
        if serve is None or serve[6] or visit.served:
            return
        served_ms = served_settled_ms(visit, self.rules, disorder_ms)
        if served_ms is not None and served_ms <= watermark_ms:
            visit.served = True
            count_serve(totals, serve, 1)

    def take_closed(self) -> dict[tuple[str, int], tuple[Contact, Visit]]:
        """The visits that closed or changed since the last call."""
        closed, self.closed = self.closed, {}
        return closed

    def take_refused(self) -> list[tuple[int, int, Reason, str]]:
        """The refusals since the last call: (offset, index in the record, reason, words)."""
        refused, self.refused = self.refused, []
        return refused
