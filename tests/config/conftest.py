"""A configuration file in a folder of its own, and what loading it says."""

from collections.abc import Callable
from pathlib import Path

import pytest

from streams.config import ConfigError, Settings, load

Load = Callable[..., Settings]
Refuse = Callable[..., ConfigError]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "hotline.toml"


@pytest.fixture
def loaded(file: Path) -> Load:
    """Load a file of this text with these variables."""

    def load_text(text: str = "", **environ: str) -> Settings:
        file.write_text(text, encoding="utf-8")
        return load(file, environ)

    return load_text


@pytest.fixture
def refused(loaded: Load) -> Refuse:
    """The error that a file of this text with these variables gives."""

    def refuse_text(text: str = "", **environ: str) -> ConfigError:
        with pytest.raises(ConfigError) as refusal:
            loaded(text, **environ)
        return refusal.value

    return refuse_text
