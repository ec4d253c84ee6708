"""The policy in force and the approvals of this daemon: what a drive may do, and what a person lets it do."""

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread

from bridge.clock import now_ms
from bridge.daemon.ledger_writer import LedgerWriter
from bridge.drive.permission import Permission, Permit
from bridge.drive.record import DriveRecord
from bridge.drive.selector import Surface
from bridge.drive.steps import ApprovalDenied, Approved, Candidate, DriveEvent
from bridge.policy.approvals import ASKED, DECIDED, Approval, Approvals, action_sha
from bridge.policy.files import FilesSignature, load, save_grants, signature
from bridge.policy.redaction import Redactor, Secret
from bridge.policy.rules import Policy, PolicyAction, PolicyRequest, permit
from bridge.policy.trust import EVERYWHERE, RANK, default_level, granted, level
from bridge.protocol.answers import answers
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.approvals import (
    ApprovalDecideParams,
    ApprovalsListParams,
    ApprovalsListResult,
    ApprovalView,
)
from bridge.protocol.messages.trust import DefaultTrust, GrantView, TrustLevel, TrustListResult, TrustSetParams
from registry.model import Interface

FRESH_S = 0.1  # how old a look at the files may be

log = logging.getLogger("koru.permissions")
SurfaceOf = Callable[[str], Surface | None]


