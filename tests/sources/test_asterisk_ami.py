"""AMI's messages against what they mean, each by a story of a few of them."""

from typing import Any

from streams.sources.asterisk_ami import AsteriskAmi
from streams.sources.asterisk_ami_message import record
from streams.sources.taken import Fate
from tests.sources.ami import brief, events, message, of_caller, of_queue, told
from tests.sources.logs import KEY, START_S

JOIN = of_queue(0, "QueueCallerJoin", CallerIDNum="0301234567", CallerIDName='"A" & Söhne')
ANSWERED = (
    JOIN,
    of_queue(1, "AgentCalled", MemberName="Ann", DestUniqueid="1.2"),
    of_queue(4.25, "QueueCallerLeave"),
    of_queue(4.25, "AgentConnect", MemberName="Ann", DestUniqueid="1.2", HoldTime=4, RingTime=3),
)
LOCAL = message(1, "LocalBridge", LocalOneUniqueid="1.2", LocalTwoUniqueid="1.3")
DIALLED = message(1, "DialBegin", Uniqueid="1.3", DestUniqueid="1.4")


def test_an_answered_call_has_exact_times() -> None:
    done = of_queue(9.5, "AgentComplete", MemberName="Ann", HoldTime=4, TalkTime=5, Reason="agent")
    found = events(*ANSWERED, done)
    assert brief(found) == [
        ("queued", 0),
        ("ringing", 1),
        ("answered", 4.25),
        ("ended", 9.5, "agent"),
    ]
    assert {(event["contact"], event["visit"], event["queue"]) for event in found} == {
        ("pbx:1.1", 1, "sales")
    }
    assert found[2]["data"] == {"wait_ms": 4_250, "ring_ms": 3_250}
    assert found[3]["data"]["talk_ms"] == 5_250
    assert [event.get("agent") for event in found] == [None, "Ann", "Ann", "Ann"]


def test_numbers_are_hashed() -> None:
    [queued] = events(JOIN)
    assert len(queued["customer"]) == 24
    assert "1234567" not in str(queued)
    [nobody] = events(of_queue(0, "QueueCallerJoin", CallerIDNum="<unknown>"))
    assert "customer" not in nobody


def test_a_hang_up_before_the_exit_is_an_abandonment() -> None:
    requested = of_caller(3, "HangupRequest", Cause=16)
    gone = of_queue(3.001, "QueueCallerAbandon", HoldTime=3)
    found = events(JOIN, requested, gone, of_queue(3.002, "QueueCallerLeave"))
    assert brief(found) == [("queued", 0), ("abandoned", 3.001)]
    assert found[1]["data"]["wait_ms"] == 3_001


def test_an_exit_without_a_hang_up_before_it_is_a_timeout() -> None:
    other = of_caller(0, "Hangup", call="9.9")  # so messages about channels are heard
    gone = of_queue(20, "QueueCallerAbandon", HoldTime=20)
    hung_up = of_caller(20, "SoftHangupRequest"), of_caller(20.001, "Hangup")
    assert brief(events(other, JOIN, gone, of_queue(20, "QueueCallerLeave"), *hung_up)) == [
        ("queued", 0),
        ("left", 20, "timeout"),
    ]
    status = of_caller(20, "VarSet", Variable="QUEUESTATUS", Value="LEAVEEMPTY")
    assert brief(events(other, JOIN, gone, status))[1] == ("left", 20, "empty")
    # Where channels are not heard, nothing tells them apart.
    assert brief(events(JOIN, gone))[1] == ("abandoned", 20)


def test_leaving_without_another_word_is_an_exit_by_key() -> None:
    leave = of_queue(5, "QueueCallerLeave")
    later = of_caller(8, "Hangup", call="9.9")
    *_, certain, _ = told(JOIN, leave, later)
    assert brief(certain.events) == [("left", 5, "key")]
    next_queue = of_queue(5.01, "QueueCallerJoin", Queue="complaints")
    found = events(JOIN, leave, next_queue)
    assert brief(found) == [("queued", 0), ("left", 5, "key"), ("queued", 5.01)]
    assert [(event["visit"], event["queue"]) for event in found] == [
        (1, "sales"),
        (1, "sales"),
        (2, "complaints"),
    ]


def test_an_announcement_to_the_agent_is_no_exit() -> None:
    picked_up = of_caller(4, "DialEnd", DialStatus="ANSWER", DestUniqueid="1.2")
    leave = of_queue(4, "QueueCallerLeave")
    meanwhile = of_caller(9, "Hangup", call="9.9")
    connect = of_queue(12, "AgentConnect", MemberName="Ann", HoldTime=12)
    found = events(JOIN, picked_up, leave, meanwhile, connect)
    assert brief(found) == [("queued", 0), ("answered", 12)]


