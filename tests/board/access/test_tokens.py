"""The file of tokens: what is refused with words, and what a change does to those who are in."""

import hashlib
from pathlib import Path

import pytest

from streams.board.access.tokens import Role, Tokens, TokensFileError, new_token, read_tokens
from tests.board.access.people import Clock, People

HASH = hashlib.sha256(b"a token of twenty-four characters").hexdigest()


def test_a_token_stands_in_the_file_as_its_sha256_only() -> None:
    token, line = new_token("wall-1", Role.VIEWER)
    assert token not in line
    assert line == (
        f'wall-1 = {{ role = "viewer", sha256 = "{hashlib.sha256(token.encode()).hexdigest()}" }}'
    )
    assert len(token) == 43  # 32 random bytes in base64


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "li.na", "李娜", "a\n"])
def test_a_name_that_is_none(name: str) -> None:
    with pytest.raises(ValueError, match="expected a name of letters"):
        new_token(name, Role.ADMIN)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("wall", "expected TOML"),
        ("wall = 5", 'wall = { role = "…", sha256 = "…" }'),
        (f'wall = {{ role = "viewer", sha256 = "{HASH}", more = 1 }}', "wall = {"),
        (f'wall = {{ role = "boss", sha256 = "{HASH}" }}', "one of viewer, lead, admin"),
        ('wall = { role = "lead", sha256 = "abc" }', "wall.sha256 to be 64"),
        (f'wall = {{ role = "lead", sha256 = "{HASH.upper()}" }}', "wall.sha256 to be 64"),
        (f'"a wall" = {{ role = "lead", sha256 = "{HASH}" }}', "names of letters"),
        (
            "".join(f'{name} = {{ role = "lead", sha256 = "{HASH}" }}\n' for name in "ab"),
            "under one name only",
        ),
    ],
)
def test_a_file_that_is_refused(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "tokens.toml"
    file.write_text(text)
    with pytest.raises(TokensFileError) as refusal:
        read_tokens(file)
    assert f"{file}: access.tokens_file: expected " in str(refusal.value)
    assert words in str(refusal.value)
    assert HASH not in str(refusal.value)


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(TokensFileError, match="a file that can be read; found No such file"):
        Tokens(tmp_path / "none")


def test_a_token_opens_and_its_hash_does_not(people: People) -> None:
    tokens = Tokens(people.path)
    found = tokens.of(people.tokens["li-na"])
    assert found is not None
    assert (found.name, found.role) == ("li-na", Role.LEAD)
    for wrong in ("", found.digest, people.tokens["li-na"] + "x", "x" * 10_000, "é" * 30):
        assert tokens.of(wrong) is None


def test_a_short_token_opens_nothing_even_if_the_file_knows_it(tmp_path: Path) -> None:
    file = tmp_path / "tokens.toml"
    digest = hashlib.sha256(b"letmein").hexdigest()
    file.write_text(f'wall = {{ role = "viewer", sha256 = "{digest}" }}')
    assert Tokens(file).of("letmein") is None


def test_a_change_is_seen_within_a_second(people: People, clock: Clock) -> None:
    tokens = Tokens(people.path, clock)
    people.write("wall-1")
    clock.now_s += 1
    assert tokens.of(people.tokens["root"]) is None
    assert tokens.of(people.tokens["wall-1"]) is not None
    people.write("wall-1", "root")
    clock.now_s += 1
    assert tokens.of(people.tokens["root"]) is not None


@pytest.mark.parametrize("broken", ["=", None])
def test_a_file_that_broke_lets_nobody_in_until_it_is_mended(
    people: People, clock: Clock, caplog: pytest.LogCaptureFixture, broken: str | None
) -> None:
    tokens = Tokens(people.path, clock)
    if broken is None:
        people.path.unlink()
    else:
        people.path.write_text(broken)
    clock.now_s += 1
    assert tokens.of(people.tokens["root"]) is None
    assert tokens.named("root") is None
    assert "nobody is let in" in caplog.text
    people.write("root")
    clock.now_s += 1
    assert tokens.of(people.tokens["root"]) is not None
