"""What the ledger rows of one drive add up to. The same fold serves the running daemon and its start after a crash."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bridge.drive.evidence import Evidence, Fact, Verdict
from bridge.drive.match import text_sha
from bridge.drive.selector import Considered
from bridge.drive.steps import Anchor, Candidate, Request
from bridge.protocol.messages.base import DriveState, TurnState
from bridge.protocol.messages.drive import CandidateView, DriveStartParams, DriveView, FactView, TurnView

Mark = Literal["submitted", "not_submitted"]


@dataclass(slots=True)
class DriveRecord:
    """One drive so far. Rows are applied in order by `apply`; what a row does not say stays as it was."""

    drive_id: str
    params: DriveStartParams
    text_sha: str
    text_chars: int
    body_sha: str
    surface: str
    accepted_at_ms: int
    considered: list[Considered]
    acting_at_ms: int | None = None
    state: DriveState = "accepted"
    settled_at_ms: int | None = None
    verdict: Verdict | None = None
    candidate: Candidate | None = None
    anchor: Anchor = field(default_factory=Anchor)
    session: str | None = None
    evidence: Evidence = field(default_factory=Evidence)
    late: list[Fact] = field(default_factory=list)
    declined: dict[str, str] = field(default_factory=dict)
    turn_state: TurnState | None = None
    turn_reason: str | None = None
    reply: str | None = None
    cancelled: bool = False
    doubt: str | None = None
    approval: str | None = None
    secrets: tuple[str, ...] = ()
    warning: str | None = None
    marked: Mark | None = None
    resent_as: str | None = None

    @property
    def request(self) -> Request:
        """A host that returns a turn does not say in which chat, so where one is meant only a witness confirms."""
        params = self.params
        aimed = params.target.chat_id is not None or params.target.new_chat
        require = "witness" if aimed else params.require
        return Request(self.drive_id, self.text_sha, params.target.chat_id, params.draft, not params.draft, require)

    @property
    def expires_at_ms(self) -> int:
        """An accepted drive that did not act by then is refused rather than sent into a changed world."""
        return self.accepted_at_ms + self.params.deadline_ms

    @property
    def text_is_whole(self) -> bool:
        """False when only the redacted text is left of a prompt: it is never sent instead."""
        return text_sha(self.params.text) == self.text_sha

    @property
    def open(self) -> bool:
        return self.state != "settled" or self.turn_state == "waiting"

    def apply(self, kind: str, at_ms: int, body: Mapping[str, Any]) -> None:
        """Apply one row of this drive. Kinds of a newer version are passed over."""
        match kind:
            case "approval_asked" | "approval_decided":
                self.approval = body["approval_id"] if kind == "approval_asked" else None
            case "acting":
                self.state = "acting"
                self.acting_at_ms = self.acting_at_ms or at_ms
                self.candidate = Candidate(body["interface"], body["surface"], body["best_grade"])
                self.anchor = Anchor(body.get("observer"), body.get("cursor"), body.get("anchor_reason"))
                self.session = body.get("session")
            case "declined":
                self.declined[body["interface"]] = f"{body['blocker']}: {body['message']}"
            case "fact" if body["counted"]:
                self.evidence = self.evidence.add(fact_of(body))
            case "fact" | "late":
                self.late.append(fact_of(body))
                self.evidence = self.evidence.add_foreign() if kind == "fact" else self.evidence
            case "cancel":
                self.cancelled = True
            case "settled":
                self._settle(at_ms, body)
            case "doubt" | "marked" | "resent":
                self._hear(kind, body)
            case "turn":
                self.turn_state, self.turn_reason = body["state"], body["reason"]
                self.reply = body.get("reply", self.reply)

    def _hear(self, kind: str, body: Mapping[str, Any]) -> None:
        """What is said of a drive that is settled, and changes its outcome no more."""
        if kind == "doubt":
            self.doubt = body["reason"]
        elif kind == "marked":
            self.marked = body["state"]
        else:
            self.resent_as = body["drive_id"]

    def _settle(self, at_ms: int, body: Mapping[str, Any]) -> None:
        self.state, self.settled_at_ms, self.approval = "settled", at_ms, None
        self.verdict = Verdict(body["outcome"], body["reason"], body.get("blocker"))
        if self.verdict.outcome in {"confirmed", "likely"} and not self.params.draft:
            self.turn_state = "waiting"

    def view(self, *, queued_behind: int | None = None, replayed: bool = False) -> DriveView:
        verdict = self.verdict
        return DriveView(
            drive_id=self.drive_id,
            state=self.state,
            text_sha=self.text_sha,
            text_chars=self.text_chars,
            accepted_at_ms=self.accepted_at_ms,
            facts=[
                *(_fact_view(fact, True) for fact in self.evidence.facts),
                *(_fact_view(fact, False) for fact in self.late),
            ],
            candidates=[self._candidate_view(considered) for considered in self.considered],
            draft=self.params.draft,
            settled_at_ms=self.settled_at_ms,
            outcome=verdict.outcome if verdict else None,
            blocker=verdict.blocker if verdict else None,
            reason=verdict.reason if verdict else None,
            surface=self.surface,
            interface=self.candidate.interface if self.candidate else None,
            chat_id=self.evidence.chat_id,
            queued_behind=queued_behind,
            turn=TurnView(state=self.turn_state, reply=self.reply, reason=self.turn_reason)
            if self.turn_state
            else None,
            replayed=replayed,
            doubt=self.doubt,
            approval=self.approval,
            warning=self.warning,
            marked=self.marked,
            resent_as=self.resent_as,
        )

    def _candidate_view(self, considered: Considered) -> CandidateView:
        return CandidateView(
            interface=considered.interface,
            surface=considered.surface,
            chosen=self.candidate is not None and self.candidate.interface == considered.interface,
            best_grade=considered.best_grade,
            reason=considered.refusal or self.declined.get(considered.interface),
        )


def accepted(drive_id: str, at_ms: int, body: Mapping[str, Any]) -> DriveRecord:
    """The record that begins with an `accepted` row."""
    return DriveRecord(
        drive_id=drive_id,
        params=DriveStartParams.model_validate(body["params"]),
        text_sha=body["text_sha"],
        text_chars=body["text_chars"],
        body_sha=body["body_sha"],
        surface=body["surface"],
        accepted_at_ms=at_ms,
        considered=[Considered(**item) for item in body["considered"]],
        secrets=tuple(body.get("secrets", ())),
        warning=body.get("warning"),
    )


def fact_body(fact: Fact, *, counted: bool) -> dict[str, object]:
    """A fact as the body of its row; what is unknown is left out."""
    names = ("kind", "grade", "source", "at_ms", "text_sha", "chat_id", "evidence", "detail", "reply")
    known = {name: getattr(fact, name) for name in names if getattr(fact, name) is not None}
    return {**known, "counted": counted}


def fact_of(body: Mapping[str, Any]) -> Fact:
    return Fact(**{name: value for name, value in body.items() if name not in {"counted", "epoch"}})


def _fact_view(fact: Fact, counted: bool) -> FactView:
    return FactView(
        kind=fact.kind,
        grade=fact.grade,
        source=fact.source,
        at_ms=fact.at_ms,
        chat_id=fact.chat_id,
        evidence=fact.evidence,
        detail=fact.detail,
        counted=counted,
    )
