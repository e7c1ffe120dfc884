"""The doctor's judgement over made-up facts; tests/live/test_doctor.py has the real ones."""

import json
import logging
import ssl
from collections.abc import Mapping

import pytest
from kafka.errors import (
    KafkaConnectionError,
    KafkaTimeoutError,
    SaslAuthenticationFailedError,
    TopicAuthorizationFailedError,
)
from typer.testing import CliRunner

from streams.cli import app
from streams.config import Settings
from streams.core.limits import Rules
from streams.core.state import PartitionState
from streams.doctor.cluster import asked, hearing, why_not
from streams.doctor.facts import Commit, Group, Inputs, Look, Place, Reach, Seen
from streams.doctor.findings import Finding, Severity, as_json, listing, ok, problem, span
from streams.doctor.group import check_group
from streams.doctor.rejects import check_rejects
from streams.doctor.services import Answer, Service, check_service, services
from streams.doctor.sources import Speaker, check_clock, check_sources, hear
from streams.doctor.state import check_state, gather
from streams.doctor.topics import check_topics
from streams.provisioning import Difference
from streams.wire.changes import dump_changes, mark
from streams.wire.keys import Origin, changes_key, state_key
from streams.wire.rejected import refusals
from streams.wire.snapshot import dump
from streams.wire.topics import worker_group
from streams.worker.options import faust_options

NOW_MS = 1_763_800_000_000
CALLS, STATE = "hotline.calls", "hotline.state"
ZERO, ONE = Place(CALLS, 0), Place(CALLS, 1)
STABLE = Group("Stable", 2)


def ids(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(each.id, each.severity) for each in findings]


def look(
    reaches: Mapping[Place, tuple[int, int]], commits: Mapping[Place, int], at_ms: int = NOW_MS
) -> Look:
    return Look(
        at_ms,
        {place: Reach(*reach) for place, reach in reaches.items()},
        {place: Commit(offset) for place, offset in commits.items()},
    )


def heartbeat(age_ms: int, source: str = "pbx", ahead_ms: int = 0, offset: int = 0) -> Seen:
    at_ms = NOW_MS - age_ms + ahead_ms
    event = {"type": "source.heartbeat", "source": source, "at_ms": at_ms}
    return Seen(offset, NOW_MS - age_ms, None, json.dumps([event]).encode())


def judged(tails: Mapping[Place, list[Seen]], remembered: int | None = None) -> list[Finding]:
    clocks = {} if remembered is None else {ZERO: {Speaker("pbx", "main"): remembered}}
    return check_sources(hear(tails, clocks), {CALLS: 2}, NOW_MS, 25_000, 60_000)


def snapshot(offset: int, size_bytes: int = 0) -> bytes:
    state = PartitionState("calls", Rules())
    state.offset = offset
    return dump(state) + b" " * size_bytes


def state_record(value: bytes, age_ms: int = 0, key: bytes = state_key(Origin(*ZERO), 1)) -> Seen:
    return Seen(7, NOW_MS - age_ms, key, value)


def test_a_line_has_severity_words_and_advice() -> None:
    assert str(problem("x", "it is broken", "mend it")) == "problem  it is broken -> mend it"
    assert str(ok("x", "fine")) == "ok       fine"
    assert as_json([ok("x", "fine")]) == {
        "ok": True,
        "findings": [{"id": "x", "severity": "ok", "words": "fine", "advice": ""}],
    }
    assert not as_json([problem("x", "", "")])["ok"]
    assert [span(ms) for ms in (900, 119_000, 600_000, 9_000_000, 400_000_000)] == [
        *("1 s", "119 s", "10 min", "2 h", "5 days"),
    ]
    assert listing(range(14)).endswith("10, 11 and 2 more")


def test_topics_are_held_to_what_provision_makes() -> None:
    assert ids(check_topics({CALLS: ()})) == [("topics", "ok")]
    found = check_topics(
        {
            STATE: None,
            CALLS: (
                Difference("partitions", "4", "8", repairable=False),
                Difference("retention.ms", "-1", "604800000"),
                Difference("max.message.bytes", "1048588", "2097152"),
                Difference("segment.ms", "604800000", "300000"),
            ),
        }
    )
    assert ids(found) == [
        ("topics-missing", "problem"),
        ("topic-partitions", "problem"),
        ("topic-retention.ms", "warning"),
        ("topic-max.message.bytes", "problem"),
        ("topic-segment.ms", "warning"),
    ]
    assert "set kafka.partitions to 4" in found[1].advice


