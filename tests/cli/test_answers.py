"""What every command shares: exit codes, and words in place of tracebacks."""

from collections.abc import Callable

import pytest
import typer
from typer.testing import CliRunner

from streams.cli import app
from streams.cli.answers import DONE, FAILED, USAGE, fail, run
from streams.config import ConfigError

MISSING = ConfigError(file="configuration", key="ami.secret", expected="one", found="nothing")


def raising(error: BaseException) -> Callable[[], int]:
    def service() -> int:
        raise error

    return service


@pytest.mark.parametrize(
    ("service", "code", "words"),
    [
        (lambda: DONE, DONE, ""),
        (lambda: FAILED, FAILED, ""),
        (raising(KeyboardInterrupt()), DONE, ""),
        (raising(MISSING), USAGE, "ami.secret"),
        (raising(OSError("no such disk")), FAILED, "no such disk"),
    ],
)
def test_a_service_ends_with_a_code_and_words(
    service: Callable[[], int], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        run(service)
    assert ended.value.exit_code == code
    assert words in capsys.readouterr().err


def test_what_a_service_has_said_itself_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    def service() -> int:
        raise fail(USAGE, "expected a mapping")

    with pytest.raises(typer.Exit) as ended:
        run(service)
    assert ended.value.exit_code == USAGE
    assert capsys.readouterr().err == "hotline: expected a mapping\n"


@pytest.mark.parametrize(
    ("kind", "words"),
    [("canonical", "expected files to read"), ("table", "expected --mapping")],
)
def test_a_source_without_what_it_needs_is_misuse(
    kind: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.cli.log_to_stderr", lambda: None)
    monkeypatch.setenv("HOTLINE_SOURCE__CUSTOMER_KEY", "a key of these tests")
    done = CliRunner().invoke(app, ["source", kind])
    assert done.exit_code == USAGE
    assert words in done.stderr