def test_transfers_end_the_conversation() -> None:
    moved = message(7, "BlindTransfer", Result="Success", TransfereeUniqueid="1.1")
    done = of_queue(7.001, "AgentComplete", MemberName="Ann", TalkTime=3, Reason="transfer")
    found = brief(events(*ANSWERED, moved, done))
    assert found[3:] == [("transferred", 7, "blind"), ("ended", 7, "transfer")]
    failed = message(7, "BlindTransfer", Result="Fail", TransfereeUniqueid="1.1")
    assert brief(events(*ANSWERED, failed))[3:] == []


def test_transfers_by_a_phone_behind_local_channels_are_found() -> None:
    blind = message(
        7, "BlindTransfer", Result="Success", TransfererUniqueid="1.4", TransfereeUniqueid="1.3"
    )
    again = of_queue(7.01, "QueueCallerJoin", call="1.3")
    last = of_queue(20, "AgentComplete", MemberName="Ann", TalkTime=16, Reason="caller")
    found = events(LOCAL, DIALLED, *ANSWERED, blind, again, last)
    assert brief(found)[3:] == [
        ("transferred", 7, "blind"),
        ("ended", 7, "transfer"),
        ("queued", 7.01),
    ]
    assert [event["contact"] for event in found[3:]] == ["pbx:1.1", "pbx:1.1", "pbx:1.3"]
    attended = message(7, "AttendedTransfer", OrigTransfererUniqueid="1.4")
    assert brief(events(LOCAL, DIALLED, *ANSWERED, attended))[3] == ("transferred", 7, "attended")


def test_a_redirected_caller_has_left_the_agent() -> None:
    left = of_caller(7, "BridgeLeave")
    leg = of_caller(7.001, "Hangup", call="1.2")
    late = of_queue(30, "AgentComplete", MemberName="Ann", TalkTime=26, Reason="caller")
    *_, ended, _ = told(*ANSWERED, left, leg, late)
    assert brief(ended.events) == [("ended", 7, "redirect")]
    assert ended.events[0]["data"]["talk_ms"] == 2_750
    back = of_caller(7.002, "BridgeEnter")  # only moved, as when Local channels are optimised away
    assert brief(events(*ANSWERED, left, leg, back, late))[3:] == [("ended", 30, "customer")]


def test_an_end_may_lack_its_caller_or_name_another_channel() -> None:
    nameless = message(
        9.5,
        "AgentComplete",
        Queue="sales",
        MemberName="Ann",
        HoldTime=4,
        TalkTime=5,
        Reason="agent",
    )
    assert brief(events(*ANSWERED, nameless))[3:] == [("ended", 9.5, "agent")]
    another = of_queue(9.5, "AgentComplete", call="7.7", MemberName="Ann", HoldTime=4, TalkTime=5)
    assert brief(events(*ANSWERED, another))[3:] == [("ended", 9.5, "unknown")]
    # Not the end of a conversation that began at another time.
    older = message(9.5, "AgentComplete", Queue="sales", MemberName="Ann", HoldTime=1, TalkTime=90)
    assert brief(events(*ANSWERED, older))[3:] == []


def test_a_hang_up_ends_what_the_queue_says_nothing_of() -> None:
    assert brief(events(*ANSWERED, of_caller(9, "Hangup")))[3:] == [("ended", 9, "customer")]
    assert brief(events(JOIN, of_caller(9, "Hangup")))[1:] == [("abandoned", 9)]


def test_only_an_end_was_heard() -> None:
    connect = of_queue(10, "AgentConnect", MemberName="Ann", HoldTime=4)
    [answered] = events(connect)
    assert answered["data"] == {"wait_ms": 4_000}
    done = of_queue(10, "AgentComplete", MemberName="Ann", HoldTime=4, TalkTime=3, Reason="caller")
    answered, ended = events(done)
    assert brief([answered, ended]) == [("answered", 7), ("ended", 10, "customer")]
    assert answered["data"] == {"wait_ms": 4_000, "derived": True}
    assert brief(events(of_queue(9, "QueueCallerAbandon", HoldTime=3))) == [("abandoned", 9)]
    [unplaced, _] = told(of_queue(9, "AgentConnect", MemberName="Ann"))
    assert (unplaced.fate, unplaced.name) == (Fate.REJECTED, "unplaced")


