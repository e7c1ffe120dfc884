"""A line's fields: time, event, parameters, wherever they stand."""

import pytest

from streams.sources.asterisk_line import CUSTOM, LineError, durations_ms, is_name, parse


def test_the_fields_of_a_line() -> None:
    entry = parse(b"1700000000|c.1|q|Anna|CONNECT|5|c.2|3")
    assert (entry.at_ms, entry.call, entry.queue) == (1_700_000_000_000, "c.1", "q")
    assert (entry.agent, entry.event, entry.parameters) == ("Anna", "CONNECT", ["5", "c.2", "3"])
    assert [entry.text(place) for place in (0, 2, 3, -1, -4)] == ["5", "3", "", "3", ""]


@pytest.mark.parametrize(
    ("time", "at_ms"),
    [
        (b"1700000000", 1_700_000_000_000),
        (b"1700000000.25", 1_700_000_000_250),
        (b"1700000000.123456", 1_700_000_000_123),
        (b"999999999", 999_999_999_000),
    ],
)
def test_times(time: bytes, at_ms: int) -> None:
    assert parse(time + b"|c|q|NONE|ABANDON|1|1|1").at_ms == at_ms


@pytest.mark.parametrize(
    ("line", "agent", "event"),
    [
        ("1700000000|c|q|NONE|QUEUESTART|", "NONE", "QUEUESTART"),
        ("1700000000|c|q|A|b|CONNECT|5", "A|b", "CONNECT"),
        ("1700000000|c|q|A||CONNECT|5", "A|", "CONNECT"),
        ("1700000000|c|q|A|CONNECT|CONNECT|5", "A", "CONNECT"),
        ("1700000000|c|q|A|B2|CONNECT|5", "A", "B2"),  # a custom event of that name
        ("1700000000|c|q|A|B|CONNECT|5", "A|B", "CONNECT"),  # one letter is no event's name
        ("1700000000|c|q|A|WRAPUPSTART|9", "A", "WRAPUPSTART"),
    ],
)
def test_where_the_event_stands(line: str, agent: str, event: str) -> None:
    entry = parse(line.encode())
    assert (entry.agent, entry.event) == (agent, event)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "malformed"),
        (b"1700000000|c|q|NONE", "malformed"),
        (b"now|c|q|NONE|ABANDON", "bad_time"),
        (b"17000000000|c|q|NONE|ABANDON", "bad_time"),
        (b"-700000000|c|q|NONE|ABANDON", "bad_time"),
        (b"1700000000|c|q|NONE|abandon|1", "unknown_event"),
        (b"1700000000|c|q|NONE||1", "unknown_event"),
        (b"x" * 70_000, "too_large"),
    ],
)
def test_what_is_no_line(line: bytes, reason: str) -> None:
    with pytest.raises(LineError) as caught:
        parse(line)
    assert caught.value.reason == reason
    assert str(caught.value).startswith("expected")


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("COMPLETEAGENT|5|4|1", (5000, 4000)),
        ("COMPLETECALLER|5|4|", (5000, 4000)),
        ("COMPLETECALLER||4|", (None, 4000)),
        ("COMPLETECALLER|-1|4|", (None, 4000)),
        ("TRANSFER|300|x", (None, None)),
        ("TRANSFER|300|x|5|4", (5000, 4000)),
        ("BLINDTRANSFER|300|x|5|4|1", (5000, 4000)),
        ("ATTENDEDTRANSFER|BRIDGE|id|5|4|1", (5000, 4000)),
        ("ATTENDEDTRANSFER|APP|Queue|5|4|1", (5000, 4000)),
        ("ATTENDEDTRANSFER|LINK|a|b|5|4|1", (5000, 4000)),
        ("ATTENDEDTRANSFER|LINK|a|b|5|4", (5000, 4000)),
        ("ATTENDEDTRANSFER|BRIDGE|id", (None, None)),
        ("ATTENDEDTRANSFER|", (None, None)),
    ],
)
def test_hold_and_talk(parameters: str, expected: tuple[int | None, int | None]) -> None:
    assert durations_ms(parse(f"1700000000|c|q|A|{parameters}".encode())) == expected


def test_units_and_what_is_no_number() -> None:
    entry = parse(b"1700000000|c|q|A|RINGNOANSWER|1520|1.5|soon")
    assert (entry.number_ms(0, 1), entry.number_ms(1)) == (1520, 1500)
    assert entry.number_ms(7) is None
    with pytest.raises(LineError, match="parameter 2 of RINGNOANSWER"):
        entry.number_ms(2)


@pytest.mark.parametrize("text", ["", "a\tb", "\0", "x" * 257])
def test_what_can_be_no_name(text: str) -> None:
    assert not is_name(text)


def test_names() -> None:
    assert is_name("查询 7")
    for name in ("DID", "PAUSEREASON", "DIVERT_HOLIDAY", "B2B"):
        assert CUSTOM.fullmatch(name)
    for name in ("Lee", "x", "DID ", "1ST", "É"):
        assert not CUSTOM.fullmatch(name)
