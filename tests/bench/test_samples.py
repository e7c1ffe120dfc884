"""Rates, medians and percentiles against values worked out by hand."""

import pytest

from streams.bench.samples import MeasureError, Sample, median, percentile, rate, spread


def test_a_rate_leaves_out_starting_up_and_what_comes_after() -> None:
    samples = [(0.0, 0), (5.0, 0), (6.0, 100), (7.0, 1100), (8.0, 2100), (9.0, 2100)]
    assert rate([Sample(*each) for each in samples]) == 1000.0


def test_a_rate_of_nothing_is_refused() -> None:
    for samples in ([], [Sample(0, 0)], [Sample(0, 0), Sample(1, 5)], [Sample(0, 5), Sample(1, 5)]):
        with pytest.raises(MeasureError, match="more events"):
            rate(samples)


def test_medians() -> None:
    assert median([]) is None
    assert median([3, 1, 2]) == 2
    assert median([1, 2, 3, 10]) == 2.5


def test_spreads() -> None:
    assert spread([]) == "not measured"
    assert spread([3000, 1000, 2000]) == "1,000 .. 2,000 .. 3,000"


def test_percentiles_are_of_the_nearest_rank() -> None:
    values = [float(each) for each in range(1, 101)]
    assert percentile(values, 0.5) == 50
    assert percentile(values, 0.99) == 99
    assert percentile([7.0], 0.99) == 7
    assert percentile([1.0, 2.0], 0.5) == 1
    with pytest.raises(MeasureError):
        percentile([], 0.5)
