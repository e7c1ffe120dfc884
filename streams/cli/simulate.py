"""`hotline simulate`: seeded days of a made-up hotline, with the truth about them."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.answers import (
    DONE,
    USAGE,
    Config,
    Json,
    fail,
    log_to_stderr,
    print_json,
    run,
    settings_of,
)

if TYPE_CHECKING:
    from streams.simulator.truth import Plan

_ALL = "all"
FASTEST = 1_000_000


def simulate(  # noqa: PLR0913, PLR0917 - its options
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.", min=0)] = 1,
    profile: Annotated[
        str, typer.Option(help="city, small, or a TOML file.", metavar="NAME|FILE")
    ] = "city",
    date: Annotated[
        datetime | None,
        typer.Option(help="The first day; else 2026-03-02, a Monday.", formats=["%Y-%m-%d"]),
    ] = None,
    days: Annotated[int, typer.Option(help="How many days.")] = 1,
    faults: Annotated[
        str,
        typer.Option(
            help="all, or some of duplicates,disorder,late,lost-hang-ups,clock-skew,damaged."
        ),
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="Folder for the events and truth.json.", metavar="FOLDER")
    ] = None,
    kafka: Annotated[
        bool, typer.Option("--kafka", help="Send them into Kafka, re-timed to end now.")
    ] = False,
    speed: Annotated[
        float, typer.Option(help="With --kafka: times faster than life.", min=0.1, max=FASTEST)
    ] = 1.0,
    config: Config = None,
    json_: Json = False,
) -> None:
    """Seeded days of a made-up hotline, with faults if wished and with the truth about them."""
    from streams.simulate import text, write
    from streams.simulator.truth import truth

    if out is None and not kafka and not json_:
        raise fail(USAGE, "simulate: expected --out FOLDER, --kafka or --json")
    plan = _plan(profile, seed, date, days, faults)

    def work() -> int:
        found = write(plan, out) if out is not None else {} if kafka else truth(plan)
        if kafka:
            found |= _broadcast(plan, config, speed)
        print_json(found) if json_ else typer.echo(text(found), nl=False)
        return DONE

    run(work)


def _plan(profile: str, seed: int, first: datetime | None, days: int, faults: str) -> Plan:
    from streams.config import ConfigError
    from streams.simulator.faults import FAULTS
    from streams.simulator.profiles import load_profile
    from streams.simulator.truth import FIRST_DAY, Plan

    named = tuple(FAULTS) if faults == _ALL else tuple(filter(None, faults.split(",")))
    try:
        return Plan(
            load_profile(profile),
            profile,
            seed,
            first.date() if first is not None else FIRST_DAY,
            days,
            named,
        )
    except (ConfigError, ValueError) as error:
        raise fail(USAGE, error) from error


def _broadcast(plan: Plan, config: Path | None, speed: float) -> dict[str, Any]:
    """Send until all is sent or Ctrl-C; the truth, and how much of it was sent."""
    from streams.simulate import Broadcast
    from streams.sources.patience import Patience
    from streams.sources.run import stopped_by_signals

    settings = settings_of(config)
    log_to_stderr()
    # When Kafka goes, we say so ourselves, and in fewer words.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    patience = Patience()
    broadcast = Broadcast(settings, plan, speed, patience)
    with stopped_by_signals(patience):
        return broadcast.run(lambda: time.time_ns() // 1_000_000)
