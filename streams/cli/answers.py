"""What every command shares: how it reads its settings, how it answers, how it fails.

It refuses to know any command.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from streams.config import ConfigError, Settings, load
from streams.config.refusals import listen

DONE, FAILED, USAGE = 0, 1, 2

Config = Annotated[
    Path | None, typer.Option("--config", help="The configuration file (TOML).", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def fail(code: int, words: object) -> typer.Exit:
    """Say what is wrong on stderr; to be raised."""
    typer.echo(f"hotline: {words}", err=True)
    return typer.Exit(code)


def settings_of(path: Path | None) -> Settings:
    """The validated settings; exits 2 naming file, key and what was expected."""
    listen()
    try:
        return load(path)
    except ConfigError as error:
        raise fail(USAGE, error) from error


def print_json(value: object) -> None:
    """One object on stdout."""
    typer.echo(json.dumps(value, ensure_ascii=False))


def log_to_stderr(level: int = logging.INFO) -> None:
    """Services speak on stderr, a line an event."""
    logging.basicConfig(
        stream=sys.stderr, level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("kafka").setLevel(logging.WARNING)


def run(service: Callable[[], int]) -> None:
    """Run a service to its end; its refusals are told in words, never as a traceback."""
    try:
        code = service()
    except typer.Exit:  # a RuntimeError too, and its words are said
        raise
    except ConfigError as error:
        raise fail(USAGE, error) from error
    except KeyboardInterrupt:
        code = DONE
    except (OSError, RuntimeError, ValueError) as error:
        logging.getLogger(__name__).debug("failed", exc_info=True)
        raise fail(FAILED, error) from error
    raise typer.Exit(code)
