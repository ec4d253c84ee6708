"""The promises of the machine under any sequence of events, honest or not."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.drive import machine
from bridge.drive.evidence import IMPLIES_SUBMIT, RANK, Fact
from bridge.drive.match import text_sha
from bridge.drive.steps import (
    Anchor,
    Anchored,
    Await,
    CancelAsked,
    Candidate,
    ChannelDeclined,
    ChannelDone,
    ChannelLost,
    DeadlinePassed,
    Deliver,
    Done,
    DriveCommand,
    DriveEvent,
    GivenUp,
    Learned,
    LookedUp,
    NotSubmitted,
    RecordActing,
    RecordSettled,
    Request,
    TakeAnchor,
)

SHA = text_sha("hello")
CANDIDATES = (Candidate("a", "code:w/chat", "host"), Candidate("b", "code:w/chat", "readback"))

FACTS = st.builds(
    Fact,
    kind=st.sampled_from(["inserted", "submitted", "queued", "withdrawn", "turn_ended", "needs_input", "turn_failed"]),
    grade=st.sampled_from(["claim", "readback", "host", "witness"]),
    source=st.sampled_from(["plugin", "observer"]),
    at_ms=st.just(1),
    text_sha=st.sampled_from([SHA, text_sha("other"), None]),
    chat_id=st.sampled_from([None, "c1", "c2"]),
)
EVENTS: st.SearchStrategy[DriveEvent] = st.one_of(
    st.builds(Learned, FACTS),
    st.just(ChannelDone()),
    st.just(ChannelDeclined("input_busy", "a draft")),
    st.just(ChannelLost("closed")),
    st.just(NotSubmitted("text_differs", "left")),
    st.builds(LookedUp, st.sampled_from([None, "absent", "begun", "submitted", "declined"]), st.none(), st.booleans()),
    st.just(CancelAsked()),
    st.just(GivenUp()),
)


def play(request: Request, anchor: Anchor, events: list[DriveEvent]) -> tuple[list[DriveCommand], list[DriveEvent]]:
    """Run to the end, with a deadline after the last event; returns commands and the events that were taken."""
    steps = machine.drive(request, CANDIDATES)
    coming, taken, commands = iter(events), [], []
    try:
        command = next(steps)
        while True:
            commands.append(command)
            answer: DriveEvent = Anchored(anchor) if isinstance(command, TakeAnchor) else Done()
            if isinstance(command, Await):
                answer = next(coming, DeadlinePassed())
                taken.append(answer)
            command = steps.send(answer)
    except StopIteration:
        return commands, taken


ANCHORS = st.sampled_from([Anchor(), Anchor("vscode_chat", "c")])
REQUESTS = st.builds(
    Request,
    drive_id=st.just("d"),
    text_sha=st.just(SHA),
    chat_id=st.sampled_from([None, "c1"]),
    draft=st.booleans(),
    wait=st.booleans(),
    require=st.sampled_from(["host", "witness"]),
)


@given(REQUESTS, ANCHORS, st.lists(EVENTS, max_size=12))
def test_every_drive_is_settled_once_and_by_what_was_proven(
    request: Request, anchor: Anchor, events: list[DriveEvent]
) -> None:
    commands, taken = play(request, anchor, events)
    (settled,) = (command for command in commands if isinstance(command, RecordSettled))
    about_us = [
        event.fact
        for event in taken
        if isinstance(event, Learned)
        and event.fact.text_sha in (SHA, None)
        and (event.fact.chat_id is None or request.chat_id in (None, event.fact.chat_id))
    ]
    if settled.verdict.outcome == "confirmed" and not request.draft:
        proof = [f for f in about_us if f.kind in {*IMPLIES_SUBMIT, "turn_failed"} and RANK[f.grade] >= RANK["host"]]
        assert proof, "confirmed on the word of the thing that acted"
    if settled.verdict.outcome == "failed":
        unsent = any(isinstance(event, NotSubmitted) for event in taken)
        assert unsent or any(fact.kind == "withdrawn" for fact in about_us)
        assert not (unsent and any(f.kind in IMPLIES_SUBMIT and RANK[f.grade] >= RANK["host"] for f in about_us))


@given(REQUESTS, ANCHORS, st.lists(EVENTS, max_size=12))
def test_nothing_acts_twice_once_anything_was_touched(
    request: Request, anchor: Anchor, events: list[DriveEvent]
) -> None:
    commands, taken = play(request, anchor, events)
    acts = [index for index, command in enumerate(commands) if isinstance(command, Deliver)]
    if len(acts) == 2:
        awaited = [index for index, command in enumerate(commands[: acts[1]]) if isinstance(command, Await)]
        before = taken[: len(awaited)]
        assert isinstance(before[-1], ChannelDeclined | LookedUp), "only a refusal lets the next one act"
        assert not any(isinstance(e, Learned) and e.fact.text_sha == SHA and e.fact.chat_id is None for e in before)


@given(REQUESTS, ANCHORS, st.lists(EVENTS, max_size=12))
def test_the_row_is_always_written_before_the_act(request: Request, anchor: Anchor, events: list[DriveEvent]) -> None:
    commands, _ = play(request, anchor, events)
    rows = 0
    for command in commands:
        rows += isinstance(command, RecordActing)
        if isinstance(command, Deliver):
            assert rows > 0
            rows -= 1