class Permissions:
    """`surface_of` finds a surface as it is now, by its key. `attach` comes before everything else."""

    def __init__(
        self,
        journal: LedgerWriter,
        interfaces: Mapping[str, Interface],
        directory: Path,
        redactor: Redactor,
        surface_of: SurfaceOf,
    ) -> None:
        self._journal = journal
        self._interfaces = interfaces
        self._directory = directory
        self._redactor = redactor
        self._surface_of = surface_of
        self._approvals = Approvals()
        self._policy = Policy()
        self._signature: FilesSignature | None = None
        self._looked_at = -FRESH_S
        self._one_change = anyio.Lock()
        self._waiting: dict[str, tuple[DriveRecord, Callable[[DriveEvent], None]]] = {}

    # --- policy ------------------------------------------------------------------------------------------------------

    async def refresh(self) -> Policy:
        """The policy as the files have it now. They are read again when one of them changed."""
        return await self._take(await to_thread.run_sync(signature, self._directory))

    async def _take(self, found: FilesSignature) -> Policy:
        self._looked_at = anyio.current_time()
        if found != self._signature:
            policy = await to_thread.run_sync(load, self._directory)
            self._policy, self._signature = policy, found
            self._redactor.use(policy.shapes)
            if policy.problem is not None:
                log.error("the policy cannot be read, so nothing may act: %s", policy.problem)
        return self._policy

    async def permit(self, surface: Surface, draft: bool, secrets_found: tuple[str, ...]) -> Permit:
        """What each interface may do for a drive of this surface, by the policy of this moment."""
        act = PolicyRequest(_action(draft), surface.ide, surface.workspace_folders, secrets_found)
        fresh = anyio.current_time() - self._looked_at < FRESH_S
        return partial(self._permit, self._policy if fresh else await self.refresh(), act)

    @staticmethod
    def _permit(policy: Policy, act: PolicyRequest, interface: Interface) -> Permission:
        return permit(policy, interface, act)

    async def find_secrets(self, text: str) -> tuple[str, ...]:
        """The kinds of what looks like a secret, each once."""
        before = self._signature
        files, found = await to_thread.run_sync(self._look, text)
        await self._take(files)
        if files != before:  # other patterns may be in force now
            found = await to_thread.run_sync(self._redactor.find, text)
        return tuple(sorted({secret.kind for secret in found}))

    def _look(self, text: str) -> tuple[FilesSignature, list[Secret]]:
        return signature(self._directory), self._redactor.find(text)

    def warns(self) -> bool:
        return self._policy.on_secrets != "allow"

    @answers("trust/list")
    async def trust_list(self) -> TrustListResult:
        policy = await self.refresh()
        return TrustListResult(
            grants=[GrantView(workspace=g.workspace, interface=g.interface, level=g.level) for g in policy.grants],
            defaults=[DefaultTrust(interface=i.id, level=default_level(i)) for i in self._drivers()],
            rules=len(policy.rules),
            default=policy.default,
            secrets_in_prompts=policy.on_secrets,
            directory=str(self._directory),
            problem=policy.problem,
        )

    @answers("trust/set")
    async def trust_set(self, params: TrustSetParams) -> TrustListResult:
        """Grant or revoke; on disk and in the ledger when this returns.

        BridgeError UNKNOWN_INTERFACE, INVALID_PARAMS, POLICY_INVALID, STATE_UNWRITABLE, LEDGER_UNWRITABLE.
        """
        workspace = _workspace(params.workspace)
        if params.level is not None and params.interface not in {i.id for i in self._drivers()}:
            known = ", ".join(sorted(i.id for i in self._drivers()))
            message = f"no interface that could drive is called {params.interface}"
            raise BridgeError(Reason.UNKNOWN_INTERFACE, message, hint=f"one of: {known}")
        async with self._one_change:
            policy = await self.refresh()
            if policy.problem is not None:
                hint = "mend or remove the file; nothing was changed"
                raise BridgeError(Reason.POLICY_INVALID, policy.problem, hint=hint)
            body = {"workspace": workspace, "interface": params.interface, "level": params.level or "revoked"}
            row = await self._journal.append("trust_set", body)
            grants = granted(policy.grants, workspace, params.interface, params.level)
            await to_thread.run_sync(save_grants, self._directory, grants)
            self._journal.announce(row)
        return await self.trust_list()

    async def trusted(self, surface: Surface, needed: TrustLevel) -> list[str]:
        """The interfaces that are trusted this far in all folders of the surface."""
        policy = await self.refresh()
        folders = surface.workspace_folders
        return [i.id for i in self._drivers() if RANK[level(policy.grants, i, folders)] >= RANK[needed]]

    def _drivers(self) -> list[Interface]:
        return [interface for interface in self._interfaces.values() if interface.drives]

    # --- approvals ---------------------------------------------------------------------------------------------------

    def apply(self, kind: str, at_ms: int, body: Mapping[str, Any], drive_id: str) -> None:
        """Every row of a drive goes through here, at the start those of earlier daemons, too."""
        self._approvals.apply(kind, at_ms, body, drive_id)
        if kind in {"acting", "settled"}:
            self._waiting.pop(drive_id, None)

    async def ask(self, record: DriveRecord, candidate: Candidate, report: Callable[[DriveEvent], None]) -> None:
        """Ask for an approval, or take up the one that was asked for before a restart. `report` hears the decision."""
        action = self._action(record, candidate)
        if action is None:
            report(ApprovalDenied("the chat is not there any more"))
            return
        known = self._approvals.of_drive(record.drive_id)
        if known is None or known.action_sha != action["action_sha"] or known.state in {"used", "void"}:
            body = {**action, "approval_id": secrets.token_hex(6), "reason": candidate.ask or ""}
            row = await self._journal.append_surely(ASKED, body, record.drive_id)
            self.apply(ASKED, row.at_ms, body, record.drive_id)
            record.apply(ASKED, row.at_ms, body)
            self._journal.announce(row)
            known = self._approvals.find(str(body["approval_id"]))
        self._waiting[record.drive_id] = record, report
        if known.state != "pending":
            report(Approved() if known.state == "approved" else ApprovalDenied("denied"))

    def usable(self, record: DriveRecord, candidate: Candidate) -> str | None:
        """The approval for exactly what would be done now, looked at anew; None without one."""
        action = self._action(record, candidate)
        if action is None:
            return None
        found = self._approvals.usable(record.drive_id, str(action["action_sha"]), now_ms())
        return found.approval_id if found else None

    async def ask_for(self, run_id: str, action: Mapping[str, object]) -> ApprovalView:
        """An approval for exactly this run of a recovery: the one there is, or a new one that waits for a decision.

        `action` holds what an approval shows, and `action_sha`. It ends with this daemon, whatever was decided.
        """
        known = self._approvals.of_drive(run_id)
        if known is None or known.action_sha != action["action_sha"] or known.state in {"used", "void"}:
            body = {**action, "approval_id": secrets.token_hex(6)}
            row = await self._journal.append(ASKED, body)
            self._approvals.apply(ASKED, row.at_ms, body, run_id)
            self._journal.announce(row)
            known = self._approvals.find(str(body["approval_id"]))
        return _view(known)

    def usable_for(self, run_id: str, action_sha: str) -> str | None:
        """The approval that lets this run do exactly this now."""
        found = self._approvals.usable(run_id, action_sha, now_ms())
        return found.approval_id if found else None

    @answers("approvals/list")
    def list(self, params: ApprovalsListParams) -> ApprovalsListResult:
        """BridgeError UNKNOWN_APPROVAL."""
        self._approvals.expire(now_ms())
        if params.approval_id is not None:
            approval = self._approvals.find(params.approval_id)
            waiting = self._waiting.get(approval.drive_id)
            text = self._redactor.redact(waiting[0].params.text) if waiting else None
            return ApprovalsListResult(approvals=[_view(approval, text)])
        found = self._approvals.list(everything=params.everything)
        return ApprovalsListResult(approvals=[_view(approval) for approval in found])

    @answers("approvals/decide")
    async def decide(self, params: ApprovalDecideParams) -> ApprovalView:
        """Approve or deny, once. The row is on disk when this returns. BridgeError UNKNOWN_APPROVAL, APPROVAL_VOID."""
        async with self._one_change:
            approval = self._approvals.check(params.approval_id, params.action_sha, now_ms())
            body = {"approval_id": approval.approval_id, "approved": params.approve}
            with anyio.CancelScope(shield=True):
                owner = None if approval.recovery else approval.drive_id
                row = await self._journal.append(DECIDED, body, owner)
                self._decided(approval, row.at_ms, body)
            self._journal.announce(row)
        return _view(approval)

    def _decided(self, approval: Approval, at_ms: int, body: Mapping[str, Any]) -> None:
        waiting = self._waiting.get(approval.drive_id)
        if approval.state != "pending":  # its drive ended while the row was written
            return
        self.apply(DECIDED, at_ms, body, approval.drive_id)
        if waiting is not None:
            record, report = waiting
            record.apply(DECIDED, at_ms, body)
            report(Approved() if body["approved"] else ApprovalDenied("a person denied it"))

    def _action(self, record: DriveRecord, candidate: Candidate) -> dict[str, object] | None:
        """All that makes this action this one, from what is there now. Without its surface there is no action."""
        surface = self._surface_of(candidate.surface)
        if surface is None:
            return None
        shown: dict[str, object] = {
            "action": _action(record.params.draft),
            "interface": candidate.interface,
            "surface": candidate.surface,
            "ide": surface.ide,
            "folders": list(surface.workspace_folders),
            "text_chars": record.text_chars,
            "expires_at_ms": record.expires_at_ms,
        }
        target = record.params.target.model_dump()
        sha = action_sha(**shown, drive_id=record.drive_id, body=record.body_sha, text=record.text_sha, target=target)
        return {**shown, "action_sha": sha}


def _action(draft: bool) -> PolicyAction:
    return "draft" if draft else "send"


def _workspace(workspace: str) -> str:
    if workspace != EVERYWHERE and (not workspace.startswith("/") or ".." in workspace.split("/")):
        raise BridgeError(Reason.INVALID_PARAMS, "give an absolute folder without .., or *", where="workspace")
    return workspace


def _view(approval: Approval, text: str | None = None) -> ApprovalView:
    kept = asdict(approval)
    del kept["folders"]
    if approval.recovery is not None:
        kept |= {"drive_id": None, "interface": None}
    return ApprovalView(**kept, workspace_folders=list(approval.folders), text=text)