def test_a_source_that_is_heard_everywhere_is_well() -> None:
    assert ids(judged({ZERO: [heartbeat(3000)], ONE: [heartbeat(9000)]})) == [("source", "ok")]
    assert ids(judged({})) == [("sources-none", "warning")]


def test_a_source_that_falls_silent() -> None:
    (found,) = judged({ZERO: [heartbeat(180_000)], ONE: [heartbeat(190_000)]})
    assert (found.id, found.severity) == ("source-silent", Severity.PROBLEM)
    assert found.words == "source pbx (site main) on hotline.calls: no heartbeat for 3 min"
    assert ids(judged({}, remembered=NOW_MS - 180_000)) == [("source-silent", "problem")]
    assert ids(judged({}, remembered=NOW_MS - 3 * 86_400_000)) == [("source-gone", "warning")]


def test_a_source_that_forgets_partitions_or_heartbeats() -> None:
    (found,) = judged({ZERO: [heartbeat(3000)]})
    assert (found.id, found.severity) == ("source-partitions", Severity.PROBLEM)
    assert found.words.endswith("no heartbeats in partitions 1")
    event = {"type": "call.queued", "source": "mute", "site": "east", "at_ms": NOW_MS}
    (found,) = judged({ZERO: [Seen(0, NOW_MS, None, json.dumps(event).encode())]})
    assert found.id == "source-no-heartbeats"
    assert found.words.startswith("source mute (site east)")


def test_where_too_much_comes_to_see_a_heartbeat_events_are_signs() -> None:
    event = {"type": "call.queued", "source": "busy", "at_ms": NOW_MS}
    tail = [Seen(0, NOW_MS, None, json.dumps(event).encode())]
    speech = hear({ZERO: tail, ONE: tail}, {}, {ZERO, ONE})
    assert ids(check_sources(speech, {CALLS: 2}, NOW_MS, 25_000, 60_000)) == [("source", "ok")]


def test_rubbish_is_no_source() -> None:
    rubbish = [b"\xff", b"[1]", b'{"source": 3, "at_ms": 4}', b'{"source": "x"}', None]
    assert hear({ZERO: [Seen(0, NOW_MS, None, each) for each in rubbish]}, {}) == {}


@pytest.mark.parametrize(
    ("ahead_ms", "found"),
    [
        (4_000, ("source", "ok")),
        (20_000, ("source-clock", "warning")),
        (90_000, ("source-clock", "problem")),
        (-600_000, ("source-behind", "warning")),
    ],
)
def test_a_source_whose_clock_is_wrong(ahead_ms: int, found: tuple[str, str]) -> None:
    beat = heartbeat(1000, ahead_ms=ahead_ms)
    assert ids(judged({ZERO: [beat], ONE: [beat]}))[-1] == found


@pytest.mark.parametrize(
    ("age_ms", "offset", "words"),
    [
        (500, 9, "clock agrees"),
        (-300_000, 0, "5 min or more ahead"),
        (300_000, 9, "5 min or more behind"),
        (300_000, 3, "more cannot be told"),
    ],
)
def test_the_clock_of_the_broker(age_ms: int, offset: int, words: str) -> None:
    first, last = look({ZERO: (0, 5)}, {}, NOW_MS - 1000), look({ZERO: (0, 10)}, {})
    (found,) = check_clock(Inputs((first, last), {ZERO: [heartbeat(age_ms, offset=offset)]}))
    assert words in found.words
    assert (found.severity is Severity.PROBLEM) == ("or more" in found.words)


def test_workers_that_are_not_there_or_do_not_move() -> None:
    before = look({ZERO: (0, 50), ONE: (0, 9)}, {ZERO: 10, ONE: 9}, NOW_MS - 10_000)
    moved = look({ZERO: (0, 60), ONE: (0, 9)}, {ZERO: 58, ONE: 9})
    stuck = look({ZERO: (0, 60), ONE: (0, 9)}, {ZERO: 10, ONE: 9})
    far = look({ZERO: (0, 90_000), ONE: (0, 9)}, {ZERO: 58, ONE: 9})
    assert ids(check_group("g", STABLE, before, moved)) == [("group", "ok"), ("lag", "ok")]
    (nobody,) = check_group("g", Group("Empty", 0), before, stuck)
    assert nobody.words == "no worker consumes (group g is empty); 50 records wait"
    *_, found = check_group("g", STABLE, before, stuck)
    assert (found.id, found.severity) == ("worker-stuck", Severity.PROBLEM)
    assert found.words == "nothing was saved in 10 s on hotline.calls/0 (50 behind)"
    assert ids(check_group("g", STABLE, before, far))[-1] == ("worker-behind", "warning")
    unsettled = check_group("g", Group("PreparingRebalance", 1), before, moved)
    assert ids(unsettled)[0] == ("group-rebalancing", "warning")


