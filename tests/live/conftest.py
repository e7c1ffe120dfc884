import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from streams.broker import EmbeddedKafka
from tests.live.running import Hotline


def noon_zone() -> str:
    """A time zone where it is about noon, so that today is one day for a test of some hours."""
    west = datetime.now(UTC).hour - 12
    return f"Etc/GMT{west:+d}" if west else "Etc/GMT"


@pytest.fixture(scope="session")
def hotline(kafka: EmbeddedKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """A worker and a board; each test that sends anything does so for a site of its own."""
    deployment = Hotline(
        kafka.bootstrap,
        f"live{os.getpid()}",
        tmp_path_factory.mktemp("hotline"),
        HOTLINE_DEFAULTS__TIMEZONE=noon_zone(),
    )
    try:
        services = [deployment.worker(), deployment.board()]
        for service in services:
            service.until_ready()
        yield deployment
    finally:
        deployment.stop()
