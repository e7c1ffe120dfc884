"""Judges what was refused within the last hour, by reason.

It refuses to show what was refused: `hotline rejected` does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from streams.doctor.facts import Seen
from streams.doctor.findings import Finding, listing, ok, problem, warning
from streams.wire.rejected import NotRejectedError, decode

HOUR_MS = 3_600_000
# One a minute and more: that is no odd event, that is a source that says something wrong.
MANY = 60
LIST = "see `hotline rejected list`, mend the cause, then `hotline rejected resend`"


def check_rejects(records: Iterable[Seen], *, left_out: int = 0) -> list[Finding]:
    """`records` of the rejected topic's last hour; `left_out` of them were not read."""
    reasons: Counter[str] = Counter()
    for record in records:
        try:
            reasons[decode(record.value).reason] += 1
        except NotRejectedError:
            reasons["unreadable"] += 1
    total = reasons.total() + left_out
    if not total:
        return [ok("rejects", "nothing was refused in the last hour")]
    named = listing(f"{count} {reason}" for reason, count in reasons.most_common())
    least = f", of the newest {reasons.total()}" if left_out else ""
    words = f"{total} events refused in the last hour{least}: {named}"
    made = problem if total >= MANY else warning
    return [made("rejects", words, LIST)]
