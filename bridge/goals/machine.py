"""One goal from its first check to its end: a generator that yields commands and is sent events.

It has no clock, does no I/O and decides from events alone: a new machine that is sent the events of the ledger stands
where the last daemon's machine stood. Only checks that pass on files that did not change meanwhile accept a goal.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TypeVar

from bridge.goals.steps import (
    Answered,
    Ask,
    Broken,
    Checked,
    CheckResult,
    Decide,
    Draft,
    Drafted,
    DraftKind,
    Drive,
    Driven,
    GoalCommand,
    GoalEvent,
    Halted,
    Limits,
    Rejoin,
    Release,
    Released,
    Review,
    Reviewed,
    RunChecks,
    Spent,
    Unanswered,
    Wait,
)
from bridge.protocol.messages.goals import AnsweredBy, QuestionKind, StopCause

GoalSteps = Generator[GoalCommand, GoalEvent, None]
E = TypeVar("E", bound=GoalEvent)

TRIED_MOST = 5
LIMIT_MS = 60_000  # how long to wait for a rate limit that does not say when it ends
# What waiting does not change: a person or the policy said no, or the prompt cannot be sent as it is.
FINAL = frozenset(
    {"approval_denied", "policy_denied", "trust_too_low", "secret_in_prompt", "secret_not_kept", "text_is_command"}
)
ASKS_WORDS = "question"  # VS Code calls it a questionCarousel; a permission is a toolInvocation
DOUBT = "It is not known whether the last prompt was sent ({}). Look at the chat, then say how to go on"
STOPPED_THERE = "The turn was stopped in the IDE. Say how to go on"


class _Ended(Exception):
    def __init__(self, decision: Decide) -> None:
        super().__init__(decision.reason)
        self.decision = decision


@dataclass(slots=True)
class _Run:
    """What is remembered from turn to turn."""

    limits: Limits
    turn: int = 0
    spent: Spent = field(default_factory=Spent)
    baseline: Checked | None = None
    results: tuple[CheckResult, ...] = ()
    failing: int | None = None
    grown: int = 0
    streak: tuple[str, int] = ("", 0)
    blocked: tuple[str, int] = ("", 0)
    tried: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Next:
    """How the prompt of the next turn begins."""

    kind: DraftKind = "continue"
    answer: str | None = None
    question: str | None = None
    said: str | None = None
    why: str = ""


def pursue(limits: Limits) -> GoalSteps:
    """Run the checks, then turn by turn: decide, word a prompt, drive, evaluate. The last command is a `Decide`."""
    run = _Run(limits)
    try:
        yield from _within_budget(run)
        yield from _baseline(run)
        step = _Next("first", why="a check fails")
        while True:
            yield from _within_budget(run)
            run.turn += 1
            yield from _take(run, Decide("continue", run.turn, step.why))
            step = yield from _turn(run, step)
    except _Ended as ended:
        yield ended.decision


def _baseline(run: _Run) -> GoalSteps:
    checked = yield from _expect(run, RunChecks(0), Checked)
    run.baseline, run.results = checked, checked.results
    run.failing = measure(checked.results)
    dead = [result for result in checked.results if not result.started]
    if dead:
        raise _stop(run, "blocked", f"a check cannot be run: {dead[0].name}: {dead[0].why}; nothing was driven")
    if all(result.state == "pass" for result in checked.results):
        reason = "every check passes before the first turn, so none can show that the goal is reached"
        raise _stop(run, "blocked", f"{reason}; nothing was driven")


def _turn(run: _Run, step: _Next) -> Generator[GoalCommand, GoalEvent, _Next]:
    draft = Draft(
        run.turn, step.kind, run.results, step.answer, step.question, step.said, tuple(run.tried[-TRIED_MOST:])
    )
    drafted = yield from _expect(run, draft, Drafted)
    driven = yield from _expect(run, Drive(run.turn, drafted.text), Driven)
    while True:
        if driven.outcome in ("refused", "failed"):
            return (yield from _untouched(run, driven))
        run.blocked = ("", 0)
        if driven.outcome == "unknown":
            said = yield from _ask(run, "doubt", DOUBT.format(driven.reason or "nothing proves it"))
            return (yield from _evaluate(run, None, said))
        if driven.still:
            yield from _evaluate_still(run)
            driven = yield from _expect(run, Rejoin(run.turn), Driven)
        elif driven.state == "needs_input":
            question = driven.reason or "the chat waits for an answer"
            answer = yield from _pending(run, question)
            if answer is not None:
                return _Next("answer", answer=answer, question=question, why="the question was answered")
            driven = yield from _expect(run, Rejoin(run.turn), Driven)
        else:
            return (yield from _over(run, driven))


def _untouched(run: _Run, driven: Driven) -> Generator[GoalCommand, GoalEvent, _Next]:
    """The next turn after a drive that sent nothing, so that another drive sends no prompt twice.

    Waits `retry_ms` times the turns that were blocked in a row by this reason; stops at `same_blocker` of them.
    """
    why = driven.reason or driven.obstacle or "it gave no reason"
    if driven.obstacle == "needs_input_pending":
        answer = yield from _pending(run, why)
        return _Next("answer" if answer else "retry", answer=answer, question=why, why="the chat is free again")
    if driven.obstacle in FINAL:
        raise _stop(run, "blocked", f"{driven.obstacle}: {why}")
    key = driven.obstacle or driven.outcome
    run.blocked = _again(run.blocked, key)
    if run.blocked[1] >= run.limits.same_blocker:
        cause: StopCause = "blocked" if driven.outcome == "refused" else "failed"
        raise _stop(run, cause, f"{run.blocked[1]} turns in a row: {key}: {why}")
    yield from _take(run, Wait(run.limits.retry_ms * run.blocked[1], "blocked", f"{key}: {why}"))
    return _Next("retry", why=f"nothing was sent ({key}), so it can be tried again")


def _over(run: _Run, driven: Driven) -> Generator[GoalCommand, GoalEvent, _Next]:
    if driven.state == "turn_failed" and driven.limited:
        return (yield from _limited(run, driven))
    if driven.state == "turn_failed" and (driven.reason or "").strip() == "cancelled":
        answer = yield from _ask(run, "cancelled", STOPPED_THERE)
        return (yield from _evaluate(run, None, answer))
    if driven.state == "completed":
        return (yield from _evaluate(run, driven.reply, None))
    why = driven.reason or "no reason was given"
    key = "the turn failed" if driven.state == "turn_failed" else "the turn did not end in its time"
    return (yield from _evaluate(run, driven.reply, None, f"{key}: {why}"))


def _limited(run: _Run, driven: Driven) -> Generator[GoalCommand, GoalEvent, _Next]:
    wait = driven.resets_in_ms if driven.resets_in_ms is not None else LIMIT_MS
    if run.spent.ms + wait >= run.limits.ms:
        raise _stop(run, "budget", f"the agent is rate limited for {wait // 1000} s, and less time is left")
    yield from _take(run, Wait(wait, "rate_limit", driven.reason or "the agent is rate limited"))
    return _Next("resume", why="the rate limit should be over")


def _evaluate_still(run: _Run) -> GoalSteps:
    """Evaluate while the turn is quiet but not over. Passing checks end the goal; failing ones decide nothing yet."""
    checked = yield from _checks(run)
    if _passes(checked):
        raise _Ended(Decide("accept", run.turn, "every check passes; the turn was quiet, and its end was not seen"))


def _evaluate(
    run: _Run, reply: str | None, answer: str | None, broken: str | None = None
) -> Generator[GoalCommand, GoalEvent, _Next]:
    checked = yield from _checks(run)
    if _passes(checked):
        raise _Ended(Decide("accept", run.turn, "every check passes on the files as they are now"))
    _guard(run, checked, broken)
    run.results = checked.results
    reviewed = yield from _expect(run, Review(run.turn, reply, checked.results), Reviewed)
    run.tried.append(reviewed.summary or reply or broken or "(no reply was read)")
    why = broken or _failing_words(checked)
    if answer is not None:
        return _Next("answer", answer=answer, said=reviewed.wording, why=why)
    if reviewed.question is None:
        return _Next("continue", said=reviewed.wording, why=why)
    answer = yield from _reply_question(run, reviewed)
    return _Next("answer", answer=answer, question=reviewed.question, said=reviewed.wording, why="it was answered")


def _checks(run: _Run) -> Generator[GoalCommand, GoalEvent, Checked]:
    """The checks' results. When all pass and the files changed meanwhile, the checks run once more: a tool that leaves
    files behind leaves them in its first run. Stops the goal when a protected file differs from the start."""
    checked = yield from _expect(run, RunChecks(run.turn), Checked)
    if _green(checked) and not checked.before.same_files(checked.after):
        checked = yield from _expect(run, RunChecks(run.turn), Checked)
    baseline = run.baseline
    if baseline is not None and checked.before.protected != baseline.before.protected:
        raise _stop(run, "failed", "what a check reads was changed during the goal, so its word counts no more")
    return checked


def _green(checked: Checked) -> bool:
    return bool(checked.results) and all(result.state == "pass" for result in checked.results)


def _passes(checked: Checked) -> bool:
    return _green(checked) and checked.before.same_files(checked.after)


def _guard(run: _Run, checked: Checked, broken: str | None) -> None:
    """Stops the goal when the checks fail in the same way again, or get worse again."""
    bad = [result for result in checked.results if result.state != "pass"]
    unstable = "" if bad else "the files change while the checks run"
    # Not the words of a broken turn: those depend on which source told of it first.
    run.streak = _again(run.streak, repr([broken is None, unstable, *((r.name, r.signature) for r in bad)]))
    if run.streak[1] >= run.limits.same_failure:
        cause: StopCause = "failed" if broken else "repeat"
        raise _stop(run, cause, f"{run.streak[1]} turns in a row: {broken or unstable or _failing_words(checked)}")
    failing = measure(checked.results)
    if failing is not None and run.failing is not None:
        run.grown = run.grown + 1 if failing > run.failing else 0
        if run.grown >= run.limits.growing:
            raise _stop(run, "regression", f"{failing} failures, more than before for {run.grown} turns in a row")
    run.failing = failing if failing is not None else run.failing


def measure(results: tuple[CheckResult, ...]) -> int | None:
    """How many failures there are, as far as outputs count them; None when a check gave no answer."""
    if any(result.state == "unknown" for result in results):
        return None
    return sum(result.failing or 1 for result in results if result.state == "fail")


def _failing_words(checked: Checked) -> str:
    bad = [f"{r.name} {'fails' if r.state == 'fail' else f'is unknown ({r.why})'}" for r in checked.results]
    bad = [word for word, result in zip(bad, checked.results, strict=True) if result.state != "pass"]
    return ", ".join(bad) or "the checks passed, but the files changed while they ran"


# --- questions -------------------------------------------------------------------------------------------------------


def _reply_question(run: _Run, reviewed: Reviewed) -> Generator[GoalCommand, GoalEvent, str]:
    """By policy: from the notes, by the reviewer where it gave an answer, else a person."""
    if run.limits.on_question == "notes" and run.limits.notes:
        return _from_notes(run)
    if run.limits.on_question == "reviewer" and reviewed.answer is not None:
        return reviewed.answer
    return (yield from _ask(run, "reply", reviewed.question or "The agent asks something; read its reply"))


def _pending(run: _Run, question: str) -> Generator[GoalCommand, GoalEvent, str | None]:
    """The chat itself waits. None when a person answered there, else the text to send in place of an answer.

    Notes answer a question, never a request for permission: only a person gives a permission.
    """
    by: AnsweredBy = "notes"
    text: str | None = _from_notes(run)
    if run.limits.on_question != "notes" or not run.limits.notes or ASKS_WORDS not in question.lower():
        by, text = yield from _asked(run, "pending", question)
    if by == "ide" or text is None:
        return None
    released = yield from _expect(run, Release(run.turn), Released)
    if not released.ok:
        raise _stop(run, "blocked", "the chat still waits for its answer: it can only be given in the IDE")
    return text


def _from_notes(run: _Run) -> str:
    return "Nobody is there to ask. Decide by these notes:\n" + "\n".join(f"- {note}" for note in run.limits.notes)


def _ask(run: _Run, kind: QuestionKind, text: str) -> Generator[GoalCommand, GoalEvent, str]:
    _by, answer = yield from _asked(run, kind, text)
    return answer or "Go on."


def _asked(
    run: _Run, kind: QuestionKind, text: str
) -> Generator[GoalCommand, GoalEvent, tuple[AnsweredBy, str | None]]:
    yield from _take(run, Decide("ask", run.turn, text))
    event = yield from _take(run, Ask(run.turn, kind, text))
    if isinstance(event, Unanswered):
        raise _stop(run, "blocked", "nobody answered in the time given")
    if not isinstance(event, Answered):
        raise TypeError(f"an answer was asked for, {type(event).__name__} came")
    return event.by, event.text


# --- the ground ------------------------------------------------------------------------------------------------------


def _within_budget(run: _Run) -> GoalSteps:
    yield from ()
    limits, spent = run.limits, run.spent
    over = (
        (run.turn >= limits.turns, f"{limits.turns} turns"),
        (spent.ms >= limits.ms, f"{limits.ms / 60_000:g} minutes"),
        (limits.tokens is not None and spent.tokens >= limits.tokens, f"{limits.tokens} tokens"),
        (
            limits.microdollars is not None and spent.microdollars >= limits.microdollars,
            f"{(limits.microdollars or 0) / 1e6:g} US dollars",
        ),
    )
    for reached, what in over:
        if reached:
            nothing = "; nothing was driven" if run.turn == 0 else ""
            raise _stop(run, "budget", f"the budget of {what} is used up{nothing}")


def _take(run: _Run, command: GoalCommand) -> Generator[GoalCommand, GoalEvent, GoalEvent]:
    event = yield command
    run.spent = event.spent
    if isinstance(event, Halted):
        raise _stop(run, "operator", event.reason)
    if isinstance(event, Broken):
        raise _stop(run, event.cause, event.reason)
    return event


def _expect(run: _Run, command: GoalCommand, kind: type[E]) -> Generator[GoalCommand, GoalEvent, E]:
    event = yield from _take(run, command)
    if not isinstance(event, kind):
        raise TypeError(f"{type(command).__name__} is answered by {kind.__name__}, {type(event).__name__} came")
    return event


def _stop(run: _Run, cause: StopCause, reason: str) -> _Ended:
    return _Ended(Decide("stop", run.turn, reason, cause))


def _again(streak: tuple[str, int], key: str) -> tuple[str, int]:
    return (key, streak[1] + 1) if streak[0] == key else (key, 1)
