"""Who never reached a queue, and why."""

from streams.core.limits import OUTSIDE_MAX
from tests.core.histories import event, folded


def test_reasons_for_staying_outside_are_limited() -> None:
    state = folded(
        event("ended", 0, f"c{n:03}", reason=f"r{n:03}", queue=None) for n in range(OUTSIDE_MAX + 9)
    )
    assert len(state.outside) == OUTSIDE_MAX + 1
    assert state.outside["main", "other"] == 9


def test_who_never_reached_a_queue_is_outside() -> None:
    history = [
        event("arrived", 0, "a", queue=None),
        event("ended", 5, "a", queue=None),
        event("ended", 5, "b", queue=None, reason="phantom"),
        event("refused", 5, "c", queue=None),
        event("arrived", 0, "d", queue=None),
    ]
    assert folded(history).outside == {
        ("main", "ivr"): 1, ("main", "phantom"): 1, ("main", "refused"): 1,
    }  # fmt: skip


def test_outside_is_told_by_site() -> None:
    state = folded([event("ended", 5, queue=None, site="north")])
    assert state.outside == {("north", "ivr"): 1}


def test_who_waits_or_rings_at_a_queue_is_not_outside() -> None:
    assert folded([event("queued", 0), event("ended", 5, queue=None, visit=2)]).outside == {}
    assert folded([event("ended", 5)]).outside == {}
    assert folded([event("ended", 5, queue=None), event("ringing", 6, visit=2)]).outside == {}


def test_who_then_reaches_one_is_not() -> None:
    history = [event("ended", 5, queue=None), event("queued", 0), event("abandoned", 3)]
    for order in (history, history[::-1]):
        assert folded(order).outside == {}


def test_who_is_refused_and_then_waits_is_not() -> None:
    history = [event("refused", 0, queue=None), event("queued", 3)]
    for order in (history, history[::-1]):
        assert folded(order).outside == {}


def test_the_first_reasons_keep_their_names_whenever_somebody_looks() -> None:
    history = [event("queued", 0, "known")]
    for n in range(OUTSIDE_MAX + 9):
        history.append(event("ringing", 0, f"c{n:03}"))
        history.append(event("ended", 0, f"c{n:03}", reason=f"r{n:03}", queue=None))
    outside = folded(history).outside
    assert outside["main", "r000"] == 1
    assert outside["main", "other"] == 9
