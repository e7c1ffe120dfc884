"""What waits between two threads: in order, bounded, and never forgotten in silence."""

from streams.sources.arrivals import Arrivals, Outcome


def test_in_order_and_as_many_as_asked_for() -> None:
    arrivals = Arrivals()
    for number in range(5):
        assert arrivals.put(b"%d" % number)
    assert [each.record for each in arrivals.take(3)] == [b"0", b"1", b"2"]
    arrivals.wait(60)  # something is there: returns at once
    assert [each.record for each in arrivals.take(9)] == [b"3", b"4"]
    assert arrivals.take(9) == []


def test_no_more_than_there_is_room_for() -> None:
    arrivals = Arrivals(bytes_max=10)
    assert arrivals.put(b"x" * 10)
    assert not arrivals.put(b"x")
    assert arrivals.refused == 1
    arrivals.take(1)
    assert arrivals.put(b"x")


def test_at_the_end_whoever_waits_is_told() -> None:
    arrivals = Arrivals()
    told: list[Outcome] = []
    arrivals.put(b"x", told.append)
    arrivals.close()
    assert told == [Outcome.REFUSED]
    assert not arrivals.put(b"y", told.append)
    assert (arrivals.take(1), arrivals.refused) == ([], 0)
