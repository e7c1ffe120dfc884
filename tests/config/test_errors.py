"""The words of an error."""

import pytest

from streams.config.errors import ConfigError, key_path, shown


@pytest.mark.parametrize(
    ("value", "secret", "words"),
    [
        (None, False, "nothing"),
        (None, True, "nothing"),
        ("a", False, 'the text "a"'),
        ("销售", False, 'the text "销售"'),
        ("a\nb", False, 'the text "a\\nb"'),
        ("a" * 61, False, f'the text "{"a" * 60}"...'),
        ("a", True, "a value that is not shown"),
        (["a"], True, "a value that is not shown"),
        (False, False, "false"),
        (1.5, False, "the number 1.5"),
        ({"a": 1}, False, "a table"),
        (["a"], False, "a list"),
    ],
)
def test_what_was_found(value: object, secret: bool, words: str) -> None:
    assert shown(value, secret=secret) == words


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ((), ""),
        (("kafka", "bootstrap", 1), "kafka.bootstrap[1]"),
        (("queues", "a/b", "title"), 'queues."a/b".title'),
        (("queues", "", "title"), 'queues."".title'),
        (("queues", 'a"b'), 'queues."a\\"b"'),
        (("queues", "a-b_1"), "queues.a-b_1"),
    ],
)
def test_path_as_toml_writes_it(parts: tuple[str | int, ...], path: str) -> None:
    assert key_path(parts) == path


def test_sentence() -> None:
    error = ConfigError(file="f.toml", key="a.b", line=3, expected="text", found="nothing")
    assert str(error) == "f.toml, line 3: a.b: expected text; found nothing"
    plain = ConfigError(file="f.toml", key="", expected="TOML", found="other")
    assert str(plain) == "f.toml: expected TOML; found other"
