"""Prints a CycloneDX 1.6 list (JSON) of what is installed beside it; needs nothing installed.

It refuses to know what is safe: it names components, versions, licences and who needs whom.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from typing import Any

# The name at the beginning of a requirement such as `aiohttp>=3.14; python_version > "3.10"`.
REQUIRED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def reference(each: Distribution) -> str:
    """A component's package URL, as the purl specification writes those of PyPI."""
    return f"pkg:pypi/{normal(each.name)}@{each.version}"


def normal(name: str) -> str:
    """A name as package indexes compare them."""
    return re.sub(r"[-_.]+", "-", name).lower()


def component(each: Distribution) -> dict[str, Any]:
    """One installed distribution."""
    licence = each.metadata.get("License-Expression")
    return {
        "type": "library",
        "bom-ref": reference(each),
        "name": each.name,
        "version": each.version,
        "purl": reference(each),
        **({"licenses": [{"expression": licence}]} if licence else {}),
    }


def needs(each: Distribution, known: dict[str, Distribution]) -> dict[str, Any]:
    """Whom a distribution needs, of those that are installed; extras are not told apart."""
    names = {
        normal(found[0]) for text in each.requires or () if (found := REQUIRED.match(text.strip()))
    }
    there = sorted(reference(known[name]) for name in names & set(known))
    return {"ref": reference(each), "dependsOn": there}


def bill(installed: Iterable[Distribution]) -> dict[str, Any]:
    """The whole list, in the order of names."""
    known = {normal(each.name): each for each in installed}
    ordered = [known[name] for name in sorted(known)]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "components": [component(each) for each in ordered],
        "dependencies": [needs(each, known) for each in ordered],
    }


if __name__ == "__main__":
    json.dump(bill(distributions()), sys.stdout, indent=1)
    sys.stdout.write("\n")
