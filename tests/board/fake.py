"""Stands in for readers and views behind a board's pages."""

from __future__ import annotations

from streams.board.drill import Question, QuestionError
from streams.board.exporter import Exporter
from streams.board.view import View, Views
from streams.board.web import Health
from streams.config import Settings
from tests.board.calls import Call, fold, held


class Fake:
    """Answers what a test tells it to."""

    def __init__(self) -> None:
        self.shown: View | None = None
        self.problem = "still reading"
        self.found: dict[str, object] | None = {"visits": []}
        self.asked: Question | None = None
        self.exporter = Exporter(self.view)
        self.views = Views(Settings(), "0")

    def show(self, *calls: Call) -> None:
        self.shown = self.views.view(held(fold(calls)))

    def view(self) -> View | None:
        return self.shown

    def alive(self) -> Health:
        return Health(self.problem != "stuck", "")

    def ready(self) -> Health:
        return Health(self.shown is not None, self.problem)

    def metrics(self, accept: str) -> tuple[bytes, str] | None:
        return self.exporter.render(accept)

    def visits(self, view: View, asked: Question) -> dict[str, object] | None:
        assert view is self.shown
        self.asked = asked
        if asked.queue == "nowhere":
            raise QuestionError("queue: expected main/sales")
        return self.found
