"""Judges the workers' consumer group: whether somebody folds, how far behind, whether it moves.

It refuses to know why a worker is stuck: the worker's own health says that.
"""

from __future__ import annotations

from streams.doctor.facts import Group, Look
from streams.doctor.findings import Finding, listing, ok, problem, span, warning

# A worker folds this many in a second or so; more is a backlog, and takes a while.
BACKLOG_RECORDS = 10_000
STABLE = "Stable"


def check_group(name: str, group: Group, first: Look, last: Look) -> list[Finding]:
    """Members, and what became of the lag between two looks."""
    total = sum(map(last.lag, last.reaches))
    if not group.members:
        words = f"no worker consumes (group {name} is {group.state.lower()}); {total} records wait"
        return [problem("group-empty", words, "start `hotline worker`; its log says why it ended")]
    members = f"{group.members} worker{'s' if group.members > 1 else ''} in group {name}"
    findings = [ok("group", members)]
    if group.state != STABLE:
        words = f"{members}: Kafka calls the group {group.state}"
        advice = "wait some seconds; if it stays, a worker keeps leaving: look at the workers' logs"
        findings = [warning("group-rebalancing", words, advice)]
    return [*findings, *_progress(first, last)]


def _progress(first: Look, last: Look) -> list[Finding]:
    took_ms = last.at_ms - first.at_ms
    stuck = [
        place
        for place in first.lagging
        if last.lag(place) and first.commits.get(place) == last.commits.get(place)
    ]
    if stuck:
        named = listing(f"{place} ({last.lag(place)} behind)" for place in stuck)
        words = f"nothing was saved in {span(took_ms)} on {named}"
        advice = (
            "ask the worker's /readyz and log why; a stuck worker ends itself within about a "
            "minute; if nothing restarts it, do so"
        )
        return [problem("worker-stuck", words, advice)]
    behind = [place for place in last.lagging if last.lag(place) >= BACKLOG_RECORDS]
    if behind:
        named = listing(f"{place} ({last.lag(place)} behind)" for place in behind)
        words = f"catching up: {named}"
        advice = "figures are of the past until then; if it does not shrink, start more workers"
        return [warning("worker-behind", words, advice)]
    most = max((last.lag(place) for place in last.reaches), default=0)
    return [ok("lag", f"workers keep up: at most {most} records behind on a partition")]
