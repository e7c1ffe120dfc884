from streams.core.contact import Clock
from streams.core.conversation import WRITERS, Awaits, Conversation
from tests.core.histories import NOON_MS
from tests.core.talks import talk


def conversation(told: str, order: list[int] | None = None) -> Conversation:
    chat = Conversation("qq", "main", Clock())
    events = talk(told)
    for place in order or range(len(events)):
        one = events[place]
        WRITERS[one["type"]](chat, one["at_ms"], one, one.get("data", {}))
    return chat


def awaits(told: str) -> Awaits:
    now = conversation(told).standing(at_once)
    assert now is not None
    return now.awaits


def at_once(at_ms: int) -> int:
    return at_ms


def test_marks_are_read_in_the_order_of_their_times() -> None:
    told = "open@0 ask@2 bot@4 to-queue@30 reply@60 close@70"
    straight, mixed = conversation(told), conversation(told, [5, 1, 3, 0, 4, 2])
    assert straight.marks == mixed.marks
    assert straight.told(at_once) == mixed.told(at_once)


def test_of_one_moment_an_opening_comes_first_and_a_close_last() -> None:
    chat = conversation("close@5 reply@5 ask@5 open@5")
    assert [mark.step for mark in chat.marks] == [0, 1, 3, 4]
    assert chat.told(at_once)[1][0][:3] == (NOON_MS + 5_000, NOON_MS + 5_000, 0)


def test_the_queue_is_the_earliest_events() -> None:
    chat = Conversation("qq", "main", Clock())
    assert chat.key == ("main", "unknown")
    chat.name_queue(200, "b", ("main", "late"))
    chat.name_queue(100, "b", ("main", "early"))
    chat.name_queue(100, "c", ("main", "other"))
    assert chat.key == ("main", "early")


def test_the_clock_starts_at_opening_time() -> None:
    chat = conversation("open@0 ask@10")
    now = chat.standing(lambda at_ms: at_ms + 50_000)
    assert now is not None
    assert (now.since_ms, now.from_ms) == (NOON_MS + 10_000, NOON_MS + 60_000)
    chat = conversation("open@0 ask@10 reply@100")
    first = chat.told(lambda at_ms: at_ms + 50_000)[1][0]
    assert first[0] == NOON_MS + 10_000
    assert first[4] == NOON_MS + 60_000
    chat.facts = chat.told(lambda at_ms: at_ms + 50_000)
    assert chat.told(at_once) == chat.facts  # what was counted stays as it was


def test_who_a_bot_has_keeps_nobody_waiting() -> None:
    assert awaits("open@0 ask@10 to-bot@11") is Awaits.BOT
    assert awaits("open@0 ask@10 bot@11") is Awaits.BOT
    assert awaits("open@0 ask@10 bot@11 to-queue@12") is Awaits.FIRST
    assert awaits("open@0 ask@10 reply@11 to-bot@12 ask@13") is Awaits.NOTHING
    assert awaits("open@0 ask@10 reply@11 ask@13") is Awaits.NEXT
    assert awaits("open@0") is Awaits.NOTHING
    assert conversation("open@0 close@1").standing(at_once) is None


def test_a_rating_is_kept_in_thousandths_of_its_scale() -> None:
    assert conversation("rate:5@1").story.ratings == [(NOON_MS + 1_000, NOON_MS + 1_000, 1000)]
    assert conversation("rate:0@1").story.ratings == [(NOON_MS + 1_000, NOON_MS + 1_000, 0)]


def test_what_comes_after_a_timeout_takes_it_back() -> None:
    chat = conversation("open@0 ask@10")
    chat.story.expire(NOON_MS + 99_000)
    chat.expired_ms = NOON_MS + 99_000
    (late,) = talk("reply@50", id="late")
    WRITERS["chat.agent_reply"](chat, late["at_ms"], late, late["data"])
    assert chat.expired_ms is None
    assert chat.told(at_once)[1][0][2] == 0
