"""The one error of this package, apart so that every module may raise it."""


class BrokerError(RuntimeError):
    """The embedded Kafka cannot do what was asked; the message says what to change."""
