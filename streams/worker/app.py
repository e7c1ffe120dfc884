"""The Faust app: an agent per input topic, and the hooks where state comes, is saved and goes.

`create_app` is all there is: importing does nothing. It refuses to fold, save or restore by itself.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any, cast

import faust
from faust.types import TP

from streams.config import Settings
from streams.wire.topics import INPUTS, STATE
from streams.worker.checkpoint import Checkpoint, Pace
from streams.worker.errors import StateError
from streams.worker.folding import Folding, Partitions
from streams.worker.gaps import Gaps
from streams.worker.health import Metrics
from streams.worker.lookup import looking
from streams.worker.options import faust_options
from streams.worker.outlet import Outlet
from streams.worker.partition import Partition
from streams.worker.restore import Restoring
from streams.worker.security import client_options
from streams.worker.transport import (
    BatchTransport,
    Membership,
    Reading,
    group_of,
    producer_of,
)
from streams.worker.watch import Watch

RETRY_RESTORE_S = 0.5

logger = logging.getLogger("hotline.worker")


class WorkerApp(faust.App):
    """A Faust app that owns no folder, and carries the parts that health looks at."""

    partitions: Partitions
    metrics: Metrics
    watch: Watch

    async def on_first_start(self) -> None:
        """Make no data directory: there are no tables."""


class _Group:
    """The group as checkpoints see it; the consumer is made when the app starts."""

    def __init__(self, app: faust.App) -> None:
        self._app = app

    def membership(self) -> Membership:
        return group_of(self._app).membership()

    async def commit_as(self, member: Membership, offsets: Mapping[TP, tuple[int, str]]) -> None:
        await group_of(self._app).commit_as(member, offsets)


def create_app(settings: Settings) -> WorkerApp:
    """Return the app, ready to be started; ConfigError on certificates that cannot be used."""
    app = WorkerApp(**faust_options(settings))
    app.partitions, app.metrics = Partitions(), Metrics()
    worker = settings.worker
    reading = Reading(worker.batch_records, worker.linger_ms / 1000, app.partitions.positions)
    app.transport = BatchTransport(app, reading)
    options = client_options(settings.kafka)
    app.watch = Watch(app.partitions, lambda: app.rebalancing, options)
    app.metrics.show_lags(app.watch.lags)
    app.task(app.watch.run)
    _connect_input(app, settings, options)
    _connect_state(app, settings, options)
    return app


def _connect_input(app: WorkerApp, settings: Settings, options: Mapping[str, Any]) -> None:
    """One agent a topic; what comes is folded where its partition is owned."""

    async def seek(positions: Mapping[TP, int]) -> None:
        await app.consumer.seek_wait(positions)

    gaps = Gaps(options, seek, app.metrics)
    folding = Folding(app.partitions, lambda: app.consumer_generation_id, gaps.close, app.metrics)

    async def fold(stream: faust.StreamT[Any]) -> None:
        async for event in cast("faust.Stream[Any]", stream).noack().events():
            try:
                await folding.fold(event.message)
            except Exception as error:
                logger.critical("folding %s failed, ending", event.message.tp, exc_info=True)
                await app.crash(error)

    for topic in INPUTS:
        name = topic.full_name(settings.kafka.topic_prefix)
        app.agent(app.topic(name, key_type=bytes, value_type=bytes), name=f"fold {name}")(fold)


def _connect_state(app: WorkerApp, settings: Settings, options: Mapping[str, Any]) -> None:
    """State comes after every rebalance, is saved all the time, and before it goes."""
    prefix = settings.kafka.topic_prefix
    checkpoint = Checkpoint(Outlet(lambda: producer_of(app)), _Group(app), prefix, app.metrics)
    pace = Pace(settings.worker.checkpoint_interval_ms / 1000, settings.worker.checkpoint_share)
    restoring = Restoring(
        STATE.full_name(prefix),
        {topic.full_name(prefix): topic.name for topic in INPUTS},
        settings.rules(),
        app.metrics,
        app.watch.got_on,
    )

    @app.task  # type: ignore[untyped-decorator]
    async def save() -> None:
        due = time.monotonic()
        while not app.should_stop:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due = time.monotonic()
            cost_s = 0.0 if app.rebalancing else await checkpoint.attempt(app.partitions)
            due += pace.pause_s(cost_s)

    @app.on_rebalance_complete.connect
    async def restore(*_: object, **__: object) -> None:
        app.partitions.drop()
        started = time.monotonic()
        generation = app.consumer_generation_id
        while app.consumer_generation_id == generation and not app.should_stop:
            try:
                await _restore(app, restoring, options, generation)
            except StateError as error:
                await app.crash(error)
            except Exception as error:  # noqa: BLE001 - tried again until the group moves on
                logger.warning("restore failed, trying again: %r", error)
                await asyncio.sleep(RETRY_RESTORE_S)
            else:
                app.metrics.restored(len(app.partitions), time.monotonic() - started)
                return

    @app.on_partitions_revoked.connect
    async def give_up(*_: object, **__: object) -> None:
        await checkpoint.last(app.partitions)
        app.partitions.drop()

    @app.on_before_shutdown.connect
    async def save_before_shutdown(*_: object, **__: object) -> None:
        await checkpoint.last(app.partitions)


async def _restore(
    app: WorkerApp, restoring: Restoring, options: Mapping[str, Any], generation: int
) -> None:
    """Restore what is assigned now, unless the group moves on meanwhile."""
    started = time.monotonic()
    owned = {TP(*tp) for tp in app.consumer.assignment()}
    restored: dict[TP, Partition] = {}
    if owned:
        async with looking(options) as lookup:
            commits = await group_of(app).committed(owned)
            restored = await restoring.restore(lookup, owned, commits)
    if app.consumer_generation_id == generation:
        app.partitions.own(restored)
        took_ms = (time.monotonic() - started) * 1000
        logger.info(
            "generation %d: restored %d partitions in %.0f ms", generation, len(restored), took_ms
        )
