"""The messages about recoveries."""

from typing import Literal

from bridge.protocol.messages.approvals import ApprovalView
from bridge.protocol.messages.base import DriveId, Identifier, Message
from bridge.protocol.messages.doctor import ExaminedState
from bridge.protocol.messages.drive import QueueView

RecoveryState = Literal[
    "planned", "waiting", "denied", "not_needed", "done", "unproven", "failed", "by_hand"
]  # fmt: skip
RecoveryPlace = Literal["daemon", "command", "operator"]


class RecoveryView(Message):
    """One recovery of the registry. `daemon`: `recovery/run` runs it; `command`: the command line does, for it must
    work without a daemon; `operator`: a person does. One with a `risk` other than `none` needs an approval."""

    recovery: Identifier
    title: str
    place: RecoveryPlace
    risk: Identifier
    command: str | None = None


class RecoveriesListResult(Message):
    """What can be done, and what calls for it: drives whose outcome is unknown, about which no person has said anything
    yet, oldest first; and the queues."""

    recoveries: list[RecoveryView]
    drives_unknown: list[str]
    queues: list[QueueView]


class RecoveryRunParams(Message):
    """Run one under an id the caller made. The same id and body again: the same run, once. What is not given is found,
    where there is only one. `dry_run` says what would be done, and does nothing."""

    run_id: Identifier
    recovery: Identifier
    window: str | None = None
    drive_id: DriveId | None = None
    dry_run: bool = False


class CheckedAgain(Message):
    """A check of the doctor that had called for the recovery, after it."""

    id: Identifier
    state: ExaminedState
    problems: list[str]


class RecoveryRunResult(Message):
    """`waiting`: ask again under the same id once `approval` was decided. `unproven`: it was done, and nothing shows
    that it helped. `by_hand`: `said` is for the operator to do."""

    run_id: Identifier
    recovery: Identifier
    state: RecoveryState
    said: list[str]
    checks: list[CheckedAgain]
    approval: ApprovalView | None = None


class RecoveryRecordParams(Message):
    """What the command line does by itself, told before and after: an operator's word, recorded as that."""

    run_id: Identifier
    recovery: Identifier
    phase: Literal["begun", "ended"]
    said: list[str]
    state: RecoveryState | None = None
