"""One drive from its anchor to its outcome: a generator that yields commands and is sent events.

Rows come before side effects, a channel that was lost is never used again for this drive, and only a channel that
declared it touched nothing lets the next candidate act.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Literal, assert_never

from bridge.drive.evidence import IMPLIES_SUBMIT, Evidence, Fact, Verdict, early, final, graded
from bridge.drive.steps import (
    Anchor,
    Anchored,
    ApprovalDenied,
    Approved,
    AskApproval,
    AskJournal,
    Await,
    CancelAsked,
    CancelTurn,
    Candidate,
    ChannelDeclined,
    ChannelDone,
    ChannelLost,
    DeadlinePassed,
    Deliver,
    Done,
    DriveCommand,
    DriveEvent,
    Follow,
    GivenUp,
    Learned,
    LookedUp,
    NotSubmitted,
    Phase,
    RecordActing,
    RecordDeclined,
    RecordDoubt,
    RecordFact,
    RecordSettled,
    RecordTurn,
    Request,
    TakeAnchor,
    Withheld,
)
from bridge.protocol.messages.base import Grade, JournalState, TurnState

DriveSteps = Generator[DriveCommand, DriveEvent, None]


@dataclass(slots=True)
class _Watch:
    """What is known while one candidate acts."""

    request: Request
    candidate: Candidate
    anchor: Anchor
    evidence: Evidence = field(default_factory=Evidence)
    channel_over: bool = False
    journal: Literal["unasked", "asked", "answered"] = "unasked"
    why: str = "by the deadline"
    unsent: Verdict | None = None

    @property
    def blind(self) -> bool:
        """Nothing can report any more: the channel is over, its journal too, and no observer could see it (a draft is
        in no store)."""
        unseen = self.anchor.observer is None or self.request.draft
        return self.channel_over and self.journal != "asked" and unseen

    def verdict(self) -> Verdict | None:
        settled = early(self.evidence, self.request.draft, self.request.require)
        return settled or self.unsent or (self.final() if self.blind else None)

    def final(self) -> Verdict:
        return final(self.evidence, self.request.draft, self.request.require, self.why)


NO_INTERFACE = Verdict("refused", "no interface can reach this surface", "no_interface")
CANCELLED = Verdict("refused", "cancelled before anything was touched", "cancelled")


def drive(request: Request, candidates: Sequence[Candidate], refusal: Verdict = NO_INTERFACE) -> DriveSteps:
    """Act through the first candidate that does not decline, and settle by the evidence; `refusal` without any."""
    for candidate in candidates:
        unapproved = yield from _approval(candidate)
        if unapproved is not None:
            refusal = unapproved
            break
        anchor = yield from _anchor(candidate)
        if anchor.blocker is not None:
            refusal = Verdict("refused", anchor.reason or "the chat is in no state to be touched", anchor.blocker)
            break
        withheld = _withheld((yield RecordActing(candidate, anchor)))
        if withheld is not None:
            refusal = withheld
            break
        yield from _follow(anchor)
        yield Deliver(candidate)
        declined = yield from _settle(_Watch(request, candidate, anchor))
        if declined is None:
            return
        yield RecordDeclined(candidate, declined.blocker or "declined", declined.reason)
        refusal = declined
    yield RecordSettled(refusal, Evidence())


def resume(request: Request, candidate: Candidate, anchor: Anchor, evidence: Evidence) -> DriveSteps:
    """Settle a drive that was acting when the daemon died: journal first, then the observer past the anchor."""
    watch = _Watch(request, candidate, anchor, evidence, channel_over=True, journal="asked")
    watch.why = "after the daemon was restarted"
    yield from _follow(anchor)
    yield AskJournal(candidate)
    refusal = yield from _settle(watch)
    if refusal is not None:
        yield RecordDeclined(candidate, refusal.blocker or "declined", refusal.reason)
        yield RecordSettled(refusal, evidence)


def resume_turn(request: Request, candidate: Candidate, anchor: Anchor, evidence: Evidence) -> DriveSteps:
    """Wait for the turn of a drive that was settled before the daemon died."""
    yield from _follow(anchor)
    yield AskJournal(candidate)
    yield from _turn(_Watch(request, candidate, anchor, evidence, channel_over=True, journal="asked"))


def give_up(acting: bool, blocker: str, reason: str) -> DriveSteps:
    """Settle a drive that cannot go on: refused while nothing was touched, unknown once something may have been."""
    yield RecordSettled(Verdict("unknown" if acting else "refused", reason, blocker), Evidence())


def _approval(candidate: Candidate) -> Generator[DriveCommand, DriveEvent, Verdict | None]:
    """None once the candidate may act. A person's no, or no answer, ends the drive: nothing else is tried instead."""
    if candidate.ask is None:
        return None
    yield AskApproval(candidate)
    while True:
        match (yield Await("approval")):
            case Approved():
                return None
            case ApprovalDenied(reason):
                return Verdict("refused", reason, "approval_denied")
            case DeadlinePassed():
                return Verdict("refused", "nobody approved it before its deadline", "approval_timeout")
            case CancelAsked():
                return CANCELLED
            case Learned() | ChannelDone() | ChannelDeclined() | ChannelLost() | NotSubmitted() | LookedUp():
                pass  # of an earlier candidate, which declined
            case Done() | Anchored() | Withheld() | GivenUp():
                pass
            case never:
                assert_never(never)


