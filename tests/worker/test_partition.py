import json

from streams.core.limits import Rules
from streams.wire.changes import load_after
from streams.wire.codec import fold_record
from streams.wire.snapshot import dump
from streams.worker.partition import WHOLE_EVERY_S, Base, Partition
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


def test_changes_are_sealed_once_kafka_has_a_whole_snapshot() -> None:
    owned = partition()
    fold(owned, *call("a", 0))
    whole, _ = owned.seal()
    fold(owned, *call("b", 3))
    assert owned.seal()[0].base is None  # the first may never have arrived
    whole, _ = owned.seal()
    assert owned.kept(whole, 17, now_s=1.0) == 17
    fold(owned, *call("c", 6))
    changes, _ = owned.seal()
    assert (changes.base, changes.offset) == (5, 8)
    assert owned.kept(changes, 18, now_s=2.0) == 17
    restored = load_after(whole.snapshot, changes.snapshot, Rules())
    assert dump(restored) == dump(owned.state)
    assert owned.seal(whole=True)[0].base is None
    assert owned.base is None


def test_a_base_is_outgrown_by_its_changes_or_by_time() -> None:
    base = Base(offset=5, pointer=17, size=1000, made_s=100.0)
    assert base.outgrown(100.0 + WHOLE_EVERY_S / 2) == 0.5
    assert base.outgrown(100.0 + WHOLE_EVERY_S) == 1
    base.changes_size = 600
    assert base.outgrown(100.0) > 1


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
