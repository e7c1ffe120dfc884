"""`hotline token`: what it prints is what the board takes; and the commands that show a token."""

import asyncio
import json
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from typer.testing import CliRunner

from streams.board.access.tokens import Role, Tokens
from streams.board.web import Board
from streams.cli import app
from streams.verify import VerifyError, fetch_board
from tests.board.access.people import Clock, People
from tests.board.fake import Fake


def test_its_line_lets_its_token_in(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["token", "wall-1", "--role", "lead", "--json"])
    told = json.loads(done.stdout)
    file = tmp_path / "tokens.toml"
    file.write_text(told["line"])
    found = Tokens(file).of(told["token"])
    assert found is not None
    assert (found.name, found.role) == ("wall-1", Role.LEAD)


def test_people_are_shown_both() -> None:
    said = CliRunner().invoke(app, ["token", "wall-1", "--role", "viewer"]).stdout.splitlines()
    assert said[0].startswith("Token, shown this once: ")
    assert said[2].startswith("wall-1 = { role = ")


@pytest.mark.parametrize("arguments", [["a b", "--role", "viewer"], ["a"], ["a", "--role", "boss"]])
def test_what_is_no_name_or_role_is_bad_usage(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, ["token", *arguments]).exit_code == 2


async def test_verify_shows_its_token(tmp_path: Path) -> None:
    people, fake = People(tmp_path), Fake()
    fake.show()
    async with TestServer(Board(fake, people.gate(Clock())).application()) as server:
        url = str(server.make_url("")).rstrip("/")
        board = await asyncio.to_thread(fetch_board, url, people.tokens["wall-1"])
        assert board["queues"] == []
        for wrong, found in (("", "found none"), ("x" * 43, "found another")):
            with pytest.raises(VerifyError, match=f"access.client_token.*{found}"):
                await asyncio.to_thread(fetch_board, url, wrong)
