import logging

from streams.worker.logs import QUIET_S, Sparing


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def record(message: str, level: int = logging.ERROR, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord("aiokafka", level, "", 0, message, arguments, None)


def test_what_repeats_itself_is_said_once_in_a_while() -> None:
    clock = Clock()
    sparing = Sparing(clock)
    assert sparing.filter(record("down: %s", logging.ERROR, "a"))
    assert not sparing.filter(record("down: %s", logging.ERROR, "b"))
    assert not sparing.filter(record("down: %s", logging.ERROR, "c"))
    assert sparing.filter(record("something else"))
    clock.now = QUIET_S
    again = record("down: %s", logging.ERROR, "d")
    assert sparing.filter(again)
    assert again.getMessage() == "down: d (and 2 more like it)"


def test_what_we_tell_and_what_ends_us_is_always_said() -> None:
    sparing = Sparing(Clock())
    for level in (logging.INFO, logging.CRITICAL):
        assert sparing.filter(record("same", level))
        assert sparing.filter(record("same", level))
