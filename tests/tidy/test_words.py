"""What must not be written anywhere, and what must not be written in vain."""

import re

import pytest

from streams.config.environment import keys
from tests.tidy.repository import RECORDINGS, ROOT, modules, name_of, read, texts

OWN = "tests/tidy/"
BANNED = {
    "unfinished work": r"\b(TODO|FIXME|XXX|HACK)\b",
    "a path of somebody's machine": r"(?<![\w.}$])/(work|root|Users|home/\w+)/",
    "where somebody gets packages": r"(index-url|trusted-host|GOPROXY|artifactory|nexus\.)",
    "a claim that was not checked": r"[Tt]ested with Grafana",
    "a service reached from the page": r"(?:src|href)=[\"']https?://(?!127\.0\.0\.1|localhost)",
}


@pytest.mark.parametrize("reason", sorted(BANNED))
def test_nothing_banned_is_written(reason: str) -> None:
    found = [
        f"{name_of(path)}:{number}: {line.strip()[:80]}"
        for path in texts()
        if not name_of(path).startswith((OWN, RECORDINGS)) and path.name != "LICENSE"
        for number, line in enumerate(read(path).splitlines(), start=1)
        if re.search(BANNED[reason], line)
    ]
    assert found == []


@pytest.mark.parametrize("name", sorted(keys()))
def test_every_setting_is_used(name: str) -> None:
    (_, key), _ = keys()[name]
    used = re.compile(rf"\.{key}\b|\"{key}\"")
    assert any(used.search(read(path)) for path in modules("streams", "dashboards"))


def test_every_target_that_the_readme_names_exists() -> None:
    named = set(re.findall(r"`?make ([a-z][a-z-]*)", read(ROOT / "README.md")))
    targets = set(re.findall(r"^([a-z][a-z-]*):", read(ROOT / "Makefile"), re.MULTILINE))
    assert named <= targets
    assert {"demo", "test", "check", "chaos", "bench"} <= targets


def test_every_file_that_the_documents_name_exists() -> None:
    for document in ("README.md", "ARCHITECTURE.md", "CHANGELOG.md"):
        path = ROOT / document
        if not path.exists():
            pytest.fail(f"{document} is missing")
        links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", read(path))
        assert [link for link in links if not (ROOT / link).exists()] == []
