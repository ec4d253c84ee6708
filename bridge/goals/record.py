"""What the ledger rows of one goal add up to, and the events that bring its machine to where it stood."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any

from pydantic import TypeAdapter

from bridge.goals.steps import (
    Answered,
    Broken,
    Checked,
    Drafted,
    Driven,
    GoalEvent,
    Halted,
    Limits,
    Noted,
    Released,
    Reviewed,
    Spent,
    Unanswered,
    Waited,
)
from bridge.protocol.messages.goals import (
    CheckView,
    GoalDecision,
    GoalState,
    GoalTerms,
    GoalView,
    QuestionView,
    SpentView,
    StopCause,
)

EVENTS: dict[str, type[GoalEvent]] = {
    "goal_checked": Checked,
    "goal_drafted": Drafted,
    "goal_driven": Driven,
    "goal_reviewed": Reviewed,
    "goal_answered": Answered,
    "goal_unanswered": Unanswered,
    "goal_waited": Waited,
    "goal_released": Released,
    "goal_halted": Halted,
    "goal_broken": Broken,
}
KIND_OF: dict[type[GoalEvent], str] = {event: kind for kind, event in EVENTS.items()}
_ADAPTERS: dict[str, TypeAdapter[Any]] = {kind: TypeAdapter(event) for kind, event in EVENTS.items()}
_SPENT: TypeAdapter[Spent] = TypeAdapter(Spent)


def terms_sha(terms: GoalTerms) -> str:
    """Hash of the terms, in hex. Two starts under one id mean the same goal when their hashes are equal."""
    return sha256(terms.model_dump_json().encode()).hexdigest()


def event_of(kind: str, body: Mapping[str, Any]) -> GoalEvent:
    """The event that a row holds."""
    event: GoalEvent = _ADAPTERS[kind].validate_python(dict(body))
    return event


def body_of(event: GoalEvent) -> dict[str, object]:
    """An event as the body of its row."""
    return {name: value for name, value in asdict(event).items() if value is not None}


def limits_of(terms: GoalTerms) -> Limits:
    return Limits(
        turns=terms.budget.turns,
        ms=terms.budget.ms,
        tokens=terms.budget.tokens,
        microdollars=terms.budget.microdollars,
        same_failure=terms.stop.same_failure,
        same_blocker=terms.stop.same_blocker,
        growing=terms.stop.growing,
        on_question=terms.on_question,
        notes=tuple(terms.notes),
    )


@dataclass(slots=True)
class GoalRecord:
    """One goal so far. Rows are applied in their order."""

    goal_id: str
    terms: GoalTerms
    sha: str
    surface: str
    workspace: str
    created_at_ms: int
    interface: str | None = None
    protected: tuple[str, ...] = ()
    state: GoalState = "queued"
    turn: int = 0
    activity: str = "waits for its turn"
    spent: Spent = field(default_factory=Spent)
    checks: list[CheckView] = field(default_factory=list)
    events: list[GoalEvent] = field(default_factory=list)
    decision: GoalDecision | None = None
    cause: StopCause | None = None
    reason: str | None = None
    summary: str | None = None
    question: QuestionView | None = None
    asked: int = 0
    paused: bool = False
    halting: str | None = None
    wakes_at_ms: int | None = None
    ended_at_ms: int | None = None
    chat_id: str | None = None
    drive_id: str | None = None
    approval: str | None = None

    @property
    def open(self) -> bool:
        return self.state not in ("accepted", "stopped")

    @property
    def whole(self) -> bool:
        """False when secrets were redacted from the terms, which were read back from the ledger then."""
        return terms_sha(self.terms) == self.sha

    def apply(self, kind: str, at_ms: int, body: Mapping[str, Any]) -> None:
        """Apply one row of this goal; kinds of a newer version are passed over."""
        if kind in EVENTS:
            self._took(kind, event_of(kind, body))
        elif kind == "goal_decided":
            self._decided(at_ms, body)
        elif kind == "goal_asked":
            self.question = QuestionView.model_validate(dict(body))
            self.state, self.asked = "asking", self.asked + 1
        elif kind == "goal_waiting":
            self.state, self.wakes_at_ms = "waiting", body["until_ms"]
        elif kind in ("goal_paused", "goal_resumed"):
            self.paused = kind == "goal_paused"
        elif kind == "goal_stopping":
            self.halting = body["reason"]

    def _took(self, kind: str, event: GoalEvent) -> None:
        self.events.append(event)
        self.spent = event.spent
        self.state, self.wakes_at_ms = "running", None
        if isinstance(event, Checked):
            stable = event.before.same_files(event.after)
            self.checks = [
                CheckView(name=r.name, state=r.state, ms=r.ms, exit=r.exit, failing=r.failing, why=r.why, stable=stable)
                for r in event.results
            ]
        elif isinstance(event, Reviewed):
            self.summary = event.summary or self.summary
        elif isinstance(event, Answered | Unanswered | Halted):
            self.question = None

    def _decided(self, at_ms: int, body: Mapping[str, Any]) -> None:
        self.spent = _SPENT.validate_python(body["spent"])
        self.events.append(Noted(self.spent))
        self.decision, self.reason, self.turn = body["decision"], body["reason"], body["turn"]
        self.state = "running"
        if self.decision in ("accept", "stop"):
            self.state = "accepted" if self.decision == "accept" else "stopped"
            self.cause, self.ended_at_ms, self.question = body.get("cause"), at_ms, None
            self.activity, self.approval, self.wakes_at_ms = "", None, None

    def view(self, *, queued_behind: int | None = None) -> GoalView:
        spent = self.spent
        return GoalView(
            goal_id=self.goal_id,
            state="paused" if self.paused and self.state in ("queued", "paused") else self.state,
            text=self.terms.text,
            created_at_ms=self.created_at_ms,
            turn=self.turn,
            budget=self.terms.budget,
            spent=SpentView(turns=self.turn, ms=spent.ms, tokens=spent.tokens, microdollars=spent.microdollars),
            checks=self.checks,
            terms_sha=self.sha,
            activity=self.activity,
            pausing=self.paused and self.open and self.state != "paused",
            surface=self.surface,
            workspace=self.workspace,
            interface=self.interface,
            drive_id=self.drive_id,
            approval=self.approval,
            decision=self.decision,
            cause=self.cause,
            reason=self.reason,
            summary=self.summary,
            question=self.question,
            wakes_at_ms=self.wakes_at_ms,
            ended_at_ms=self.ended_at_ms,
            queued_behind=queued_behind,
        )


def started(goal_id: str, at_ms: int, body: Mapping[str, Any]) -> GoalRecord:
    """The record that begins with a `goal_started` row."""
    return GoalRecord(
        goal_id=goal_id,
        terms=GoalTerms.model_validate(body["terms"]),
        sha=body["terms_sha"],
        surface=body["surface"],
        workspace=body["workspace"],
        interface=body.get("interface"),
        protected=tuple(body.get("protected", ())),
        created_at_ms=at_ms,
    )
