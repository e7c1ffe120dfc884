"""Judges what the sources send: heartbeats to every partition, and whose clock says what.

It judges by the newest records of each partition and by what the snapshots remember; it refuses to
read more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from streams.core.events import DEFAULT_SITE
from streams.doctor.facts import Inputs, Place, Seen
from streams.doctor.findings import Finding, listing, ok, problem, span, warning

# Clocks that are kept by NTP are closer than this, a round trip included.
CLOCK_MS_MAX = 2_000
# A source's heartbeat is stamped just before it is sent.
AHEAD_MS_MAX = 5_000
BEHIND_MS_MAX = 60_000
# Silent for longer, a source was taken away, or was a file that was read once.
GONE_MS = 86_400_000
NTP = "have both machines' clocks set by NTP"


class Speaker(NamedTuple):
    """A source as figures know it."""

    source: str
    site: str

    def __str__(self) -> str:
        return f"source {self.source} (site {self.site})"


@dataclass(slots=True)
class Sign:
    """The newest heartbeat of a source in one partition: broker's time, its own time; ms of UTC.

    `own_ms` alone where only the snapshot remembers it.
    """

    append_ms: int | None
    own_ms: int

    def age_ms(self, now_ms: int) -> int:
        """How long ago it came."""
        return now_ms - (self.own_ms if self.append_ms is None else self.append_ms)


@dataclass(slots=True)
class Spoken:
    """What one source said on one topic. `chatty`: partitions with newer events, no heartbeat."""

    signs: dict[int, Sign] = field(default_factory=dict)
    chatty: set[int] = field(default_factory=set)


# By topic's full name and source.
Speech = dict[tuple[str, Speaker], Spoken]


def hear(
    tails: Mapping[Place, Sequence[Seen]],
    remembered: Mapping[Place, Mapping[Speaker, int]],
    crowded: Collection[Place] = (),
) -> Speech:
    """Who said what; `remembered` are the newest times by place and source in the snapshots.

    Where a place is `crowded`, its tail is too short to have a heartbeat: any event is a sign.
    """
    speech: Speech = {}
    for place, clocks in remembered.items():
        for speaker, heard_ms in clocks.items():
            spoken = speech.setdefault((place.topic, speaker), Spoken())
            spoken.signs[place.partition] = Sign(None, heard_ms)
    for place, records in tails.items():
        for record in records:
            for event in _events(record.value):
                _note(speech, place, record, event, any_sign=place in crowded)
    return speech


def _note(
    speech: Speech, place: Place, record: Seen, event: Mapping[str, Any], *, any_sign: bool
) -> None:
    source, at_ms = event.get("source"), event.get("at_ms")
    if type(source) is not str or type(at_ms) is not int:
        return
    site = event.get("site")
    speaker = Speaker(source, site if type(site) is str else DEFAULT_SITE)
    spoken = speech.setdefault((place.topic, speaker), Spoken())
    if any_sign or event.get("type") == "source.heartbeat":
        spoken.signs[place.partition] = Sign(record.append_ms, at_ms)
        spoken.chatty.discard(place.partition)
    else:
        spoken.chatty.add(place.partition)


def _events(value: bytes | None) -> Iterator[Mapping[str, Any]]:
    try:
        decoded = orjson.loads(value or b"[]")
    except orjson.JSONDecodeError:
        return
    for event in decoded if isinstance(decoded, list) else [decoded]:
        if isinstance(event, dict):
            yield event


def check_sources(
    speech: Speech, partitions: Mapping[str, int], now_ms: int, silent_ms: int, future_ms: int
) -> list[Finding]:
    """Per source and topic: silent, only in some partitions, its clock, far behind.

    `partitions` is their number by topic; `silent_ms` from when on silence counts.
    """
    if not speech:
        words = "no source has sent anything"
        return [warning("sources-none", words, "start `hotline source …`")]
    findings: list[Finding] = []
    for (topic, speaker), spoken in sorted(speech.items()):
        where = f"{speaker} on {topic}"
        findings += _heartbeats(where, spoken, partitions[topic], now_ms, silent_ms)
        findings += _clock(where, spoken, future_ms)
    return findings


def _heartbeats(
    where: str, spoken: Spoken, partitions: int, now_ms: int, silent_ms: int
) -> Iterator[Finding]:
    ages = {number: sign.age_ms(now_ms) for number, sign in spoken.signs.items()}
    silent = {number for number in range(partitions) if ages.get(number, GONE_MS) > silent_ms}
    newest_ms = min(ages.values(), default=None)
    if not silent:
        oldest = span(max(0, *ages.values())) if ages else "0 s"
        yield ok("source", f"{where}: heard in each partition, at most {oldest} ago")
    elif newest_ms is None:
        yield problem(
            "source-no-heartbeats",
            f"{where} sends events, but no heartbeats",
            "have it send source.heartbeat to every partition each 10 s: without, its queues are "
            "grey and quiet nights look like a dead trunk",
        )
    elif newest_ms > GONE_MS:
        words = f"{where}: nothing for {span(newest_ms)}"
        yield warning("source-gone", words, "nothing to do if it was taken away or was a file")
    elif newest_ms > silent_ms:
        still = "; its events still come" if spoken.chatty - set(ages) else ""
        yield problem(
            "source-silent",
            f"{where}: no heartbeat for {span(newest_ms)}{still}",
            "is `hotline source` running, and does it reach the system and Kafka? See its log",
        )
    else:
        yield problem(
            "source-partitions",
            f"{where}: no heartbeats in partitions {listing(sorted(silent))}",
            "has it kafka.partitions as the topic has? It must send them to every partition",
        )


def _clock(where: str, spoken: Spoken, future_ms: int) -> Iterator[Finding]:
    ahead = [s.own_ms - s.append_ms for s in spoken.signs.values() if s.append_ms is not None]
    if not ahead:
        return
    most, least = max(ahead), min(ahead)
    if most > future_ms:
        words = f"{where}: its clock is {span(most)} ahead of Kafka's; its events are refused"
        yield problem("source-clock", words, NTP)
    elif most > AHEAD_MS_MAX:
        yield warning("source-clock", f"{where}: its clock is {span(most)} ahead of Kafka's", NTP)
    elif least < -BEHIND_MS_MAX:
        words = f"{where}: its heartbeats say {span(-least)} earlier than Kafka's clock"
        advice = f"it is reading a backlog (then wait), or its clock is slow: {NTP}"
        yield warning("source-behind", words, advice)


def check_clock(inputs: Inputs) -> list[Finding]:
    """The broker's append times against this machine's clock, as far as new records tell."""
    first, last = inputs.looks
    newest = max(
        (seen.append_ms for seen in _newest(inputs.tails.values())),
        default=None,
    )
    came = [
        seen.append_ms
        for place, tail in inputs.tails.items()
        for seen in tail[-1:]
        if place in first.reaches and seen.offset >= first.reaches[place].end
    ]
    if newest is not None and newest - last.at_ms > CLOCK_MS_MAX:
        words = f"the broker's clock is {span(newest - last.at_ms)} or more ahead of this machine's"
        return [problem("clock", words, NTP)]
    if came and first.at_ms - max(came) > CLOCK_MS_MAX:
        words = f"the broker's clock is {span(first.at_ms - max(came))} or more behind this one's"
        return [problem("clock", words, NTP)]
    if came:
        return [ok("clock", "this machine's clock agrees with the broker's")]
    words = "no record came meanwhile: the broker's clock is not ahead, more cannot be told"
    return [ok("clock", words)]


def _newest(tails: Iterable[Sequence[Seen]]) -> Iterator[Seen]:
    return (tail[-1] for tail in tails if tail)
