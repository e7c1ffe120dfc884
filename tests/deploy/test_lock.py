"""The lock knows every package that the project asks for, each with its hashes; and the list."""

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distributions, version

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.deploy.compose import TOP

LOCK = (TOP / "deploy" / "requirements.lock").read_text(encoding="utf-8")
ENTRY = re.compile(
    r"^([A-Za-z0-9._-]+)==(\S+?)(?: ;[^\\]*)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$",
    re.MULTILINE,
)
LOCKED = {canonicalize_name(name): number for name, number, _ in ENTRY.findall(LOCK)}
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize("text", PROJECT["dependencies"])
def test_what_the_project_asks_for_is_locked(text: str) -> None:
    asked = Requirement(text)
    assert LOCKED[canonicalize_name(asked.name)] in asked.specifier, (
        "renew the lock: see the first lines of deploy/requirements.lock"
    )


def test_every_line_is_a_version_with_hashes() -> None:
    rest = ENTRY.sub("", LOCK)
    assert [line for line in rest.splitlines() if line and not line.startswith("#")] == []
    assert len(LOCKED) > len(PROJECT["dependencies"])


def test_the_image_is_built_from_the_lock() -> None:
    steps = (TOP / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes --requirement deploy/requirements.lock" in steps


def test_the_list_of_what_is_installed_is_whole() -> None:
    done = subprocess.run(
        [sys.executable, str(TOP / "deploy" / "sbom.py")], capture_output=True, check=True
    )
    told = json.loads(done.stdout)
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    found = {canonicalize_name(each["name"]) for each in told["components"]}
    assert found == {canonicalize_name(each.name) for each in distributions()}
    references = [each["bom-ref"] for each in told["components"]]
    assert f"pkg:pypi/aiohttp@{version('aiohttp')}" in references
    assert len(set(references)) == len(references)
    needed = {each["ref"]: each["dependsOn"] for each in told["dependencies"]}
    assert set(needed) == set(references)
    assert {each for many in needed.values() for each in many} <= set(references)
    assert (
        f"pkg:pypi/multidict@{version('multidict')}"
        in needed[f"pkg:pypi/aiohttp@{version('aiohttp')}"]
    )
