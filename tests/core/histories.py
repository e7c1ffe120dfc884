"""Events for tests of the core, and states that have folded them."""

from collections.abc import Iterable
from typing import Any

from streams.core.limits import Rules
from streams.core.rows import Row, row
from streams.core.shapes import Shapes, merge
from streams.core.state import PartitionState
from streams.core.visit import Visit

# A Monday, noon in UTC, on a quarter of an hour.
NOON_MS = 1_795_435_200_000
DURATIONS = {"wait", "talk", "wrapup", "ring"}


def event(kind: str, at_s: float, /, contact: str = "c", **more: Any) -> dict[str, Any]:
    """An event of `kind` at `at_s` seconds after noon; wait, talk and wrapup in seconds."""
    data = {f"{name}_ms": round(1000 * more.pop(name)) for name in DURATIONS & more.keys()}
    data |= {name: more.pop(name) for name in ("reason", "kind", "by") if name in more}
    data |= more.pop("data", {})
    made = {
        "v": 1,
        "type": kind if "." in kind else f"call.{kind}",
        "at_ms": NOON_MS + round(1000 * at_s),
        "source": "pbx",
        "contact": contact,
        "queue": "q",
        **more,
    }
    if data:
        made["data"] = data
    return {"id": f"{contact}:{sorted(made.items(), key=str)}"[:250], **made}


def heartbeat(at_s: float, source: str = "pbx", **more: Any) -> dict[str, Any]:
    at_ms = NOON_MS + round(1000 * at_s)
    return {
        "v": 1,
        "id": f"beat:{at_ms}",
        "type": "source.heartbeat",
        "at_ms": at_ms,
        "source": source,
        **more,
    }


def folded(events: Iterable[object], rules: Rules | None = None) -> PartitionState:
    """A state that has folded the events, one a record, without append times."""
    state = PartitionState("calls", rules)
    for offset, one in enumerate(events):
        state.fold(offset, None, [one])
    return state


def rows_of(state: PartitionState) -> list[Row]:
    """The visits that the state still remembers, by contact and number."""
    found = []
    for name, contact in sorted(state.contacts.items()):
        for number, visit in sorted(contact.visits.items()):
            if one := row(name, number, contact, visit):
                found.append(one)
    return found


def merged(visit: Visit, one: dict[str, Any]) -> None:
    """Write the event into the visit."""
    shape = Shapes("calls").of(one)
    assert shape is not None
    merge(visit, shape, one)
