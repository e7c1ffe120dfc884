"""`hotline rebuild`: after it, the same figures come from the input log alone."""

import json
from pathlib import Path

import pytest

from streams.broker import EmbeddedKafka
from tests.live.recording import events, heartbeat, now_s, send
from tests.live.running import Hotline, until

pytestmark = pytest.mark.live


def offered(hotline: Hotline) -> int:
    total = hotline.json("/api/v1/board")["total"]
    return int(total["windows"]["60m"]["offered"])


def test_the_whole_log_is_folded_again(kafka: EmbeddedKafka, prefix: str, tmp_path: Path) -> None:
    hotline = Hotline(kafka.bootstrap, prefix, tmp_path)
    try:
        worker = hotline.worker().until_ready()
        hotline.board().until_ready()
        found = events("pbx", "main")
        send(hotline, [*found, heartbeat("pbx", "main", 1000 * now_s())])
        until(lambda: offered(hotline) == 356, lambda: str(offered(hotline)))

        refused = hotline.tried("rebuild", "--yes")
        assert refused.returncode == 1
        assert "1 worker(s) still belong to" in refused.stderr
        looked = json.loads(hotline.run("rebuild", "--json"))
        assert (looked["members"], looked["missing"], looked["done"]) == (1, {}, False)

        worker.process.terminate()
        worker.process.wait()
        assert list(hotline.records("state"))
        done = json.loads(hotline.run("rebuild", "--yes", "--json"))
        assert (done["members"], done["missing"], done["done"]) == (0, {}, True)
        assert list(hotline.records("state")) == []

        hotline.worker().until_ready()
        hotline.restart_board()
        until(lambda: offered(hotline) == 356, lambda: str(offered(hotline)))
        assert "Equal" in hotline.run("verify", "--url", hotline.url)
    finally:
        hotline.stop()
