"""Each bench in a tiny size: the shape of what it prints, and that nothing is left behind."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from streams.bench import checkpoint, latency, memory, throughput
from streams.bench.steady import Steady

pytestmark = pytest.mark.live


@pytest.fixture(autouse=True)
def nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Temporary folders lie here; no process of ours names one of them afterwards."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    yield
    assert [path.name for path in tmp_path.iterdir()] == []
    assert _children() == []


def _children() -> list[str]:
    found = subprocess.run(
        ["ps", "-o", "args=", "--ppid", str(os.getpid())],
        capture_output=True,
        text=True,
        check=False,
    )
    return [line for line in found.stdout.splitlines() if "hotline-bench" in line]


def positive(*rates: float | None) -> bool:
    return all(rate is not None and rate > 0 for rate in rates)


def test_throughput() -> None:
    size = throughput.Size(events=60_000, rounds=1, run_s=4.0)
    found = throughput.measure(size, lambda _words: None)
    assert set(found) == {"ours", "bare_loop", "plain_faust", "quix", "bytewax"}
    assert set(found["ours"]) == {"single", "array"}
    assert positive(*found["ours"].values(), found["bare_loop"], found["plain_faust"])
    for name, module in throughput.PEERS.items():
        assert positive(found[name]) if find_spec(module) else found[name] is None
    assert "of the bare loop" in throughput.words(found)


def test_latency() -> None:
    found = latency.measure(Steady(rate=100, warmup_s=2, measured_s=3), lambda _words: None)
    assert set(found) == {"p50_ms", "p99_ms", "rate"}
    assert positive(*found.values())
    assert found["p50_ms"] <= found["p99_ms"]
    assert "on the board" in latency.words(found)


def test_memory() -> None:
    found = memory.measure((500, 1_000), lambda _words: None)
    assert set(found["bytes_per_open_call"]) == {"500", "1000"}
    for each in found["bytes_per_open_call"].values():
        assert positive(each["state_bytes"])
    assert "open calls" in memory.words(found)


def test_checkpoint() -> None:
    size = checkpoint.Size(open_calls=500, steady=Steady(rate=100, warmup_s=1, measured_s=3))
    found = checkpoint.measure(size, lambda _words: None)
    assert positive(found["checkpoints"], found["share"], found["dump_share"], found["cpu"])
    assert positive(found["snapshot"]["bytes"], found["snapshot"]["ms"])
    assert 0 <= found["cpu_share"] < 1
    assert "checkpoints" in checkpoint.words(found)
