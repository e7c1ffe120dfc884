"""The `hotline` command: arguments in, exit codes out (0 done, 1 failed, 2 bad usage or
configuration).

Each command imports what it needs when it runs, so that `hotline report` does not wait for Faust.
What is printed with `--json` is one object on stdout and nothing else there.
"""

from __future__ import annotations

import logging
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from streams.cli.answers import (
    DONE,
    FAILED,
    USAGE,
    Config,
    Json,
    fail,
    log_to_stderr,
    print_json,
    run,
    settings_of,
)
from streams.cli.doctor import doctor
from streams.cli.rebuild import rebuild
from streams.cli.simulate import simulate
from streams.cli.staffing import staffing_app
from streams.cli.standards import standards
from streams.cli.token import token


class Period(StrEnum):
    """How `hotline report --period` cuts time."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Shown(StrEnum):
    """What `hotline demo --only` shows."""

    RECORDING = "recording"


class Measured(StrEnum):
    """What `hotline bench` measures."""

    THROUGHPUT = "throughput"
    LATENCY = "latency"
    MEMORY = "memory"
    CHECKPOINT = "checkpoint"


app = typer.Typer(
    name="hotline",
    help="Exact live figures of a customer-service hotline from its event stream.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
config_app = typer.Typer(help="The configuration.", no_args_is_help=True)
rejected_app = typer.Typer(help="What was refused, and why.", no_args_is_help=True)
dashboards_app = typer.Typer(help="Dashboards and rules.", no_args_is_help=True)
app.command()(doctor)
app.command()(rebuild)
app.command()(token)
app.command()(simulate)
app.add_typer(staffing_app, name="staffing")
app.add_typer(config_app, name="config")
app.add_typer(rejected_app, name="rejected")
app.add_typer(dashboards_app, name="dashboards")
app.command()(standards)


@app.command()
def demo(
    config: Config = None,
    speed: Annotated[
        float, typer.Option(help="How many times faster than life it is played.", min=0.1, max=1000)
    ] = 1.0,
    exit_: Annotated[
        bool, typer.Option("--exit", help="Stop after the recording, verify, print the report.")
    ] = False,
    only: Annotated[
        Shown | None, typer.Option(help="Show the recording without the simulated city.")
    ] = None,
) -> None:
    """Embedded Kafka, worker, board, a real recording, a made-up city: http://127.0.0.1:8080."""
    from streams.demo.run import demo_settings, run_demo

    log_to_stderr(logging.WARNING)
    # When Kafka goes, we say so ourselves, and in fewer words.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)

    def service() -> int:
        settings, path = demo_settings(config)
        return run_demo(settings, path, speed=speed, leave=exit_, has_city=only is None)

    run(service)


@app.command()
def worker(config: Config = None) -> None:
    """Fold events into live figures."""
    from streams.worker.run import run_worker

    settings = settings_of(config)
    log_to_stderr()
    run(lambda: run_worker(settings))


@app.command()
def board(
    config: Config = None,
    demo_: Annotated[bool, typer.Option("--demo", help="Say that a recording is shown.")] = False,
) -> None:
    """Serve the wallboard, its API and the metrics."""
    from streams.board.run import run_board

    settings = settings_of(config)
    log_to_stderr()
    run(lambda: run_board(settings, demo=demo_))


@app.command()
def source(  # noqa: PLR0913, PLR0917 - its options
    name: Annotated[str, typer.Argument(help="What kind of system: asterisk-queue-log, table, …")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Its files; none to connect to the PBX (asterisk-ami) or to listen (chats)."
        ),
    ] = None,
    config: Config = None,
    source_name: Annotated[
        str | None, typer.Option("--name", help="Name of this source; else source.name.")
    ] = None,
    mapping: Annotated[
        str | None, typer.Option(help="For table: a built-in mapping or a TOML file.")
    ] = None,
    timezone: Annotated[str | None, typer.Option(help="For table: the times' IANA zone.")] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on with a growing file, through its rotations.")
    ] = False,
) -> None:
    """Send a real system's events to Kafka."""
    from streams.sources.catalogue import SourceError
    from streams.sources.mapping import MappingError
    from streams.sources.run import run_source
    from streams.sources.table import TableHeaderError

    settings = settings_of(config)
    _known_source(name)
    log_to_stderr()

    def service() -> int:
        try:
            return run_source(
                settings,
                name,
                files or [],
                name=source_name,
                mapping=mapping,
                zone=timezone,
                follow=follow,
            )
        except (SourceError, MappingError, TableHeaderError) as error:
            raise fail(USAGE, error) from error

    run(service)


def _known_source(name: str) -> None:
    from streams.sources.catalogue import NAMES

    if name not in NAMES:
        raise fail(USAGE, f"source {name!r}: expected one of {', '.join(NAMES)}")


