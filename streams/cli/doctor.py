"""`hotline doctor`: what is wrong with a deployment, and what to do about it."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.answers import DONE, FAILED, USAGE, Config, Json, fail, print_json, settings_of
from streams.config import ConfigError


def doctor(
    config: Config = None,
    board: Annotated[
        list[str] | None, typer.Option(help="A board; else board.host and port.", metavar="URL")
    ] = None,
    worker: Annotated[
        list[str] | None,
        typer.Option(help="A worker; else worker.health_host and port.", metavar="URL"),
    ] = None,
    json_: Json = False,
) -> None:
    """Say in plain words what is wrong, and what to do; reads only, exits 1 on a problem."""
    from streams.doctor.findings import as_json, has_problem
    from streams.doctor.run import examine

    settings = settings_of(config)
    for url in (*(board or ()), *(worker or ())):
        if not url.startswith(("http://", "https://")):
            raise fail(USAGE, f"{url}: expected a URL such as http://127.0.0.1:8080")
    try:
        findings = examine(settings, board or (), worker or ())
    except ConfigError as error:
        raise fail(USAGE, error) from error
    if json_:
        print_json(as_json(findings))
    else:
        for each in findings:
            typer.echo(each)
    raise typer.Exit(FAILED if has_problem(findings) else DONE)
