"""`hotline rebuild`: fold the whole input log again, from its beginning."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from streams.cli.answers import DONE, FAILED, Config, Json, fail, print_json, settings_of


def rebuild(
    config: Config = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; else only say what would be.")] = False,
    json_: Json = False,
) -> None:
    """Forget the saved state, so that workers fold the whole log again; stop them first."""
    from streams.provisioning import ProvisioningError
    from streams.rebuild import rebuild as forget

    kafka = settings_of(config).kafka
    options = kafka.client_options()
    try:
        found = forget(options, kafka.partitions, kafka.replication, kafka.topic_prefix, go=yes)
    except ProvisioningError as error:
        raise fail(FAILED, error) from error
    if json_:
        print_json(asdict(found))
        raise typer.Exit(DONE)
    for place, records in found.missing.items():
        typer.echo(f"{place}: its first {records} records are deleted and stay out of all figures.")
    if found.done:
        typer.echo(f"{found.state_topic} is empty. Start the workers; boards may run on.")
    else:
        typer.echo(
            f"Would empty {found.state_topic} and forget what {found.group} committed "
            f"({found.members} workers run now). Nothing is changed: say --yes to do it."
        )
    raise typer.Exit(DONE)
