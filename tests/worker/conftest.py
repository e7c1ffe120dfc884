from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.broker import EmbeddedKafka
from tests.worker.running import Ground


@pytest.fixture
def ground(kafka: EmbeddedKafka, prefix: str, tmp_path: Path) -> Iterator[Ground]:
    deployment = Ground(kafka.bootstrap, prefix, tmp_path)
    yield deployment
    deployment.stop()
