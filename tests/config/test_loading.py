"""What a file may say, and what is said where it may not."""

import os
import traceback
from pathlib import Path

import pytest

from streams.config import ConfigError, load
from tests.config.conftest import Load, Refuse

EDGES = "3, 5, 6, 9, 10, 12, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200"
SECRET = "correct-horse-battery-staple"


def test_nothing_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load(environ={})
    assert settings.kafka.bootstrap == ("127.0.0.1:9092",)
    assert (settings.board.port, settings.worker.health_port) == (8080, 8081)
    assert settings.queue("anywhere", "any").threshold_s == 20


def test_the_file_given_wins_over_the_one_named(loaded: Load, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text("[kafka]\npartitions = 3")
    assert load(environ={"HOTLINE_CONFIG": str(other)}).kafka.partitions == 3
    assert loaded("[kafka]\npartitions = 5", HOTLINE_CONFIG=str(other)).kafka.partitions == 5


def test_the_file_of_the_current_folder_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hotline.toml").write_text("[kafka]\npartitions = 3")
    monkeypatch.chdir(tmp_path)
    assert load(environ={}).kafka.partitions == 3


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HOTLINE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOTLINE_BOARD__PORT", "8090")
    assert load().board.port == 8090


def test_settings_cannot_change(loaded: Load) -> None:
    with pytest.raises(ValueError, match="frozen"):
        loaded().kafka.partitions = 9  # type: ignore[misc]


REFUSED = [
    # text, key, line, expected, found
    ('[kafka]\npartitions = "8"', "kafka.partitions", 2, "a whole number", 'the text "8"'),
    ("[kafka]\npartitions = 8.0", "kafka.partitions", 2, "a whole number", "the number 8.0"),
    ("[kafka]\npartitions = true", "kafka.partitions", 2, "a whole number", "true"),
    ("[kafka]\n\npartitions = 0", "kafka.partitions", 3, "at least 1", "the number 0"),
    ("[board]\nport = 65536", "board.port", 2, "at most 65535", "the number 65536"),
    ("[board]\nhost = 5", "board.host", 2, "text", "the number 5"),
    ('[board]\nhost = ""', "board.host", 2, "text, not empty", 'the text ""'),
    ("[board]\nvisits_database = 5", "board.visits_database", 2, "a path", "the number 5"),
    ("[worker]\nlinger_ms = {a = 1}", "worker.linger_ms", 2, "a whole number", "a table"),
    ("[worker]\nlinger_ms = [1]", "worker.linger_ms", 2, "a whole number", "a list"),
    ("[worker]\nlinger_ms = 1979-05-27", "worker.linger_ms", 2, "a whole number", "a date"),
    ("[worker]\ncheckpoint_share = nan", "worker.checkpoint_share", 2, "a number", "nan"),
    ("[worker]\ncheckpoint_share = inf", "worker.checkpoint_share", 2, "a number", "inf"),
    ('[worker]\ncompression = "zip"', "worker.compression", 2, '"gzip" or "lz4"', '"zip"'),
    ('[worker]\nname = "a b"', "worker.name", 2, "letters, digits", '"a b"'),
    ("[defaults]\ncredit_short_abandons = 1", "defaults.credit_short_abandons", 2, "true or", "1"),
    ('[kafka]\nbootstrap = "a:1"', "kafka.bootstrap", 2, "a list of texts", '"a:1"'),
    ('[kafka]\nbootstrap = ["a:1", 5]', "kafka.bootstrap[1]", 2, "a list of texts", "number 5"),
    ("[kafka]\nbootstrap = []", "kafka.bootstrap", 2, "not empty", "a list"),
    ("kafka = 5", "kafka", 1, "a table", "the number 5"),
    ("[[kafka]]", "kafka", None, "a table", "a list"),
    ("[limits]\nqueues = 1\n[queues.a]\n[queues.b]", "queues", None, "at most limits.queues", "2"),
]


@pytest.mark.parametrize(("text", "key", "line", "expected", "found"), REFUSED)
def test_a_refusal_names_key_line_expectation_and_finding(
    refused: Refuse, file: Path, text: str, key: str, line: int | None, expected: str, found: str
) -> None:
    error = refused(text)
    assert (error.file, error.key, error.line) == (str(file), key, line)
    assert expected in error.expected
    assert found in error.found
    for part in (str(file), key, error.expected, error.found):
        assert part in str(error)


UNKNOWN = [
    ("[kafka]\npartitons = 8", "kafka.partitons", "kafka.partitions"),
    ("[kafkaa]", "kafkaa", "kafka"),
    ("[kafka]\nport = 8", "kafka.port", "board.port"),
    ("threshold_s = 8", "threshold_s", "defaults.threshold_s"),
    ("[defaults]\ntreshold_s = 8", "defaults.treshold_s", "defaults.threshold_s"),
    ('[queues."销售"]\ntreshold_s = 8', 'queues."销售".treshold_s', 'queues."销售".threshold_s'),
    ("[kafka]\nxyzzy = 8", "kafka.xyzzy", "kafka."),
]


@pytest.mark.parametrize(("text", "key", "nearest"), UNKNOWN)
def test_an_unknown_key_is_told_the_nearest(
    refused: Refuse, text: str, key: str, nearest: str
) -> None:
    error = refused(text)
    assert error.key == key
    assert f"nearest: {nearest}" in error.expected
    assert error.found == "an unknown key"
    assert error.line == text.count("\n") + 1


@pytest.mark.parametrize("key", ["threshold_s", "short_abandon_s"])
def test_a_threshold_beside_the_edges_lists_them(refused: Refuse, key: str) -> None:
    error = refused(f'[queues."sales"]\n{key} = 7')
    assert (error.key, error.line) == (f"queues.sales.{key}", 2)
    assert EDGES in error.expected
    assert error.found == "the number 7"


def test_a_file_that_is_no_toml_names_the_line(refused: Refuse) -> None:
    error = refused("[kafka]\npartitions = \n")
    assert (error.expected, error.line) == ("TOML", 2)


def test_a_file_that_is_no_text(file: Path) -> None:
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="expected text in UTF-8"):
        load(file, {})


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: expected a file that can be read"):
        load(tmp_path / "none.toml", {})
    with pytest.raises(ConfigError, match="a file that can be read"):
        load(tmp_path, {})
    with pytest.raises(ConfigError, match="a file that can be read"):
        load(environ={"HOTLINE_CONFIG": str(tmp_path / "none.toml")})


