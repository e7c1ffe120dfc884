"""`hotline standards`: the norm presets, which need no board and no configuration."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.answers import USAGE, Json, fail, print_json


def standards(
    name: Annotated[
        str | None, typer.Argument(help="A preset; without it, all are listed.")
    ] = None,
    json_: Json = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print docs/standards.md as it is generated.")
    ] = False,
) -> None:
    """The norm presets: norms, targets, the signal each needs and who sends it."""
    from streams.core.chats import CHAT_DEFINITIONS
    from streams.core.definitions import DEFINITIONS
    from streams.standards import documentation, words
    from streams.standards.presets import NAMES, preset

    versions = {one.id: one.version for one in (*DEFINITIONS, *CHAT_DEFINITIONS)}
    if name is not None and name not in NAMES:
        raise fail(USAGE, f"standard {name!r}: expected one of {', '.join(NAMES)}")
    if markdown:
        if name is not None or json_:
            raise fail(USAGE, "--markdown: expected neither a name nor --json beside it")
        typer.echo(documentation.page(versions), nl=False)
    elif json_:
        print_json(words.detail(preset(name), versions) if name else words.listing(versions))
    else:
        found = words.detail_text(preset(name), versions) if name else words.listing_text(versions)
        typer.echo(found, nl=False)
