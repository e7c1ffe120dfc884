"""Each queue's targets as recorded series, from the configuration: what alerts compare with.

A target that an alert could never be fired by is refused, in words: silence would look like health.
It refuses to know which queues there are; Prometheus finds them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from dashboards.reading import Matcher, picked
from dashboards.tiers import ABANDONMENT, OLDEST_THRESHOLDS, OLDEST_WAIT_S, TIERS
from streams.config import QueueSettings, Settings

Rule = dict[str, object]

OBJECTIVE = "queue:hotline_service_level_objective:target"
THRESHOLD_S = "queue:hotline_service_level_threshold_seconds:target"
ABANDONMENT_MOST = "queue:hotline_abandonment:target"
EVERY_QUEUE = "hotline_contacts_offered_total"  # exported for every queue from the start
OF_REGULAR_EXPRESSIONS = re.compile(r"([\\.+*?()|\[\]{}^$])")


class UnreachableError(ValueError):
    """A target for which an alert could never fire: which queue, which objective, and why."""


class Audience(NamedTuple):
    """Queues that share one table of the configuration; `key` is where it stands."""

    key: str
    matchers: tuple[Matcher, ...]
    settings: QueueSettings


def abandonment_most(queue: QueueSettings) -> float:
    """Return the share that may be abandoned: as agreed, else what the service level lets miss.

    Who hangs up after the short limit has missed it, so more of them break that objective alone.
    """
    agreed = queue.abandon_objective_ratio
    return round(1 - queue.objective_ratio, 9) if agreed is None else agreed


TARGETS: Mapping[str, Callable[[QueueSettings], float]] = {
    OBJECTIVE: lambda queue: queue.objective_ratio,
    THRESHOLD_S: lambda queue: queue.threshold_s,
    ABANDONMENT_MOST: abandonment_most,
}


def target_rules(settings: Settings) -> list[Rule]:
    """Return the recording rules of every target; UnreachableError where one makes no sense."""
    refuse_unreachable(settings)
    return [
        {
            "record": name,
            "expr": f"{_number(value(each.settings))} * group by (site, queue, channel) "
            f"({picked(EVERY_QUEUE, *each.matchers)})",
        }
        for name, value in TARGETS.items()
        for each in audiences(settings)
    ]


def audiences(settings: Settings) -> Iterator[Audience]:
    """Every table with the queues that it is for, and the defaults for all others; no overlap."""
    sites: dict[str, list[str]] = {}
    for name in sorted(settings.queues):
        site, slash, queue = name.partition("/")
        sites.setdefault(queue if slash else name, []).extend([site] if slash else [])
    for queue, own in sites.items():
        for site in own:
            table = f"{site}/{queue}"
            matchers: tuple[Matcher, ...] = (("site", "=", site), ("queue", "=", queue))
            yield Audience(f'queues."{table}"', matchers, settings.queues[table])
        elsewhere: tuple[Matcher, ...] = (("site", "!~", _any_of(own)),) if own else ()
        key = f'queues."{queue}"' if queue in settings.queues else "defaults"
        shared = settings.queues.get(queue, settings.defaults)
        yield Audience(key, (("queue", "=", queue), *elsewhere), shared)
    rest: tuple[Matcher, ...] = (("queue", "!~", _any_of(list(sites))),) if sites else ()
    yield Audience("defaults", rest, settings.defaults)


def refuse_unreachable(settings: Settings) -> None:
    """Raise UnreachableError at the first target for which an alert could never fire."""
    for key, _, queue in audiences(settings):
        objective = queue.objective_ratio
        for tier in TIERS:
            if tier.missed_more_than(objective) >= 1:
                raise UnreachableError(
                    f"{key}.objective_ratio: expected an objective that {tier.alert} can tell from "
                    f"a miss of every call; found {objective}: it would ask for more than "
                    f"{tier.missed_more_than(objective):.0%} missed"
                )
        most = abandonment_most(queue)
        if ABANDONMENT.more_than(most) >= 1:
            raise UnreachableError(
                f"{key}.abandon_objective_ratio: expected a share below 1, for {ABANDONMENT.alert} "
                f"fires beyond {ABANDONMENT.more_than(most):.0%} abandoned; found {most}"
            )
        needed_s = OLDEST_THRESHOLDS * queue.threshold_s + OLDEST_WAIT_S
        ended_s = settings.limits.waiting_timeout_ms / 1000
        if needed_s >= ended_s:
            raise UnreachableError(
                f"{key}.threshold_s: expected less, for HotlineOldestWaiting fires after a wait of "
                f"{needed_s} s ({OLDEST_THRESHOLDS} x threshold_s and {OLDEST_WAIT_S} s), and "
                f"limits.waiting_timeout_ms ends it after {ended_s:.0f} s; "
                f"found {queue.threshold_s}"
            )


def _any_of(names: list[str]) -> str:
    return "|".join(OF_REGULAR_EXPRESSIONS.sub(r"\\\1", name) for name in sorted(names))


def _number(value: float) -> str:
    return f"{value:.9g}"
