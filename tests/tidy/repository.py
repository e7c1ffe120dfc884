"""The files of this repository as the tidy tests see them, without any that a tool has made."""

import ast
import fnmatch
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("streams", "dashboards", "tests", "deploy", "docs", ".ci")
TEXT_ENDINGS = {
    "", ".cfg", ".css", ".html", ".ini", ".js", ".json", ".jsonl", ".md", ".py", ".sh", ".svg",
    ".toml", ".txt", ".yaml", ".yml",
}  # fmt: skip
RECORDINGS = "streams/simulator/"  # what a real system wrote is kept as it was


def _ignored() -> list[str]:
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    return [line.strip("/") for line in lines if line and not line.startswith("#")]


def is_ignored(path: Path) -> bool:
    """Tell whether .gitignore leaves out this file or a folder above it."""
    parts = path.relative_to(ROOT).parts
    return any(fnmatch.fnmatch(part, pattern) for part in parts for pattern in _ignored())


def top_level() -> list[str]:
    """The names in the root folder that belong to the repository."""
    return sorted(
        path.name for path in ROOT.iterdir() if path.name != ".git" and not is_ignored(path)
    )


@cache
def texts() -> tuple[Path, ...]:
    """Every text file."""
    inside = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    files = [path for path in (*ROOT.iterdir(), *inside) if path.is_file()]
    return tuple(
        sorted(path for path in files if path.suffix in TEXT_ENDINGS and not is_ignored(path))
    )


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def modules(*folders: str) -> tuple[Path, ...]:
    """Every Python file below these folders, all of the repository's without any."""
    names = tuple(f"{folder}/" for folder in folders) or ("",)
    return tuple(
        path for path in texts() if path.suffix == ".py" and name_of(path).startswith(names)
    )


@cache
def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(read(path), str(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a module."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def names(path: Path) -> Iterator[tuple[str, int]]:
    """Every name that a module defines, with its line: classes, functions, arguments, variables."""
    for node in ast.walk(tree(path)):
        match node:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node.name, node.lineno
            case ast.arg():
                yield node.arg, node.lineno
            case ast.Name(ctx=ast.Store()):
                yield node.id, node.lineno
            case _:
                pass
