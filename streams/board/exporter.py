"""The view as Prometheus reads it: one collector over one frozen view, so that no scrape is torn.

Names, types, labels and help come from the table in `core.definitions`; here stands only where each
value is found. Counters are totals of what is final; gauges are the board's own figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from streams.board.chat_exporter import chat_families
from streams.board.families import (
    Family,
    Histogram,
    Sample,
    Samples,
    add,
    family_of,
    histogram,
)
from streams.board.view import CHANNEL, QueueKey, View
from streams.core.book import Part, QueueParts
from streams.core.chats import CHAT_METRICS
from streams.core.definitions import (
    ABANDON_FIRST,
    ABANDON_SUM_MS,
    ANSWER_EDGES_S,
    ANSWER_FIRST,
    ANSWER_SUM_MS,
    ATTENDED,
    BLIND,
    CORRECTIONS,
    DEFINITIONS,
    ENTERED,
    HANDLE_EDGES_S,
    HANDLE_FIRST,
    METRICS,
    TALK_SUM_MS,
    WRAPUP_SUM_MS,
    Left,
)
from streams.core.figures import outcomes
from streams.core.targets import ServiceLevel, Target, service_level

# What `hotline_contacts_finished_total` and its like are told apart by.
OUTCOMES = ("answered", "abandoned", "abandoned_short", *map(str, Left))


class Totals:
    """What is final of one queue since the beginning, and what it is held to."""

    def __init__(self, parts: QueueParts, target: Target) -> None:
        self.formula = target.service_level
        self.tally = parts.totals()
        self.met, self.eligible = service_level(self.tally, self.formula)

    def outcomes(self) -> Samples:
        """By outcome, those that never occurred too: a late series loses its beginning."""
        counts = outcomes(self.tally, self.formula)
        return [((name,), counts.get(name, 0)) for name in OUTCOMES]

    def waits(self, first: int, sum_column: int) -> Histogram:
        """The histogram of waits that begins at column `first`."""
        return histogram(self.tally, ANSWER_EDGES_S, first, self.tally.cells[sum_column])

    def handle(self) -> Histogram:
        """The histogram of handle times."""
        cells = self.tally.cells
        sum_ms = cells[TALK_SUM_MS] + cells[WRAPUP_SUM_MS]
        return histogram(self.tally, HANDLE_EDGES_S, HANDLE_FIRST, sum_ms)


class Shown:
    """One queue as it is exported: its labels, its totals, its tile of the board's JSON."""

    def __init__(self, key: QueueKey, part: Part, tile: Mapping[str, Any]) -> None:
        self.labels = (*key, CHANNEL)
        self.totals = Totals(*part)
        self.formula = part[1].service_level
        self.tile = tile
        self.now = tile["now"]
        self.interval = tile["windows"]["interval"]
        self.today = tile["windows"]["today"]


def _cell(column: int) -> Callable[[Shown], Samples]:
    return lambda queue: [((), queue.totals.tally.cells[column])]


def _now(name: str) -> Callable[[Shown], Samples]:
    return lambda queue: [((), queue.now[name])]


def _by_outcome(window: Mapping[str, Any]) -> Samples:
    short = window["abandoned_short"]
    return [
        (("answered",), window["answered"]),
        (("abandoned",), window["abandoned"] - short),
        (("abandoned_short",), short),
        *(((str(reason),), window["left"].get(str(reason), 0)) for reason in Left),
    ]


def _unless_none(value: float | None) -> Samples:
    return [] if value is None else [((), value)]


def _oldest(queue: Shown) -> Samples:
    since_ms = queue.now["longest_wait_start_ms"]
    return _unless_none(None if since_ms is None else since_ms / 1000)


def formula_text(formula: ServiceLevel) -> str:
    """A service-level formula in one label, `service_level/1 T=20 s=5 credit=no incl=yes`."""
    credit = "yes" if formula.credit_short_abandons else "no"
    included = "yes" if formula.include_abandons else "no"
    version = next(each.version for each in DEFINITIONS if each.id == "service_level")
    return (
        f"service_level/{version} T={formula.threshold_s} s={formula.short_abandon_s} "
        f"credit={credit} incl={included}"
    )


