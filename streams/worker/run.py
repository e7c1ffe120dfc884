"""Runs a worker from settings to exit code: waits for Kafka, starts, stops on a signal within 5 s.

Refuses to read configuration and to know what the worker does.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import threading
from collections.abc import Mapping

from aiokafka.errors import KafkaError

from streams.config import Settings
from streams.config.refusals import refusal
from streams.wire.topics import INPUTS, REJECTED, STATE, VISITS
from streams.worker.app import WorkerApp, create_app
from streams.worker.errors import TopicsError, WorkerError
from streams.worker.health import HealthServer
from streams.worker.logs import configure
from streams.worker.lookup import existing_topics
from streams.worker.security import client_options

EXIT_DONE, EXIT_FAILED = 0, 1
# What was not saved by then is folded again after the next start; nothing is lost.
STOP_LIMIT_S = 4.5
RETRY_CONNECT_S = 1.0
# A state is many long-lived objects without cycles: Python's own thresholds would look through all
# of them again and again (a tenth of the time at 60,000 open calls).
COLLECT_AFTER = (50_000, 20, 1000)

logger = logging.getLogger("hotline.worker")


def run_worker(settings: Settings) -> int:
    """Run until SIGTERM or SIGINT (exit code 0) or until something ends it (1); logs to stderr.

    The process itself ends with 70 where the worker is stuck, 1 where stopping takes too long.
    """
    configure()
    gc.set_threshold(*COLLECT_AFTER)
    try:
        return asyncio.run(_run(settings))
    except WorkerError as error:
        logger.critical("%s", error)
    return EXIT_FAILED


async def _run(settings: Settings) -> int:
    stopped = asyncio.create_task(_stop_on_signals().wait())
    app = create_app(settings)
    health = _health(app, settings)
    ready = asyncio.create_task(_topics_ready(settings))
    try:
        await asyncio.wait({ready, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            return EXIT_DONE
        await ready
        return await _serve(app, stopped)
    finally:
        health.close()
        for task in (ready, stopped):
            task.cancel()


def _health(app: WorkerApp, settings: Settings) -> HealthServer:
    host, port = settings.worker.health_host, settings.worker.health_port
    try:
        health = HealthServer((host, port), app.metrics, app.watch.reasons, lambda: _unready(app))
    except OSError as error:
        raise WorkerError(
            f"health port {host}:{port}: {error}. Set worker.health_host and worker.health_port "
            "(0 takes any free port)"
        ) from error
    logger.info("health at http://%s:%d", host, health.port)
    return health


async def _serve(app: WorkerApp, stopped: asyncio.Task[bool]) -> int:
    app.watch.guard()
    serving = asyncio.create_task(_started(app))
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    await app.stop()
    serving.cancel()
    await asyncio.wait({serving})
    reason = app.crash_reason
    if reason is None and serving.done() and not serving.cancelled():
        reason = serving.exception()
    if reason is None:
        return EXIT_DONE
    logger.critical("%s", reason if isinstance(reason, WorkerError) else repr(reason))
    return EXIT_FAILED


async def _started(app: WorkerApp) -> None:
    await app.start()
    await app.wait_until_stopped()


def _stop_on_signals() -> asyncio.Event:
    """Return what SIGTERM and SIGINT set; from then on the process ends in time."""
    stop = asyncio.Event()

    def heard(name: str) -> None:
        if stop.is_set():
            return
        logger.info("%s: stopping", name)
        limit = threading.Timer(STOP_LIMIT_S, _end)
        limit.daemon = True
        limit.start()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, heard, number.name)
    return stop


def _end() -> None:
    logger.critical("stopping took more than %g s: ending", STOP_LIMIT_S)
    os._exit(EXIT_FAILED)


async def _topics_ready(settings: Settings) -> None:
    """Return when Kafka answers and has the topics; TopicsError where it has other ones."""
    while True:
        try:
            check_topics(await existing_topics(client_options(settings.kafka)), settings)
        except (KafkaError, OSError, TimeoutError) as error:
            brokers = ", ".join(settings.kafka.bootstrap)
            said = refusal() or repr(error)
            logger.warning("no Kafka at %s yet, trying on: %s", brokers, said)
            await asyncio.sleep(RETRY_CONNECT_S)
        else:
            return


def check_topics(found: Mapping[str, int], settings: Settings) -> None:
    """Raise TopicsError unless the worker's topics are there, cut as configured."""
    wanted = {
        topic.full_name(settings.kafka.topic_prefix): topic.partitions(settings.kafka.partitions)
        for topic in (*INPUTS, STATE, VISITS, REJECTED)
    }
    missing = sorted(set(wanted) - set(found))
    if missing:
        raise TopicsError(f"topics missing: {', '.join(missing)}. Run `hotline provision`")
    wrong = [
        f"{name} has {found[name]} partitions, expected {count}"
        for name, count in wanted.items()
        if found[name] != count
    ]
    if wrong:
        raise TopicsError(
            f"{'; '.join(wrong)}. Set kafka.partitions to what is there; "
            "`hotline provision` makes new topics, but never changes the number of partitions"
        )


def _unready(app: WorkerApp) -> list[str]:
    """Why the worker does not serve now; empty where it does."""
    reasons = list(app.watch.reasons())
    if app.rebalancing or not app.partitions.restored:
        reasons.append("waiting for Kafka, or restoring after a rebalance")
    elif not len(app.partitions):
        reasons.append("no partitions assigned: more workers than partitions?")
    return reasons
