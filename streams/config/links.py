"""Where people open what an alert and a dashboard point at: `[dashboards]`.

It refuses to know rules and boards: these are addresses only.
"""

from __future__ import annotations

import re

from pydantic import field_validator

from streams.config.errors import RefusedError
from streams.config.fields import Section, setting

# An address becomes a part of Prometheus' templates: braces and quotes would be code there.
ADDRESS = re.compile(r"https?://[^\s{}\"'\\`<>]+")
ADDRESS_OR_FOLDER = re.compile(r"[^\s{}\"'\\`<>]+")


class DashboardSettings(Section):
    """`[dashboards]`, built into files by `hotline dashboards build`."""

    board_url: str = setting(
        "http://localhost:8080", "Wallboard, as those who get an alert reach it."
    )
    grafana_url: str = setting("http://localhost:3000", "Grafana, as they reach it.")
    runbooks_url: str = setting(
        "docs/runbooks", "Folder of the runbooks: a web address, or a path in your copy."
    )

    @field_validator("board_url", "grafana_url")
    @classmethod
    def _is_an_address(cls, text: str) -> str:
        if not ADDRESS.fullmatch(text):
            raise RefusedError('a web address such as "https://board.example"')
        return text.rstrip("/")

    @field_validator("runbooks_url")
    @classmethod
    def _is_an_address_or_a_folder(cls, text: str) -> str:
        if not ADDRESS_OR_FOLDER.fullmatch(text):
            raise RefusedError("a web address or a folder, without spaces, quotes and braces")
        return text.rstrip("/")
