"""A norm in words and as an object: its target, its signals, and whether it has a value.

It refuses to know which figures are computed: whoever asks hands the registry's versions over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streams.standards.presets import (
    NAMES,
    Norm,
    Preset,
    Target,
    feeders,
    figures,
    missing,
    preset,
    senders,
)

# A figure's version by its id, of all that are computed today.
Versions = Mapping[str, int]

COMPUTED, NOT_COMPUTED, NO_SOURCE = "computed", "not computed", "no source"
_SIGNS = {"<=": "≤", ">=": "≥"}


def status(norm: Norm, versions: Versions) -> str:
    """Computed only where a figure exists and a source can feed it; it may still be of nothing."""
    if not feeders(norm):
        return NO_SOURCE
    return COMPUTED if norm.figure in versions else NOT_COMPUTED


def status_words(norm: Norm, versions: Versions) -> str:
    """The same as a sentence's part, with what is missing."""
    found = status(norm, versions)
    if found == COMPUTED:
        return f"{norm.figure} v{versions[norm.figure]}, on a running board"
    if found == NOT_COMPUTED:
        return f"no value: {norm.figure} is not computed yet"
    lacking = ", ".join(missing(norm)) or "all of it together"
    return f"no value: no source can feed it yet ({lacking})"


def target_words(norm: Norm) -> str:
    """Its number, or why there is none."""
    if norm.target is None:
        return "no number in the document"
    if norm.blank:
        taken = f"as {norm.key}" if norm.key else "but no key takes it yet"
        unit = f" in {norm.target.unit}" if norm.target.unit else ""
        return f"left blank: a value{unit} must be given in the configuration, {taken}"
    return _number_words(norm.target) + (" (advisory)" if norm.advisory else "")


def _number_words(target: Target) -> str:
    if target.unit == "ratio":
        return f"{_SIGNS.get(target.comparison, target.comparison)} {target.value:.0%}"
    if target.comparison == "between":
        return f"{target.value} to {target.upper} {target.unit}"
    sign = _SIGNS.get(target.comparison, target.comparison)
    return f"{sign} {target.value} {target.unit}"


def signal_words(norm: Norm) -> str:
    """Each signal with the sources that send it."""
    return "; ".join(
        f"{signal} ({', '.join(senders()[signal]) or 'no source sends it'})"
        for signal in norm.signals
    )


def listing(versions: Versions) -> dict[str, Any]:
    """All presets as one object."""
    return {"presets": [_summary(preset(name), versions) for name in NAMES]}


def listing_text(versions: Versions) -> str:
    """All presets, a line each."""
    width = max(map(len, NAMES))
    lines = [
        f"{one['name']:<{width}}  {one['norms']:>2} norms, {one['computed']} with a figure today"
        f"  {one['title']} {one['title_zh']}"
        for one in listing(versions)["presets"]
    ]
    return "\n".join([*lines, "", "`hotline standards NAME` lists one's norms.", ""])


def _summary(one: Preset, versions: Versions) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": one.title,
        "title_zh": one.title_zh,
        "supplies": dict(one.supplies),
        "asks": list(one.asks),
        "norms": len(one.norms),
        "computed": sum(status(norm, versions) == COMPUTED for norm in one.norms),
    }


def detail(one: Preset, versions: Versions) -> dict[str, Any]:
    """One preset as one object; `value` is null, since no board is asked."""
    return {
        **_summary(one, versions),
        "norms": [_norm_object(norm, versions) for norm in one.norms],
    }


def _norm_object(norm: Norm, versions: Versions) -> dict[str, Any]:
    target = norm.target
    return {
        "id": norm.id,
        "wording": norm.wording,
        "wording_zh": norm.wording_zh,
        "advisory": norm.advisory,
        "target": target
        and {
            "comparison": target.comparison,
            "value": target.value,
            "upper": target.upper,
            "unit": target.unit,
            "blank": norm.blank,
            "key": norm.key,
        },
        "figure": {"id": norm.figure, "version": versions.get(norm.figure)},
        "signals": [{"signal": name, "sources": list(senders()[name])} for name in norm.signals],
        "fed_by": list(feeders(norm)),
        "status": status(norm, versions),
        "value": None,
        "note": norm.note,
    }


def detail_text(one: Preset, versions: Versions) -> str:
    """One preset for people."""
    lines = [f"{one.name}: {one.title} {one.title_zh}", supplies_words(one), ""]
    for norm in one.norms:
        lines += [
            f"{norm.id}: {norm.wording} {norm.wording_zh}",
            f"  target   {target_words(norm)}",
            f"  figure   {status_words(norm, versions)}",
            f"  signals  {signal_words(norm)}",
            *([f"  note     {norm.note}"] if norm.note else []),
        ]
        formula = figures()[norm.figure].formula
        if formula and norm.figure not in versions:
            lines.insert(-1 if norm.note else len(lines), f"  formula  {formula}")
    return "\n".join(lines) + "\n"


def supplies_words(one: Preset) -> str:
    """What `standard = "…"` sets for a queue."""
    given = ", ".join(f"{key} = {value}" for key, value in one.supplies.items())
    asked = f"; {', '.join(one.asks)} must be given" if one.asks else ""
    return f'standard = "{one.name}" sets {given}{asked}'
