"""The page says what is declared, and what it shows can be used."""

import re
import runpy
from pathlib import Path

import pytest

from streams.config import documentation
from streams.config.environment import keys
from streams.config.fields import unit_of
from tests.config.conftest import Load

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
UNITS = {"_ms": "milliseconds", "_s": "seconds", "_min": "minutes", "_bytes": "bytes"}


def test_the_page_is_up_to_date() -> None:
    rebuild = "python -m streams.config > docs/configuration.md"
    assert PAGE.read_text(encoding="utf-8") == documentation.page(), rebuild


def test_the_page_is_what_the_module_prints(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_module("streams.config", run_name="__main__")
    assert capsys.readouterr().out == documentation.page()


@pytest.mark.parametrize("name", sorted(keys()))
def test_every_key_is_described_with_its_unit(name: str) -> None:
    (_, key), field = keys()[name]
    assert (field.description or "").endswith(".")
    assert f"| `{key}` |" in documentation.page()
    for ending, unit in UNITS.items():
        if key.endswith(ending):
            assert unit_of(field) == unit


def test_the_example_can_be_loaded(loaded: Load, tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", documentation.page(), re.DOTALL)
    assert example is not None
    password = tmp_path / "kafka-password"
    password.write_text("correct-horse")
    settings = loaded(example[1].replace('"kafka-password"', f'"{password}"'))
    assert settings.queue("lyon", "support").objective_ratio == 0.9
    assert settings.queue("nice", "support").title_zh == "技术支持"