LEAKS = [
    f'[source]\ncustomer_key = "{SECRET}"\n[kafka]\npartitions = 0',
    f'[source]\ncustomer_kez = "{SECRET}"',
    f'[board]\ncustomer_key = "{SECRET}"',
    f'[source]\ncustomer_key = ["{SECRET}"]',
    f'[source]\ncustomer_key = "{SECRET}"\ncustomer_key_file = "key"',
    f'[kafka]\nsasl_password = "{SECRET}"',
    f'[kafka]\nssl_password = "{SECRET}"',
    f'[kafka]\nsecurity_protocol = "SASL_SSL"\nsasl_password = "{SECRET}"',
    f'[kafka]\nbootstrap = ["user:{SECRET}@kafka:9092"]',
    f'customer_key = "{SECRET}"',
    f'[source]\nname = {{customer_key = "{SECRET}"}}',
    f'source = "{SECRET}"\n[source]\n',
]


@pytest.mark.parametrize("text", LEAKS)
def test_a_secret_is_in_no_error(refused: Refuse, text: str) -> None:
    error = refused(text)
    printed = "".join(traceback.format_exception(error))
    assert SECRET not in str(error) + repr(error) + error.found + printed


def test_a_short_key_is_refused_without_being_shown(refused: Refuse) -> None:
    error = refused('[source]\ncustomer_key = "hunter2"')
    assert "at least 16 characters" in error.expected
    assert "hunter2" not in str(error)


def test_a_secret_is_in_no_representation(loaded: Load) -> None:
    settings = loaded(
        f'[source]\ncustomer_key = "{SECRET}"\n[kafka]\nsecurity_protocol = "SASL_PLAINTEXT"\n'
        f'sasl_mechanism = "PLAIN"\nsasl_username = "u"\nsasl_password = "{SECRET}"'
    )
    assert settings.source.key_bytes() == SECRET.encode()
    printed = (repr(settings), str(settings), settings.model_dump_json(), repr(settings.rules()))
    assert SECRET not in "".join(printed) + repr(settings.kafka.security())


def test_a_secret_can_stand_in_a_file(loaded: Load, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{SECRET}\n")
    by_file = loaded(f'[source]\ncustomer_key_file = "{tmp_path}/key"')
    by_variable = loaded(HOTLINE_SOURCE__CUSTOMER_KEY_FILE=f"{tmp_path}/key")
    assert by_file.source.key_bytes() == by_variable.source.key_bytes() == SECRET.encode()


def test_a_secret_file_that_is_of_no_use(refused: Refuse, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "bytes").write_bytes(b"\xff")
    for name, found in (("none", "No such file"), ("empty", "an empty"), ("bytes", "no text")):
        error = refused(f'[source]\ncustomer_key_file = "{tmp_path}/{name}"')
        assert (error.key, error.line) == ("source.customer_key_file", 2)
        assert found in error.found


def test_a_source_without_a_key_says_so(loaded: Load) -> None:
    with pytest.raises(ConfigError, match=r"source\.customer_key: expected a secret text"):
        loaded().source.key_bytes()
