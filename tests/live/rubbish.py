"""Lines and records that hold nothing good, each with what must become of it."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

KIB = 1024
HOUR_S = 3600
DAY_S = 24 * HOUR_S
# Of the core: what is invalid is counted as such, the two others by their own names.
RESULTS = {"future": "future", "late": "late"}


class Line(NamedTuple):
    """A line of a log, and why its reader refuses it or under which name it passes it over."""

    line: bytes
    rejected: str = ""
    ignored: str = ""


class Record(NamedTuple):
    """A Kafka record's value, and the reason of each event in it."""

    value: bytes | None
    reasons: tuple[str, ...]


def lines(seed: int, number: int, second: int) -> list[Line]:
    """Lines of a queue_log about the time `second`."""
    chance = random.Random(seed)
    return [_line(chance, ordinal, second) for ordinal in range(number)]


def _line(chance: random.Random, ordinal: int, second: int) -> Line:
    at, call = b"%d" % second, b"bad.%d" % ordinal
    entering = b"|%s|sales|NONE|ENTERQUEUE||0301|1" % call
    noise = bytes(each for each in chance.randbytes(60) if each not in b"\r\n|")
    kinds = [
        Line(b"\xfe" + noise, rejected="malformed"),
        Line((at + entering)[: chance.randint(1, 10 + len(call))], rejected="malformed"),
        Line(b"\0" * chance.randint(1, 4 * KIB), rejected="malformed"),
        Line(b"x" + at[1:] + entering, rejected="bad_time"),
        Line(at + b"000" + entering, rejected="bad_time"),
        Line(b"-" + at + entering, rejected="bad_time"),
        Line(b"" + entering, rejected="bad_time"),
        Line(at + b"|%s|sales|NONE|enterqueue||0301|1" % call, rejected="unknown_event"),
        Line(at + b"|%s|sales|NONE||||" % call, rejected="unknown_event"),
        Line(at + b"|%s|sales|Hanna|CONNECT|soon|x|y" % call, rejected="bad_field"),
        Line(at + b"|%s|sa\x07les|NONE|ENTERQUEUE||0301|1" % call, rejected="bad_field"),
        Line(at + b"|NONE|sales|NONE|ENTERQUEUE||0301|1", rejected="bad_field"),
        Line(at + b"|%s|%s|NONE|ENTERQUEUE||0301|1" % (call, b"q" * 300), rejected="bad_field"),
        Line(at + b"|%s|sales|Hanna|CONNECT|" % call, rejected="unplaced"),
        Line(at + b"|%s|sales|NONE|ABANDON|1|1" % call, rejected="unplaced"),
        Line(at + b"|%s|sales|Hanna|COMPLETEAGENT|2" % call, rejected="unplaced"),
        Line(b"%d" % (second - 3 * DAY_S) + entering, rejected="late"),
        Line(at + b"|%s|sales|NONE|SURVEY_%d|9" % (call, ordinal % 5), ignored="SURVEY"),
        Line(b" " * chance.randint(0, 9), ignored="blank"),
        Line(b"%d" % (second + DAY_S * chance.randint(2, 2000)) + entering, rejected="bad_time"),
    ]
    if ordinal % 500 == 0:
        return Line(at + entering + b"|" + b"z" * 70 * KIB, rejected="too_large")
    return chance.choice(kinds)


def event(ordinal: int, at_ms: int) -> dict[str, Any]:
    return {
        "v": 1,
        "id": f"bad-{ordinal}",
        "type": "call.queued",
        "at_ms": at_ms,
        "source": "rubbish",
        "contact": f"bad-{ordinal}",
        "queue": "sales",
        "data": {},
    }


def records(seed: int, number: int, now_ms: int) -> list[Record]:
    """Values for a topic of calls, on which the source `rubbish` has said that it is `now_ms`."""
    chance = random.Random(seed)
    return [_record(chance, ordinal, now_ms) for ordinal in range(number)]


