"""The words and types that messages are made of."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

SAFE_INTEGER = 2**53 - 1
Integer = Annotated[int, Field(ge=-SAFE_INTEGER, le=SAFE_INTEGER)]
Milliseconds = Annotated[int, Field(ge=0, le=SAFE_INTEGER)]
Identifier = Annotated[str, Field(min_length=1, max_length=256)]
DriveId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")]
TextHash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

Role = Literal["plugin", "client", "operator"]
FactKind = Literal[
    "inserted", "submitted", "queued", "withdrawn", "turn_started", "turn_ended", "needs_input", "turn_failed"
]
ChannelGrade = Literal["claim", "readback", "host"]
Grade = Literal["claim", "readback", "host", "witness"]
Disposition = Literal["done", "pending", "declined", "lost"]
JournalState = Literal["absent", "begun", "touched", "submitted", "withdrawn", "declined"]
DriveState = Literal["accepted", "acting", "settled"]
Outcome = Literal["confirmed", "refused", "likely", "unknown", "failed"]
TurnState = Literal["waiting", "completed", "needs_input", "turn_failed", "wait_timeout"]
LogLevel = Literal["debug", "info", "warning", "error"]


class Message(BaseModel):
    """Base of all messages: types are strict, fields of a newer peer are ignored."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)


class Empty(Message):
    """A message without fields."""


class ErrorData(Message):
    """Our part of a JSON-RPC error. `reason` is a stable word, `where` a field or file, `hint` the next step.

    `retry` says that the same request may succeed later without a change by the caller.
    """

    reason: Identifier
    retry: bool = False
    where: str | None = None
    hint: str | None = None


class ErrorObject(Message):
    """The `error` of a JSON-RPC answer. `message` is for people and never holds the text of a prompt."""

    code: Integer
    message: str
    data: ErrorData | None = None
