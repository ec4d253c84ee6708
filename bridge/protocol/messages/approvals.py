"""The messages about approvals: what waits for the word of a person, and that word."""

from typing import Literal

from bridge.protocol.messages.base import DriveId, Identifier, Message, Milliseconds, TextHash

DriveAction = Literal["send", "draft", "recover"]
ApprovalState = Literal["pending", "approved", "denied", "used", "void"]


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
