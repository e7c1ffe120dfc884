"""Identities that a second reading gives again."""

from streams.sources.identity import RecordIds, customer


def test_the_same_bytes_give_the_same_id() -> None:
    assert RecordIds("a").of(b"x", "1") == RecordIds("a").of(b"x", "1")
    assert RecordIds("a").of(b"x", "1") != RecordIds("b").of(b"x", "1")
    assert RecordIds("a").of(b"x", "1") != RecordIds("a").of(b"y", "1")


def test_repetitions_in_one_second_are_told_apart_and_again_the_same() -> None:
    def read() -> list[str]:
        ids = RecordIds("a")
        return [ids.of(b"x", second) for second in ("1", "1", "2", "1", "1")]

    assert len(set(read()[:2] + read()[3:])) == 4
    assert read() == read()


def test_ids_go_on_after_a_stop() -> None:
    whole, first = RecordIds("a"), RecordIds("a")
    expected = [whole.of(b"x", "1") for _ in range(4)]
    found = [first.of(b"x", "1") for _ in range(2)]
    second = RecordIds("a")
    second.load(first.dump())
    assert found + [second.of(b"x", "1") for _ in range(2)] == expected


def test_only_the_newest_seconds_are_remembered() -> None:
    ids = RecordIds("a")
    for second in range(100):
        ids.of(b"x", str(second))
    assert len(ids.dump()) == 3


def test_lines_without_a_time_are_each_one_of_its_own() -> None:
    ids = RecordIds("a")
    assert len({ids.of(b"", "") for _ in range(5)}) == 5
    assert ids.dump() == {}


def test_alone_knows_no_repetition() -> None:
    ids = RecordIds("a")
    assert ids.alone(b"x") == ids.alone(b"x") == RecordIds("a").of(b"x", "1")


def test_a_customer_is_one_however_the_number_is_written() -> None:
    key = b"k"
    plain = customer("4940123456", key)
    assert plain == customer("+49 (40) 123-456", key) == customer("0049 40 123456", key)
    assert plain != customer("4940123456", b"another")
    assert plain is not None
    assert len(plain) == 24


def test_nobody_is_nobody() -> None:
    for number in ("", "anonymous", "00", "<unknown>", "s", "12"):
        assert customer(number, b"k") is None
    assert customer("112", b"k") is not None
