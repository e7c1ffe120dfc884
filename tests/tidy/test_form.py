"""Sizes, docstrings, names and the layout of files."""

import re
import sys
import tomllib
from ast import Import, ImportFrom, get_docstring, walk

from tests.tidy.repository import (
    ROOT,
    functions,
    modules,
    name_of,
    names,
    read,
    texts,
    top_level,
    tree,
)

LONGEST_FILE = 400  # lines
LONGEST_FUNCTION = 50
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
BANNED_WORDS = {"util", "utils", "manager", "managers", "helper", "helpers"}
TOP_LEVEL = {
    ".ci", ".dockerignore", ".gitignore", "ARCHITECTURE.md", "CHANGELOG.md", "LICENSE", "Makefile",
    "README.md", "dashboards", "deploy", "docker-compose.yml", "docs", "pyproject.toml", "streams",
    "tests",
}  # fmt: skip
LAYERS = {
    "bench", "board", "broker", "cli", "config", "core", "demo", "doctor", "provisioning",
    "rebuild", "rejected", "report", "simulate", "simulator", "sources", "staffing", "standards",
    "verify", "wire", "worker",
}  # fmt: skip


def is_vague(name: str) -> bool:
    return not BANNED_WORDS.isdisjoint(word.lower() for word in WORD.findall(name))


def test_files_are_short() -> None:
    long = {name_of(path): read(path).count("\n") for path in modules()}
    assert {name: lines for name, lines in long.items() if lines > LONGEST_FILE} == {}


def test_functions_are_short() -> None:
    long = [
        f"{name_of(path)}:{function.lineno} {function.name}"
        for path in modules()
        for function in functions(path)
        if (function.end_lineno or 0) - function.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_modules_open_with_why_they_exist() -> None:
    silent = [
        name_of(path)
        for folder in ("streams", "dashboards")
        for path in modules(folder)
        if not (get_docstring(tree(path)) or "").strip()
    ]
    assert silent == []


def test_names_say_what_a_thing_is() -> None:
    vague = [
        f"{name_of(path)}:{line} {name}"
        for path in modules()
        for name, line in [*names(path), (path.stem, 1), (path.parent.name, 1)]
        if is_vague(name)
    ]
    assert vague == []


def test_the_rule_on_names_finds_what_it_should() -> None:
    for name in ("utils", "kafka_utils", "ConnectionManager", "helper", "_helpers", "TestHelper"):
        assert is_vague(name), name
    for name in ("futile", "management", "utilisation", "outils"):
        assert not is_vague(name), name


def test_the_root_holds_what_is_known() -> None:
    assert set(top_level()) <= TOP_LEVEL


def test_the_package_holds_the_layers() -> None:
    found = {path.relative_to(ROOT / "streams").parts[0] for path in modules("streams")}
    assert {name.removesuffix(".py") for name in found} - {"__init__"} <= LAYERS


def test_the_core_imports_the_standard_library_only() -> None:
    imported = {
        (name_of(path), name)
        for path in modules("streams/core")
        for node in walk(tree(path))
        if isinstance(node, Import | ImportFrom)
        for name in (
            [node.module or "."] if isinstance(node, ImportFrom) else [a.name for a in node.names]
        )
    }
    standard = sys.stdlib_module_names | {"__future__"}
    foreign = {
        (file, name)
        for file, name in imported
        if name.split(".")[0] not in standard and not name.startswith("streams.core")
    }
    assert foreign == set()


def test_each_module_of_the_core_has_its_own_tests() -> None:
    sources = {path.stem for path in modules("streams/core")} - {"__init__"}
    tested = {path.stem.removeprefix("test_") for path in modules("tests/core")}
    assert sources - tested == set()


def test_files_end_with_one_newline() -> None:
    ragged = [
        name_of(p)
        for p in texts()
        if p.suffix in {".py", ".md"} and read(p).strip() + "\n" != read(p).lstrip("\n")
    ]
    assert ragged == []


def test_the_changelog_knows_this_version() -> None:
    project = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]
    headings = re.findall(r"^## \[(.+?)\]", read(ROOT / "CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "Unreleased" or headings[0] == project["version"]


def test_the_licence_is_the_one_named() -> None:
    assert read(ROOT / "LICENSE").split()[:2] == ["Apache", "License"]
    assert tomllib.loads(read(ROOT / "pyproject.toml"))["project"]["license"] == "Apache-2.0"
