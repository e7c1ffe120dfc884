"""Kafka is waited for as long as nobody asks to stop, and an outage makes few words."""

import logging

import pytest

from streams.sources.patience import Patience, StoppedError


def test_waits_until_asked_to_stop() -> None:
    patience = Patience(limit_s=0)
    patience.hold_out(0)
    assert not patience.stopping
    patience.stop()
    patience.stop()
    assert patience.stopping
    patience.rest(3600)  # returns at once
    with pytest.raises(StoppedError):
        patience.hold_out(0)


def test_what_is_on_its_way_has_some_time_to_arrive() -> None:
    patience = Patience(limit_s=3600)
    patience.stop()
    patience.hold_out(0)


def test_says_it_once_and_when_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    patience = Patience()
    patience.relax()
    assert not caplog.messages
    for _ in range(100):
        patience.complain("no Kafka")
    patience.relax()
    patience.relax()
    assert len(caplog.messages) == 2
    assert caplog.messages[0].startswith("no Kafka; trying again")
    assert caplog.messages[1].startswith("works again")
