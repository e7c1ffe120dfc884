"""One partition's state of chats: the fold of its conversations, as `state` is of calls.

What is common (clocks, lateness, refusals) is the state's of calls; here stands what a conversation
counts for, and when. Every event is counted at once, so that looking changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.core.chat_counts import ChatCounts, count_fact
from streams.core.chats import BOT_ONLY, CLOSING, FIRST, MISSED, RATING, REPLIED
from streams.core.contact import NEVER, Clock
from streams.core.conversation import KINDS, NOTHING, WRITERS, Conversation, Facts
from streams.core.episodes import Fact
from streams.core.events import DEFAULT_SITE, Event, Reason, Refusal
from streams.core.limits import MARKS_PER_CHAT_MAX, OTHER, QUARTER_MS, Rules
from streams.core.shapes import NO_DATA, Shape, Shapes
from streams.core.state import DUPLICATE, PartitionState
from streams.core.visit import QueueKey

# Seen themselves; a time-out is a guess, and waits for what may still come.
_SEEN = frozenset({REPLIED, MISSED, BOT_ONLY})


class ChatState(PartitionState):
    """`conversations` are those remembered, by name, `desks` the tallies by site and queue.

    Where it is `collecting`, those that change are kept until `take_changed`: for reports.
    """

    def __init__(self, rules: Rules | None = None, *, collecting: bool = False) -> None:
        super().__init__("chats", rules)
        self._shapes = Shapes("chats", WRITERS)
        self._collecting = collecting
        self._changed: dict[Conversation, str] = {}
        self.conversations: dict[str, Conversation] = {}
        self.desks: dict[QueueKey, ChatCounts] = {}

    def take_changed(self) -> dict[Conversation, str]:
        """The conversations that changed since the last call, with their names."""
        changed, self._changed = self._changed, {}
        return changed

    def _merge(self, event: Event, shape: Shape, at_ms: int, clock: Clock) -> Refusal | None:
        """Add the event to its conversation, and count what that changes."""
        keep_ms = shape.keep_ms or 0  # filled in with the clock
        behind_ms = clock.heard_ms - clock.disorder_ms - at_ms
        if behind_ms > keep_ms:
            clock.late += 1
            return Reason.LATE, f"at_ms: {behind_ms} ms behind its source's watermark"
        name = event["contact"]
        chat = self.conversations.get(name)
        if chat is None:
            if len(self.conversations) >= self.rules.contacts_max:
                clock.invalid += 1
                return Reason.TOO_MANY_CONTACTS, f"contact: {self.rules.contacts_max} are open"
            chat = self.conversations[name] = Conversation(shape.source, shape.site, clock)
        elif event["id"] in chat.ids:
            clock.duplicate += 1
            return DUPLICATE
        elif len(chat.marks) >= MARKS_PER_CHAT_MAX:
            clock.invalid += 1
            return Reason.TOO_MANY_EVENTS, f"contact: more than {MARKS_PER_CHAT_MAX} events"
        chat.touched_ms = max(chat.touched_ms, at_ms)
        chat.keep_ms = max(chat.keep_ms, keep_ms)
        if shape.key is not None:
            chat.name_queue(at_ms, event["id"], shape.key)
        assert shape.write is not None, "only what is written is merged"
        shape.write(chat, at_ms, event, event.get("data") or NO_DATA)
        self._look_at(name, chat, clock.watermark_ms())
        return None

    def _wake(self, clock: Clock) -> None:
        watermark_ms = clock.watermark_ms()
        for name, chat in clock.fallen_due(self.conversations, watermark_ms):
            self._look_at(name, chat, watermark_ms)

    def _tell_time(self, now_ms: int) -> None:
        rolls = now_ms // QUARTER_MS != self.clock_ms // QUARTER_MS
        self.clock_ms = now_ms
        if rolls:
            for counts in self.desks.values():
                counts.roll(now_ms)

    def _look_at(self, name: str, chat: Conversation, watermark_ms: int) -> None:
        """Count a conversation as it stands by now, and have it looked at again; or forget it."""
        chat.encoded = None
        silent_ms = chat.touched_ms + self.rules.chat_silence_ms
        if chat.story.live and watermark_ms >= silent_ms:
            chat.story.expire(silent_ms)
            chat.expired_ms = silent_ms
        self._count_again(name, chat)
        if chat.due_next(self.settled_ms) <= watermark_ms:
            self._settle_facts(chat, watermark_ms)
        due_ms = self._due_ms(chat)
        if due_ms <= watermark_ms:
            del self.conversations[name]  # nothing else can be due by now
        else:
            chat.clock.remind(chat, name, due_ms)

    def take_in(self, name: str, chat: Conversation) -> None:
        """Take in a conversation from a snapshot, all of which is counted already."""
        chat.now = chat.standing(self.rules.opening_of(*chat.key))
        if chat.now is not None and chat.place is not None:
            self.desks[chat.place].open[chat] = chat.now
        chat.clock.remind(chat, name, self._due_ms(chat))

    def _due_ms(self, chat: Conversation) -> int:
        """The watermark at which it must be looked at again, or may be forgotten."""
        due_ms = chat.due_next(self.settled_ms)
        if chat.story.live:
            due_ms = min(due_ms, chat.touched_ms + self.rules.chat_silence_ms)
        if due_ms == NEVER:
            return max(chat.touched_ms, chat.expired_ms or 0) + chat.keep_ms + 1
        return due_ms

    def settled_ms(self, chat: Conversation, kind: int, fact: Fact) -> int:
        """The watermark from which a fact is final.

        What was seen is final after its source's disorder; what a later event would change without
        any disorder (a close by a reopening, a rating by a second one, a time-out, a queue that
        nobody has named yet) waits longer.
        """
        guessed = kind in {CLOSING, RATING} or (kind == FIRST and fact[2] not in _SEEN)
        if guessed or chat.named is None:
            return fact[1] + self.rules.allowed_lateness_ms
        return max(fact[1], chat.named[0]) + chat.clock.disorder_ms

    def _count_again(self, name: str, chat: Conversation) -> None:
        """Bring the tallies in line with what the conversation tells."""
        opening = self.rules.opening_of(*chat.key)
        facts, now = chat.told(opening), chat.standing(opening)
        if facts == chat.facts and now == chat.now and chat.key == chat.named_as:
            return
        if facts == NOTHING and now is None and chat.place is None:
            return
        if self._collecting:
            self._changed[chat] = name
        was_in, desk = chat.place, self._desk(chat)
        if was_in is not None and was_in != chat.place:
            self._leave(was_in, chat)
            facts = chat.told(opening)  # by the hours of the queue where it is now
        for _ in _contradicted(chat, facts):
            desk.corrected()
        desk.change(chat.facts, facts)
        chat.facts, chat.now = facts, now
        if now is None:
            desk.open.pop(chat, None)
        else:
            desk.open[chat] = now

    def _desk(self, chat: Conversation) -> ChatCounts:
        """The tallies of the queue that the conversation names, or `other` beyond the limit."""
        key = chat.key
        if key != chat.named_as or chat.place is None:
            chat.named_as = key
            if key not in self.desks and len(self.desks) >= self.rules.queues_max:
                self.overflown += 1
                key = (DEFAULT_SITE, OTHER)
            chat.place = key
            if key not in self.desks:
                counts = self.desks[key] = ChatCounts(self.rules.zone_of(*key))
                counts.roll(self.clock_ms)
        return self.desks[chat.place]

    def _leave(self, key: QueueKey, chat: Conversation) -> None:
        """Take back all that a conversation counted for in a queue; totals never fall."""
        desk = self.desks[key]
        desk.change(chat.facts, NOTHING)
        desk.open.pop(chat, None)
        for _ in range(sum(chat.settled)):
            desk.corrected()
        chat.facts = NOTHING
        if desk.is_empty():  # it would tell in what order events came
            del self.desks[key]

    def _settle_facts(self, chat: Conversation, watermark_ms: int) -> None:
        """Add to the totals what has become final."""
        assert chat.place is not None, "facts are somewhere"
        totals = (self.desks[chat.place].totals,)
        for kind, facts in enumerate(chat.facts):
            for fact in facts[chat.settled[kind] :]:
                if self.settled_ms(chat, kind, fact) > watermark_ms:
                    break
                count_fact(kind, fact, totals, 1)
                chat.settled[kind] += 1


def _contradicted(chat: Conversation, facts: Facts) -> Iterator[Fact | None]:
    """What of the final facts is another one now, or gone."""
    for kind in range(KINDS):
        before, after = chat.facts[kind], facts[kind]
        for number in range(min(chat.settled[kind], len(before))):
            now = after[number] if number < len(after) else None
            if now != before[number]:
                yield now
