"""`hotline staffing`: the steady state of given numbers, and a plan for a running board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from streams.cli.answers import (
    FAILED,
    USAGE,
    Config,
    Json,
    fail,
    print_json,
    settings_of,
)
from streams.config import Settings

staffing_app = typer.Typer(help="How many people are needed, and where.", no_args_is_help=True)

# More names than this do not make a message clearer.
_NAMES_MAX = 20

Key = tuple[str, str]


@staffing_app.command("erlang")
def staffing_erlang(
    calls_per_hour: Annotated[float, typer.Option(help="Arriving calls per hour.")],
    handle_s: Annotated[float, typer.Option(help="Mean talk and wrap-up, seconds.")],
    agents: Annotated[int, typer.Option(help="People taking calls.")],
    target_s: Annotated[float, typer.Option(help="The service level's threshold, seconds.")] = 20,
    patience_s: Annotated[
        float | None, typer.Option(help="Mean patience, seconds; without it, nobody hangs up.")
    ] = None,
    json_: Json = False,
) -> None:
    """Waits, losses and service level in the steady state: Erlang A, or C without patience."""
    import math

    from streams.staffing.load import Load
    from streams.staffing.performance import performance
    from streams.staffing.words import performance_text

    if not 0 <= target_s < math.inf:
        raise fail(USAGE, f"target_s {target_s}: expected seconds, 0 or more")
    try:
        load = Load(calls_per_hour, handle_s, math.inf if patience_s is None else patience_s)
        found = performance(load, agents, target_s)
    except ValueError as error:
        raise fail(USAGE, error) from error
    if json_:
        print_json(found)
    else:
        typer.echo(performance_text(load, agents, target_s, found), nl=False)


@staffing_app.command("plan")
def staffing_plan(
    config: Config = None,
    board: Annotated[
        str | None, typer.Option(help="The board; else board.host and port.", metavar="URL")
    ] = None,
    agents: Annotated[
        list[str] | None,
        typer.Option(help="People now, [site/]queue=n; only queues so named are planned."),
    ] = None,
    pool: Annotated[
        list[str] | None,
        typer.Option(help="[site/]queue,[site/]queue,…: they share people."),
    ] = None,
    json_: Json = False,
) -> None:
    """People needed, the next half hour and the best moves, from a running board."""
    from streams.staffing.plan import plan
    from streams.staffing.words import plan_text
    from streams.verify import VerifyError, fetch_board

    settings = settings_of(config)
    url = board or f"http://{settings.board.host}:{settings.board.port}"
    try:
        shown = fetch_board(url.rstrip("/"), settings.access.token_to_show())
        tiles = {(tile["site"], tile["queue"]): tile["target"] for tile in shown["queues"]}
    except VerifyError as error:
        raise fail(FAILED, error) from error
    except (KeyError, TypeError) as error:
        raise fail(FAILED, _no_board(url, error)) from error
    desks = _desks(settings, tiles, agents or [], pool or [])
    try:
        found = plan(shown, desks)
    except (KeyError, TypeError) as error:
        raise fail(FAILED, _no_board(url, error)) from error
    except ValueError as error:
        raise fail(FAILED, f"{url}: {error}") from error
    if json_:
        print_json(found)
    else:
        typer.echo(plan_text(found), nl=False)


def _no_board(url: str, error: Exception) -> str:
    return f"{url}: expected the board's JSON, found none of {error}"


def _desks(
    settings: Settings,
    tiles: Mapping[Key, Mapping[str, Any]],
    agents: Sequence[str],
    pools: Sequence[str],
) -> Mapping[Key, Any]:
    """What the board does not show of each queue: from the options, else the configuration."""
    from streams.staffing.plan import Desk

    named = dict(_people(text, tiles) for text in agents)
    shared: dict[Key, set[str]] = {}
    for text in pools:
        for name in text.split(","):
            shared.setdefault(_key(name.strip(), tiles), set()).add(text)
    desks = {}
    for key, target in tiles.items():
        if named and key not in named:
            continue
        own = settings.queue(*key)
        people = named.get(key, own.agents)
        source = "command line" if key in named else "configuration"
        desks[key] = Desk(
            _goal(settings, key, target),
            people,
            None if people is None else source,
            frozenset(shared.get(key, set()) if pools else own.pools),
        )
    return desks


def _goal(settings: Settings, key: Key, target: Mapping[str, Any]) -> Any:  # noqa: ANN401 - imported late
    """The board's threshold and objective; the rest of the formula from the configuration."""
    from streams.staffing.load import Formula, Goal

    own = settings.queue(*key)
    formula = Formula(
        target["threshold_s"],
        target["short_abandon_s"],
        own.credit_short_abandons,
        own.include_abandons,
    )
    return Goal(formula, target["objective_ratio"], own.occupancy_limit_ratio, own.minimum_agents)


def _people(text: str, tiles: Mapping[Key, object]) -> tuple[Key, int]:
    from streams.staffing.load import check_agents

    name, _, number = text.rpartition("=")
    try:
        people = int(number)
        check_agents(people)
    except ValueError as error:
        raise fail(USAGE, f"--agents {text}: expected [site/]queue=n; {error}") from error
    return _key(name, tiles), people


def _key(name: str, tiles: Mapping[Key, object]) -> Key:
    """The queue of this name, with or without its site."""
    found = [key for key in tiles if name in {key[1], "/".join(key)}]
    if len(found) == 1:
        return found[0]
    known = ", ".join(sorted("/".join(key) for key in tiles)[:_NAMES_MAX]) or "none"
    one = "one queue" if not found else "one site's queue"
    raise fail(USAGE, f"queue {name!r}: expected {one} of the board: {known}")
