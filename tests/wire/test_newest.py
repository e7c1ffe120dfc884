"""Which records of the state topic tell the newest state."""

from itertools import permutations

from streams.wire.keys import Origin, changes_key, state_key, whole_key
from streams.wire.newest import Piece, Pieces

ORIGIN = Origin("hotline.calls", 3)


def key(generation: int, *, changes: bool = False) -> bytes:
    whole = state_key(ORIGIN, generation)
    return changes_key(whole) if changes else whole


def whole(offset: int) -> Piece:
    return Piece(offset, None, b"whole %d" % offset)


def changes(offset: int, base: int) -> Piece:
    return Piece(offset, base, b"changes %d" % offset)


def told(*pieces: tuple[bytes, Piece]) -> tuple[int, bytes, bytes | None] | None:
    made = Pieces()
    for name, piece in pieces:
        made.take(name, piece)
    newest = made.newest()
    if newest is None:
        return None
    since = newest.changes.value if newest.changes else None
    return newest.offset, newest.whole.value, since


def test_the_key_of_changes_leads_to_the_one_of_their_snapshot() -> None:
    assert key(6, changes=True) == b"hotline.calls|3|2|changes"
    assert whole_key(key(6, changes=True)) == key(6) == whole_key(key(6))


def test_changes_count_beside_the_snapshot_that_they_rest_on() -> None:
    first, second = (key(1), whole(10)), (key(1, changes=True), changes(14, 10))
    assert told() is None
    assert told(first) == (10, b"whole 10", None)
    assert told(first, second) == (14, b"whole 10", b"changes 14")
    assert told(second) is None
    assert told((key(1), whole(12)), second) == (12, b"whole 12", None)


def test_the_largest_offset_counts_in_whatever_order() -> None:
    pieces = [
        (key(1), whole(10)),
        (key(1, changes=True), changes(14, 10)),
        (key(2), whole(12)),  # a zombie's, or its successor's
        (key(2, changes=True), changes(13, 12)),
    ]
    for order in permutations(pieces):
        found = told(*order)
        assert found is not None
        # Only where a whole one was pruned before changes on it came, is it the next best.
        assert found[0] in (13, 14), order
    assert told(*pieces) == (14, b"whole 10", b"changes 14")


def test_changes_rest_on_any_snapshot_of_their_offset() -> None:
    assert told((key(1), whole(10)), (key(2, changes=True), changes(14, 10))) == (
        14,
        b"whole 10",
        b"changes 14",
    )


def test_a_newer_snapshot_makes_older_generations_superfluous() -> None:
    made = Pieces()
    for generation in range(4):
        made.take(key(generation), whole(10 * generation))
    assert len(made._told) == 1


def test_what_cannot_be_read_is_forgotten() -> None:
    made = Pieces()
    good, bad = whole(10), changes(14, 10)
    made.take(key(1), good)
    made.take(key(1, changes=True), bad)
    made.refuse(bad)
    assert made.newest() == (good, None)
    made.refuse(good)
    assert made.newest() is None