def _withheld(answer: DriveEvent) -> Verdict | None:
    """The refusal of a drive whose row `acting` was not written; None when it was."""
    match answer:
        case CancelAsked():
            return CANCELLED
        case Withheld(blocker, reason):
            return Verdict("refused", reason, blocker)
        case _:
            return None


def _follow(anchor: Anchor) -> DriveSteps:
    if anchor.observer is not None:
        yield Follow(anchor)


def _anchor(candidate: Candidate) -> Generator[DriveCommand, DriveEvent, Anchor]:
    match (yield TakeAnchor(candidate)):
        case Anchored(anchor):
            return anchor
        case event:
            raise TypeError(f"an anchor was asked for, {type(event).__name__} came")


def _settle(watch: _Watch) -> Generator[DriveCommand, DriveEvent, Verdict | None]:
    """Take events until there is an outcome. Returns a refusal when nothing was touched, else None once settled."""
    while (verdict := watch.verdict()) is None:
        event = yield Await("submit")
        if isinstance(event, GivenUp):
            watch.why = "when the operator waited no longer"
        if isinstance(event, DeadlinePassed | GivenUp):
            verdict = watch.final()
            break
        refusal = yield from _take(watch, event)
        if refusal is not None:
            return refusal
    yield RecordSettled(verdict, watch.evidence)
    if watch.request.wait and verdict.outcome in {"confirmed", "likely"} and not watch.request.draft:
        yield from _turn(watch)
    return None


def _take(watch: _Watch, event: DriveEvent) -> Generator[DriveCommand, DriveEvent, Verdict | None]:
    """Apply one event; a Verdict is returned only when it proves that nothing was touched."""
    match event:
        case Learned(fact):
            yield from _learn(watch, fact)
        case ChannelDeclined(blocker, message):
            return _declined(watch, blocker, message)
        case ChannelDone():
            watch.channel_over = True
            watch.why = "and the interface will report nothing more"
        case ChannelLost(reason):
            watch.channel_over = True
            watch.why = f"after the channel was lost ({reason})"
            if watch.journal != "asked":
                watch.journal = "asked"
                yield AskJournal(watch.candidate)
        case NotSubmitted(blocker, reason):
            watch.channel_over = True
            watch.unsent = _unsent(watch, blocker, reason)
        case LookedUp(state, blocker, in_flight):
            watch.journal = "answered"
            watch.channel_over = not in_flight
            return _journal(watch, state, blocker)
        case CancelAsked():
            yield CancelTurn(watch.candidate)
        # `_settle` takes the first two before; while a turn is waited for, there is nothing left to give up. The others
        # answer commands that are not waited for here.
        case DeadlinePassed() | GivenUp() | Done() | Anchored() | Approved() | ApprovalDenied() | Withheld():
            pass
        case never:
            assert_never(never)
    return None


