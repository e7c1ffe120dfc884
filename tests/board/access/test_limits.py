"""Buckets by hand, and that strangers cannot fill the memory."""

import pytest

from streams.board.access.limits import KEYS_MAX, Buckets, network_of
from tests.board.access.people import Clock


def test_a_burst_then_a_rate(clock: Clock) -> None:
    buckets = Buckets(2, 3, clock)
    assert [buckets.wait_s("a") for _ in range(3)] == [0, 0, 0]
    assert buckets.wait_s("a") == 0.5
    assert buckets.wait_s("b") == 0
    clock.now_s += 0.5
    assert [buckets.wait_s("a"), buckets.wait_s("a")] == [0, 0.5]
    clock.now_s += 1000
    assert [buckets.wait_s("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_memory_is_bounded(clock: Clock) -> None:
    buckets = Buckets(1, 1, clock)
    for number in range(KEYS_MAX + 500):
        buckets.wait_s(str(number))
    assert len(buckets) == KEYS_MAX


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("rubbish", "rubbish"),
    ],
)
def test_whoever_has_one_address_of_version_6_has_many(address: str, key: str) -> None:
    assert network_of(address) == key
