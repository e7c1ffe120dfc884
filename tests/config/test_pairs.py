"""Tables of names, written as lists."""

import pytest

from streams.config.errors import ConfigError
from streams.config.loading import load
from streams.config.pairs import pairs_of


def test_pairs() -> None:
    assert pairs_of(("1=one", " 2 = two = 2 ", "3")) == {"1": "one", "2": "two = 2", "3": ""}
    with pytest.raises(ConfigError, match=r'onebot\.agents: expected texts as "number=name"'):
        load(environ={"HOTLINE_ONEBOT__AGENTS": "1=one,=two"})