def _declined(watch: _Watch, blocker: str, message: str) -> Verdict | None:
    """The refusal, unless the channel reported before that it touched something."""
    if not watch.evidence.facts:
        return Verdict("refused", message, blocker)
    watch.channel_over = True
    watch.why = "and the channel took back what it had reported"
    return None


def _unsent(watch: _Watch, blocker: str, reason: str) -> Verdict | None:
    """None after any report of a submit: a channel cannot take back what it reported."""
    return Verdict("failed", reason, blocker) if watch.evidence.best(*IMPLIES_SUBMIT) is None else None


def _journal(watch: _Watch, state: JournalState | None, blocker: str | None) -> Verdict | None:
    """A plugin writes its journal before it acts, so an absent or declined entry proves that nothing was touched."""
    if watch.evidence.facts:
        return None
    if state == "absent":
        return Verdict(
            "refused", "the plugin was lost before it began; its journal does not know the drive", "plugin_lost"
        )
    if state == "declined":
        return Verdict("refused", "the plugin declined before it was lost", blocker or "declined")
    return None


def _learn(watch: _Watch, fact: Fact) -> DriveSteps:
    ceiling: Grade = "witness" if fact.grade == "witness" else watch.candidate.best_grade
    counted = graded(fact, watch.request.text_sha, watch.request.chat_id, ceiling)
    if counted is None:
        watch.evidence = watch.evidence.add_foreign()
        yield RecordFact(fact, counted=False)
    elif not _known(watch.evidence, counted):
        watch.evidence = watch.evidence.add(counted)
        yield RecordFact(counted, counted=True)


def _known(evidence: Evidence, fact: Fact) -> bool:
    """A repeated report adds nothing; a row for each would let a stuck peer fill the ledger."""
    return any(
        known.kind == fact.kind
        and known.grade == fact.grade
        and known.source == fact.source
        and known.reply == fact.reply
        for known in evidence.facts
    )


def _turn(watch: _Watch) -> DriveSteps:
    """Wait for the end of the turn, and then as long as the store needs to show the reply."""
    phase: Phase = "turn"
    event: DriveEvent = Done()
    while True:
        over = watch.evidence.turn
        if over is not None and _complete(watch, over):
            break
        if over is not None:
            phase = "reply"
        event = yield Await(phase)
        if isinstance(event, DeadlinePassed):
            break
        yield from _take(watch, event)
    if over is None:
        yield RecordTurn("wait_timeout", "the turn did not end in the time given")
        return
    if isinstance(event, DeadlinePassed):
        yield from _doubt(watch)
    yield _turn_row(watch, over)


def _doubt(watch: _Watch) -> DriveSteps:
    """The time of the store is over. A turn that only the channel saw keeps its outcome, with a doubt beside it."""
    if not watch.evidence.at_least("witness", *IMPLIES_SUBMIT):
        yield RecordDoubt(
            "the chat's own store did not show the turn in time; a window in the background may keep it back"
        )


def _complete(watch: _Watch, over: Fact) -> bool:
    """Only an ended turn has a reply worth waiting for, and only where an observer can read it."""
    return over.kind != "turn_ended" or watch.evidence.reply is not None or watch.anchor.observer is None


def _turn_row(watch: _Watch, over: Fact) -> RecordTurn:
    states: dict[str, TurnState] = {
        "turn_ended": "completed",
        "needs_input": "needs_input",
        "turn_failed": "turn_failed",
    }
    said = over.detail or f"seen at grade {over.grade}"
    reply = watch.evidence.reply
    missing = "; the reply was not readable in the chat's store" if over.kind == "turn_ended" and reply is None else ""
    return RecordTurn(states[over.kind], said + missing, reply)
