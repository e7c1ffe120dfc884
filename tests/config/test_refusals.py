"""Refusals as the library logs them: kept in words with the settings to check, for a while."""

import logging
import ssl
from collections.abc import Iterator

import pytest
from kafka.errors import KafkaConnectionError, SaslAuthenticationFailedError

from streams.config import refusals
from streams.config.refusals import Refusals, listen, refusal

LIBRARY = logging.getLogger("kafka")


@pytest.fixture(autouse=True)
def listening() -> Iterator[None]:
    before = LIBRARY.level, LIBRARY.propagate, list(LIBRARY.handlers)
    LIBRARY.handlers = [each for each in before[2] if not isinstance(each, Refusals)]
    listen(quiet=True)
    yield
    LIBRARY.level, LIBRARY.propagate, LIBRARY.handlers = before


def test_nothing_was_heard() -> None:
    assert refusal() == ""


def test_a_refused_user() -> None:
    logging.getLogger("kafka.net").error("%s: failed: %s", "b", SaslAuthenticationFailedError("x"))
    assert refusal().startswith("the brokers refuse the user: ")
    assert "kafka.sasl_mechanism, sasl_username and sasl_password" in refusal()


@pytest.mark.parametrize("form", ["cause", "text"])
def test_a_certificate_that_is_not_trusted(form: str) -> None:
    error = KafkaConnectionError("handshake failed: [SSL: CERTIFICATE_VERIFY_FAILED]")
    if form == "cause":
        error = KafkaConnectionError("handshake")
        error.__cause__ = ssl.SSLCertVerificationError("unable to get local issuer")
    logging.getLogger("kafka.net").warning("failed: %s", error)
    assert refusal().startswith("TLS with the brokers fails: ")
    assert "ssl_cafile" in refusal()


def test_who_only_hangs_up_may_mean_the_user_and_a_plainer_word_wins() -> None:
    hung_up = KafkaConnectionError("socket disconnected")
    logging.getLogger("kafka.net").warning("failed: %s", hung_up)
    assert "sasl_password is wrong" in refusal()
    logging.getLogger("kafka.net").error("%s", SaslAuthenticationFailedError("x"))
    logging.getLogger("kafka.net").warning("failed: %s", hung_up)
    assert refusal().startswith("the brokers refuse the user: ")


def test_other_troubles_are_not_taken_for_one() -> None:
    logging.getLogger("kafka.net").warning("failed: %s", KafkaConnectionError("refused"))
    logging.getLogger("kafka.net").warning("nothing")
    assert refusal() == ""


def test_what_was_long_ago_is_no_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    logging.getLogger("kafka.net").error("%s", SaslAuthenticationFailedError("x"))
    monkeypatch.setattr(refusals, "FRESH_S", 0)
    assert refusal() == ""


def test_listening_twice_is_listening_once() -> None:
    listen()
    assert len([each for each in LIBRARY.handlers if isinstance(each, Refusals)]) == 1