def test_rings() -> None:
    called = of_queue(1, "AgentCalled", MemberName="Ann", DestUniqueid="1.2")
    missed = of_queue(6, "AgentRingNoAnswer", MemberName="Ann", DestUniqueid="1.2", RingTime=5000)
    dumped = of_queue(8, "AgentDump", Interface="PJSIP/2", DestUniqueid="1.3")
    found = events(JOIN, called, missed, dumped)
    assert brief(found)[1:] == [
        ("ringing", 1),
        ("ring_missed", 6, "no_answer"),
        ("ring_missed", 8, "rejected"),
    ]
    assert [(event["agent"], event["data"].get("ring_ms")) for event in found[2:]] == [
        ("Ann", 5_000),
        ("PJSIP/2", None),
    ]


def test_a_caller_goes_on_in_the_place_of_a_consulting_channel() -> None:
    consulting = of_queue(10, "QueueCallerJoin", call="5.1", Queue="complaints")
    moved = message(
        15,
        "AttendedTransfer",
        TransfereeUniqueid="1.1",
        SecondTransfererUniqueid="5.1",
        DestApp="Queue",
    )
    gone = of_caller(15.5, "Hangup", call="5.1")
    story = *ANSWERED, consulting, moved, gone
    connect = of_queue(30, "AgentConnect", Queue="complaints", MemberName="Bob", HoldTime=20)
    found = events(*story, of_queue(30, "QueueCallerLeave", Queue="complaints"), connect)
    assert brief(found)[3:] == [
        ("queued", 10),
        ("transferred", 15, "attended"),
        ("ended", 15, "transfer"),
        ("answered", 30),
    ]
    assert (found[-1]["contact"], found[-1]["data"]["wait_ms"]) == ("pbx:5.1", 20_000)
    hung_up = of_caller(30, "HangupRequest")
    abandoned = of_queue(30, "QueueCallerAbandon", Queue="complaints", HoldTime=20)
    found = events(*story, hung_up, abandoned, of_caller(30.5, "Hangup"))
    assert brief(found)[6:] == [("abandoned", 30)]


def test_a_consulting_channel_that_talks_goes_and_the_conversation_goes_on() -> None:
    consulting = (
        of_queue(10, "QueueCallerJoin", call="5.1", Queue="complaints"),
        of_queue(12, "AgentConnect", call="5.1", Queue="complaints", MemberName="Bob"),
    )
    moved = message(
        15,
        "AttendedTransfer",
        OrigTransfererUniqueid="1.2",
        TransfereeUniqueid="1.1",
        SecondTransfererUniqueid="5.1",
        DestType="Bridge",
    )
    gone = of_caller(15, "BridgeLeave", call="5.1"), of_caller(15.01, "Hangup", call="5.1")
    done = of_queue(
        40, "AgentComplete", Queue="complaints", MemberName="Bob", TalkTime=28, Reason="agent"
    )
    found = events(*ANSWERED, *consulting, moved, *gone, done)
    assert brief(found)[3:] == [
        ("queued", 10),
        ("answered", 12),
        ("transferred", 15, "attended"),
        ("ended", 15, "transfer"),
        ("ended", 40, "agent"),
    ]
    assert [each["contact"] for each in found[-2:]] == ["pbx:1.1", "pbx:5.1"]


def test_holds_of_the_agents_phone() -> None:
    phone: dict[str, Any] = {"call": "1.4"}
    held = of_caller(5, "Hold", **phone), of_caller(5, "MusicOnHoldStart", call="1.3")
    back = of_caller(6, "Unhold", **phone), of_caller(6, "MusicOnHoldStop", call="1.3")
    found = events(LOCAL, DIALLED, *ANSWERED, *held, *back, of_caller(7, "Unhold", **phone))
    assert brief(found)[3:] == [("held", 5), ("resumed", 6)]


def test_the_list_tells_of_those_who_entered_before() -> None:
    entry = b"Event: QueueEntry\nQueue: sales\nUniqueid: 1.1\nWait: 30\nCallerIDNum: 030123456"
    connect = of_queue(5, "AgentConnect", MemberName="Ann", HoldTime=35)
    queued, answered = events(entry, connect)
    assert brief([queued, answered]) == [("queued", -30), ("answered", 5)]
    assert queued["data"] == {"derived": True}
    assert answered["data"]["wait_ms"] == 35_000
    # Said just before the joining itself.
    assert brief(events(entry.replace(b"30\n", b"0\n"), JOIN)) == [("queued", 0)]


def connection(second: float, word: str) -> bytes:
    return f"{word}: 1\nTimestamp: {START_S + second}".encode()


