"""The figures of the definitions as PromQL over what the board exports.

It refuses to know panels. Ratios are made of two counters, never of ratios.
"""

from __future__ import annotations

from dashboards.promql import QUEUE, increase, latest, ratio, total

WINDOW = "$window"  # the dashboard's own variable, not the time range
ANSWERED, ABANDONED, SHORT = "answered", "abandoned", "abandoned_short"
SPEED = "hotline_speed_of_answer_seconds"
ALL: tuple[str, ...] = ()


def grown(name: str, by: tuple[str, ...] = QUEUE, **where: str) -> str:
    """Return how much a counter grew in the window."""
    return total(increase(name, WINDOW, where), by)


def current(name: str, by: tuple[str, ...] = QUEUE, **where: str) -> str:
    """Return a gauge that may be summed: people and visits."""
    return total(latest(name, **where), by)


def setting(name: str) -> str:
    """Return a queue's own value that must not be summed: its objective, its threshold."""
    return f"max by ({', '.join(QUEUE)}) ({latest(name)})"


def service_level(by: tuple[str, ...] = QUEUE) -> str:
    """Return the service level with all who now wait beyond the threshold counted as missed.

    Without them it would stand still while nobody is answered.
    """
    beyond = current("hotline_waiting_beyond_target_contacts", by)
    missed = grown("hotline_service_level_missed_total", by)
    eligible = grown("hotline_service_level_eligible_total", by)
    return f"1 - {ratio(f'{missed} + {beyond}', f'{eligible} + {beyond}')}"


def against_target() -> str:
    """Return the service level less the queue's own objective, as a ratio: -0.1 is ten points."""
    return f"{service_level()} - {setting('hotline_service_level_objective_ratio')}"


def oldest_wait(by: tuple[str, ...] = QUEUE) -> str:
    """Return the longest wait now in seconds: 0 only where the board says that nobody waits."""
    grouping = f" by ({', '.join(by)})" if by else ""
    start = f"min{grouping} ({latest('hotline_oldest_waiting_start_timestamp_seconds')})"
    return f"time() - {start} or ({current('hotline_waiting_contacts', by)} == 0)"


def abandonment() -> str:
    """Return abandoned beyond the short limit ÷ all that left except the short abandons."""
    name = "hotline_contacts_finished_total"
    left = total(increase(name, WINDOW, unless={"outcome": SHORT}))
    return ratio(grown(name, outcome=ABANDONED), left)