def _record(chance: random.Random, ordinal: int, now_ms: int) -> Record:
    good = event(ordinal, now_ms)
    if ordinal % 1000 == 0:
        return Record(b"[%s]" % b",".join([_json(good)] * 8 * KIB), ("too_large",))
    whole = [
        Record(None, ("empty",)),
        Record(b"", ("empty",)),
        Record(b" [ ] ", ("empty",)),
        Record(b"\xff" + chance.randbytes(chance.randint(1, 200)), ("not_json",)),
        Record(_json(good)[: chance.randint(1, 100)], ("not_json",)),
        Record(_json(good).replace(b"sales", b"sa\xffles"), ("not_json",)),
        Record(_json(good).replace(b"sales", rb"\ud800"), ("not_json",)),
        Record(_json({**good, "at_ms": float("nan")}), ("not_json",)),
        Record(_json({**good, "at_ms": float("inf")}), ("not_json",)),
        Record(b"[" * 100_000, ("not_json",)),
        Record(_json(good) * 2, ("not_json",)),
        Record(_json({**good, "data": {"padding": "x" * 70 * KIB}}), ("too_large",)),
    ]
    if chance.random() < len(whole) / (len(whole) + len(_CHANGED)):
        return chance.choice(whole)
    changes: list[tuple[object, str]] = chance.choices(_CHANGED, k=chance.choice((1, 1, 1, 2, 5)))
    events = [
        _changed({**good, "id": f"bad-{ordinal}-{place}"}, each, now_ms)
        for place, (each, _) in enumerate(changes)
    ]
    reasons = tuple(reason for _, reason in changes)
    alone = len(events) == 1 and not isinstance(events[0], list)
    return Record(_json(events[0] if alone else events), reasons)


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


_HUGE = 10**30
# What replaces fields of a good event (or the event), and the reason that it must have.
_CHANGED: list[tuple[object, str]] = [
    (17, "not_an_object"),
    (None, "not_an_object"),
    ("call", "not_an_object"),
    ([], "not_an_object"),
    ([[]], "not_an_object"),
    (True, "not_an_object"),
    (1e300, "not_an_object"),
    ({"type": "call.dreamt"}, "unknown_type"),
    ({"type": None}, "unknown_type"),
    ({"type": ["call.queued"]}, "unknown_type"),
    ({"type": "chat.opened"}, "wrong_topic"),
    ({"v": 9}, "bad_version"),
    ({"at_ms": "noon"}, "bad_field"),
    ({"at_ms": _HUGE}, "bad_field"),
    ({"at_ms": -1}, "bad_field"),
    ({"at_ms": 0.5}, "bad_field"),
    ({"at_ms": True}, "bad_field"),
    ({"id": ""}, "bad_field"),
    ({"id": "a\nb"}, "bad_field"),
    ({"id": "x" * KIB}, "bad_field"),
    ({"source": None}, "bad_field"),
    ({"contact": 5}, "bad_field"),
    ({"contact": {"a": 1}}, "bad_field"),
    ({"queue": None}, "bad_field"),
    ({"queue": ["sales"]}, "bad_field"),
    ({"agent": 7}, "bad_field"),
    ({"customer": ""}, "bad_field"),
    ({"visit": -1}, "bad_field"),
    ({"visit": 65}, "bad_field"),
    ({"visit": "1"}, "bad_field"),
    ({"backfill": "yes"}, "bad_field"),
    ({"lateness_ms": _HUGE}, "bad_field"),
    ({"data": []}, "bad_field"),
    ({"data": {"wait_ms": -5}}, "bad_field"),
    ({"data": {"wait_ms": _HUGE}}, "bad_field"),
    ({"data": {"talk_ms": 1.5}}, "bad_field"),
    ({"type": "call.left"}, "bad_field"),
    ({"type": "call.left", "data": {"reason": "bored"}}, "bad_field"),
    ({"type": "call.transferred", "data": {"kind": 3}}, "bad_field"),
    ({"ahead_s": 2 * HOUR_S}, "future"),
    ({"ahead_s": 300 * DAY_S}, "future"),
    ({"ahead_s": -2 * HOUR_S}, "late"),
    ({"ahead_s": -9000 * DAY_S}, "late"),
]


def _changed(good: Mapping[str, Any], change: object, now_ms: int) -> object:
    if not isinstance(change, dict):
        return change
    if "ahead_s" in change:
        return {**good, "at_ms": now_ms + 1000 * change["ahead_s"]}
    return {**good, **change}


def by_result(reasons: Counter[str]) -> Counter[str]:
    """How hotline_pipeline_events_total counts these reasons."""
    counted: Counter[str] = Counter()
    for reason, count in reasons.items():
        counted[RESULTS.get(reason, "invalid")] += count
    return counted
