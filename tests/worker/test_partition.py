import json

from streams.wire.codec import fold_record
from streams.wire.snapshot import dump
from streams.worker.partition import Partition
from tests.worker.made import Record, call, event, partition


def fold(owned: Partition, *records: Record) -> None:
    for record in records:
        fold_record(owned.state, record.offset, record.timestamp, record.value)
        owned.note_refusals(record)


def test_the_seal_holds_one_moment() -> None:
    owned = partition()
    fold(owned, *call("a", 0))
    sealed, cost_s = owned.seal()
    assert cost_s > 0
    assert (sealed.offset, sealed.snapshot) == (2, dump(owned.state))
    fold(owned, *call("b", 3))
    assert list(sealed.visits) == [b"a/1"]
    row, headers = sealed.visits[b"a/1"]
    assert (json.loads(row)["contact"], json.loads(row)["outcome"]) == ("a", "answered")
    assert headers == [("offset", b"2")]


def test_what_was_not_acknowledged_is_sealed_again() -> None:
    owned = partition()
    fold(owned, *call("a", 0), Record(3, b"{"))
    owned.seal()
    fold(owned, *call("b", 4))
    again, _ = owned.seal()
    assert list(again.visits) == [b"a/1", b"b/1"]
    assert list(again.rejected) == [b"hotline.calls|0|3|0"]
    owned.sent(again)
    assert owned.outbox_bytes == 0
    last, _ = owned.seal()
    assert (last.visits, last.rejected) == ({}, {})


def test_a_correction_made_meanwhile_is_not_forgotten() -> None:
    owned = partition()
    fold(owned, *call("a", 0))
    sealed, _ = owned.seal()
    late = event("a", "call.wrapped_up", data={"wrapup_ms": 7000})
    fold(owned, Record(3, json.dumps(late).encode()))
    corrected, _ = owned.seal()
    owned.sent(sealed)
    assert json.loads(owned.visits[b"a/1"].value)["wrapup_ms"] == 7000
    owned.sent(corrected)
    assert owned.visits == {}
    assert owned.outbox_bytes == 0


def test_saved_never_goes_back() -> None:
    owned = partition()
    fold(owned, *call("a", 0))
    early, _ = owned.seal()
    fold(owned, *call("b", 3))
    late, _ = owned.seal()
    assert owned.changed
    owned.committed(late)
    owned.committed(early)
    assert owned.saved == 5
    assert not owned.changed
