import tomllib

from tests.deploy.compose import TOP

LINES = (TOP / "deploy" / "Dockerfile").read_text(encoding="utf-8")
IGNORED = (TOP / ".dockerignore").read_text(encoding="utf-8").split("\n")


def instructions() -> list[tuple[str, str]]:
    text = "\n".join(line for line in LINES.splitlines() if not line.startswith("#"))
    whole = [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    found = [line.split(maxsplit=1) for line in whole]
    return [(word, " ".join(rest.split())) for word, rest in found]


def last(word: str) -> str:
    return [rest for found, rest in instructions() if found == word][-1]


def test_the_image_is_built_in_two_stages_from_a_pinned_python() -> None:
    stages = [rest for word, rest in instructions() if word == "FROM"]
    assert stages == ["python:3.11-slim-bookworm AS build", "python:3.11-slim-bookworm"]
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == ">=3.11"


def test_nothing_of_the_build_but_the_wheels_is_in_the_image() -> None:
    words = instructions()
    final = words[[word for word, _ in words].index("FROM", 1) :]
    assert not [rest for word, rest in final if word in ("COPY", "ADD")]
    (install,) = [rest for word, rest in final if "pip install" in rest]
    assert "--no-index" in install
    assert install.endswith("hotline-streams")


def test_the_program_is_hotline_and_its_user_a_number_that_is_not_root() -> None:
    assert last("ENTRYPOINT") == '["hotline"]'
    user, _, group = last("USER").partition(":")
    assert int(user) > 0
    assert int(group) > 0
    words = [word for word, _ in instructions()]
    assert words.index("USER") > max(place for place, word in enumerate(words) if word == "RUN")


def test_what_the_wheel_is_built_from_is_sent_to_the_build_and_nothing_else() -> None:
    copied = [name for word, rest in instructions() if word == "COPY" for name in rest.split()[:-1]]
    assert all((TOP / name).exists() for name in copied)
    rules = [line for line in IGNORED if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == set(copied)