# Of each queue: ((further labels), value).
OF_QUEUE: Mapping[str, Callable[[Shown], Samples]] = MappingProxyType(
    {
        "hotline_contacts_offered_total": _cell(ENTERED),
        "hotline_contacts_finished_total": lambda queue: queue.totals.outcomes(),
        "hotline_service_level_eligible_total": lambda queue: [((), queue.totals.eligible)],
        "hotline_service_level_missed_total": lambda queue: [
            ((), queue.totals.eligible - queue.totals.met)
        ],
        "hotline_transfers_total": lambda queue: [
            (("blind",), queue.totals.tally.cells[BLIND]),
            (("attended",), queue.totals.tally.cells[ATTENDED]),
        ],
        "hotline_corrections_total": _cell(CORRECTIONS),
        "hotline_waiting_contacts": _now("waiting"),
        "hotline_waiting_beyond_target_contacts": _now("waiting_beyond_target"),
        "hotline_oldest_waiting_start_timestamp_seconds": _oldest,
        "hotline_active_contacts": _now("talking"),
        "hotline_interval_contacts": lambda queue: _by_outcome(queue.interval),
        "hotline_interval_service_level_ratio": lambda queue: _unless_none(
            queue.interval["service_level"]["ratio"]
        ),
        "hotline_today_contacts": lambda queue: _by_outcome(queue.today),
        "hotline_service_level_objective_ratio": lambda queue: [
            ((), queue.tile["target"]["objective_ratio"])
        ],
        "hotline_service_level_threshold_seconds": lambda queue: [((), queue.formula.threshold_s)],
        "hotline_queue_info": lambda queue: [
            ((queue.tile["title_zh"], formula_text(queue.formula)), 1)
        ],
    }
)
HISTOGRAMS: Mapping[str, Callable[[Shown], Histogram]] = MappingProxyType(
    {
        "hotline_speed_of_answer_seconds": lambda queue: queue.totals.waits(
            ANSWER_FIRST, ANSWER_SUM_MS
        ),
        "hotline_abandon_wait_seconds": lambda queue: queue.totals.waits(
            ABANDON_FIRST, ABANDON_SUM_MS
        ),
        "hotline_handle_seconds": lambda queue: queue.totals.handle(),
    }
)
# Of the pipeline: ((labels), value).
OF_VIEW: Mapping[str, Callable[[View], Samples]] = MappingProxyType(
    {
        "hotline_pipeline_watermark_timestamp_seconds": lambda view: [
            ((each.site, each.source), each.watermark_ms / 1000) for each in view.sources
        ],
        "hotline_pipeline_last_event_timestamp_seconds": lambda view: [
            ((each.site, each.source), each.last_event_ms / 1000)
            for each in view.sources
            if each.last_event_ms is not None
        ],
        "hotline_pipeline_events_total": lambda view: list(view.events.items()),
        "hotline_partition_watermark_timestamp_seconds": lambda view: [
            ((topic, str(partition)), clock_ms / 1000)
            for (topic, partition), clock_ms in view.clocks.items()
        ],
        "hotline_build_info": lambda view: [((view.version,), 1)],
    }
)


def families(view: View) -> Iterator[Family]:
    """Every metric of the tables with its samples."""
    yield from chat_families(view.chats)
    tiles = {(tile["site"], tile["queue"]): tile for tile in view.board["queues"]}
    queues = [Shown(key, part, tiles[key]) for key, part in view.queues.items()]
    for metric in METRICS:
        family = family_of(metric)
        if metric.kind == "histogram":
            for queue in queues:
                family.add_metric(queue.labels, *HISTOGRAMS[metric.name](queue))
        else:
            for labels, value in _samples(metric.name, view, queues):
                add(family, metric, labels, value)
        yield family


def _samples(name: str, view: View, queues: Sequence[Shown]) -> Iterator[Sample]:
    if name in OF_VIEW:
        yield from OF_VIEW[name](view)
        return
    for queue in queues:
        for further, value in OF_QUEUE[name](queue):
            yield (*queue.labels, *further), value


class Exporter(Collector):
    """Renders the newest view; `latest` gives it, None before there is one."""

    def __init__(self, latest: Callable[[], View | None]) -> None:
        self._latest = latest
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def describe(self) -> list[Family]:
        """Every metric without samples, so that registering needs no view."""
        return [family_of(metric) for metric in (*CHAT_METRICS, *METRICS)]

    def collect(self) -> Iterator[Family]:
        """The families of the newest view."""
        view = self._latest()
        if view is not None:
            yield from families(view)

    def render(self, accept: str) -> tuple[bytes, str] | None:
        """(body, content type) in the format asked for; None before there is a view.

        Takes a tenth of a second with many queues: not for an event loop.
        """
        if self._latest() is None:
            return None
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type
