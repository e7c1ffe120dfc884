"""What the board shows is matched with what was sent, in order, by queue."""

import pytest

from streams.bench.latency import Probes


def board(**waiting: int) -> dict[str, object]:
    names = {name.replace("_", "-"): count for name, count in waiting.items()}
    return {"queues": [{"queue": name, "now": {"waiting": n}} for name, n in names.items()]}


def test_a_probe_is_seen_once_where_its_queue_has_reached_it() -> None:
    probes = Probes()
    probes.sent_s["probe-0"] = [1.0, 2.0, 3.0]
    probes.sent_s["probe-1"] = [1.5]
    probes.count = 4
    probes.shown(2.5, board(probe_0=2, queue_7=9))
    probes.shown(2.75, board(probe_0=2))
    assert probes.missing == 2
    probes.shown(4.0, board(probe_0=3, probe_1=1))
    assert probes.missing == 0
    assert sorted(probes.latencies_s) == [(1.0, 1.5), (1.5, 2.5), (2.0, 0.5), (3.0, 1.0)]


def test_probes_go_round_the_partitions(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 0.01, 0.03, 0.06])
    monkeypatch.setattr("streams.bench.latency.time.monotonic", lambda: next(moments))
    probes = Probes()
    due = [[event["queue"] for event in probes.due(5)] for _ in range(4)]
    assert due == [["probe-0"], [], ["probe-1"], ["probe-2"]]
