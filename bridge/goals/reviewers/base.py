"""What a reviewer is asked and answers, whatever API it is behind."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bridge.goals.steps import CheckResult
from bridge.protocol.messages.goals import ReviewerTerms

TIMEOUT_S = 60.0
RETRIES = 2
TOKENS_OUT_MOST = 1500
REPLY_CHARS = 20_000
INSTRUCTIONS = Path(__file__).with_name("instructions.txt")


class ReviewerError(Exception):
    """Why there is no judgement, in words for people. `tokens`: input and output tokens that were used all the same."""

    def __init__(self, problem: str, tokens: tuple[int, int] = (0, 0)) -> None:
        super().__init__(problem)
        self.problem = problem
        self.tokens = tokens


class Judgement(BaseModel):
    """What is read in a reply. Every field must be given, so that one schema serves every API's strict mode."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str | None = Field(description="What the agent asks the user and cannot go on without, or null.")
    answer: str | None = Field(description="Your answer to that question, only if goal and notes settle it, or null.")
    next_step: str | None = Field(description="At most three sentences that would help the agent's next turn, or null.")
    summary: str = Field(description="What the agent did in this turn, in one sentence.")


@dataclass(frozen=True, slots=True)
class Answer:
    """A model's text, and the tokens that it took. `refusal`: it declined, in these words."""

    text: str
    tokens_in: int
    tokens_out: int
    refusal: str | None = None


class Model(Protocol):
    """One API. Blocking: at most `TIMEOUT_S` seconds a try, and `RETRIES` further tries. Raises ReviewerError."""

    def ask(self, terms: ReviewerTerms, key: str, instructions: str, text: str, schema: dict[str, Any]) -> Answer: ...


def judge(model: Model, terms: ReviewerTerms, key: str, text: str) -> tuple[Judgement, int, int]:
    """The judgement, and the input and output tokens. Blocking, bounded as `Model` is. Raises ReviewerError."""
    answer = model.ask(terms, key, INSTRUCTIONS.read_text(encoding="utf-8"), text, Judgement.model_json_schema())
    tokens = answer.tokens_in, answer.tokens_out
    if answer.refusal is not None:
        raise ReviewerError("it declined to answer", tokens)
    try:
        return Judgement.model_validate_json(answer.text), *tokens
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "its answer"
        raise ReviewerError(f"it answered nonsense: {where}: {first['msg']}", tokens) from None


def question_text(goal: str, notes: Sequence[str], results: Sequence[CheckResult], reply: str | None) -> str:
    """What the reviewer is shown: the goal, the notes, the checks as they ended, and the reply."""
    checks = "\n".join(f"{r.name}: {r.state}\n{r.output}" for r in results)
    noted = "\n".join(f"- {note}" for note in notes) or "(none)"
    shown = (reply or "(no reply could be read)")[-REPLY_CHARS:]
    parts = (("goal", goal), ("notes", noted), ("checks", checks), ("reply", shown))
    return "\n\n".join(f"<{name}>\n{text}\n</{name}>" for name, text in parts)


def microdollars(terms: ReviewerTerms, tokens_in: int, tokens_out: int) -> int:
    """What it cost, as far as prices are known; rounded up, so that a budget is never overspent by rounding."""
    total = tokens_in * (terms.price_in or 0) + tokens_out * (terms.price_out or 0)
    return -(-total // 1_000_000)
