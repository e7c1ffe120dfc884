"""A board that stands still ends; one that lives, slept or stops does not."""

import threading
from collections.abc import Callable

import pytest

from streams.board import watchdog as module
from streams.board.watchdog import LIMIT_S, LOOP_LIMIT_S, Watchdog


def answering(call: Callable[[], None]) -> None:
    call()


def silent(_: Callable[[], None]) -> None:
    """A loop that does nothing any more."""


def test_a_board_that_goes_round_lives() -> None:
    dog = Watchdog(lambda: "", answering)
    for _ in range(200):
        assert dog.beat() == ""
        dog._answer()


def test_a_reader_that_stands_still_is_given_half_a_minute() -> None:
    words = ["stuck: read hotline.state"]
    dog = Watchdog(lambda: words[0], answering)
    beats = []
    for _ in range(int(LIMIT_S)):
        beats.append(dog.beat())
        dog._answer()
    assert beats[:-1] == [""] * (len(beats) - 1)
    assert beats[-1] == words[0]


def test_one_that_gets_on_again_begins_anew() -> None:
    almost = ["stuck"] * (int(LIMIT_S) - 1)
    told = iter([*almost, "", *almost])
    dog = Watchdog(lambda: next(told), answering)
    for _ in range(2 * len(almost) + 1):
        assert dog.beat() == ""
        dog._answer()


def test_a_loop_that_does_not_answer_is_found() -> None:
    dog = Watchdog(lambda: "", silent)
    assert dog.beat() == ""  # asked from here on
    found = [dog.beat() for _ in range(int(LOOP_LIMIT_S))]
    assert found[-2:] == ["", "event loop: no answer for 50 s"]


def test_the_thread_ends_the_board(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BEAT_S", 0.001)
    monkeypatch.setattr(module, "LOOP_LIMIT_S", 0.003)
    ended, heard = threading.Event(), list[str]()

    def dead(words: str) -> None:
        heard.append(words)
        ended.set()

    Watchdog(lambda: "", silent).start(dead)
    assert ended.wait(10)
    assert heard[0].startswith("event loop: no answer")


def test_the_thread_goes_with_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BEAT_S", 0.001)
    asked = threading.Event()

    def closed(_: Callable[[], None]) -> None:
        asked.set()
        raise RuntimeError("Event loop is closed")

    Watchdog(lambda: "stuck", closed).start(pytest.fail)
    assert asked.wait(10)
    for thread in threading.enumerate():
        if thread.name == "watchdog":
            thread.join(5)
            assert not thread.is_alive()
