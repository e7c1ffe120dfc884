"""What the doctor has to say: findings as data, and as lines for people.

It refuses to know how anything was found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

# A list of partitions longer than this helps nobody.
NAMED_MAX = 12
_UNITS_S = ((172_800, 86_400, "days"), (7_200, 3_600, "h"), (120, 60, "min"))


class Severity(StrEnum):
    """How bad it is. Only a problem fails the command."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `id` is for programs and stays; `advice` is empty when ok."""

    id: str
    severity: Severity
    words: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.severity:<8} {self.words}" + (f" -> {self.advice}" if self.advice else "")


def ok(id_: str, words: str) -> Finding:
    """All is well with it."""
    return Finding(id_, Severity.OK, words)


def warning(id_: str, words: str, advice: str) -> Finding:
    """Not as it should be; figures are right all the same."""
    return Finding(id_, Severity.WARNING, words, advice)


def problem(id_: str, words: str, advice: str) -> Finding:
    """Figures are missing, old or wrong until somebody acts."""
    return Finding(id_, Severity.PROBLEM, words, advice)


def as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """The object that `hotline doctor --json` prints."""
    return {"ok": not has_problem(findings), "findings": [asdict(each) for each in findings]}


def has_problem(findings: Iterable[Finding]) -> bool:
    """Whether anything is wrong."""
    return any(each.severity is Severity.PROBLEM for each in findings)


def span(ms: int) -> str:
    """A length of time for people: the largest unit that leaves two of them."""
    seconds = ms / 1000
    for least, unit, name in _UNITS_S:
        if seconds >= least:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"


def listing(names: Iterable[object]) -> str:
    """Some names, comma between them; the rest as a number."""
    every = list(map(str, names))
    rest = len(every) - NAMED_MAX
    return ", ".join(every[:NAMED_MAX]) + (f" and {rest} more" if rest > 0 else "")
