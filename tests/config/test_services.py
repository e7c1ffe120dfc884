"""Where the visits are kept when nothing is said."""

from pathlib import Path

import pytest

from streams.config import DEMO_CUSTOMER_KEY, BoardSettings, Settings


def test_a_database_that_is_named() -> None:
    board = Settings.model_validate({"board": {"visits_database": "/data/visits.sqlite"}}).board
    assert board.visits_path == Path("/data/visits.sqlite")


def test_two_boards_of_one_user_do_not_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert BoardSettings(port=8090).visits_path == Path("/cache/hotline/visits-8090.sqlite")
    assert BoardSettings().visits_path == Path("/cache/hotline/visits-8080.sqlite")


def test_an_account_with_and_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless(_: type[Path]) -> Path:
        raise RuntimeError

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", lambda: Path("/somebody"))
    assert BoardSettings().visits_path == Path("/somebody/.cache/hotline/visits-8080.sqlite")
    monkeypatch.setattr(Path, "home", classmethod(homeless))
    assert BoardSettings().visits_path.name == "visits-8080.sqlite"


def test_the_demos_key_is_long_enough() -> None:
    assert len(DEMO_CUSTOMER_KEY) >= 16
