"""Histories as no source should send them: lost events, conflicting ends, several sources."""

from typing import Any

from hypothesis import strategies as st

from streams.core.definitions import Left
from tests.core.histories import NOON_MS

SOURCES = ("pbx", "other")
QUEUES = ("a", "b", "c")
KINDS = (
    "queued", "queued", "answered", "answered", "abandoned", "left", "ended", "ended", "wrapped_up",
    "transferred", "ring_missed", "ringing", "held", "resumed", "arrived", "refused", "voicemail",
)  # fmt: skip
Event = dict[str, Any]

_durations = st.none() | st.integers(0, 400_000)


def source_of(contact: str) -> str:
    """A contact is its source's own."""
    return SOURCES[int(contact[1:]) % len(SOURCES)]


@st.composite
def events(draw: st.DrawFn, span_s: int = 600, kinds: tuple[str, ...] = KINDS) -> Event:
    """Any event of a few contacts within `span_s` seconds after noon."""
    kind = draw(st.sampled_from(kinds))
    contact = f"c{draw(st.integers(0, 4))}"
    visit = draw(st.sampled_from([1, 1, 1, 2, 3]))
    queue = QUEUES[(int(contact[1:]) + visit) % len(QUEUES)]
    data: dict[str, Any] = {}
    for name in ("wait_ms", "talk_ms", "wrapup_ms"):
        if (value := draw(_durations)) is not None:
            data[name] = value
    if kind == "left":
        data["reason"] = draw(st.sampled_from([str(reason) for reason in Left]))
    if kind == "transferred":
        data["kind"] = draw(st.sampled_from(["blind", "attended"]))
    if kind == "ended":
        data |= draw(
            st.sampled_from([{}, {"by": "agent"}, {"by": "system"}, {"wrapup_follows": True}])
        )
    made = {
        "v": 1,
        "id": f"e{draw(st.integers(0, 10**6))}",
        "type": f"call.{kind}",
        "at_ms": NOON_MS + draw(st.integers(0, span_s * 1000)),
        "source": source_of(contact),
        "contact": contact,
        "data": data,
    }
    if kind == "queued" or draw(st.integers(0, 9)):
        made["queue"] = queue
    if draw(st.booleans()):
        made["visit"] = visit
    if not draw(st.integers(0, 5)):
        made["agent"] = draw(st.sampled_from(["Anna", "Bert"]))
    if not draw(st.integers(0, 5)):
        made["customer"] = draw(st.sampled_from(["x", "y"]))
    return made


def histories(span_s: int = 600, most: int = 25) -> st.SearchStrategy[list[Event]]:
    """Some events with identifiers of their own."""
    return st.lists(events(span_s), max_size=most, unique_by=lambda one: one["id"])


def beat(at_s: int) -> list[Event]:
    """A heartbeat of every source."""
    return [
        {
            "v": 1,
            "id": f"beat {source} {at_s}",
            "type": "source.heartbeat",
            "at_ms": NOON_MS + 1000 * at_s,
            "source": source,
        }
        for source in SOURCES
    ]


@st.composite
def disturbed(draw: st.DrawFn) -> list[Event]:
    """Days of hostile events with copies, late ones, ones of another day, heartbeats between."""
    made = draw(histories(span_s=30_000, most=40))
    made += [one | {"at_ms": one["at_ms"] - 20_000_000} for one in made[:2]]
    made += draw(st.lists(st.sampled_from(made), max_size=5)) if made else []
    made += [beat(at_s)[0] for at_s in draw(st.lists(st.integers(0, 120_000), max_size=6))]
    if draw(st.booleans()):
        made.sort(key=lambda one: one["at_ms"] // 5_000)
        return made
    return draw(st.permutations(made))


# A call as it should be, from its source's own words.
@st.composite
def orderly_call(draw: st.DrawFn, number: int) -> list[Event]:
    """A call of one or two visits, each step once, every announcement kept."""
    contact, at_ms = f"c{number}", NOON_MS + draw(st.integers(0, 400_000))
    source, made = source_of(contact), list[Event]()

    def add(kind: str, visit: int, **data: Any) -> None:
        made.append(
            {
                "v": 1,
                "id": f"{contact}.{visit}.{kind}",
                "type": f"call.{kind}",
                "at_ms": at_ms,
                "source": source,
                "contact": contact,
                "visit": visit,
                "queue": QUEUES[(number + visit) % len(QUEUES)],
                "data": data,
            }
        )

    for visit in range(1, draw(st.integers(1, 2)) + 1):
        add("queued", visit)
        at_ms += draw(st.integers(1, 90_000))
        outcome = draw(st.sampled_from(["answered", "answered", "abandoned", "left", "open"]))
        if outcome == "answered":
            add("answered", visit, wait_ms=draw(st.integers(0, 90_000)))
            if draw(st.booleans()):
                continue
            at_ms += draw(st.integers(1, 90_000))
            add("ended", visit, talk_ms=draw(st.integers(0, 90_000)))
        elif outcome == "left":
            add(
                "left", visit, reason=draw(st.sampled_from(["key", "timeout", "empty", "callback"]))
            )
        elif outcome == "abandoned":
            add("abandoned", visit)
    return made


@st.composite
def orderly(draw: st.DrawFn) -> list[Event]:
    """Several such calls, in the order of their times."""
    count = draw(st.integers(0, 6))
    made = [one for number in range(count) for one in draw(orderly_call(number))]
    return sorted(made, key=lambda one: one["at_ms"])
