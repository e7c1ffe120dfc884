"""Ten thousand damaged lines and records around good ones: each is counted with its reason,
nothing stops, and the good ones' figures are the oracle's.
"""

import json
import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
from kafka import KafkaProducer

from streams.broker import EmbeddedKafka
from tests.live import recording, rubbish
from tests.live.recording import events, heartbeat, now_s, retimed_log, send
from tests.live.running import Hotline, Service, until

pytestmark = pytest.mark.live

HALF = 5_000


@pytest.fixture(scope="module")
def deployed(
    kafka: EmbeddedKafka, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Hotline, list[Service]]]:
    folder = tmp_path_factory.mktemp("rubbish")
    hotline = Hotline(kafka.bootstrap, f"rubbish{os.getpid()}", folder)
    try:
        services = [hotline.worker(), hotline.board()]
        yield hotline, [each.until_ready() for each in services]
    finally:
        hotline.stop()


def refused(hotline: Hotline) -> Counter[str]:
    """`hotline rejected list`, by input topic (without prefix) or source, and reason."""
    told = json.loads(hotline.run("rejected", "list", "--json"))
    found: Counter[str] = Counter()
    for each in told["counts"]:
        where = each["topic"].removeprefix(f"{hotline.prefix}.")
        if where.startswith("source:"):
            where = where.split(":")[1]
        found[f"{where} {each['reason']}"] += each["count"]
    assert len(told["rejected"]) == found.total()
    return found


def with_rubbish(good: Sequence[bytes], bad: Sequence[rubbish.Line], seed: int) -> bytes:
    """The good lines in their order, the others anywhere before the last ten of them."""
    chance = random.Random(seed)
    places = sorted(chance.randint(0, len(good) - 10) for _ in bad)
    mixed, taken = [], 0
    for place, each in zip(places, bad, strict=True):
        mixed += [*good[taken:place], each.line]
        taken = place
    return b"\n".join([*mixed, *good[taken:]]) + b"\n"


def test_lines_of_a_log(deployed: tuple[Hotline, list[Service]]) -> None:
    hotline, services = deployed
    log = retimed_log(hotline.folder, "queue_log")
    good = log.read_bytes().splitlines()
    bad = rubbish.lines(1, HALF, now_s() - recording.ENDED_AGO_S)
    log.write_bytes(with_rubbish(good, bad, 1))
    done = hotline.tried(
        *("source", "asterisk-queue-log", log, "--name", "log"), HOTLINE_SOURCE__SITE="log"
    )
    assert done.returncode == 0, done.stderr
    rejected = Counter(each.rejected for each in bad if each.rejected)
    assert rejected.total() + sum(bool(each.ignored) for each in bad) == HALF
    send(hotline, [heartbeat("log", "log", 1000 * now_s())])
    truth = recording.true_counters("log")
    until(lambda: _differ(hotline, truth) == {}, lambda: f"{_differ(hotline, truth)} {done.stderr}")
    found = refused(hotline)
    assert {name: found[f"log {name}"] for name in rejected} == rejected
    assert f"{len(good) + HALF} read" in done.stderr
    assert f"{rejected.total()} rejected" in done.stderr
    for name in ("SURVEY_0", "SURVEY_4", "blank"):
        assert f"{name} " in done.stderr
    assert [each.process.poll() for each in services] == [None, None]


def _differ(hotline: Hotline, truth: dict[str, float]) -> dict[str, tuple[float | None, float]]:
    found = hotline.metrics()
    return {
        name: (found.get(name), value) for name, value in truth.items() if found.get(name) != value
    }


def test_records_in_kafka(deployed: tuple[Hotline, list[Service]]) -> None:
    hotline, services = deployed
    counted, listed = hotline.events_counted(), refused(hotline)
    good = events("around", "around")
    now_ms = 1000 * now_s()
    bad = rubbish.records(2, HALF, now_ms)
    send(hotline, [heartbeat("rubbish", "main", now_ms)])
    _throw(hotline, bad[: HALF // 2])
    send(hotline, good)
    _throw(hotline, bad[HALF // 2 :])
    send(hotline, [heartbeat("around", "around", now_ms)])
    truth = recording.true_counters("around")
    until(lambda: _differ(hotline, truth) == {}, lambda: str(_differ(hotline, truth)))
    reasons = Counter(reason for each in bad for reason in each.reasons)
    results = rubbish.by_result(reasons)

    def newly() -> Counter[str]:
        found = hotline.events_counted() - counted
        return Counter({name: found[name] for name in results})

    until(lambda: newly() == results, lambda: f"{newly()}, expected {results}")
    wanted = Counter({f"calls {reason}": count for reason, count in reasons.items()})
    until(lambda: refused(hotline) - listed == wanted, lambda: f"{refused(hotline) - listed}")
    assert [each.process.poll() for each in services] == [None, None]
    assert json.loads(hotline.run("verify", "--json"))["equal"]


def _throw(hotline: Hotline, bad: Sequence[rubbish.Record]) -> None:
    producer = KafkaProducer(
        bootstrap_servers=hotline.bootstrap, linger_ms=5, max_request_size=4 * 1024 * 1024
    )
    try:
        for ordinal, each in enumerate(bad):
            key = b"\xff\xfe %d" % ordinal
            producer.send(hotline.topic("calls"), each.value, key=key)
        producer.flush(timeout=60)
    finally:
        producer.close()