def test_the_group_is_the_workers() -> None:
    assert faust_options(Settings())["id"] == worker_group(Settings().kafka.topic_prefix)


def test_the_newest_snapshot_counts_and_is_well() -> None:
    records = [state_record(snapshot(9)), state_record(snapshot(4)), Seen(8, NOW_MS, b"x", None)]
    found = gather({Place(STATE, 0): records})
    assert found.newest[ZERO].figures.offset == 9
    assert ids(check_state(found, look({ZERO: (0, 10)}, {ZERO: 10}))) == [("state", "ok")]
    assert ids(check_state(gather({}), look({}, {}))) == [("state-empty", "warning")]


@pytest.mark.parametrize(
    ("record", "reach", "found"),
    [
        (state_record(b'{"v": 9}\n[]'), (0, 0), ("state-unreadable", "problem")),
        (state_record(b"rubbish"), (0, 0), ("state-unreadable", "problem")),
        (state_record(b"", key=b"no key"), (0, 0), ("state-unreadable", "problem")),
        (state_record(snapshot(9, 9 * 2**20)), (0, 10), ("state-size", "warning")),
        (state_record(snapshot(9, 17 * 2**20)), (0, 10), ("state-size", "problem")),
        (state_record(snapshot(9), 120_000), (0, 12), ("state-old", "problem")),
        (state_record(snapshot(9)), (0, 5), ("input-shorter", "problem")),
        (state_record(snapshot(9)), (20, 30), ("input-lost", "problem")),
    ],
)
def test_snapshots_with_something_wrong(
    record: Seen, reach: tuple[int, int], found: tuple[str, str]
) -> None:
    snapshots = gather({Place(STATE, 0): [record]})
    assert ids(check_state(snapshots, look({ZERO: reach}, {}))) == [found]
    assert snapshots.newer is (record.value == b'{"v": 9}\n[]')


def test_small_changes_do_not_hide_a_large_snapshot() -> None:
    state = PartitionState("calls", Rules())
    mark(state)
    state.offset = 11
    whole = state_record(snapshot(9, 9 * 2**20))
    changes = state_record(dump_changes(state, 9), key=changes_key(state_key(Origin(*ZERO), 1)))
    for records in ([whole, changes], [changes, whole]):
        snapshots = gather({Place(STATE, 0): records})
        assert snapshots.newest[ZERO].figures.offset == 11
        assert ids(check_state(snapshots, look({ZERO: (0, 12)}, {}))) == [("state-size", "warning")]


def test_refusals_by_reason() -> None:
    (one,) = refusals(Origin(*ZERO), (b"k", b"{}", NOW_MS), [(3, 0, "late", "words")])
    record = Seen(0, NOW_MS, one.key, one.encode())
    assert ids(check_rejects([])) == [("rejects", "ok")]
    (few,) = check_rejects([record, record, Seen(1, NOW_MS, None, b"rubbish")])
    assert few.words == "3 events refused in the last hour: 2 late, 1 unreadable"
    assert few.severity is Severity.WARNING
    (many,) = check_rejects([record], left_out=99)
    assert many.words == "100 events refused in the last hour, of the newest 1: 1 late"
    assert many.severity is Severity.PROBLEM


BOARD = Service("board", "http://b", named=True)
ALIVE = {"http://b/healthz": Answer(200, {"alive": True, "problem": None})}
READY = {**ALIVE, "http://b/readyz": Answer(200, {"ready": True, "problem": None})}


def data(age_s: int | None) -> dict[str, Answer]:
    watermark_ms = None if age_s is None else NOW_MS - 1000 * age_s
    body = {"served_ms": NOW_MS, "watermark_ms": watermark_ms}
    return {**READY, "http://b/api/v1/board": Answer(200, body)}


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ({"http://b/healthz": Answer(0, "refused")}, ("board-absent", "problem")),
        ({"http://b/healthz": Answer(503, {"problem": "stuck"})}, ("board-dead", "problem")),
        ({**ALIVE, "http://b/readyz": Answer(503, "x")}, ("board-unready", "problem")),
        (
            {**ALIVE, "http://b/readyz": Answer(200, {"problem": "no Kafka"})},
            ("board-complains", "warning"),
        ),
        (data(3), ("board-data", "ok")),
        (data(60), ("board-data", "warning")),
        (data(None), ("board-data", "warning")),
        ({**READY, "http://b/api/v1/board": Answer(404, "?")}, ("board-data", "problem")),
    ],
)
def test_a_board_is_asked(answers: dict[str, Answer], found: tuple[str, str]) -> None:
    assert ids(check_service(BOARD, 25, answers.__getitem__))[-1] == found


