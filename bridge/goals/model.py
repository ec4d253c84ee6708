"""A goal as people write it, in YAML or by flags. `terms()` says the same as the wire does."""

import re
import shlex
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from bridge.protocol.messages.goals import (
    BudgetTerms,
    ChatChoice,
    CheckTerms,
    GoalTerms,
    OnQuestion,
    ReviewerApi,
    ReviewerTerms,
    StopTerms,
)
from bridge.protocol.messages.surfaces import SurfaceSelector
from bridge.protocol.messages.trust import TrustLevel

MINUTE_MS = 60_000
MICRO = 1_000_000
# What only a shell would understand, standing free in a command line.
_SHELL = re.compile(r"&&|\|\||[|;<>`]|\$\(|(?:^|\s)&(?:\s|$)")
_KNOWN_API: dict[str, ReviewerApi] = {"openai": "openai", "anthropic": "anthropic"}


class _Fields(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _command(value: object) -> object:
    """One line is split as a shell would split it; what needs a shell must name one."""
    if not isinstance(value, str):
        return value
    if found := _SHELL.search(value):
        raise ValueError(f"no shell runs this, and {found[0].strip()!r} needs one: [sh, -c, '…']")
    try:
        return shlex.split(value)
    except ValueError as error:
        raise ValueError(f"cannot be split into words: {error}") from None


CommandLine = Annotated[list[str], BeforeValidator(_command), Field(min_length=1, max_length=200)]
Globs = Annotated[list[str], Field(max_length=100)]
Minutes = Annotated[float, Field(ge=0, le=60 * 24 * 30, allow_inf_nan=False)]


class GoalCheck(_Fields):
    """A command that must end with `exit` for the goal to be reached."""

    run: CommandLine
    name: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    exit: Annotated[int, Field(ge=0, le=255)] = 0
    cwd: str = "."
    timeout_seconds: Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)] = 600
    protect: Globs = []

    @field_validator("cwd")
    @classmethod
    def _inside(cls, value: str) -> str:
        if value.startswith("/") or ".." in value.split("/"):
            raise ValueError("give a folder below the workspace")
        return value

    @field_validator("protect")
    @classmethod
    def _globs(cls, value: list[str]) -> list[str]:
        if any(glob.startswith("/") or not glob or ".." in glob.split("/") for glob in value):
            raise ValueError("give patterns below the workspace, such as tests/**")
        return value

    def terms(self) -> CheckTerms:
        return CheckTerms(
            name=self.name or shlex.join(self.run)[:80],
            command=self.run,
            exit=self.exit,
            cwd=self.cwd,
            timeout_ms=int(self.timeout_seconds * 1000),
            protect=self.protect,
        )


class GoalSurface(_Fields):
    """Which chat; what is given must leave exactly one."""

    ide: str | None = None
    workspace: str | None = None
    agent: str | None = None
    window: str | None = None
    via: str | None = None


class Budget(_Fields):
    """When one of these is used up, the goal is stopped."""

    turns: Annotated[int, Field(ge=0, le=1000)] = 10
    minutes: Minutes = 60
    tokens: Annotated[int, Field(ge=0, le=10**9)] | None = None
    money: Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)] | None = None

    def terms(self) -> BudgetTerms:
        return BudgetTerms(
            turns=self.turns,
            ms=int(self.minutes * MINUTE_MS),
            tokens=self.tokens,
            microdollars=None if self.money is None else round(self.money * MICRO),
        )


class StopLimits(_Fields):
    """How often in a row, before it is stopped."""

    same_failure: Annotated[int, Field(ge=1, le=100)] = 3
    same_blocker: Annotated[int, Field(ge=1, le=100)] = 3
    growing: Annotated[int, Field(ge=1, le=100)] = 2


