"""`hotline verify`: a running board held to a batch recomputation from Kafka's log, figure by
figure.

The board says up to which offsets it has counted; exactly these records are read again from the
beginning of the log and folded anew, and beside the tallies the visits themselves are counted.
Every number must be equal, to the millisecond.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from streams.board.partitions import Held
from streams.board.view import Views
from streams.config import Settings
from streams.config.refusals import refusal
from streams.core.rows import Row, row
from streams.core.state import PartitionState
from streams.core.summary import summary
from streams.wire.codec import fold_record
from streams.wire.snapshot import dump, load_figures, new_state

ANSWER_LIMIT_S = 10
# What the board alone knows: when it answered, and which program it is.
_NOT_COMPARED = frozenset({"served_ms", "version", "demo", "stale_after_s"})
# A listing of differences longer than this helps nobody.
DIFFERENCES_MAX = 50
_COLLECT_RECORDS = 500


class VerifyError(RuntimeError):
    """The comparison could not be made: what was found, what was expected."""


@dataclass(slots=True)
class Verdict:
    """What was compared and where the two differ: (path, board's, batch's)."""

    records: int = 0
    visits: int = 0
    figures: int = 0
    differences: list[tuple[str, Any, Any]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The object that `hotline verify --json` prints."""
        return {
            "equal": not self.differences,
            "records": self.records,
            "visits": self.visits,
            "figures": self.figures,
            "differences": [
                {"figure": path, "board": board, "batch": batch}
                for path, board, batch in self.differences[:DIFFERENCES_MAX]
            ],
        }

    def as_text(self) -> str:
        """The verdict in words, with the first differences."""
        compared = f"{self.figures} figures from {self.records} records and {self.visits} visits"
        if not self.differences:
            return f"Equal: {compared}.\n"
        lines = [f"DIFFERENT: {len(self.differences)} of {compared}."]
        lines += [
            f"  {path}: board {board!r}, batch {batch!r}"
            for path, board, batch in self.differences[:DIFFERENCES_MAX]
        ]
        return "\n".join(lines) + "\n"


def fetch_board(url: str, token: str = "") -> dict[str, Any]:
    """The board's JSON; VerifyError where there is no board or it is not ready.

    `token` is shown to a board that asks for one.
    """
    shown = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        request = urllib.request.Request(f"{url}/api/v1/board", headers=shown)  # noqa: S310 - a board of the operator's own
        with urllib.request.urlopen(request, timeout=ANSWER_LIMIT_S) as answer:  # noqa: S310 - as above
            board: dict[str, Any] = json.load(answer)
            return board
    except urllib.error.HTTPError as error:
        if error.code in {401, 403}:
            raise VerifyError(
                f"{url}: expected access.client_token to be a token of this board, "
                f"found {'another' if token else 'none'}"
            ) from error
        words = error.read(500).decode(errors="replace")
        raise VerifyError(f"{url}: expected a board that is ready, found {words}") from error
    except (OSError, ValueError) as error:
        raise VerifyError(f"{url}: expected a running board, found {error}") from error


def verify(settings: Settings, board: Mapping[str, Any]) -> Verdict:
    """Recompute everything that `board` shows from the log, at the offsets it names."""
    verdict = Verdict()
    states: dict[tuple[str, int], PartitionState] = {}
    rows: dict[tuple[str, int], Row] = {}
    for topic, offsets in board["offsets"].items():
        for partition, offset in offsets.items():
            word = topic.rpartition(".")[2]
            state = new_state(word, settings.rules())
            verdict.records += _fold(settings, state, topic, int(partition), offset, rows)
            states[topic, int(partition)] = state
    held = {}
    for place, state in states.items():
        value = dump(state)
        held[place] = Held(value, load_figures(value))
    batch = Views(settings, "").view(held).board
    verdict.rows = list(rows.values())
    verdict.visits = len(rows)
    # Through JSON, so that both sides have its types.
    _compare("", dict(board), json.loads(json.dumps(batch)), verdict)
    _count_visits(board["queues"], verdict.rows, verdict)
    return verdict


