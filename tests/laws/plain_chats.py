"""A plain count of chats from their events, by the rules as docs/chats.md words them.

Lists and loops only. It never uses anything of the core, so that agreeing with it means something.
"""

from collections import defaultdict
from itertools import pairwise
from typing import Any

Event = dict[str, Any]
# Of events of one moment: an opening first, then what was asked, handed on, replied, closed.
ORDER = ("opened", "customer_message", "transferred", "agent_reply", "closed", "rated")
EDGES_S = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1800, 3600, 7200)


def _word(one: Event) -> str:
    return str(one["type"].split(".")[1])


def _by(one: Event) -> str:
    return str((one.get("data") or {}).get("by", "agent"))


def _in_order(events: list[Event]) -> list[Event]:
    unique = {one["id"]: one for one in events}
    return sorted(unique.values(), key=lambda one: (one["at_ms"], ORDER.index(_word(one))))


def queue_of(events: list[Event]) -> str:
    named = [one for one in events if one.get("queue")]
    return str(min(named, key=lambda one: (one["at_ms"], one["id"]))["queue"])


def episodes(events: list[Event]) -> list[list[Event]]:
    """One contact's events cut where the conversation begins anew.

    That is an opening, and a customer's message after a close. Where the message comes first, the
    opening that follows it belongs to it.
    """
    found: list[list[Event]] = []
    closed = True
    for one in events:
        word = _word(one)
        if word == "rated":
            continue
        in_hand = found[-1] if found and not closed else []
        has_opening = any(_word(each) == "opened" for each in in_hand)
        begins = word == "opened" and (closed or has_opening)
        begins |= word == "customer_message" and closed
        begins |= not found and word != "closed"
        if begins:
            found.append([])
            closed = False
        if not closed:
            found[-1].append(one)
        closed = closed or word == "closed"
    return found


def _bots(events: list[Event]) -> tuple[list[int], bool]:
    """When a bot gave the conversation to people, after it had it; and whether it has it still."""
    moments, has_it, gave_it, person = [], False, False, False
    for one in events:
        word = _word(one)
        if word == "agent_reply":
            person = person or _by(one) == "agent"
            has_it = has_it or (_by(one) == "bot" and not gave_it and not person)
            has_it = has_it and _by(one) != "agent"
        elif word == "transferred" and one["data"]["to"] == "bot":
            has_it = True
        elif word == "transferred" and has_it:
            moments.append(one["at_ms"])
            has_it, gave_it = False, True
    return moments, has_it


def _is_person(one: Event) -> bool:
    return _word(one) == "agent_reply" and _by(one) == "agent"


def _asked(events: list[Event]) -> list[int]:
    return [one["at_ms"] for one in events if _word(one) == "customer_message"]


def count_contact(events: list[Event], count: dict[str, int]) -> None:
    """Add one contact's figures to `count`."""
    waits_on: int | None = None
    parts = episodes(_in_order(events))
    for number, part in enumerate(parts):
        place = next((place for place, one in enumerate(part) if _word(one) == "opened"), None)
        opening = {} if place is None else part[place]
        again = number > 0 or bool((opening.get("data") or {}).get("reopened"))
        count["reopened" if again else "opened"] += 1
        in_time = place is not None and not any(_is_person(one) for one in part[:place])
        floor = opening["at_ms"] if again and in_time else 0
        last = dict(count) if number < len(parts) - 1 else None
        waits_on = _count_episode(part, floor, waits_on, count)
        if last is not None:  # it waits on in the next one
            for name in ("waiting_first", "waiting_next"):
                count[name] = last.get(name, 0)
    if parts and _word(parts[-1][-1]) == "closed":
        count["resolved"] += 1
        count["resolution_ms"] += parts[-1][-1]["at_ms"] - parts[0][0]["at_ms"]
    for data in _ratings(_in_order(events), parts):
        count["rated"] += 1
        count["satisfied"] += 10 * data["score"] >= 8 * data["scale_max"]


def _ratings(events: list[Event], parts: list[list[Event]]) -> list[Any]:
    """The last rating after each episode's beginning and before the next one's, as data."""
    begins = [part[0] for part in parts]
    found: list[Any] = [None]
    for one in events:
        if any(one is begin for begin in begins):
            found.append(None)
        elif _word(one) == "rated":
            found[-1] = one["data"]
    return [data for data in found if data is not None]


def _count_episode(
    part: list[Event], floor: int, waits_on: int | None, count: dict[str, int]
) -> int | None:
    """Count an episode; returns since when a customer waits on who was never told it is over."""
    people = [place for place, one in enumerate(part) if _is_person(one)]
    closed = _word(part[-1]) == "closed"
    count["closed"] += closed
    asked = ([waits_on] if waits_on is not None else []) + _asked(
        part[: (people or [len(part)])[0]]
    )
    if people and not asked:
        count["initiated"] += 1
    elif people:
        replied_ms = part[people[0]]["at_ms"]
        took = replied_ms - max([asked[0], floor, *_bots(part[: people[0]])[0]])
        count["replied"] += 1
        count["reply_ms"] += took
        count["total_ms"] += replied_ms - asked[0]
        for edge in EDGES_S:
            count[f"within {edge}"] += took <= 1000 * edge
    elif asked and closed:
        count["bot_only" if _bots(part)[1] else "missed"] += 1
    for one, other in pairwise(people):
        run = _asked(part[one:other])
        if run:
            start = max([run[0], *_bots(part[:other])[0]])
            count["next"] += 1
            count["next_ms"] += part[other]["at_ms"] - start
    return None if closed else _waits_on(part, people, asked, count)


def _waits_on(
    part: list[Event], people: list[int], asked: list[int], count: dict[str, int]
) -> int | None:
    """Since when a customer waits at the end of an episode that goes on, unless a bot has it."""
    rest = _asked(part[people[-1] :]) if people else asked
    if rest and not _bots(part)[1]:
        count["waiting_next" if people else "waiting_first"] += 1
    return rest[0] if rest else None


def count_chats(events: list[Event]) -> dict[str, dict[str, int]]:
    """{queue: {figure: number}} of a history in any order, with copies."""
    contacts: dict[str, list[Event]] = defaultdict(list)
    for one in events:
        contacts[one["contact"]].append(one)
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for history in contacts.values():
        count_contact(history, found[queue_of(history)])
    return {queue: {name: n for name, n in count.items() if n} for queue, count in found.items()}
