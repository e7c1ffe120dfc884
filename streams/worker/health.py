"""The worker's own health for Prometheus and supervisors: a port, served by a thread of its own.

Operational only: lag, rebalances, checkpoints, what was refused. No business figure is here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from socket import AF_INET6
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any, cast
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from faust.types import TP
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    make_wsgi_app,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

CHECKPOINT_EDGES_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
PLACE = ("topic", "partition")

Lags = Callable[[], Iterable[tuple[TP, int]]]
Verdict = Callable[[], Sequence[str]]
"""Reasons why not, in words; empty where all is well."""


class Metrics:
    """Everything the worker counts, in a registry of its own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # series nobody looks at
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._records = _counter(registry, "records", "Input records folded", "topic")
        self._passed = _counter(registry, "passed_over_records", "Records not folded", "why")
        self._rejected = _counter(registry, "rejected", "Events refused", "reason")
        self._rebalances = _counter(registry, "rebalances", "Rebalances completed")
        self._rereads = _counter(registry, "rereads", "Seeks back to a missing record")
        self._empty = _counter(registry, "empty_offsets", "Input offsets that hold no record")
        self._lost = _counter(
            registry, "data_lost_records", "Records deleted before they were folded", *PLACE
        )
        self._checkpoints = _counter(registry, "checkpoints", "Checkpoints", "result")
        self._checkpoint_s = _seconds(registry, "checkpoint", "From snapshot to commit")
        self._dump_s = _seconds(registry, "dump", "Making the snapshots of one checkpoint")
        self._restore_s = _seconds(registry, "restore", "Restoring after one rebalance")
        self._partitions = Gauge(
            "hotline_worker_partitions", "Input partitions owned", registry=registry
        )

    def folded(self, topic: str, records: int) -> None:
        """Count records folded."""
        self._records.labels(topic).inc(records)

    def passed_over(self, why: str, records: int) -> None:
        """Count records not folded."""
        self._passed.labels(why).inc(records)

    def rejected(self, reasons: Sequence[str]) -> None:
        """Count events refused."""
        for reason in reasons:
            self._rejected.labels(reason).inc()

    def reread(self) -> None:
        """Count a seek back."""
        self._rereads.inc()

    def empty_offsets(self, offsets: int) -> None:
        """Count offsets that hold no record."""
        self._empty.inc(offsets)

    def lost(self, tp: TP, records: int) -> None:
        """Count records deleted before they were folded."""
        self._lost.labels(tp.topic, str(tp.partition)).inc(records)

    def checkpoint(self, result: str, took_s: float) -> None:
        """Count a checkpoint: saved, failed or fenced."""
        self._checkpoints.labels(result).inc()
        self._checkpoint_s.observe(took_s)

    def dumped(self, cost_s: float) -> None:
        """Note what the snapshots of one checkpoint cost."""
        self._dump_s.observe(cost_s)

    def restored(self, partitions: int, took_s: float) -> None:
        """Count a rebalance that gave us so many partitions."""
        self._rebalances.inc()
        self._restore_s.observe(took_s)
        self._partitions.set(partitions)

    def show_lags(self, lags: Lags) -> None:
        """Export the lag of the partitions owned at the time of a scrape."""
        self.registry.register(_LagCollector(lags))


def _counter(registry: CollectorRegistry, name: str, words: str, *labels: str) -> Counter:
    return Counter(f"hotline_worker_{name}", words, labels, registry=registry)


def _seconds(registry: CollectorRegistry, name: str, words: str) -> Histogram:
    full_name = f"hotline_worker_{name}_seconds"
    return Histogram(full_name, words, buckets=CHECKPOINT_EDGES_S, registry=registry)


class _LagCollector(Collector):
    """Gauges of what is owned now: a partition that moved away leaves no series behind."""

    def __init__(self, lags: Lags) -> None:
        self._lags = lags

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily(
            "hotline_worker_lag_records", "Input records not yet folded", labels=PLACE
        )
        for tp, lag in self._lags():
            family.add_metric([tp.topic, str(tp.partition)], lag)
        yield family


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Server6(_Server):
    address_family = AF_INET6


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_args: Any) -> None:  # noqa: ANN401
        """A probe a second is not worth a line."""


class HealthServer:
    """`/metrics`, `/healthz` (alive?) and `/readyz` (serving?), until closed."""

    def __init__(
        self, address: tuple[str, int], metrics: Metrics, alive: Verdict, ready: Verdict
    ) -> None:
        """Listen at once; raises OSError where the port is taken."""
        self._metrics = make_wsgi_app(metrics.registry)
        self._verdicts = {"/healthz": alive, "/readyz": ready}
        host, port = address
        self._server = make_server(
            host, port, self._answer, _Server6 if ":" in host else _Server, _Quiet
        )
        self._thread = Thread(target=self._server.serve_forever, name="health", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._server.server_port)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, environ: dict[str, Any], respond: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "/")
        if path == "/metrics":
            return cast("Iterable[bytes]", self._metrics(environ, respond))
        verdict = self._verdicts.get(path)
        if verdict is None:
            respond("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"/metrics, /healthz, /readyz\n"]
        reasons = list(verdict())
        status = "503 Service Unavailable" if reasons else "200 OK"
        respond(status, [("Content-Type", "application/json")])
        return [json.dumps({"ok": not reasons, "reasons": reasons}).encode() + b"\n"]
