"""Why brokers let nobody in, which the clients only log: kept for whoever tells people.

It refuses to know the clients: it goes by the names of errors.
"""

from __future__ import annotations

import logging
import ssl
import time

# Clients try several times a second: what is older than this was another trouble.
FRESH_S = 20.0
WORDS_MAX = 200
# All that a client notices of a wrong password where the broker is quicker to close than to say so.
HUNG_UP = (
    "the brokers hang up on connecting: they are stopping, or kafka.security_protocol, "
    "sasl_mechanism, sasl_username or sasl_password is wrong"
)
# kafka-python and aiokafka.
_LIBRARIES = ("kafka", "aiokafka")
_OF_THE_USER = (
    *("SaslAuthenticationFailed", "UnsupportedSaslMechanism", "IllegalSaslState"),
    "AuthenticationFailed",
)


class Refusals(logging.Handler):
    """Keeps the last refusal that a library logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._said: dict[bool, tuple[str, float]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Take a refusal from a record's arguments."""
        args = record.args if isinstance(record.args, tuple) else ()
        for each in args:
            words = _words(each) if isinstance(each, BaseException) else ""
            if words:
                self._said[words != HUNG_UP] = words, time.monotonic()

    @property
    def words(self) -> str:
        """What was refused lately, and which settings to check; "" where nothing was."""
        for telling in (True, False):
            words, at_s = self._said.get(telling, ("", 0.0))
            if words and time.monotonic() - at_s < FRESH_S:
                return words
        return ""


def _words(error: BaseException) -> str:
    said = f"{error}"[:WORDS_MAX]
    if type(error).__name__.removesuffix("Error") in _OF_THE_USER:
        return (
            f"the brokers refuse the user: {said}; "
            "check kafka.sasl_mechanism, sasl_username and sasl_password"
        )
    if isinstance(error.__cause__ or error, ssl.SSLError) or "ssl" in said.lower():
        return (
            f"TLS with the brokers fails: {said}; check kafka.security_protocol and ssl_cafile: "
            "their certificate must be signed by that authority and name the host"
        )
    return HUNG_UP if "socket disconnected" in said else ""


def listen(*, quiet: bool = False) -> None:
    """Hear refusals from now on; `quiet`: kafka-python writes nothing anywhere."""
    if _listening() is None:
        heard = Refusals()
        for library in _LIBRARIES:
            logging.getLogger(library).addHandler(heard)
    if quiet:
        logger = logging.getLogger(_LIBRARIES[0])
        logger.setLevel(logging.WARNING)
        logger.propagate = False


def refusal() -> str:
    """What was refused lately, in words with the settings to check; "" where nothing was heard."""
    listening = _listening()
    return listening.words if listening else ""


def _listening() -> Refusals | None:
    handlers = logging.getLogger(_LIBRARIES[0]).handlers
    return next((each for each in handlers if isinstance(each, Refusals)), None)
