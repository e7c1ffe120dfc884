"""The forms in which AMI traffic is kept, and what cannot be read of it."""

import gzip
import io

import orjson
import pytest

from streams.sources.asterisk_ami_message import MessageError, parse, records

JOIN = b"Event: QueueCallerJoin\r\nTimestamp: 1700000001.250000\r\nUniqueid: 1.1\r\n\r\n"
PONG = b"Response: Success\r\nPing: Pong\r\n\r\n"


def read(content: bytes) -> list[bytes]:
    return list(records(io.BytesIO(content)))


def test_text_and_json_lines_are_the_same_records() -> None:
    lines = JOIN.decode().split("\r\n")[:-2]
    text = b"Asterisk Call Manager/11.0.0\r\n" + JOIN
    forms = [
        orjson.dumps({"t": 1700000001.9, "conn": 1, "kind": "msg", "lines": ["", *lines]}),
        orjson.dumps(dict(line.split(": ") for line in lines)),
    ]
    record = b"1700000001.250000|" + JOIN.rstrip().replace(b"\r", b"")
    assert read(text) == [b"1700000001.250000|Asterisk Call Manager/11.0.0", record]
    assert read(text.replace(b"\r", b"")) == read(text)
    assert read(gzip.compress(text)) == read(text)
    assert [read(form + b"\n") for form in forms] == [[record], [record]]


def test_what_has_no_time_has_its_neighbours() -> None:
    found = [record.partition(b"|")[0] for record in read(PONG + JOIN + PONG)]
    assert found == [b"1700000001.250000"] * 3
    assert [record.partition(b"|")[0] for record in read(PONG)] == [b""]


def test_when_it_arrived() -> None:
    for written in ("1700000003.5", "1700000003500"):
        line = f'{{"t": {written}, "kind": "disconnected", "conn": 2, "lines": []}}\n'.encode()
        assert read(line) == [b"1700000003.500000|Disconnected: 2"]
    for written in ("null", '"x"', "true", "-1", "1e300"):
        line = f'{{"t": {written}, "lines": ["Response: Success"]}}\n'.encode()
        assert read(line) == [b"|Response: Success"]


def test_a_torn_message_ends_where_another_begins() -> None:
    torn = JOIN[:30] + b"\r\n" + JOIN + JOIN[:40] + b"\r\nAsterisk Call Manager/11.0.0\r\n"
    assert [record.partition(b"|")[2].splitlines()[0] for record in read(torn)] == [
        b"Event: QueueCallerJoin",
        b"Event: QueueCallerJoin",
        b"Event: QueueCallerJoin",
        b"Asterisk Call Manager/11.0.0",
    ]


def test_a_damaged_gzip_is_a_file_that_cannot_be_read() -> None:
    with pytest.raises(OSError, match="expected a whole gzip file"):
        read(gzip.compress(JOIN * 500)[:-20])


def test_headers() -> None:
    message = parse(
        b"1700000001.2509|event: X\nUNIQUEID: 1.1\nA: b: c\nUniqueid: 2\nHold: 2.5\nN: -1"
    )
    assert (message.name, message.at_ms) == ("X", 1_700_000_001_250)
    assert message.text("none", "uniqueid") == "1.1"
    assert message.text("a") == "b: c"
    assert (message.number_ms("hold"), message.number_ms("n"), message.number_ms("none")) == (
        2_500,
        None,
        None,
    )
    with pytest.raises(MessageError, match="expected the header queue"):
        message.identifier("queue")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"1700000001|", "malformed"),
        (b"1700000001|rubbish\nmore", "malformed"),
        (b'|{"a": 1', "malformed"),
        (b"|Event: X\nTimestamp: soon", "bad_time"),
        (b"1700000001|Event: X\n" + b"a: b\n" * 20_000, "too_large"),
    ],
)
def test_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(MessageError) as refused:
        parse(raw)
    assert refused.value.reason == reason
