"""What every live test shares: one embedded Kafka per test process, and a topic prefix per test."""

import itertools
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from streams.broker import EmbeddedKafka

_ordinals = itertools.count(1)

# Machines are shared: how long an example takes says nothing.
_patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("hotline", _patient)
settings.load_profile("hotline")


def pytest_configure(config: pytest.Config) -> None:
    # kafka-python leaves the socket of a refused connection to the garbage collector.
    for kind in ("socket", "ssl.SSLSocket"):
        config.addinivalue_line("filterwarnings", f"ignore:unclosed <{kind}:ResourceWarning")


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedKafka]:
    """A running broker; `kafka.bootstrap` is its address. Tests that bounce it make their own."""
    with EmbeddedKafka(tmp_path_factory.mktemp("kafka"), heap_mb=512) as broker:
        yield broker


@pytest.fixture
def prefix() -> str:
    """A topic prefix that no other test of this broker uses."""
    return f"t{os.getpid()}-{next(_ordinals)}"