def test_a_disconnect_is_a_gap_and_the_lists_end_what_is_gone() -> None:
    other = of_queue(0, "QueueCallerJoin", call="2.1")
    before = connection(-1, "Connected"), JOIN, other, connection(10, "Disconnected")
    again = connection(15, "Connected")
    entry = of_queue(15, "QueueEntry", Wait=15)
    listed = message(15, "QueueStatusComplete", ListItems=1)
    found = events(*before, again, entry, listed)
    assert brief(found)[2:] == [("gap", 15, "disconnected"), ("left", 15, "system")]
    assert found[2]["data"]["gap_ms"] == 5_000
    assert found[3]["contact"] == "pbx:2.1"
    # A list without a gap before it ends nothing: messages about those who left may be under way.
    assert brief(events(connection(-1, "Connected"), JOIN, listed)) == [("queued", 0)]
    # What is given up is no more than a guess: what is heard of it later is told.
    late = of_queue(16, "AgentConnect", call="2.1", MemberName="Ann", HoldTime=16)
    assert brief(events(*before, again, entry, listed, late))[-1] == ("answered", 16)


def test_channels_that_are_not_alive_have_ended() -> None:
    before = connection(-1, "Connected"), *ANSWERED, connection(10, "Disconnected")
    again = connection(15, "Connected")
    alive = of_caller(15, "CoreShowChannel"), message(15, "CoreShowChannelsComplete")
    assert brief(events(*before, again, *alive))[3:] == [("gap", 15, "disconnected")]
    assert brief(events(*before, again, alive[1]))[-1] == ("ended", 15, "system")


def test_a_restart_has_ended_everything() -> None:
    before = connection(-1, "Connected"), *ANSWERED
    again = connection(11, "Disconnected"), connection(15, "Connected")
    booted = message(15, "FullyBooted", Uptime=2)
    cut = [("gap", 15, "disconnected"), ("ended", 15, "system")]
    assert brief(events(*before, *again, booted))[3:] == cut
    down = message(11, "Shutdown", Shutdown="Cleanly", Restart="True")
    assert brief(events(*before, down, *again))[3:] == cut
    still_up = message(15, "FullyBooted", Uptime=900)
    assert brief(events(*before, *again, still_up))[3:] == cut[:1]


def test_several_connections_are_no_gap() -> None:
    second = f"Connected: 2\nTimestamp: {START_S + 1}".encode()
    assert brief(events(connection(0, "Connected"), second, connection(3, "Disconnected"))) == []


def test_headers_before_asterisk_12() -> None:
    join = of_queue(0, "Join", CallerIDNum="030123456", Position=1)
    connect = of_queue(2, "AgentConnect", Member="SIP/1", MemberName="Ann", Holdtime=2, Ringtime=1)
    found = events(join, of_queue(2, "Leave", Count=0), connect)
    assert brief(found) == [("queued", 0), ("answered", 2)]


def test_what_cannot_be_taken_says_why() -> None:
    def fate(text: bytes) -> tuple[Fate, str]:
        taken = told(text)[0]
        return taken.fate, taken.name

    assert fate(message(0, "QueueCallerJoin", Uniqueid="1.1")) == (Fate.REJECTED, "bad_field")
    assert fate(of_queue(0, "QueueCallerAbandon", HoldTime="x")) == (Fate.REJECTED, "bad_field")
    assert fate(b"rubbish") == (Fate.REJECTED, "malformed")
    assert fate(b"Event: Newexten\nTimestamp: x") == (Fate.REJECTED, "bad_time")
    assert fate(b"Event: X\n" + b"a: b\n" * 20_000) == (Fate.REJECTED, "too_large")
    assert fate(message(0, "TestEvent", Type="x")) == (Fate.IGNORED, "TestEvent")
    assert fate(b"Response: Success\nMessage: Pong") == (Fate.IGNORED, "Response")
    assert fate(b"Action: Login\nSecret: hunter2") == (Fate.IGNORED, "Action")


def test_memory_goes_on_in_another_reader() -> None:
    done = of_queue(9.5, "AgentComplete", MemberName="Ann", HoldTime=4, TalkTime=5, Reason="agent")
    story = (LOCAL, DIALLED, *ANSWERED, of_caller(5, "Hold", call="1.4"), done)
    whole = events(*story)
    found = []
    source = AsteriskAmi("pbx", key=KEY)
    for text in story:
        found += source.read(record(text, "")).events
        following = AsteriskAmi("pbx", key=KEY)
        following.restore(source.memory())
        source = following
    assert found == whole
