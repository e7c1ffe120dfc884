"""When a share is bad enough to tell somebody: the tiers' windows, floors and thresholds.

The usual burn-rate tiers cannot fire on an 80 % objective (14.4 x 20 % is more than every call);
a step of the way from what may be missed to everything missed can, for any objective. Figures:
docs/alerts.md. It refuses to know PromQL.
"""

from __future__ import annotations

from dataclasses import dataclass

# The first in line has waited three times as long as promised: seldom by chance.
OLDEST_THRESHOLDS = 3
OLDEST_WAIT_S = 120


@dataclass(frozen=True, slots=True)
class Tier:
    """Missed more than b + step x (1 - b) over both windows, b being what may be missed.

    `bad` is the least number missed in the long window: a floor on harm, not on traffic, so that an
    outage of a quiet queue counts. The short window ends the alert soon after the trouble.
    """

    alert: str
    step: float
    long: str
    short: str
    bad: int

    def missed_more_than(self, objective: float) -> float:
        """Return the miss ratio beyond which it fires; 1 or more would never be reached."""
        return 1 - (1 - self.step) * objective


@dataclass(frozen=True, slots=True)
class Share:
    """Abandoned more than a + step x (1 - a), and at least so many in the window."""

    alert: str
    step: float
    window: str
    least: int

    def more_than(self, allowed: float) -> float:
        """Return the share beyond which it fires; 1 or more would never be reached."""
        return allowed + self.step * (1 - allowed)


FAST = Tier("HotlineServiceLevelFast", 1 / 2, "30m", "5m", 12)
MID = Tier("HotlineServiceLevelMid", 1 / 4, "1h", "10m", 20)
# Two hours gather enough calls on a queue of twenty an hour, which the others cannot judge.
SLOW = Tier("HotlineServiceLevelSlow", 1 / 4, "2h", "15m", 15)
TIERS = (FAST, MID, SLOW)
ABANDONMENT = Share("HotlineAbandonHigh", 1 / 4, "30m", 10)
