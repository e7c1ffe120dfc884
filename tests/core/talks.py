"""Chats as tests write them: one word and a second each."""

from typing import Any

from streams.core.chat_state import ChatState
from streams.core.limits import Rules
from tests.core.histories import event, heartbeat

KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "open": ("chat.opened", {}),
    "reopen": ("chat.opened", {"reopened": True}),
    "ask": ("chat.customer_message", {}),
    "reply": ("chat.agent_reply", {"by": "agent"}),
    "bot": ("chat.agent_reply", {"by": "bot"}),
    "auto": ("chat.agent_reply", {"by": "auto"}),
    "to-bot": ("chat.transferred", {"to": "bot"}),
    "to-queue": ("chat.transferred", {"to": "queue"}),
    "to-agent": ("chat.transferred", {"to": "agent"}),
    "close": ("chat.closed", {"by": "agent"}),
    "idle": ("chat.closed", {"by": "idle"}),
}


def talk(told: str, contact: str = "c", **more: Any) -> list[dict[str, Any]]:
    """Events of `told`, as "ask@5 bot@6 reply@9 reply:Anna@12 rate:4@20"; seconds after noon."""
    made = []
    for number, each in enumerate(told.split()):
        what, _, second = each.partition("@")
        word, _, agent = what.partition(":")
        if word == "rate":
            kind, data = "contact.rated", {"score": int(agent), "scale_max": 5}
        else:
            kind, data = KINDS[word]
        own = {"agent": agent} if agent and word != "rate" else {}
        at_s = float(second)
        own |= {"id": f"{contact}-{number}", **more}
        made.append(event(kind, at_s, contact, data=data, **own))
    return made


def chatted(*histories: list[dict[str, Any]], rules: Rules | None = None) -> ChatState:
    """A state that has folded these, then heard of its source when `beat` says so."""
    state = ChatState(rules)
    for offset, one in enumerate(one for history in histories for one in history):
        state.fold(offset, None, [one])
    assert not state.refused
    return state


def beat(at_s: float) -> list[dict[str, Any]]:
    return [heartbeat(at_s)]
