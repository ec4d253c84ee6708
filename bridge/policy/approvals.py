"""Approvals: each is for one exact action, is used once, and expires. A fold of ledger rows: a restart keeps them."""

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

from bridge.protocol.errors import BridgeError, Reason

ApprovalWord = Literal["pending", "approved", "denied", "used", "void"]
KEPT_MOST = 1000
ASKED, DECIDED = "approval_asked", "approval_decided"
USES = frozenset({"acting", "recovery_begun"})


@dataclass(slots=True)
class Approval:
    """What was asked, and what became of it. `void`: its time passed, or the action changed or ended otherwise.

    In the approval of a `recovery`, `drive_id` is the id of its run.
    """

    approval_id: str
    action_sha: str
    drive_id: str
    action: str
    interface: str
    surface: str
    ide: str
    folders: tuple[str, ...]
    text_chars: int
    reason: str
    asked_at_ms: int
    expires_at_ms: int
    recovery: str | None = None
    state: ApprovalWord = "pending"
    decided_at_ms: int | None = None

    @property
    def open(self) -> bool:
        return self.state in {"pending", "approved"}


def action_sha(**action: object) -> str:
    """SHA-256 over all that makes an action this one and no other."""
    return sha256(json.dumps(action, sort_keys=True, separators=(",", ":")).encode("utf-8")).hexdigest()


class Approvals:
    """Rows go in by `apply`, in their order. Rows of other kinds are passed over."""

    def __init__(self) -> None:
        self._all: OrderedDict[str, Approval] = OrderedDict()
        self._of_drive: dict[str, str] = {}

    def apply(self, kind: str, at_ms: int, body: Mapping[str, Any], drive_id: str) -> None:
        if kind == ASKED:
            self._close(drive_id)
            self._add(_asked(at_ms, body, drive_id))
        elif kind == DECIDED and body["approval_id"] in self._all:
            approval = self._all[body["approval_id"]]
            approval.state = "approved" if body["approved"] else "denied"
            approval.decided_at_ms = at_ms
        elif kind in USES and body.get("approval_id") in self._all:
            self._all[body["approval_id"]].state = "used"
        elif kind == "settled":
            self._close(drive_id)

    def of_drive(self, drive_id: str) -> Approval | None:
        """The approval that was asked for last."""
        return self._all.get(self._of_drive.get(drive_id, ""))

    def list(self, *, everything: bool) -> list[Approval]:
        """Approvals, oldest first; without `everything` only those that wait for a decision."""
        return [a for a in self._all.values() if everything or a.state == "pending"]

    def expire(self, now_ms: int) -> None:
        """Close approvals of recoveries whose time has passed; approvals of drives end with their drives."""
        for approval in self._all.values():
            if approval.recovery is not None and approval.open and now_ms > approval.expires_at_ms:
                approval.state = "void"

    def find(self, approval_id: str) -> Approval:
        """BridgeError UNKNOWN_APPROVAL."""
        if approval_id not in self._all:
            hint = "koru approvals list"
            raise BridgeError(Reason.UNKNOWN_APPROVAL, f"no approval has the id {approval_id}", hint=hint)
        return self._all[approval_id]

    def check(self, approval_id: str, sha: str, now_ms: int) -> Approval:
        """The approval, where it can still be decided, and is for the action that was looked at.

        BridgeError UNKNOWN_APPROVAL, APPROVAL_VOID.
        """
        approval = self.find(approval_id)
        if approval.state != "pending":
            raise _void(f"it is {approval.state} already")
        if now_ms > approval.expires_at_ms:
            raise _void("its time has passed")
        if sha != approval.action_sha:
            raise _void("it is for another action than the one that was looked at")
        return approval

    def usable(self, drive_id: str, sha: str, now_ms: int) -> Approval | None:
        """The approval that lets this drive do exactly this now."""
        approval = self.of_drive(drive_id)
        fits = approval is not None and approval.state == "approved" and approval.action_sha == sha
        return approval if fits and approval is not None and now_ms <= approval.expires_at_ms else None

    def _add(self, approval: Approval) -> None:
        self._all[approval.approval_id] = approval
        self._of_drive[approval.drive_id] = approval.approval_id
        for old in [a for a in self._all.values() if not a.open][: max(0, len(self._all) - KEPT_MOST)]:
            del self._all[old.approval_id]
            if self._of_drive.get(old.drive_id) == old.approval_id:
                del self._of_drive[old.drive_id]

    def _close(self, drive_id: str) -> None:
        approval = self.of_drive(drive_id)
        if approval is not None and approval.open:
            approval.state = "void"


def _asked(at_ms: int, body: Mapping[str, Any], drive_id: str) -> Approval:
    names = ("approval_id", "action_sha", "action", "interface", "surface", "ide", "text_chars", "reason")
    kept = {name: body[name] for name in names}
    folders = tuple(body["folders"])
    times = {"asked_at_ms": at_ms, "expires_at_ms": body["expires_at_ms"]}
    return Approval(**kept, **times, drive_id=drive_id, folders=folders, recovery=body.get("recovery"))


def _void(why: str) -> BridgeError:
    return BridgeError(Reason.APPROVAL_VOID, f"this approval cannot be decided: {why}", hint="koru approvals list")
