"""Puts the checks together: what is asked in which order, how much is read, how long is waited.

A check that cannot be made is a finding itself; the others go on.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial

from streams.config import Settings
from streams.doctor.cluster import Cluster, asked, hearing, reached
from streams.doctor.facts import Inputs, Look, Place, Reach, Seen
from streams.doctor.findings import Finding
from streams.doctor.group import check_group
from streams.doctor.rejects import HOUR_MS, check_rejects
from streams.doctor.services import check_service, get, services
from streams.doctor.sources import check_clock, check_sources, hear
from streams.doctor.state import check_state, gather
from streams.doctor.topics import check_topics
from streams.wire.topics import INPUTS, REJECTED, STATE, worker_group

# So long may a lagging partition take until it counts as stuck: many checkpoints and a restore.
LOOK_S = 10.0
LOOK_AGAIN_S = 0.25
# Heartbeats come each ten seconds: this is several of them, unless there is much between.
TAIL_MS = 60_000
TAIL_RECORDS_MIN = 20
# Of records of hundreds of events, as old files give, some tens of megabytes.
TAIL_RECORDS_MAX = 200
# One per input topic; older ones are worth nothing.
STATE_TAIL_RECORDS = 4
REJECTS_MAX = 5_000
# A heartbeat may be missed, and another on its way.
HEARTBEATS_MISSED = 2.5


def examine(
    settings: Settings, boards: Sequence[str] = (), workers: Sequence[str] = ()
) -> list[Finding]:
    """Everything that can be told about a deployment; ConfigError on unusable certificates."""
    findings = []
    with hearing() as heard, reached(settings.kafka, heard) as (cluster, finding):
        findings.append(finding)
        if cluster is not None:
            examination = Examination(settings, cluster, heard.errors)
            findings += examination.findings()
    ask_board = partial(get, token=settings.access.token_to_show())
    for service in services(settings, boards, workers):
        ask = ask_board if service.kind == "board" else get
        findings += check_service(service, settings.board.stale_after_s, ask)
    return findings


class Examination:
    """One look at a cluster that answers."""

    def __init__(
        self, settings: Settings, cluster: Cluster, heard: Sequence[BaseException] = ()
    ) -> None:
        self._settings = settings
        self._cluster = cluster
        self._heard = heard
        prefix = settings.kafka.topic_prefix
        self._group = worker_group(prefix)
        self._inputs = [topic.full_name(prefix) for topic in INPUTS]
        self._state = STATE.full_name(prefix)
        self._rejected = REJECTED.full_name(prefix)

    def findings(self) -> list[Finding]:
        """Topics; sources, workers and state; refusals."""
        return [
            *asked("topics", "the topics", self._topics, self._heard),
            *asked("pipeline", "input, group and state", self._pipeline, self._heard),
            *asked("rejects", f"what is in {self._rejected}", self._rejects, self._heard),
        ]

    def _topics(self) -> list[Finding]:
        return check_topics(self._cluster.differences(self._settings.kafka))

    def _pipeline(self) -> list[Finding]:
        places = self._cluster.places(self._inputs)
        if not places:
            return []  # said of the topics
        first = self._look(places)
        last = self._until_moved(places, first)
        stretches, crowded = self._stretches(last)
        tails = self._cluster.read(stretches)
        snapshots = gather(self._snapshots(last))
        speech = hear(tails, snapshots.clocks(), crowded)
        partitions = {topic: sum(p.topic == topic for p in places) for topic in self._inputs}
        board, source = self._settings.board, self._settings.source
        silent_s = max(board.stale_after_s, HEARTBEATS_MISSED * source.heartbeat_interval_s)
        future_ms = self._settings.limits.future_ms
        silent_ms = int(1000 * silent_s)
        return [
            *check_clock(Inputs((first, last), tails)),
            *check_sources(speech, partitions, last.at_ms, silent_ms, future_ms),
            *check_group(self._group, self._cluster.group(self._group), first, last),
            # A snapshot may know more than there was at the last look, not more than there is now.
            *check_state(snapshots, self._look(places)),
        ]

    def _look(self, places: Sequence[Place]) -> Look:
        # Commits first: what is committed meanwhile must not look like an end that was overtaken.
        commits = self._cluster.commits(self._group)
        reaches = self._cluster.reaches(places)
        return Look(time.time_ns() // 1_000_000, reaches, commits)

    def _until_moved(self, places: Sequence[Place], first: Look) -> Look:
        """Look again until everything that lagged has moved, or has had its time."""
        until_s = time.monotonic() + LOOK_S
        last = first
        while time.monotonic() < until_s and any(
            last.lag(place) and first.commits.get(place) == last.commits.get(place)
            for place in first.lagging
        ):
            if not self._cluster.group(self._group).members:
                break  # nobody is there who could move anything
            time.sleep(LOOK_AGAIN_S)
            last = self._look(places)
        return last

    def _stretches(self, look: Look) -> tuple[dict[Place, Reach], set[Place]]:
        """The newest minute of the input topics, within bounds; and where the bounds cut it."""
        since = self._cluster.since(list(look.reaches), look.at_ms - TAIL_MS)
        stretches, crowded = {}, set()
        for place, (begin, end) in look.reaches.items():
            minute = since.get(place, end)
            start = min(end - TAIL_RECORDS_MIN, max(minute, end - TAIL_RECORDS_MAX))
            stretches[place] = Reach(max(begin, start), end)
            if minute < end - TAIL_RECORDS_MAX:
                crowded.add(place)
        return stretches, crowded

    def _snapshots(self, look: Look) -> dict[Place, list[Seen]]:
        """The newest records of the state topic, and those that the commits point at."""
        reaches = self._cluster.reaches(self._cluster.places([self._state]))
        ends = {
            place: Reach(max(begin, end - STATE_TAIL_RECORDS), end)
            for place, (begin, end) in reaches.items()
        }
        found = self._cluster.read(ends)
        for topic in self._inputs:
            pointed = self._cluster.read(_pointed(look, topic, ends, reaches))
            for place, records in pointed.items():
                found[place] = [*records, *found[place]]
        return found

    def _rejects(self) -> list[Finding]:
        places = self._cluster.places([self._rejected])
        if not places:
            return []
        now_ms = time.time_ns() // 1_000_000
        since = self._cluster.since(places, now_ms - HOUR_MS)
        reaches = self._cluster.reaches(list(since)) if since else {}
        stretches = {
            place: Reach(max(since[place], end - REJECTS_MAX), end)
            for place, (_, end) in reaches.items()
        }
        left_out = sum(stretch.begin - since[place] for place, stretch in stretches.items())
        found = self._cluster.read(stretches) if stretches else {}
        return check_rejects((seen for each in found.values() for seen in each), left_out=left_out)


def _pointed(
    look: Look, topic: str, ends: Mapping[Place, Reach], reaches: Mapping[Place, Reach]
) -> dict[Place, Reach]:
    """Where the snapshots lie that the commits of an input topic point at, and none has read."""
    found = {}
    for place, end in ends.items():
        commit = look.commits.get(Place(topic, place.partition))
        pointer = commit.pointer if commit is not None else None
        if pointer is not None and reaches[place].begin <= pointer < end.begin:
            found[place] = Reach(pointer, pointer + 1)
    return found
