"""A real Apache Kafka on loopback for a machine that has nothing but Python.

It knows nothing of topics or events: whoever needs them provisions them, as on any other cluster.
"""

from streams.broker.embedded import EmbeddedKafka
from streams.broker.errors import BrokerError
from streams.broker.properties import Listener

__all__ = ["BrokerError", "EmbeddedKafka", "Listener"]