def _fold(
    settings: Settings,
    state: PartitionState,
    topic: str,
    partition: int,
    last: int,
    rows: dict[tuple[str, int], Row],
) -> int:
    records = 0
    for records, record in enumerate(_records(settings, topic, partition, last), 1):
        fold_record(state, record.offset, record.timestamp, record.value)
        if records % _COLLECT_RECORDS == 0:
            _collect(state, rows)
    _collect(state, rows)
    for name, contact in state.contacts.items():
        for number, visit in contact.visits.items():
            if one := row(name, number, contact, visit):
                rows[name, number] = one
    return records


def _collect(state: PartitionState, rows: dict[tuple[str, int], Row]) -> None:
    state.take_refused()
    for (name, number), (contact, visit) in state.take_closed().items():
        if one := row(name, number, contact, visit):
            rows[name, number] = one


def _records(settings: Settings, topic: str, partition: int, last: int) -> Iterator[Any]:
    """The records of a partition from the first up to offset `last`."""
    if last < 0:
        return
    try:
        consumer = KafkaConsumer(
            **settings.kafka.client_options(),
            enable_auto_commit=False,
            check_crcs=False,
            bootstrap_timeout_ms=1000 * ANSWER_LIMIT_S,
        )
        try:
            yield from _read(consumer, TopicPartition(topic, partition), last)
        finally:
            consumer.close(autocommit=False)
    except KafkaError as error:
        where = ", ".join(settings.kafka.bootstrap)
        raise VerifyError(f"Kafka at {where}: {refusal() or repr(error)}") from error


def _read(consumer: Any, place: TopicPartition, last: int) -> Iterator[Any]:  # noqa: ANN401 - has no types
    topic, partition = place
    consumer.assign([place])
    first = consumer.beginning_offsets([place])[place]
    if first > 0:
        raise VerifyError(
            f"{topic} partition {partition}: the log begins at offset {first}: what was before "
            "is counted on the board but can no longer be recomputed"
        )
    consumer.seek(place, 0)
    position = 0
    while position <= last:
        polled = consumer.poll(timeout_ms=1000 * ANSWER_LIMIT_S).get(place)
        if not polled:
            raise VerifyError(f"{topic} partition {partition}: offset {position} did not come")
        for record in polled:
            if record.offset <= last:
                yield record
        position = consumer.position(place)


def _compare(path: str, board: object, batch: object, verdict: Verdict) -> None:
    if isinstance(board, dict) and isinstance(batch, dict):
        for name in sorted({*board, *batch} - (_NOT_COMPARED if not path else frozenset())):
            _compare(f"{path}.{name}", board.get(name), batch.get(name), verdict)
    elif isinstance(board, list) and isinstance(batch, list) and len(board) == len(batch):
        for place, (one, other) in enumerate(zip(board, batch, strict=True)):
            name = one.get("queue", one.get("source", place)) if isinstance(one, dict) else place
            _compare(f"{path}[{name}]", one, other, verdict)
    else:
        verdict.figures += 1
        if board != batch:
            verdict.differences.append((path.lstrip("."), board, batch))


def _count_visits(
    queues: Sequence[Mapping[str, Any]], rows: Sequence[Row], verdict: Verdict
) -> None:
    """Today's tallies against a plain count of today's visits: another way to the numbers."""
    for queue in queues:
        today = queue["windows"]["today"]
        counted = summary(
            [
                one
                for one in rows
                if (one["site"], one["queue"]) == (queue["site"], queue["queue"])
                and today["from_ms"] <= one["entered_ms"] < today["to_ms"]
            ]
        )
        path = f"visits[{queue['queue']}].today"
        for name in ("offered", "answered", "abandoned", "left", "waiting", "transferred"):
            _compare(f"{path}.{name}", today[name], counted[name], verdict)
        for name in ("count", "sum_ms", "within"):
            _compare(
                f"{path}.answer.{name}", today["answer"][name], counted["answer"][name], verdict
            )
            _compare(
                f"{path}.abandon.{name}", today["abandon"][name], counted["abandon"][name], verdict
            )
        if today["answer"]["percentiles"] == "exact":
            for name in ("p50_s", "p90_s", "p95_s"):
                _compare(
                    f"{path}.answer.{name}", today["answer"][name], counted["answer"][name], verdict
                )
