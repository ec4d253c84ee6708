"""Playbooks: events in, commands out, in order. Each is one way a drive can go."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from bridge.drive import machine
from bridge.drive.evidence import Evidence, Fact, Verdict
from bridge.drive.match import text_sha
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
from bridge.protocol.messages.base import FactKind, Grade

SHA = text_sha("hello")
OTHER = text_sha("something else")
REQUEST = Request("d1", SHA)
NATIVE = Candidate("vscode_native_send", "code:w1/chat", "host")
INSERT = Candidate("plugin_socket_vscode_family", "code:w1/chat", "readback")
SEEN = Anchor("vscode_chat", "cursor")
BLIND = Anchor(reason="no store")


def fact(
    kind: FactKind, grade: Grade, *, sha: str | None = SHA, chat: str | None = None, reply: str | None = None
) -> Fact:
    source = "vscode_chat" if grade == "witness" else "code:s1"
    return Fact(kind, grade, source, 1, sha, chat, reply=reply)


class Playbook:
    """Feeds events to a machine and keeps every command it gave."""

    def __init__(
        self, steps: machine.DriveSteps, anchors: Sequence[Anchor] = (SEEN, SEEN), acting: DriveEvent | None = None
    ) -> None:
        self.steps = steps
        self.acting = acting or Done()
        self.anchors: Iterator[Anchor] = iter(anchors)
        self.commands: list[DriveCommand] = []
        self.finished = False
        self._run(lambda: next(steps))

    def send(self, *events: DriveEvent) -> "Playbook":
        for event in events:
            assert isinstance(self.commands[-1], Await), f"not waiting: {self.commands[-1]}"
            self._run(lambda event=event: self.steps.send(event))
        return self

    def _run(self, step: object) -> None:
        try:
            command = step()  # type: ignore[operator]
            self.commands.append(command)
            while not isinstance(command, Await):
                command = self.steps.send(self._answer(command))
                self.commands.append(command)
        except StopIteration:
            self.finished = True

    def _answer(self, command: DriveCommand) -> DriveEvent:
        if isinstance(command, TakeAnchor):
            return Anchored(next(self.anchors))
        return self.acting if isinstance(command, RecordActing) else Done()

    @property
    def settled(self) -> Verdict | None:
        found = [command.verdict for command in self.commands if isinstance(command, RecordSettled)]
        assert len(found) <= 1, "settled twice"
        return found[0] if found else None

    @property
    def outcome(self) -> str | None:
        return self.settled.outcome if self.settled else None

    def of(self, kind: type) -> list[DriveCommand]:
        return [command for command in self.commands if isinstance(command, kind)]


def start(request: Request = REQUEST, anchor: Anchor = SEEN, *candidates: Candidate) -> Playbook:
    return Playbook(machine.drive(request, candidates or (NATIVE,)), (anchor, anchor))


def test_the_anchor_comes_first_then_the_row_then_the_act() -> None:
    kinds = [type(command) for command in start().commands]
    assert kinds == [TakeAnchor, RecordActing, Follow, Deliver, Await]


def test_a_turn_returned_by_the_host_confirms() -> None:
    play = start().send(Learned(fact("submitted", "host")))
    assert play.outcome == "confirmed" and play.finished


def test_a_witness_confirms_while_the_channel_is_still_silent() -> None:
    assert start().send(Learned(fact("submitted", "witness"))).outcome == "confirmed"


def test_a_claim_alone_is_unknown_at_the_deadline() -> None:
    play = start().send(Learned(fact("submitted", "claim")), ChannelDone())
    assert play.outcome is None
    assert play.send(DeadlinePassed()).outcome == "unknown"


def test_a_readback_without_a_witness_is_likely_at_the_deadline() -> None:
    play = start(REQUEST, SEEN, INSERT).send(Learned(fact("submitted", "readback")), ChannelDone())
    assert play.outcome is None
    assert play.send(DeadlinePassed()).outcome == "likely"


def test_with_nothing_left_to_listen_to_there_is_no_waiting() -> None:
    play = start(REQUEST, BLIND, INSERT).send(Learned(fact("submitted", "readback")), ChannelDone())
    assert play.outcome == "likely"


def test_a_channel_cannot_exceed_what_its_interface_is_registered_for() -> None:
    play = start(REQUEST, BLIND, INSERT).send(Learned(fact("submitted", "host")), ChannelDone())
    assert play.outcome == "likely"


def test_a_submit_that_names_no_text_is_a_claim() -> None:
    assert start(REQUEST, BLIND).send(Learned(fact("submitted", "host", sha=None)), ChannelDone()).outcome == "unknown"


def test_a_fact_about_another_text_is_kept_and_not_counted() -> None:
    play = start().send(Learned(fact("submitted", "host", sha=OTHER)), DeadlinePassed())
    assert play.outcome == "unknown"
    assert [command.counted for command in play.of(RecordFact) if isinstance(command, RecordFact)] == [False]


def test_a_witness_in_another_chat_is_not_counted() -> None:
    request = Request("d1", SHA, chat_id="wanted")
    play = start(request).send(Learned(fact("submitted", "witness", chat="other")))
    assert play.outcome is None
    assert play.send(Learned(fact("submitted", "witness", chat="wanted"))).outcome == "confirmed"


def test_declined_falls_through_to_the_next_candidate() -> None:
    play = start(REQUEST, SEEN, NATIVE, INSERT).send(ChannelDeclined("command_unavailable", "no such command"))
    assert [c.candidate for c in play.of(Deliver) if isinstance(c, Deliver)] == [NATIVE, INSERT]
    assert play.outcome is None


def test_all_declined_is_refused_with_the_last_blocker() -> None:
    play = start(REQUEST, SEEN, NATIVE, INSERT)
    play.send(
        ChannelDeclined("command_unavailable", "no such command"), ChannelDeclined("input_busy", "a draft is there")
    )
    assert play.settled == Verdict("refused", "a draft is there", "input_busy")


def test_without_a_candidate_nothing_is_touched() -> None:
    play = Playbook(machine.drive(REQUEST, ()))
    assert play.outcome == "refused" and not play.of(Deliver)


def test_a_decline_after_a_fact_does_not_let_another_candidate_act() -> None:
    play = start(REQUEST, SEEN, NATIVE, INSERT)
    play.send(Learned(fact("inserted", "claim")), ChannelDeclined("input_busy", "changed my mind"))
    assert len(play.of(Deliver)) == 1
    assert play.send(DeadlinePassed()).outcome == "unknown"


def test_a_lost_channel_is_looked_up_and_never_used_again() -> None:
    play = start(REQUEST, SEEN, NATIVE, INSERT).send(ChannelLost("closed"))
    assert len(play.of(AskJournal)) == 1 and len(play.of(Deliver)) == 1
    play.send(LookedUp("begun"), DeadlinePassed())
    assert play.outcome == "unknown" and len(play.of(Deliver)) == 1


def test_a_journal_that_never_began_proves_that_nothing_was_touched() -> None:
    assert start().send(ChannelLost("closed"), LookedUp("absent")).outcome == "refused"


def test_a_journal_that_never_began_does_not_outweigh_what_was_seen() -> None:
    play = start().send(Learned(fact("submitted", "claim")), ChannelLost("closed"), LookedUp("absent"))
    assert play.outcome is None
    assert play.send(Learned(fact("submitted", "witness"))).outcome == "confirmed"


def test_a_journal_that_submitted_confirms_by_its_facts() -> None:
    play = start().send(ChannelLost("closed"), Learned(fact("submitted", "host")))
    assert play.outcome == "confirmed"


def test_a_lost_channel_without_journal_or_observer_is_unknown_at_once() -> None:
    play = start(REQUEST, BLIND).send(ChannelLost("closed"))
    assert play.outcome is None
    assert play.send(LookedUp(None)).outcome == "unknown"


def test_a_delivery_still_in_flight_after_reconnecting_is_heard_out() -> None:
    play = start(REQUEST, BLIND).send(ChannelLost("closed"), LookedUp("touched", in_flight=True))
    assert play.outcome is None
    assert play.send(Learned(fact("submitted", "host"))).outcome == "confirmed"


def test_a_second_loss_is_looked_up_again() -> None:
    play = start(REQUEST, BLIND).send(ChannelLost("closed"), LookedUp("touched", in_flight=True), ChannelLost("again"))
    assert len(play.of(AskJournal)) == 2
    assert play.send(LookedUp("touched")).outcome == "unknown"


def test_text_read_back_after_the_attempt_proves_failure() -> None:
    play = start(REQUEST, SEEN, INSERT).send(
        Learned(fact("inserted", "readback")), Learned(fact("withdrawn", "readback"))
    )
    assert play.outcome == "failed"


def test_a_withdrawal_on_a_claim_proves_nothing() -> None:
    play = start(REQUEST, SEEN, INSERT).send(Learned(fact("withdrawn", "claim")), DeadlinePassed())
    assert play.outcome == "unknown"


def test_a_repeated_fact_is_recorded_once() -> None:
    play = start().send(*[Learned(fact("submitted", "claim"))] * 50)
    assert len(play.of(RecordFact)) == 1


def test_a_queued_prompt_is_submitted_but_not_started() -> None:
    play = start().send(Learned(fact("queued", "host")))
    assert play.outcome == "confirmed"
    kinds = [c.fact.kind for c in play.of(RecordFact) if isinstance(c, RecordFact)]
    assert kinds == ["queued"]


def test_requiring_a_witness_waits_past_the_host() -> None:
    request = Request("d1", SHA, require="witness")
    play = start(request).send(Learned(fact("submitted", "host")))
    assert play.outcome is None
    assert play.send(Learned(fact("submitted", "witness"))).outcome == "confirmed"


def test_requiring_a_witness_that_never_comes_is_likely() -> None:
    request = Request("d1", SHA, require="witness")
    assert start(request).send(Learned(fact("submitted", "host")), DeadlinePassed()).outcome == "likely"


def test_a_draft_is_settled_by_reading_the_input() -> None:
    request = Request("d1", SHA, draft=True)
    play = start(request, BLIND, INSERT).send(Learned(fact("inserted", "claim")))
    assert play.outcome is None
    assert play.send(Learned(fact("inserted", "readback"))).outcome == "confirmed"


def test_a_draft_that_nobody_read_back_is_unknown() -> None:
    request = Request("d1", SHA, draft=True)
    assert start(request, BLIND, INSERT).send(Learned(fact("inserted", "claim")), ChannelDone()).outcome == "unknown"


def test_a_chat_that_waits_for_a_person_is_not_touched() -> None:
    play = Playbook(
        machine.drive(REQUEST, (NATIVE, INSERT)), (Anchor(reason="a question", blocker="needs_input_pending"),)
    )
    assert play.settled == Verdict("refused", "a question", "needs_input_pending")
    assert not play.of(RecordActing)


def test_cancel_before_the_row_touches_nothing() -> None:
    steps = machine.drive(REQUEST, (NATIVE,))
    assert isinstance(next(steps), TakeAnchor)
    assert isinstance(steps.send(Anchored(SEEN)), RecordActing)
    settled = steps.send(CancelAsked())
    assert isinstance(settled, RecordSettled) and settled.verdict.blocker == "cancelled"


def test_cancel_after_acting_asks_the_host_and_keeps_the_truth() -> None:
    play = start().send(CancelAsked())
    assert len(play.of(CancelTurn)) == 1 and play.outcome is None
    assert play.send(Learned(fact("submitted", "host"))).outcome == "confirmed"


def test_what_is_given_up_is_settled_by_what_is_known_then() -> None:
    play = start().send(GivenUp())
    (settled,) = play.of(RecordSettled)
    assert isinstance(settled, RecordSettled)
    assert settled.verdict.outcome == "unknown"
    assert "the operator waited no longer" in settled.verdict.reason
    assert not play.of(CancelTurn)


WAITING = Request("d1", SHA, wait=True)


def turn(play: Playbook) -> tuple[str, str | None]:
    (row,) = play.of(RecordTurn)
    assert isinstance(row, RecordTurn)
    return row.state, row.reply


def test_the_reply_is_waited_for_after_the_host_said_the_turn_ended() -> None:
    play = start(WAITING).send(Learned(fact("submitted", "host")), Learned(fact("turn_ended", "host", sha=None)))
    assert isinstance(play.commands[-1], Await) and play.commands[-1].phase == "reply"
    play.send(Learned(fact("turn_ended", "witness", reply="hi")))
    assert turn(play) == ("completed", "hi")


def test_a_reply_the_store_does_not_show_in_time_is_absent() -> None:
    play = start(WAITING).send(Learned(fact("submitted", "host")), Learned(fact("turn_ended", "host", sha=None)))
    assert turn(play.send(DeadlinePassed())) == ("completed", None)


def test_a_turn_that_only_the_host_saw_is_doubted() -> None:
    play = start(WAITING).send(Learned(fact("submitted", "host")), Learned(fact("turn_ended", "host", sha=None)))
    assert len(play.send(DeadlinePassed()).of(RecordDoubt)) == 1


def test_a_turn_that_the_store_shows_is_not_doubted() -> None:
    play = start(WAITING).send(Learned(fact("submitted", "host")), Learned(fact("submitted", "witness")))
    play.send(Learned(fact("turn_ended", "host", sha=None)), DeadlinePassed())
    assert not play.of(RecordDoubt) and turn(play) == ("completed", None)


def test_without_an_observer_the_end_of_the_turn_is_the_end() -> None:
    play = start(WAITING, BLIND).send(Learned(fact("submitted", "host")), Learned(fact("turn_ended", "host", sha=None)))
    assert turn(play) == ("completed", None)


@pytest.mark.parametrize(("kind", "state"), [("needs_input", "needs_input"), ("turn_failed", "turn_failed")])
def test_a_turn_that_stops_is_told_at_once(kind: FactKind, state: str) -> None:
    play = start(WAITING).send(Learned(fact("submitted", "host")), Learned(fact(kind, "host", sha=None)))
    assert turn(play)[0] == state


def test_a_turn_that_never_ends_meets_its_deadline() -> None:
    play = start(WAITING).send(Learned(fact("submitted", "host")), DeadlinePassed())
    assert turn(play)[0] == "wait_timeout"


def test_no_turn_is_waited_for_when_nothing_was_proven() -> None:
    assert start(WAITING).send(DeadlinePassed()).finished


def test_after_a_restart_nothing_acts_again() -> None:
    play = Playbook(machine.resume(REQUEST, NATIVE, SEEN, Evidence()))
    assert [type(command) for command in play.commands] == [Follow, AskJournal, Await]
    play.send(LookedUp("touched"), DeadlinePassed())
    assert play.outcome == "unknown" and not play.of(Deliver)


def test_after_a_restart_the_observer_confirms_past_the_anchor() -> None:
    play = Playbook(machine.resume(REQUEST, NATIVE, SEEN, Evidence()))
    assert play.send(LookedUp(None), Learned(fact("submitted", "witness"))).outcome == "confirmed"


def test_after_a_restart_what_was_recorded_still_counts() -> None:
    play = Playbook(machine.resume(REQUEST, NATIVE, SEEN, Evidence((fact("submitted", "host"),))))
    assert play.outcome == "confirmed"


def test_after_a_restart_a_drive_that_never_began_is_refused() -> None:
    play = Playbook(machine.resume(REQUEST, NATIVE, SEEN, Evidence())).send(LookedUp("absent"))
    assert play.outcome == "refused" and len(play.of(RecordDeclined)) == 1


def test_a_turn_left_waiting_is_taken_up_again() -> None:
    play = Playbook(machine.resume_turn(WAITING, NATIVE, SEEN, Evidence((fact("submitted", "host"),))))
    play.send(LookedUp("submitted"), Learned(fact("turn_ended", "witness", reply="done")))
    assert turn(play) == ("completed", "done") and play.outcome is None


@pytest.mark.parametrize("acting", [True, False])
def test_giving_up_is_unknown_only_once_something_may_have_been_touched(acting: bool) -> None:
    play = Playbook(machine.give_up(acting, "internal", "a fault"))
    assert play.outcome == ("unknown" if acting else "refused")


ASKING = replace(NATIVE, ask="by a rule of the policy")


def asking(*candidates: Candidate, acting: DriveEvent | None = None) -> Playbook:
    return Playbook(machine.drive(REQUEST, candidates or (ASKING, INSERT)), acting=acting)


def refusal(play: Playbook) -> str | None:
    assert play.settled is not None and play.settled.outcome == "refused" and play.finished
    assert not play.of(Deliver), "something was touched"
    return play.settled.blocker


def test_without_any_candidate_the_given_refusal_stands() -> None:
    denied = Verdict("refused", "not permitted", "policy_denied")
    assert Playbook(machine.drive(REQUEST, (), denied)).settled == denied
    assert refusal(Playbook(machine.drive(REQUEST, ()))) == "no_interface"


def test_nothing_is_done_while_an_approval_is_waited_for() -> None:
    play = asking()
    assert play.commands == [AskApproval(ASKING), Await("approval")]
    assert play.send(Learned(fact("submitted", "host")), ChannelDone()).of(Deliver) == []


def test_an_approved_drive_takes_its_anchor_then_and_goes_on() -> None:
    play = asking().send(Approved())
    kinds = [type(command) for command in play.commands[2:]]
    assert kinds == [TakeAnchor, RecordActing, Follow, Deliver, Await]
    assert play.send(Learned(fact("submitted", "host"))).outcome == "confirmed"


@pytest.mark.parametrize(
    ("event", "blocker"),
    [
        (ApprovalDenied("no"), "approval_denied"),
        (DeadlinePassed(), "approval_timeout"),
        (CancelAsked(), "cancelled"),
    ],
)
def test_without_approval_it_is_refused_and_nothing_else_is_tried(event: DriveEvent, blocker: str) -> None:
    play = asking().send(event)
    assert refusal(play) == blocker
    assert not play.of(TakeAnchor)


def test_what_was_approved_and_changed_since_is_refused() -> None:
    assert refusal(asking(acting=Withheld("approval_void", "the action changed")).send(Approved())) == "approval_void"


def test_the_next_candidate_may_have_to_be_approved() -> None:
    play = asking(INSERT, ASKING).send(ChannelDeclined("input_busy", "a draft is there"))
    assert play.commands[-2:] == [AskApproval(ASKING), Await("approval")]
    assert len(play.send(Approved()).of(Deliver)) == 2
