from pathlib import Path

import pytest

from tests.board.access.people import Clock, People


@pytest.fixture
def people(tmp_path: Path) -> People:
    return People(tmp_path)


@pytest.fixture
def clock() -> Clock:
    return Clock()
