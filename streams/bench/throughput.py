"""`hotline bench throughput`: the worker and the others over one filled topic, in turn, medians.

Every contestant is a process of its own and runs alone; rounds are interleaved, so that whatever
else the machine does falls on all of them. Refuses to compare anything across runs.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streams.bench import load
from streams.bench.ground import PARTITIONS, Ground, fill, made_ground
from streams.bench.samples import MeasureError, Sample, median, rate, spread
from streams.bench.service import folded_records, running_worker
from streams.wire.topics import INPUTS

SINGLE, ARRAY = "bench-single", "bench-array"
CALLS = INPUTS[0]
# Each scrape costs the worker a few milliseconds: about one per cent at this pace.
SCRAPE_S = 0.25
# Plain Faust recovers its tables first, and a loaded machine takes its time.
START_LIMIT_S = 40.0
PEERS = {"quix": "quixstreams", "bytewax": "bytewax"}
CONTESTANTS = ("bare_loop", "plain_faust", *PEERS)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured. The whole ends within `limit_s`; a run within `run_s` of progress."""

    events: int = 400_000
    rounds: int = 3
    run_s: float = 7.0
    limit_s: float = 270.0


@dataclass(slots=True)
class _Filled:
    """The broker with its topics, the number of records in each, and when to end."""

    ground: Ground
    size: Size
    arrays: int
    events: int
    deadline: float
    rates: dict[str, list[float]] = field(default_factory=dict)


def measure(size: Size, say: Say) -> dict[str, Any]:
    """The object that `--json` prints: events per second, None where a peer is not installed."""
    deadline = time.monotonic() + size.limit_s
    with made_ground() as ground:
        filled = _filled(ground, size, deadline, say)
        contestants = _contestants(filled)
        longest_s = 0.0
        for number in range(size.rounds):
            if number and time.monotonic() + longest_s > deadline:
                say(f"stopped before round {number + 1}: the time is up")
                break
            started = time.monotonic()
            for name, run in contestants.items():
                found = rate(run())
                filled.rates.setdefault(name, []).append(found)
                say(f"round {number + 1}: {name} {found:,.0f} events/s")
            longest_s = max(longest_s, time.monotonic() - started)
    for name, rates in filled.rates.items():
        say(f"{name}: {spread(rates)} events/s (lowest .. median .. highest of {len(rates)})")
    return _result(filled.rates)


def _result(rates: Mapping[str, list[float]]) -> dict[str, Any]:
    others = {name: median(rates.get(name, [])) for name in CONTESTANTS}
    ours = {name: median(rates.get(name, [])) for name in ("single", "array")}
    return {"ours": ours, **others}


def _filled(ground: Ground, size: Size, deadline: float, say: Say) -> _Filled:
    """Fill both topics with the same events, the last of which has just happened."""
    ground.provision(SINGLE)
    ground.provision(ARRAY)
    now_ms = int(time.time() * 1000)
    duration_ms = load.Load(0).duration_ms(size.events)
    made = load.Load(now_ms - duration_ms)
    say(f"making {size.events:,} events")
    calls = list(made.calls(size.events))
    counts = {}
    for prefix, cut in ((SINGLE, load.single_records), (ARRAY, load.array_records)):
        records = list(cut(iter(calls), PARTITIONS))
        fill(ground.bootstrap, CALLS.full_name(prefix), records)
        counts[prefix] = len(records)
    return _Filled(ground, size, counts[ARRAY], counts[SINGLE], deadline)


def _contestants(filled: _Filled) -> dict[str, Callable[[], list[Sample]]]:
    """Those that can run here, in the order of a round."""
    installed = [
        name
        for name in CONTESTANTS
        if name not in PEERS or importlib.util.find_spec(PEERS[name]) is not None
    ]
    per_array = filled.events / filled.arrays
    return {
        "single": lambda: _ours(filled, SINGLE, filled.events, 1.0),
        "array": lambda: _ours(filled, ARRAY, filled.arrays, per_array),
        **{name: lambda name=name: _other(filled, name) for name in installed},  # type: ignore[misc]
    }


def _ours(filled: _Filled, prefix: str, records: int, events_a_record: float) -> list[Sample]:
    """The worker's own count of records, while it catches up."""
    filled.ground.forget(prefix)
    with running_worker(filled.ground, prefix) as worker:
        worker.wait_for("/healthz")

        def look() -> Sample:
            worker.program.require_alive()
            done = folded_records(worker.metrics(), prefix)
            return Sample(time.monotonic(), round(done * events_a_record))

        return _watch(filled, "worker", look, round(records * events_a_record))


def _other(filled: _Filled, name: str) -> list[Sample]:
    topic = CALLS.full_name(SINGLE)
    module = f"streams.bench.contestants.{name}"
    arguments = [sys.executable, "-m", module, filled.ground.bootstrap, topic]
    with filled.ground.program(name, arguments) as program:

        def look() -> Sample:
            program.require_alive()
            return _told(program.output)

        _watch(filled, name, look, filled.events)
        return _all_told(program.output)


def _watch(filled: _Filled, name: str, look: Callable[[], Sample], whole: int) -> list[Sample]:
    """Look until all is done, or it has had its time; MeasureError where it never begins."""
    give_up = time.monotonic() + START_LIMIT_S
    until: float | None = None
    samples: list[Sample] = []
    while until is None or time.monotonic() < until:
        sample = look()
        samples.append(sample)
        if sample.events >= whole:
            break
        if sample.events and until is None:
            until = min(time.monotonic() + filled.size.run_s, filled.deadline)
        if until is None and time.monotonic() > give_up:
            raise MeasureError(f"{name} made no progress within {START_LIMIT_S:g} s")
        time.sleep(SCRAPE_S)
    return samples


def _all_told(output: Path) -> list[Sample]:
    """Every progress line; other lines (warnings) are passed over."""
    samples = []
    for line in output.read_text(errors="replace").splitlines():
        at_s, _, events = line.partition(" ")
        if events.isdigit() and at_s.replace(".", "", 1).isdigit():
            samples.append(Sample(float(at_s), int(events)))
    return samples


def _told(output: Path) -> Sample:
    told = _all_told(output)
    return told[-1] if told else Sample(time.monotonic(), 0)


def words(result: Mapping[str, Any]) -> str:
    """The result for people: each rate, and what it is of the bare loop's."""
    floor = result["bare_loop"]
    rows = {"ours, one event a record": result["ours"]["single"]}
    rows["ours, arrays of about 50 events"] = result["ours"]["array"]
    rows |= {name: result[name] for name in CONTESTANTS}
    lines = [f"{'':34}{'events/s':>12}{'of the bare loop':>20}"]
    for name, value in rows.items():
        shown = "not installed" if value is None else f"{value:,.0f}"
        share = "" if value is None or not floor else f"{value / floor:.2f}"
        lines.append(f"{name:34}{shown:>12}{share:>20}")
    return "\n".join(lines) + "\n"
