"""A small PBX: callers wait, agents talk and transfer, and a queue log is written about it.

What happened is known here first, so the log's reader can be held to it. It writes as versions 1.2
to 22 do, oddities included; it knows nothing of the reader.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

VERSIONS = ("1.2", "1.4", "1.6", "11", "13", "22")
QUEUES = ("gas", "sales")
NAMES = ("Anna", "Bert | day", "Çelik", "Local/1003@agents/n", "王芳", "SIP/7", "D||e", "Fay B2B")
NUMBER = "100"


@dataclass(slots=True)
class Visit:
    """One visit as it really was; times in ms. `logged` is when its end was written."""

    call: str
    queue: str
    entered: int
    left: int = 0
    outcome: str = ""
    ended: int = 0
    kind: str = ""
    agent: str = ""
    logged: int = 0
    consulting: str = ""


def seconds(first_ms: int, last_ms: int) -> int:
    """What Asterisk calls a duration: whole seconds of either end."""
    return last_ms // 1000 - first_ms // 1000


class Pbx:
    """A day of one seed: `lines` are (ms, text), `visits` the truth."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.version = self.chance.choice(VERSIONS)
        self.new = self.version in {"13", "22"}
        self.visits: list[Visit] = []
        self.lines: list[tuple[int, str]] = []
        self._busy: dict[str, list[tuple[int, int]]] = {name: [] for name in NAMES}
        self._ids = iter(range(1, 100_000))
        self.start = 1_700_000_000_000 + self.chance.randrange(1000)
        prefix = self.chance.choice(["", "pbx-", "old-host-"])
        at = self.start
        for _ in range(self.chance.randrange(5, 40)):
            at += self.chance.randrange(60_000)
            call = f"{prefix}{at // 1000}.{next(self._ids)}"
            self._call(call, at)
        self.lines.sort(key=lambda line: line[0])

    def write(self, at: int, call: str, queue: str, agent: str, *rest: object) -> None:
        """A line; without parameters it ends in a bar."""
        words = [str(word) for word in rest]
        if len(words) == 1:
            words.append("")
        self.lines.append((at, "|".join([str(at // 1000), call, queue, agent, *words])))

    def _call(self, call: str, at: int) -> None:
        if self.chance.random() < 0.3:
            self.write(at, call, "NONE", "NONE", "DID", "5550")
        name = call
        for _ in range(self.chance.randrange(1, 4)):
            visit = self._visit(call, name, at)
            if visit.kind == "attended" and self.chance.random() < 0.5:
                following = self._handed_on(visit, call)
                if following is None:
                    return
                visit = following
            if visit.outcome == "answered" and visit.kind != "blind":
                return
            if visit.outcome in {"abandoned", "withdrawn"}:
                return
            at, name = max(visit.left, visit.ended), call
            if visit.kind == "blind" and self.chance.random() < 0.4:
                return

    def _visit(self, call: str, name: str, at: int, queue: str = "") -> Visit:
        """Enter a queue as channel `name`, go on and leave as `call`."""
        queue = queue or self.chance.choice(QUEUES)
        visit = Visit(call, queue, at)
        self.visits.append(visit)
        self._enter(at, name, queue)
        visit.left = at + self.chance.randrange(200, 90_000)
        self._leave(visit)
        return visit

    def _enter(self, at: int, name: str, queue: str) -> None:
        more = ["1"] if self.version not in {"1.2", "1.4", "1.6"} else []
        if self.version == "22" and self.chance.random() < 0.5:
            more.append("Caller | Name")
        self.write(at, name, queue, "NONE", "ENTERQUEUE", "", NUMBER, *more)

    def _leave(self, visit: Visit) -> None:
        self._rings(visit)
        agent = self._free(visit.left)
        chosen = self.chance.choice(
            ["answered"] * 6 + ["abandoned"] * 3 + ["timeout", "key", "empty", "withdrawn"]
        )
        if chosen == "answered" and agent:
            self._answer(visit, agent)
        elif chosen == "answered" or (chosen == "withdrawn" and not self.new):
            self._gone(visit, "abandoned")
        else:
            self._gone(visit, chosen)

    def _rings(self, visit: Visit) -> None:
        times = [self.chance.randrange(visit.entered, visit.left) for _ in range(2)]
        for at in sorted(times[: self.chance.randrange(3)]):
            name = self.chance.choice(NAMES)
            kind = self.chance.choice(["RINGNOANSWER", "AGENTDUMP", "RINGNOANSWER"])
            more = [self.chance.choice([0, 1000, 5000])] if kind == "RINGNOANSWER" else []
            if self.version != "1.2":
                self.write(at, visit.call, visit.queue, name, kind, *more)

    def _free(self, at: int) -> str:
        """An agent with nobody on the phone for the next ten minutes."""
        for name in self.chance.sample(NAMES, len(NAMES)):
            if all(at > last or at + 600_000 < first for first, last in self._busy[name]):
                return name
        return ""

    def _gone(self, visit: Visit, outcome: str) -> None:
        visit.outcome = outcome
        at, wait = visit.left, seconds(visit.entered, visit.left)
        full: list[object] = [1, 1, wait]
        old = self.version in {"1.2", "1.4"}
        words: dict[str, tuple[str, list[object]]] = {
            "abandoned": ("ABANDON", full),
            "timeout": ("EXITWITHTIMEOUT", [1] if old else full),
            "key": ("EXITWITHKEY", [5, 1] if old or self.version == "1.6" else [5, *full]),
            "empty": ("EXITEMPTY", full),
            "withdrawn": ("WITHDRAW", [*full, "by | hand"]),
        }
        word, parameters = words[outcome]
        if outcome == "abandoned" and self.chance.random() < 0.1:
            self.write(at, visit.call, visit.queue, self.chance.choice(NAMES), "SYSCOMPAT")
        times = 2 if word in {"ABANDON", "EXITEMPTY"} and self.chance.random() < 0.2 else 1
        for _ in range(times):
            self.write(at, visit.call, visit.queue, "NONE", word, *parameters)

    def _answer(self, visit: Visit, agent: str) -> None:
        chance = self.chance
        visit.outcome, visit.agent = "answered", agent
        visit.ended = visit.logged = visit.left + chance.randrange(500, 300_000)
        self._busy[agent].append((visit.left, visit.ended))
        hold, talk = seconds(visit.entered, visit.left), seconds(visit.left, visit.ended)
        more = {"1.2": [], "1.4": ["c.2"]}.get(self.version, ["c.2", "3"])
        self.write(visit.left, visit.call, visit.queue, agent, "CONNECT", hold, *more)
        visit.kind = chance.choice(["", "", "", "blind", "attended" if self.new else ""])
        if visit.kind == "attended":
            self._attended(visit, hold, talk)
            return
        if visit.kind == "blind":
            form: list[object] = [300, "internal", hold, talk, 1]
            fields = {"1.2": 2, "1.4": 4}.get(self.version, 5)
            word = "BLINDTRANSFER" if self.new else "TRANSFER"
            # The next queue's ENTERQUEUE, of the same millisecond, may be written first.
            at = visit.logged = visit.ended + chance.choice([0, 0, 1])
            self.write(at, visit.call, visit.queue, agent, word, *form[:fields])
            if fields == 2:
                visit.ended = at
        else:
            word = chance.choice(["COMPLETEAGENT", "COMPLETECALLER"])
            self.write(visit.ended, visit.call, visit.queue, agent, word, hold, talk, 1)
        if chance.random() < 0.2:
            self.write(visit.ended + 1, visit.call, visit.queue, "NONE", "INFO", "CONNECT", "1")

    def _attended(self, visit: Visit, hold: int, talk: int) -> None:
        chance = self.chance
        form = chance.choice(["BRIDGE|9c5f-1", "APP|Queue", "LINK|SIP/1-2|SIP/2-3"])
        consulting = f"{visit.ended // 1000}.{next(self._ids)}"
        visit.consulting = consulting
        name = chance.choice([visit.call, consulting])
        self.write(
            visit.ended, name, visit.queue, visit.agent, "ATTENDEDTRANSFER", form, hold, talk, 1
        )

    def _handed_on(self, visit: Visit, call: str) -> Visit | None:
        """The agent asks another queue first, on a channel of its own, and hands the caller on."""
        if visit.ended - visit.left < 20_000:
            return None
        consulting = visit.consulting
        # The transfer into a queue is logged under the consulting channel.
        self.lines = [
            (at, text if at != visit.ended else text.replace(f"|{call}|", f"|{consulting}|"))
            for at, text in self.lines
        ]
        queue = self.chance.choice([one for one in QUEUES if one != visit.queue])
        entered = visit.ended - self.chance.randrange(1_000, 15_000)
        following = Visit(call, queue, entered)
        following.left = visit.ended + self.chance.randrange(1_000, 60_000)
        self.visits.append(following)
        self._enter(entered, consulting, queue)
        self._leave(following)
        return following


def housekeeping(pbx: Pbx) -> Iterator[tuple[int, str]]:
    """Lines that make no figure, all through the day."""
    for at, _ in pbx.lines:
        if pbx.chance.random() < 0.2:
            word = pbx.chance.choice(["PAUSE|tea | time", "UNPAUSE|", "PENALTY|3", "RINGINUSE|0"])
            yield at, f"{at // 1000}|NONE|gas|{pbx.chance.choice(NAMES)}|{word}"