class Reviewer(_Fields):
    """A model that reads the replies; never one that declares success. Prices are US dollars a million tokens."""

    api: ReviewerApi
    model: Annotated[str, Field(min_length=1, max_length=200)]
    url: Annotated[str, Field(pattern=r"^https?://[^\s]+$")] | None = None
    key_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    key_file: Annotated[str, Field(pattern=r"^/")] | None = None
    price_in: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] | None = None
    price_out: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] | None = None

    def terms(self) -> ReviewerTerms:
        def micro(price: float | None) -> int | None:
            return None if price is None else round(price * MICRO)

        return ReviewerTerms(
            api=self.api,
            model=self.model,
            url=self.url,
            key_env=self.key_env,
            key_file=self.key_file,
            price_in=micro(self.price_in),
            price_out=micro(self.price_out),
        )


def _reviewer(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value == "none":
        return None
    api, colon, model = value.partition(":")
    if not colon or api not in _KNOWN_API:
        raise ValueError("give none, openai:MODEL, anthropic:MODEL, or the fields api, model, url")
    return {"api": api, "model": model}


class Goal(_Fields):
    """What is to be reached, how that is told, and what it may take."""

    goal: Annotated[str, Field(max_length=20_000)]
    checks: Annotated[list[GoalCheck], Field(max_length=50)] = []
    surface: GoalSurface = GoalSurface()
    workspace: Annotated[str, Field(pattern=r"^/")] | None = None
    chat: ChatChoice = "current"
    notes: Annotated[list[str], Field(max_length=50)] = []
    budget: Budget = Budget()
    stop: StopLimits = StopLimits()
    on_question: OnQuestion = "ask"
    on_approval: Literal["ask"] | list[str] = "ask"
    reviewer: Annotated[Reviewer | None, BeforeValidator(_reviewer)] = None
    trust: TrustLevel | None = None
    prompts: Annotated[str, Field(pattern=r"^/")] | None = None
    turn_minutes: Annotated[float, Field(gt=0, le=60 * 24, allow_inf_nan=False)] = 15
    quiet_minutes: Annotated[float, Field(gt=0, le=60 * 24, allow_inf_nan=False)] = 5
    answer_minutes: Annotated[float, Field(gt=0, le=60 * 24 * 30, allow_inf_nan=False)] = 60 * 24

    @model_validator(mode="after")
    def _makes_sense(self) -> "Goal":
        if not self.goal.strip():
            raise ValueError("goal: say what is to be reached")
        if not self.checks:
            raise ValueError("checks: give at least one; without it nothing can say that the goal is reached")
        names = [check.terms().name for check in self.checks]
        if len(set(names)) < len(names):
            raise ValueError("checks: two have the same name")
        if self.on_question == "reviewer" and self.reviewer is None:
            raise ValueError("on_question: no reviewer is given that could answer")
        if self.on_question == "notes" and not self.notes:
            raise ValueError("on_question: there are no notes to answer from")
        priced = self.reviewer is None or None not in (self.reviewer.price_in, self.reviewer.price_out)
        if self.budget.money is not None and not priced:
            raise ValueError(
                "reviewer: a budget of money needs price_in and price_out: nobody tells what a token costs"
            )
        if self.trust in ("observe", "draft"):
            raise ValueError("trust: a goal sends prompts, so it needs send or autonomous")
        return self

    def terms(self) -> GoalTerms:
        """The goal as the wire has it. One that decides in a person's place asks for the trust `autonomous`."""
        approve = [] if self.on_approval == "ask" else list(self.on_approval)
        alone = self.on_question != "ask" or bool(approve)
        return GoalTerms(
            text=self.goal,
            selector=SurfaceSelector(**self.surface.model_dump()),
            checks=[check.terms() for check in self.checks],
            notes=self.notes,
            budget=self.budget.terms(),
            stop=StopTerms(**self.stop.model_dump()),
            approve=approve,
            turn_ms=int(self.turn_minutes * MINUTE_MS),
            quiet_ms=int(self.quiet_minutes * MINUTE_MS),
            answer_ms=int(self.answer_minutes * MINUTE_MS),
            on_question=self.on_question,
            trust=self.trust or ("autonomous" if alone else "send"),
            chat=self.chat,
            workspace=self.workspace,
            reviewer=self.reviewer.terms() if self.reviewer else None,
            prompts=self.prompts,
        )
