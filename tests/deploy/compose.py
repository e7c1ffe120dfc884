"""docker-compose.yml as data, to check it and to run its services without Docker."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

TOP = Path(__file__).resolve().parents[2]
FILE = TOP / "docker-compose.yml"
DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")

Json = dict[str, Any]


def read() -> Json:
    """The file with its merges done and every `${NAME:-default}` at its default."""
    found: Json = yaml.safe_load(DEFAULT.sub(r"\1", FILE.read_text(encoding="utf-8")))
    return found


def services() -> dict[str, Json]:
    """Each service by its name."""
    found: dict[str, Json] = read()["services"]
    return found


def ours() -> dict[str, Json]:
    """The services that run `hotline`."""
    return {name: service for name, service in services().items() if "build" in service}


def mounts(service: Json) -> dict[str, Path]:
    """What the repository gives a service: the path inside the container to the path here."""
    found = {}
    for volume in service.get("volumes", ()):
        if isinstance(volume, str) and volume.startswith("./"):
            source, target, mode = volume.split(":")
            assert mode == "ro", f"{volume}: expected to be mounted read-only"
            found[target] = TOP / source
    return found
