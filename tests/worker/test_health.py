import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from faust.types import TP

from streams.worker.health import HealthServer, Metrics


class Ground:
    def __init__(self) -> None:
        self.metrics = Metrics()
        self.dead: list[str] = []
        self.unready: list[str] = []
        address = ("127.0.0.1", 0)
        self.server = HealthServer(address, self.metrics, lambda: self.dead, lambda: self.unready)

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.server.port}{path}") as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


@pytest.fixture
def ground() -> Iterator[Ground]:
    made = Ground()
    yield made
    made.server.close()


def test_alive_and_ready_are_two_questions(ground: Ground) -> None:
    assert ground.get("/healthz")[0] == ground.get("/readyz")[0] == 200
    ground.unready = ["restoring"]
    assert ground.get("/healthz")[0] == 200
    status, body = ground.get("/readyz")
    assert (status, json.loads(body)) == (503, {"ok": False, "reasons": ["restoring"]})
    ground.dead = ["calls/0: no progress for 60 s"]
    assert ground.get("/healthz")[0] == 503
    assert ground.get("/else")[0] == 404


def test_metrics_have_the_names_that_dashboards_use(ground: Ground) -> None:
    metrics = ground.metrics
    metrics.folded("hotline.calls", 3)
    metrics.rejected(["late", "late", "not_json"])
    metrics.lost(TP("hotline.calls", 2), 5)
    metrics.checkpoint("saved", 0.02)
    metrics.restored(4, 0.1)
    metrics.passed_over("not_restored", 2)
    metrics.show_lags(lambda: [(TP("hotline.calls", 1), 7)])
    lines = ground.get("/metrics")[1].splitlines()
    for line in (
        'hotline_worker_records_total{topic="hotline.calls"} 3.0',
        'hotline_worker_rejected_total{reason="late"} 2.0',
        'hotline_worker_data_lost_records_total{partition="2",topic="hotline.calls"} 5.0',
        'hotline_worker_checkpoints_total{result="saved"} 1.0',
        'hotline_worker_checkpoint_seconds_bucket{le="0.025"} 1.0',
        "hotline_worker_rebalances_total 1.0",
        'hotline_worker_passed_over_records_total{why="not_restored"} 2.0',
        "hotline_worker_partitions 4.0",
        'hotline_worker_lag_records{partition="1",topic="hotline.calls"} 7.0',
    ):
        assert line in lines, line
    assert not [line for line in lines if "_created" in line]


def test_a_port_that_is_taken_is_an_error(ground: Ground) -> None:
    with pytest.raises(OSError, match="in use"):
        HealthServer(("127.0.0.1", ground.server.port), Metrics(), list, list)
