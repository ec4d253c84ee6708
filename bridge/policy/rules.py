"""Permission rules, and the one decision made of trust, rules and the secrets in a prompt. Pure.

Deny comes first, then ask, then allow; what cannot be evaluated is denied.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from bridge.contained import contained
from bridge.drive.permission import ALLOWED, Decision, Permission
from bridge.policy.secret_shapes import SecretShape
from bridge.policy.trust import RANK, Grant, covers, level
from registry.model import Interface, Trust

PolicyAction = Literal["send", "draft"]
OnSecrets = Literal["allow", "warn", "ask", "deny"]
NEEDED: dict[PolicyAction, Trust] = {"send": "send", "draft": "draft"}


@dataclass(frozen=True, slots=True)
class PolicyRequest:
    """What a drive is about to do. `secrets`: the kinds of what looks like a secret in its prompt."""

    action: PolicyAction
    ide: str
    folders: tuple[str, ...]
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """`interface` and `ide` may hold `*`; a workspace is a folder with all below it. What is None fits everything."""

    decision: Decision
    action: PolicyAction | None = None
    interface: str | None = None
    ide: str | None = None
    workspace: str | None = None
    reason: str = ""

    def fits(self, interface: str, act: PolicyRequest) -> bool:
        """Of several folders, one is enough to deny or ask; to allow, all must fit."""
        if self.action not in (None, act.action):
            return False
        if not (fnmatchcase(interface, self.interface or "*") and fnmatchcase(act.ide, self.ide or "*")):
            return False
        if self.workspace is None:
            return True
        inside = [covers(self.workspace, folder) for folder in act.folders or ("",)]
        return all(inside) if self.decision == "allow" else any(inside)


@dataclass(frozen=True, slots=True)
class Policy:
    """All that the operator decided. With a `problem` the files could not be read, and nothing may act."""

    grants: tuple[Grant, ...] = ()
    rules: tuple[Rule, ...] = ()
    default: Decision = "allow"
    on_secrets: OnSecrets = "warn"
    shapes: tuple[SecretShape, ...] = field(default=())
    problem: str | None = None


def permit(policy: Policy, interface: Interface, act: PolicyRequest) -> Permission:
    """May this interface do it? Never raises: a policy that cannot be evaluated denies."""
    with contained("evaluating the policy") as held:
        return _permit(policy, interface, act)
    reason = f"the policy could not be evaluated ({type(held.caught).__name__})"
    return Permission("deny", reason, "policy_denied")


def _permit(policy: Policy, interface: Interface, act: PolicyRequest) -> Permission:
    if policy.problem is not None:
        return Permission("deny", f"the policy cannot be read: {policy.problem}", "policy_denied")
    has, needed = level(policy.grants, interface, act.folders), NEEDED[act.action]
    if RANK[has] < RANK[needed]:
        reason = f"it is trusted to {has} here, and this is to {needed}: koru trust grant {needed}"
        return Permission("deny", f"{reason} --interface {interface.id}", "trust_too_low")
    ruled = _ruling(policy.rules, policy.default, interface.id, act)
    secret = _on_secrets(policy.on_secrets, act.secrets)
    return max(secret, ruled, key=lambda permission: _STRICT.index(permission.decision))


_STRICT: tuple[Decision, ...] = ("allow", "ask", "deny")


def _ruling(rules: Sequence[Rule], default: Decision, interface: str, act: PolicyRequest) -> Permission:
    fitting = [rule for rule in rules if rule.fits(interface, act)]
    strictest = max(fitting, key=lambda rule: _STRICT.index(rule.decision), default=Rule(default))
    if strictest.decision == "allow":
        return ALLOWED
    why = strictest.reason or ("by a rule of the policy" if fitting else "by the policy's default")
    if strictest.decision == "ask":
        return Permission("ask", f"{act.action} needs an approval: {why}")
    return Permission("deny", f"not permitted: {why}", "policy_denied")


def _on_secrets(on_secrets: OnSecrets, secrets: Sequence[str]) -> Permission:
    if not secrets or on_secrets in {"allow", "warn"}:
        return ALLOWED
    what = f"the prompt holds what looks like a secret ({', '.join(secrets)})"
    if on_secrets == "ask":
        return Permission("ask", f"needs an approval: {what}")
    return Permission("deny", what, "secret_in_prompt")
