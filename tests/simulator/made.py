"""Days made for tests, and what a report says of their files."""

from datetime import date
from pathlib import Path
from typing import Any

from streams.core.limits import Rules
from streams.report import make_report
from streams.simulate import write
from streams.simulator.profile import Profile
from streams.simulator.profiles import load_profile
from streams.simulator.truth import Plan
from streams.sources.catalogue import make_source

MONDAY = date(2026, 3, 2)
# Signs of life this rare make a quick day, and no figure another.
RARELY_S = 600


def profile(**tables: Any) -> Profile:
    """A profile with rare heartbeats and these tables."""
    return Profile.model_validate({"heartbeat_s": RARELY_S, **tables})


def quick(name: str) -> Profile:
    """A built-in profile with rare heartbeats."""
    return load_profile(name).model_copy(update={"heartbeat_s": RARELY_S})


def report_of(folder: Path, channel: str = "calls") -> dict[str, Any]:
    paths = sorted(folder.glob(f"{channel}-*.jsonl"))
    return make_report(make_source("canonical", key=b"k"), paths, Rules()).as_json()


def written(plan: Plan, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the truth, the report over its files)."""
    truth = write(plan, folder)
    return truth, report_of(folder)
