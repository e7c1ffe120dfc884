"""Whatever comes instead of AMI traffic: a fate for each record, and never an exception."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.core.events import explain
from streams.core.state import PartitionState
from streams.sources.asterisk_ami import AsteriskAmi
from streams.sources.asterisk_ami_message import Assembler, record
from streams.sources.taken import Fate
from tests.sources.ami import message, of_caller, of_queue
from tests.sources.logs import KEY, START_S

EVENTS = [
    name
    for line in (
        "QueueCallerJoin QueueCallerLeave QueueCallerAbandon QueueEntry QueueStatusComplete",
        "AgentCalled",
        "AgentConnect AgentComplete AgentDump AgentRingNoAnswer HangupRequest Hangup",
        "BridgeEnter BridgeLeave DialBegin DialEnd LocalBridge VarSet",
        "BlindTransfer AttendedTransfer Hold Unhold FullyBooted Shutdown",
        "CoreShowChannel CoreShowChannelsComplete Newexten",
    )
    for name in line.split()
]
CHANNELS = ("1.1", "1.2", "1.3", "1.4", "2.1", "", "x\x00y")
NUMBERS = st.sampled_from(("0", "3", "5000", "-1", "1e9", "", "NaN", "9" * 30, "9" * 9))
HEADERS = st.dictionaries(
    st.sampled_from(
        (
            "Queue",
            "MemberName",
            "HoldTime",
            "TalkTime",
            "RingTime",
            "Reason",
            "Uptime",
            "Wait",
            "Result",
            "DialStatus",
            "Variable",
            "Value",
        )
    ),
    st.one_of(NUMBERS, st.sampled_from(("sales", "Ann", "Success", "ANSWER", "QUEUESTATUS"))),
    max_size=6,
)
LINKS = st.dictionaries(
    st.sampled_from(
        (
            "Uniqueid",
            "DestUniqueid",
            "LocalOneUniqueid",
            "LocalTwoUniqueid",
            "TransfereeUniqueid",
            "TransfererUniqueid",
            "OrigTransfererUniqueid",
        )
    ),
    st.sampled_from(CHANNELS),
    max_size=4,
)


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """A message that could be one, perhaps damaged."""
    second = draw(st.one_of(st.floats(0, 90), st.sampled_from((-90_000.0, 400_000.0))))
    text = message(second, draw(st.sampled_from(EVENTS)), **draw(HEADERS), **draw(LINKS))
    for place, bit in draw(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 7)), max_size=2)):
        damaged = bytearray(text)
        damaged[place % len(damaged)] ^= 1 << bit
        text = bytes(damaged)
    return draw(st.sampled_from((text, text, text, text[: len(text) // 2])))


STORIES = st.lists(
    st.one_of(
        texts(),
        st.binary(max_size=60),
        st.sampled_from(
            (
                b"Connected: live",
                b"Disconnected: live",
                b"Asterisk Call Manager/11.0.0",
                of_queue(1, "QueueCallerJoin"),
                of_queue(2, "QueueCallerLeave"),
                of_queue(2, "AgentConnect", MemberName="Ann", HoldTime=1, DestUniqueid="1.2"),
                of_queue(3, "AgentComplete", MemberName="Ann", HoldTime=1, TalkTime=1),
                of_caller(3, "Hangup"),
            )
        ),
    ),
    max_size=40,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STORIES)
def test_anything_has_a_fate_and_gives_events_that_can_be_taken(story: list[bytes]) -> None:
    source = AsteriskAmi("pbx", key=KEY)
    state = PartitionState("calls")
    for text in story:
        taken = source.read(record(text, f"{START_S}.5"))
        assert taken.fate in Fate
        assert taken.fate is not Fate.REJECTED or (taken.name and taken.words)
        for event in taken.events:
            assert explain(event, "calls") is None, event
            state.fold_event(event, None)
        source.restore(source.memory())
    for event in source.due(None):
        assert explain(event, "calls") is None, event


@settings(deadline=None)
@given(st.lists(st.binary(max_size=80), max_size=20))
def test_lines_become_messages_without_their_ends(parts: list[bytes]) -> None:
    content = b"\r\n".join(parts) + b"\r\n\r\n"
    assembler = Assembler()
    found = [text for line in content.splitlines(keepends=True) for text in assembler.push(line)]
    assert assembler.empty
    assert all(text and not text.endswith((b"\r", b"\n")) for text in found)
