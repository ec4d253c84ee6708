"""What can be said of an interface, a blocker and a recovery: YAML read into these types. Imports nothing of ours."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Family = Literal[
    "tool_invocation",
    "ide_control",
    "desktop_control",
    "browser_control",
    "artifact_exchange",
    "remote_service",
    "observation",
]
Direction = Literal["act", "observe", "both"]
Trust = Literal["observe", "draft", "send", "autonomous"]
Status = Literal["built", "planned", "ruled_out"]
Grade = Literal["claim", "readback", "host", "witness"]
Probe = Literal["plugin_session", "chat_store", "injector", "model_key", "operator", "none"]
Detector = Literal["plugin", "daemon", "injector", "observer", "doctor"]
Risk = Literal["none", "restarts", "kills", "keys", "resends"]
ActionPlace = Literal["daemon", "command"]
Platform = Literal["linux", "macos", "windows"]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
InterfaceId = Word
CheckId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=64)]
ShortText = Annotated[str, Field(min_length=1, max_length=400)]
Percent = Annotated[int, Field(ge=0, le=100)]

_DRIVING = frozenset({"ide_control", "desktop_control", "browser_control"})
_CONFIRMING = frozenset({"host", "witness"})


class RegistryModel(BaseModel):
    """Base of all registry records: frozen, and an unknown field is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Scope(RegistryModel):
    """Where the interface exists. An empty list means everywhere."""

    products: tuple[str, ...] = ()
    platforms: tuple[Platform, ...] = ()


class Verification(RegistryModel):
    """How its work is verified, and the best grade its own channel can give."""

    mode: ShortText
    best_grade: Grade
    can_confirm_submit: bool


class Tested(RegistryModel):
    """Where it was tried. `reported`: others say so, it was never tried by this project's tests."""

    product: ShortText
    version: ShortText
    date: date
    how: ShortText
    status: Literal["verified", "reported"] = "verified"


class Interface(RegistryModel):
    """One concrete way to reach or watch an environment."""

    id: InterfaceId
    title: ShortText
    family: Family
    direction: Direction
    transport: ShortText
    surface: ShortText
    status: Status = "built"
    """`planned` and `ruled_out` are never selected."""
    status_reason: str = ""
    """What is missing, where the status is not `built`."""
    scope: Scope = Scope()
    authority: Percent = 50
    """How far its word is to be preferred among interfaces of one grade."""
    cost: Percent = 10
    """Time and disturbance, compared when grade and authority are equal."""
    trust: Trust = "send"
    """How far it is trusted where the operator granted nothing; its family may lower that, a grant may raise it."""
    can_draft: bool = False
    side_effects: tuple[ShortText, ...] = ()
    verification: Verification
    needs: tuple[ShortText, ...] = ()
    """What must be there, in words for people; the probe asks."""
    probe: Probe
    """The question whose answer serves both the choice and the doctor."""
    adapter: Word | None = None
    """The observer or injector behind it, by its name in that catalogue."""
    depends_on: tuple[InterfaceId, ...] = ()
    """Interfaces without which this one cannot act: not registered, not built or blocked, and it is so as well."""
    blocking_modes: tuple[Word, ...] = ()
    artifacts: tuple[ShortText, ...] = ()
    operator_recovery: tuple[Word, ...] = ()
    ideal_for: str = ""
    tested: tuple[Tested, ...] = ()

    @property
    def drives(self) -> bool:
        """Can it put a prompt into a chat at all?"""
        return self.direction != "observe" and self.family in _DRIVING

    @model_validator(mode="after")
    def _is_honest(self) -> Self:
        """What no file may claim, the operator's neither: these are the ceilings on which every proof rests."""
        grade = self.verification.best_grade
        if grade == "witness" and (self.direction != "observe" or self.family != "observation"):
            raise ValueError("verification.best_grade: only an observation is a witness")
        if self.family == "desktop_control" and grade == "host":
            raise ValueError("verification.best_grade: a desktop never returns the turn; readback is the most")
        if self.verification.can_confirm_submit and grade not in _CONFIRMING:
            raise ValueError(f"verification.can_confirm_submit: {grade} confirms nothing")
        if self.status != "built" and not self.status_reason:
            raise ValueError("status_reason: say what is missing")
        if self.status == "built" and self.probe == "none":
            raise ValueError("probe: what is built needs one")
        if self.probe in {"chat_store", "injector"} and self.adapter is None:
            raise ValueError(f"adapter: the probe {self.probe} asks one")
        return self


class Blocker(RegistryModel):
    """Why an interface cannot act now. Where `depends_on` holds too, this is its consequence and need not be told."""

    word: Word
    meaning: ShortText
    detected_by: Annotated[tuple[Detector, ...], Field(min_length=1)]
    recoveries: Annotated[tuple[Word, ...], Field(min_length=1)]
    """The first is the one to try first."""
    depends_on: tuple[Word, ...] = ()


class Recovery(RegistryModel):
    """What to do against a blocker: an action of `koru recover`, another command of ours, or (`manual`) something that
    only the operator can do."""

    id: Word
    title: ShortText
    action: ActionPlace | None = None
    """Who runs the module `bridge/recovery/<id>.py`: the daemon, or the command because it must work without one."""
    run: str = ""
    """A command line beginning with `koru`; words in capitals stand for what the operator fills in."""
    manual: bool = False
    risk: Risk = "none"
    """What is risky needs an approval."""
    checks: tuple[CheckId, ...] = ()
    """The doctor's checks that call for it; they are run again afterwards."""

    @model_validator(mode="after")
    def _is_runnable_or_manual(self) -> Self:
        if [self.action is not None, bool(self.run), self.manual].count(True) != 1:
            raise ValueError("run: an action, a command, or manual: true, and one of them alone")
        return self
