"""Facts, their grades, and the outcome they allow. A fact is only ever as good as its source."""

from dataclasses import dataclass, field, replace

from bridge.protocol.messages.base import FactKind, Grade, Outcome

RANK: dict[Grade, int] = {"claim": 0, "readback": 1, "host": 2, "witness": 3}

# A host that returned a turn, or asks about it, has taken the prompt.
IMPLIES_SUBMIT: frozenset[FactKind] = frozenset({"submitted", "queued", "turn_started", "turn_ended", "needs_input"})
TURN_OVER: frozenset[FactKind] = frozenset({"turn_ended", "needs_input", "turn_failed"})


@dataclass(frozen=True, slots=True)
class Fact:
    """Something learned about one drive. `source` is a session or an observer, `text_sha` the text it is about."""

    kind: FactKind
    grade: Grade
    source: str
    at_ms: int
    text_sha: str | None = None
    chat_id: str | None = None
    evidence: str | None = None
    detail: str | None = None
    reply: str | None = None


def graded(fact: Fact, text_sha: str, chat_id: str | None, ceiling: Grade) -> Fact | None:
    """The fact at the grade it deserves for a drive of this text, or None when it is about another text or chat.

    A channel cannot exceed what its interface is registered for, and a submit above a claim must name the text.
    """
    if fact.text_sha is not None and fact.text_sha != text_sha:
        return None
    if chat_id is not None and fact.chat_id is not None and fact.chat_id != chat_id:
        return None
    grade = fact.grade if RANK[fact.grade] <= RANK[ceiling] else ceiling
    if fact.text_sha is None and fact.kind in {"submitted", "inserted", "withdrawn", "queued"}:
        grade = "claim"
    return replace(fact, grade=grade)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of a drive, and what may be concluded from it."""

    facts: tuple[Fact, ...] = field(default=())
    foreign: int = 0

    def add(self, fact: Fact) -> "Evidence":
        return replace(self, facts=(*self.facts, fact))

    def add_foreign(self) -> "Evidence":
        return replace(self, foreign=self.foreign + 1)

    def best(self, *kinds: FactKind) -> Grade | None:
        """The best grade among the facts of these kinds, None without one."""
        grades = [fact.grade for fact in self.facts if fact.kind in kinds]
        return max(grades, key=RANK.__getitem__, default=None)

    def at_least(self, grade: Grade, *kinds: FactKind) -> bool:
        best = self.best(*kinds)
        return best is not None and RANK[best] >= RANK[grade]

    @property
    def chat_id(self) -> str | None:
        """Where the prompt really landed, by the best fact that says so."""
        named = [fact for fact in self.facts if fact.chat_id is not None]
        return max(named, key=lambda fact: RANK[fact.grade]).chat_id if named else None

    @property
    def turn(self) -> Fact | None:
        """The last fact that ends the turn or stops it for a person."""
        over = [fact for fact in self.facts if fact.kind in TURN_OVER]
        return over[-1] if over else None

    @property
    def reply(self) -> str | None:
        replies = [fact.reply for fact in self.facts if fact.reply is not None]
        return replies[-1] if replies else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome with the sentence that justifies it."""

    outcome: Outcome
    reason: str
    blocker: str | None = None


def early(evidence: Evidence, draft: bool, require: Grade) -> Verdict | None:
    """What is settled already, however long the deadline still is."""
    if draft:
        return _draft(evidence) if evidence.at_least("readback", "inserted") else None
    if evidence.at_least(require, *IMPLIES_SUBMIT, "turn_failed"):
        return _confirmed(evidence)
    if evidence.at_least("readback", "withdrawn") and not evidence.at_least("readback", *IMPLIES_SUBMIT):
        return Verdict("failed", "the text was read back in the input after the attempt and taken out again")
    return None


def final(evidence: Evidence, draft: bool, require: Grade, why_now: str) -> Verdict:
    """What can be said when nothing more will come; `why_now` completes the sentence."""
    settled = early(evidence, draft, require)
    if settled is not None:
        return settled
    if draft:
        return Verdict("unknown", f"nothing read the input back, {why_now}")
    if evidence.at_least("host", *IMPLIES_SUBMIT, "turn_failed"):
        return Verdict("likely", f"the host returned the turn, but no witness was seen, {why_now}")
    if evidence.at_least("readback", *IMPLIES_SUBMIT):
        return Verdict("likely", f"the input was read back, but no witness was seen, {why_now}")
    if evidence.foreign:
        return Verdict("unknown", f"what was reported was about another text or another chat, {why_now}")
    return Verdict("unknown", f"nothing proves what became of the prompt, {why_now}")


def _confirmed(evidence: Evidence) -> Verdict:
    grade = evidence.best(*IMPLIES_SUBMIT, "turn_failed")
    source = "the chat's own store shows the new turn" if grade == "witness" else "the host returned this turn"
    return Verdict("confirmed", source)


def _draft(evidence: Evidence) -> Verdict:
    return Verdict("confirmed", f"the input holds the draft, seen at grade {evidence.best('inserted')}")
