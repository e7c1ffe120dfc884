"""What a load and so many people come to: waits, losses, occupancy, service level."""

from __future__ import annotations

import math
from typing import Any

from streams.staffing.erlang_a import ErlangA
from streams.staffing.erlang_c import ErlangC
from streams.staffing.load import Formula, Load

# Below this share nobody is left to count; it is rounding.
_NOBODY = 1e-15


def steady_state(load: Load, agents: int) -> ErlangA | ErlangC:
    """Erlang A where patience is finite, else its limit, Erlang C."""
    return ErlangC(load, agents) if math.isinf(load.patience_s) else ErlangA(load, agents)


def service_level(system: ErlangA | ErlangC, formula: Formula) -> float | None:
    """SL(T; s, credit, incl) in the steady state; None where no caller would count."""
    short = formula.short_abandon_s
    gone = max(0.0, system.left_within(short) - system.answered_within(short))
    credit = gone if formula.credit_short_abandons else 0.0
    met = system.answered_within(formula.threshold_s) + credit
    eligible = 1 - gone + credit if formula.include_abandons else system.p_answered + credit
    return min(1.0, max(0.0, met / eligible)) if eligible > _NOBODY else None


def family(threshold_s: float) -> dict[str, Formula]:
    """The formulas F1 to F4 at a threshold (docs/definitions.md)."""
    return {
        "F1": Formula(threshold_s, threshold_s, credit_short_abandons=True),
        "F2": Formula(threshold_s, 0, include_abandons=False),
        "F3": Formula(threshold_s, 0),
        "F4": Formula(threshold_s, threshold_s),
    }


def performance(load: Load, agents: int, threshold_s: float) -> dict[str, Any]:
    """What `hotline staffing erlang --json` prints; null where there is no such figure.

    A mean wait without bound is null: JSON knows no infinity.
    """
    system = steady_state(load, agents)
    formulas = family(threshold_s).items()
    return {
        "p_wait": system.p_wait,
        "p_abandon": system.p_abandon,
        "mean_wait_s": _finite(system.mean_wait_s),
        "asa_s": _finite(system.asa_s),
        "occupancy": system.occupancy,
        "sl": {name: service_level(system, formula) for name, formula in formulas},
    }


def _finite(value: float | None) -> float | None:
    return None if value is None or math.isinf(value) else value
