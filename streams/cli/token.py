"""`hotline token`: a new token for the board, and the line by which the board knows it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from streams.cli.answers import USAGE, Json, fail, print_json


class RoleName(StrEnum):
    """What its owner may do."""

    VIEWER = "viewer"
    LEAD = "lead"
    ADMIN = "admin"


def token(
    name: Annotated[str, typer.Argument(help="Whose it is, such as wall-2 or li-na.")],
    role: Annotated[
        RoleName, typer.Option(help="viewer: figures; lead and admin: the visits behind them too.")
    ],
    json_: Json = False,
) -> None:
    """Make a token: shown once; its line goes into access.tokens_file."""
    from streams.board.access.tokens import ROLES, new_token

    try:
        text, line = new_token(name, ROLES[role])
    except ValueError as error:
        raise fail(USAGE, error) from error
    if json_:
        print_json({"token": text, "line": line})
    else:
        typer.echo(f"Token, shown this once: {text}\nLine for access.tokens_file:\n{line}")