def test_a_board_that_asks_for_a_login_says_which_setting_helps() -> None:
    answers = {
        "http://b/healthz": Answer(200, {"alive": True}),
        "http://b/readyz": Answer(200, {"ready": True}),
        "http://b/api/v1/board": Answer(401, {"error": "sign in first"}),
    }
    board = Service("board", "http://b", named=True)
    found = check_service(board, 25, answers.__getitem__)[-1]
    assert (found.id, found.severity) == ("board-login", Severity.WARNING)
    assert "access.client_token" in found.advice


def test_a_worker_says_why_it_is_not_ready() -> None:
    answers = {
        "http://w/healthz": Answer(200, {"ok": True, "reasons": []}),
        "http://w/readyz": Answer(503, {"ok": False, "reasons": ["restoring", "slow"]}),
    }
    worker = Service("worker", "http://w", named=False)
    (found,) = check_service(worker, 25, answers.__getitem__)
    assert found.words == "worker at http://w is not ready: restoring; slow"
    gone = check_service(worker, 25, lambda _: Answer(0, "refused"))
    assert ids(gone) == [("worker-absent", "warning")]


def test_services_are_where_they_are_said_or_configured_to_be() -> None:
    assert services(Settings(), [], []) == [
        Service("board", "http://127.0.0.1:8080", named=False),
        Service("worker", "http://127.0.0.1:8081", named=False),
    ]
    named = services(Settings(), ["http://b:1/"], ["http://w:1", "http://w:2"])
    assert [each.url for each in named] == ["http://b:1", "http://w:1", "http://w:2"]


@pytest.mark.parametrize(
    ("error", "id_"),
    [
        (SaslAuthenticationFailedError("bad password"), "credentials"),
        (ssl.SSLCertVerificationError("certificate verify failed"), "tls"),
        (KafkaConnectionError("SSL handshake failed"), "tls"),
        (OSError("no answer"), "broker"),
    ],
)
def test_why_a_broker_does_not_let_us_in(error: Exception, id_: str) -> None:
    found = why_not("h:1", "SSL", [error])
    assert ids([found]) == [(id_, "problem")]
    assert str(error.args[0]) in found.words


@pytest.mark.parametrize(
    ("protocol", "id_"), [("SASL_SSL", "credentials"), ("PLAINTEXT", "broker")]
)
def test_a_broker_that_just_hangs_up(protocol: str, id_: str) -> None:
    found = why_not("h:1", protocol, [KafkaConnectionError("socket disconnected")])
    assert ids([found]) == [(id_, "problem")]
    assert "hangs up" in found.words


def test_what_kafka_does_not_tell_is_a_finding() -> None:
    def forbidden() -> list[Finding]:
        raise TopicAuthorizationFailedError

    def silent() -> list[Finding]:
        heard.append(OSError("no route to kafka-2"))
        raise KafkaTimeoutError

    heard: list[BaseException] = []
    (found,) = asked("topics", "the topics", forbidden)
    assert found.words.startswith("this user may not look at the topics")
    (found,) = asked("topics", "the topics", silent, heard)
    assert "no route to kafka-2" in found.words


def test_the_client_library_is_heard_and_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    quiet = logging.getLogger("kafka")
    quiet.setLevel(logging.CRITICAL)  # as the services have it
    with hearing() as heard:
        logging.getLogger("kafka.net").warning("failed: %s", error := OSError("x"))
    assert heard.errors == [error]
    assert quiet.level == logging.CRITICAL
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("url", ["file:///etc/passwd", "board:8080"])
def test_a_url_that_is_none_is_bad_usage(url: str) -> None:
    assert CliRunner().invoke(app, ["doctor", "--board", url]).exit_code == 2


def test_nothing_runs_and_the_command_says_so() -> None:
    environment = {
        "HOTLINE_KAFKA__BOOTSTRAP": "127.0.0.1:1",
        "HOTLINE_BOARD__PORT": "0",
        "HOTLINE_WORKER__HEALTH_PORT": "0",
    }
    done = CliRunner().invoke(app, ["doctor", "--json"], env=environment)
    assert done.exit_code == 1
    (found,) = json.loads(done.stdout)["findings"]
    assert found["id"] == "broker"
    assert found["advice"] == "start Kafka, or set kafka.bootstrap to where it is"
