"""`hotline rebuild`: after it, figures come from the input log alone, by the rules of today."""

import json
from pathlib import Path

import pytest

from streams.broker import EmbeddedKafka
from tests.live.recording import events, heartbeat, now_s, send
from tests.live.running import PARTITIONS, Hotline, Json, until

pytestmark = pytest.mark.live

# Further ahead than a worker believes by itself, and than one believes that is told to.
AHEAD_MS = 90_000
BELIEVED_MS = 600_000


def offered(hotline: Hotline) -> int:
    total = hotline.json("/api/v1/board")["total"]
    return int(total["windows"]["60m"]["offered"])


def test_the_whole_log_is_folded_again(kafka: EmbeddedKafka, prefix: str, tmp_path: Path) -> None:
    """The board runs on: that it let go of what it held is seen by what is no longer refused."""
    hotline = Hotline(kafka.bootstrap, prefix, tmp_path)
    try:
        worker = hotline.worker().until_ready()
        board = hotline.board().until_ready()
        found = events("pbx", "main")
        ahead = heartbeat("pbx", "main", 1000 * now_s() + AHEAD_MS)
        send(hotline, [*found, heartbeat("pbx", "main", 1000 * now_s()), ahead])
        until(lambda: hotline.events_counted()["future"] == PARTITIONS, board.words)
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

        believing: Json = {"HOTLINE_LIMITS__FUTURE_MS": BELIEVED_MS}
        hotline.worker(**believing).until_ready()
        until(lambda: hotline.events_counted()["future"] == 0, board.words)
        until(lambda: offered(hotline) == 356, lambda: str(offered(hotline)))
        assert "Equal" in hotline.run("verify", "--url", hotline.url, **believing)
    finally:
        hotline.stop()
