"""How far an interface is trusted, and the policy in force."""

from typing import Annotated, Literal

from pydantic import Field

from bridge.protocol.messages.base import Identifier, Integer, Message

TrustLevel = Literal["observe", "draft", "send", "autonomous"]
PolicyDecision = Literal["allow", "ask", "deny"]
SecretsInPrompts = Literal["allow", "warn", "ask", "deny"]
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
