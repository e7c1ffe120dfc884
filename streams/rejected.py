"""What was refused: list it, look at it, send it again once the cause is mended.

Reads `hotline.rejected` without a group. It refuses to send what would be refused again for its
form.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from streams.config import KafkaSettings
from streams.config.refusals import refusal
from streams.core.events import explain
from streams.wire.keys import RESENT_HEADER
from streams.wire.rejected import NotRejectedError, Rejected, decode
from streams.wire.topics import INPUTS, REJECTED

POLL_MS = 500
SEND_LIMIT_S = 30.0
SHOWN_CHARACTERS = 60
# What a source refused never lay in a partition: -1, and its topic is a path.
_PLACE = re.compile(r"(.+)/(-1|\d+)/(\d+)/(\d+)", re.ASCII)


class RejectedError(RuntimeError):
    """What was asked for cannot be done; the message says why."""


class Place(NamedTuple):
    """Where a refused event lay: its record, and its place in the record's array."""

    topic: str
    partition: int
    offset: int
    number: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which refusals to list: None takes any. `since_ms` is the broker's time of arrival."""

    topic: str | None = None
    reason: str | None = None
    since_ms: int | None = None

    def takes(self, each: Rejected) -> bool:
        """Whether this refusal is wanted."""
        return (
            self.topic in (None, each.topic, each.topic.rpartition(".")[2])
            and self.reason in (None, each.reason)
            and (self.since_ms is None or (each.append_ms or 0) >= self.since_ms)
        )


class Sent(NamedTuple):
    """Where an event went that was sent again."""

    topic: str
    partition: int
    offset: int


def place_of(text: str) -> Place:
    """Read `topic/partition/offset/index`, or the same with bars; RejectedError otherwise."""
    found = _PLACE.fullmatch(text.replace("|", "/"))
    if found is None:
        raise RejectedError(f"place: expected topic/partition/offset/index, found {text!r}")
    return Place(found[1], *map(int, found.groups()[1:]))


def listed(kafka: KafkaSettings, wanted: Wanted | None = None) -> list[Rejected]:
    """Return the refusals wanted, in the order of their arrival, each once; RejectedError."""
    found: dict[bytes, Rejected] = {}
    for each in _read(kafka):
        if wanted is None or wanted.takes(each):
            found[each.key] = each  # a repeat after a restart is the same again
    return list(found.values())


def counts(refusals: Iterable[Rejected]) -> Counter[tuple[str, str]]:
    """How many by (topic, reason)."""
    return Counter((each.topic, each.reason) for each in refusals)


def found(kafka: KafkaSettings, place: Place) -> Rejected:
    """Return what was refused at `place`; RejectedError where nothing is known of it."""
    for each in _read(kafka):
        if (each.topic, each.partition, each.offset, each.index) == tuple(place):
            return each
    raise RejectedError(f"{'/'.join(map(str, place))}: nothing refused is kept of that place")


def line(each: Rejected) -> str:
    """One refusal as a line: time of arrival, place, reason, words, the beginning of its bytes."""
    shown = each.original.decode(errors="replace")[:SHOWN_CHARACTERS]
    return f"{_time(each)} {_place(each)} {each.reason}: {each.words} | {shown!r}"


def page(each: Rejected) -> str:
    """Everything that is known of one refusal, for a terminal."""
    key = "none" if each.record_key is None else repr(each.record_key.decode(errors="replace"))
    kept = f", the first {len(each.original)} kept" if each.truncated else ""
    part = "the whole record" if each.whole else f"event {each.index} of an array"
    return (
        f"place   {_place(each)}\narrived {_time(each)}\nreason  {each.reason}\n"
        f"words   {each.words}\nkey     {key}\nbytes   {each.size_bytes}{kept}, {part}\n\n"
        f"{each.original.decode(errors='replace')}\n"
    )


def resend(kafka: KafkaSettings, each: Rejected, value: bytes | None = None) -> Sent:
    """Send it to its partition again, or `value` in its place; marked by a header.

    RejectedError where it was cut, would be refused again for its form, or Kafka does not take it.
    """
    if value is None and each.truncated:
        raise RejectedError(
            f"{_place(each)}: only {len(each.original)} of {each.size_bytes} bytes are kept: "
            "give the whole event in a file"
        )
    content = each.original if value is None else value
    require_form(each.topic, content)
    options = kafka.client_options()
    try:
        with closing(KafkaProducer(**options)) as producer:
            sent = producer.send(
                each.topic,
                content,
                key=each.record_key,
                partition=each.partition,
                headers=[(RESENT_HEADER, each.key)],
            ).get(timeout=SEND_LIMIT_S)
    except KafkaError as error:
        raise RejectedError(f"{each.topic} was not written to: {refusal() or error}") from error
    return Sent(sent.topic, sent.partition, sent.offset)


def require_form(topic: str, value: bytes) -> None:
    """Raise RejectedError, saying what is expected, where the worker would refuse these bytes."""
    word = topic.rpartition(".")[2]
    if word not in {each.name for each in INPUTS}:
        raise RejectedError(f"{topic}: expected an input topic")
    try:
        events = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise RejectedError(f"not JSON: {error}") from error
    for event in events if isinstance(events, list) else [events]:
        refusal = explain(event, word)
        if refusal is not None:
            raise RejectedError(f"would be refused again, {refusal[0]}: {refusal[1]}")


def _time(each: Rejected) -> str:
    if each.append_ms is None:
        return "-"
    return datetime.fromtimestamp(each.append_ms // 1000, UTC).isoformat()


def _place(each: Rejected) -> str:
    return f"{each.topic}/{each.partition}/{each.offset}/{each.index}"


def _read(kafka: KafkaSettings) -> Iterator[Rejected]:
    """Every refusal that is kept, in order; what is no refusal is passed over."""
    topic = REJECTED.full_name(kafka.topic_prefix)
    options: dict[str, Any] = {
        **kafka.client_options(),
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
    }
    try:
        with closing(KafkaConsumer(**options)) as consumer:
            numbers = consumer.partitions_for_topic(topic)
            if not numbers:
                raise RejectedError(f"{topic} does not exist: run `hotline provision`")
            for number in sorted(numbers):
                yield from _stretch(consumer, TopicPartition(topic, number))
    except KafkaError as error:
        brokers = ", ".join(kafka.bootstrap)
        raise RejectedError(f"{topic} cannot be read at {brokers}: {refusal() or error}") from error


def _stretch(consumer: KafkaConsumer, tp: TopicPartition) -> Iterator[Rejected]:
    consumer.assign([tp])
    consumer.seek_to_beginning(tp)
    end = consumer.end_offsets([tp])[tp]
    while consumer.position(tp) < end:
        for records in consumer.poll(POLL_MS).values():
            for record in records:
                try:
                    yield decode(record.value)
                except NotRejectedError:
                    continue
