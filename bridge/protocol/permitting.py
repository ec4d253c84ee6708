"""The messages about trust and approvals. Their users import them from `messages.py`."""

from typing import Annotated, Literal

from pydantic import Field

from bridge.protocol.vocabulary import DriveId, Identifier, Integer, Message, Milliseconds, TextHash

TrustLevel = Literal["observe", "draft", "send", "autonomous"]
PolicyDecision = Literal["allow", "ask", "deny"]
SecretsInPrompts = Literal["allow", "warn", "ask", "deny"]
DriveAction = Literal["send", "draft", "recover"]
ApprovalState = Literal["pending", "approved", "denied", "used", "void"]
Workspace = Annotated[str, Field(min_length=1, max_length=4096)]


class GrantView(Message):
    """How far an interface is trusted in a folder and all below it; `*` is everywhere."""

    workspace: Workspace
    interface: Identifier
    level: TrustLevel


class DefaultTrust(Message):
    """How far an interface is trusted where nothing was granted."""

    interface: Identifier
    level: TrustLevel


class TrustListResult(Message):
    """The policy as it is in force. `default` is what holds where no rule fits. With a `problem` nothing may act."""

    grants: list[GrantView]
    defaults: list[DefaultTrust]
    rules: Integer
    default: PolicyDecision
    secrets_in_prompts: SecretsInPrompts
    directory: str
    problem: str | None = None


class TrustSetParams(Message):
    """Grant a level, or without `level` take the grant away. An operator's word."""

    workspace: Workspace
    interface: Identifier
    level: TrustLevel | None = None


class ApprovalsListParams(Message):
    """What waits for a decision; with `everything` also what was decided; with an id that one, with its text."""

    everything: bool = False
    approval_id: Identifier | None = None


class ApprovalView(Message):
    """One exact action that needs a person. `action_sha` is over all of it, the text included. `void`: its time passed,
    or the action changed or ended otherwise. `text` is the prompt with its secrets redacted. A recovery is of no
    drive and goes through no interface."""

    approval_id: Identifier
    action_sha: TextHash
    action: DriveAction
    surface: str
    ide: str
    workspace_folders: list[str]
    text_chars: Milliseconds
    reason: str
    asked_at_ms: Milliseconds
    expires_at_ms: Milliseconds
    state: ApprovalState
    decided_at_ms: Milliseconds | None = None
    text: str | None = None
    drive_id: DriveId | None = None
    interface: Identifier | None = None
    recovery: Identifier | None = None


class ApprovalsListResult(Message):
    """Oldest first."""

    approvals: list[ApprovalView]


class ApprovalDecideParams(Message):
    """An operator's decision on the action that was looked at; refused when it is another by now, or was decided."""

    approval_id: Identifier
    action_sha: TextHash
    approve: bool
