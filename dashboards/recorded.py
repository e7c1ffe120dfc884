"""Recorded figures that alerts and their messages read; ratios are made of counts, never averaged.

It refuses to know targets and severities.
"""

from __future__ import annotations

from dashboards.reading import SOURCE, grown, newest
from dashboards.tiers import ABANDONMENT, TIERS

Rule = dict[str, object]

SHORT = "abandoned_short"
WINDOWS = tuple(dict.fromkeys(window for tier in TIERS for window in (tier.long, tier.short)))
# A line is judged by the first of these in which enough contacts were expected.
GAPS_MIN = (5, 10, 15, 30, 60, 120)
RECENT = "2h"
PROFILE_MIN = 60
# The hour centred on now, a week ago and a day ago.
WEEK_BEFORE, DAY_BEFORE = "167h30m", "23h30m"
WATERMARK = "source:hotline_pipeline_watermark_timestamp_seconds:max"


def bad(window: str) -> str:
    """Return the name of: missed in the window, and waiting beyond the threshold now."""
    return f"queue:hotline_service_level_bad:increase{window}"


def eligible(window: str) -> str:
    """Return the name of: eligible in the window, and waiting beyond the threshold now."""
    return f"queue:hotline_service_level_eligible:increase{window}"


def miss_ratio(window: str) -> str:
    """Return the name of bad ÷ eligible; no value while nothing is eligible."""
    return f"queue:hotline_service_level_miss:ratio{window}"


ABANDONED = f"queue:hotline_contacts_abandoned:increase{ABANDONMENT.window}"
LEFT = f"queue:hotline_contacts_left:increase{ABANDONMENT.window}"


def offered(minutes: int) -> str:
    """Return the name of: entered in the last so many minutes."""
    return f"queue:hotline_contacts_offered:increase{minutes}m"


def before(minutes: int) -> str:
    """Return the name of: entered in the two hours before the last so many minutes."""
    return f"queue:hotline_contacts_offered:increase{RECENT}_before_{minutes}m"


def _record(name: str, expression: str) -> Rule:
    return {"record": name, "expr": expression}


def service_rules() -> list[Rule]:
    """Return the counts and ratios of service level and abandonment."""
    beyond = newest("hotline_waiting_beyond_target_contacts")
    rules = []
    for window in WINDOWS:
        missed = grown("hotline_service_level_missed_total", window)
        counted = grown("hotline_service_level_eligible_total", window)
        rules += [
            _record(bad(window), f"{missed} + {beyond}"),
            _record(eligible(window), f"{counted} + {beyond}"),
            _record(miss_ratio(window), f"{bad(window)} / ({eligible(window)} > 0)"),
        ]
    ended, queue = "hotline_contacts_finished_total", ("site", "queue", "channel")
    window = ABANDONMENT.window
    abandoned = grown(ended, window, queue, ("outcome", "=", "abandoned"))
    left = grown(ended, window, queue, ("outcome", "!=", SHORT))
    return [*rules, _record(ABANDONED, abandoned), _record(LEFT, left)]


def contact_rules() -> list[Rule]:
    """Return how many contacts came lately, and how many before that."""
    name = "hotline_contacts_offered_total"
    rules = []
    for minutes in GAPS_MIN:
        rules += [
            _record(offered(minutes), grown(name, f"{minutes}m")),
            _record(before(minutes), grown(name, RECENT, offset=f"{minutes}m")),
        ]
    return rules


def pipeline_rules() -> list[Rule]:
    """Return each source's clock."""
    watermark = newest("hotline_pipeline_watermark_timestamp_seconds", SOURCE)
    return [_record(WATERMARK, watermark)]