@app.command()
def report(  # noqa: PLR0913, PLR0917 - its options
    files: Annotated[list[Path], typer.Argument(help="Files of the source.")],
    source_kind: Annotated[str, typer.Option("--source", help="What kind of system.")],
    config: Config = None,
    mapping: Annotated[
        str | None, typer.Option(help="For table: a built-in mapping or a TOML file.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="IANA zone: of a table's times, and of a period's days.")
    ] = None,
    period: Annotated[Period | None, typer.Option(help="Also by local day, week, month.")] = None,
    json_: Json = False,
) -> None:
    """The same core over files, no Kafka: the batch truth."""
    from streams.report import read_report, text

    settings = settings_of(config)
    _known_source(source_kind)
    try:
        found = read_report(
            settings, source_kind, files, mapping=mapping, zone=timezone, period=period
        )
    except ValueError as error:
        raise fail(USAGE, error) from error
    except OSError as error:
        raise fail(FAILED, error) from error
    if json_:
        print_json(found)
    else:
        typer.echo(text(found), nl=False)


@app.command()
def verify(
    config: Config = None,
    url: Annotated[str | None, typer.Option(help="The board; else board.host and port.")] = None,
    json_: Json = False,
) -> None:
    """Compare a running board with a batch recomputation from Kafka's log."""
    from streams.verify import VerifyError, fetch_board
    from streams.verify import verify as compare

    settings = settings_of(config)
    at = url or f"http://{settings.board.host}:{settings.board.port}"
    try:
        verdict = compare(settings, fetch_board(at, settings.access.token_to_show()))
    except VerifyError as error:
        raise fail(FAILED, error) from error
    if json_:
        print_json(verdict.as_json())
    else:
        typer.echo(verdict.as_text(), nl=False)
    raise typer.Exit(FAILED if verdict.differences else DONE)


@app.command()
def provision(
    config: Config = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say it, change nothing.")] = False,
    json_: Json = False,
) -> None:
    """Make the topics, or say how they differ."""
    from streams.provisioning import ProvisioningError, provision_topics

    settings = settings_of(config)
    kafka = settings.kafka
    try:
        actions = provision_topics(
            kafka.client_options(),
            kafka.partitions,
            kafka.replication,
            kafka.topic_prefix,
            dry_run=dry_run,
        )
    except ProvisioningError as error:
        raise fail(FAILED, error) from error
    if json_:
        print_json({"topics": [{"topic": a.topic, "outcome": a.outcome} for a in actions]})
    else:
        for action in actions:
            typer.echo(action)
    raise typer.Exit(FAILED if any(a.outcome == "differs" for a in actions) else DONE)


@config_app.command("check")
def config_check(config: Config = None, json_: Json = False) -> None:
    """Say whether the configuration can be used; exits 2 with what is wrong."""
    settings = settings_of(config)
    found: dict[str, Any] = {"ok": True, "queues": sorted(settings.queues)}
    if json_:
        print_json(found)
    else:
        typer.echo(f"The configuration is good; {len(settings.queues)} queues are named in it.")


@config_app.command("docs")
def config_docs() -> None:
    """Every key with its unit and default, as Markdown."""
    from streams.config.documentation import page

    typer.echo(page(), nl=False)


@rejected_app.command("list")
def rejected_list(
    config: Config = None,
    topic: Annotated[str | None, typer.Option(help="Only of this input topic.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only for this reason.")] = None,
    json_: Json = False,
) -> None:
    """What was refused: counts by topic and reason, and a line each."""
    from streams.rejected import RejectedError, Wanted, counts, line, listed

    settings = settings_of(config)
    try:
        refusals = listed(settings.kafka, Wanted(topic=topic, reason=reason))
    except RejectedError as error:
        raise fail(FAILED, error) from error
    if json_:
        found = [{"topic": t, "reason": r, "count": n} for (t, r), n in counts(refusals).items()]
        print_json({"counts": found, "rejected": [line(each) for each in refusals]})
        return
    for (where, why), count in sorted(counts(refusals).items()):
        typer.echo(f"{where}: {count} as {why}")
    for each in refusals:
        typer.echo(line(each))


@rejected_app.command("show")
def rejected_show(
    place: Annotated[str, typer.Argument(help="topic/partition/offset/index, as list shows it.")],
    config: Config = None,
) -> None:
    """One refusal: its reason, its place and the original bytes."""
    from streams.rejected import RejectedError, found, page, place_of

    settings = settings_of(config)
    try:
        typer.echo(page(found(settings.kafka, place_of(place))), nl=False)
    except RejectedError as error:
        raise fail(FAILED, error) from error


@rejected_app.command("resend")
def rejected_resend(
    place: Annotated[str, typer.Argument(help="topic/partition/offset/index, as list shows it.")],
    config: Config = None,
    value: Annotated[
        Path | None, typer.Option(help="A file with the mended event; else the original bytes.")
    ] = None,
) -> None:
    """Send a refused event to its topic again."""
    from streams.rejected import RejectedError, found, place_of, resend

    settings = settings_of(config)
    try:
        each = found(settings.kafka, place_of(place))
        sent = resend(settings.kafka, each, value.read_bytes() if value else None)
    except (RejectedError, OSError) as error:
        raise fail(FAILED, error) from error
    typer.echo(sent)


@dashboards_app.command("build")
def dashboards_build(
    config: Config = None,
    out: Annotated[Path | None, typer.Option(help="Where to; else where they lie.")] = None,
) -> None:
    """Write dashboards, recording rules and alerts for a configuration."""
    from dashboards.build import GENERATED, write
    from dashboards.targets import UnreachableError

    settings = settings_of(config)
    folder = out or GENERATED
    try:
        write(folder, settings)
    except UnreachableError as error:
        raise fail(USAGE, error) from error
    except OSError as error:
        raise fail(FAILED, error) from error
    typer.echo(f"Written to {folder}.")


@app.command()
def bench(
    what: Annotated[Measured, typer.Argument(help="What is measured.")], json_: Json = False
) -> None:
    """Speed and size, to be compared within one run only; how it goes is told on stderr."""
    from streams.bench.run import run_bench

    def service() -> int:
        found, words = run_bench(what, lambda told: typer.echo(told, err=True))
        print_json(found) if json_ else typer.echo(words, nl=False)
        return DONE

    run(service)


def main() -> None:
    """Run the command line."""
    app()
