"""The operator's files: `policy.yaml`, written by hand, and `trust.yaml`, written by `koru trust`. Blocking.

A file that cannot be read in full is a problem with file and line, and then nothing may act.
"""

import os
from pathlib import Path
from typing import Annotated, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bridge.drive.permission import Decision
from bridge.files import changeable_by_others, make_directories, write_whole
from bridge.policy.custom_pattern import custom_shape
from bridge.policy.rules import OnSecrets, Policy, PolicyAction, Rule
from bridge.policy.secret_shapes import SecretShape
from bridge.policy.trust import EVERYWHERE, Grant
from bridge.protocol.errors import BridgeError, Reason
from registry.document import Document, Problem, read
from registry.model import Trust

POLICY_FILE = "policy.yaml"
TRUST_FILE = "trust.yaml"
HEADER = "# Written by `koru trust`. Changes by hand are read, comments are lost.\n"


def _workspace(value: str) -> str:
    if value != EVERYWHERE and (not value.startswith("/") or ".." in value.split("/")):
        raise ValueError("give an absolute folder without .., or *")
    return value


WorkspacePattern = Annotated[str, Field(max_length=4096), AfterValidator(_workspace)]
RuleName = Annotated[str, Field(min_length=1, max_length=256)]
FilesSignature = tuple[tuple[int, ...] | None, ...]


class _Fields(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class _Rule(_Fields):
    decision: Decision
    action: PolicyAction | None = None
    interface: RuleName | None = None
    ide: RuleName | None = None
    workspace: WorkspacePattern | None = None
    reason: str = ""


class _Pattern(_Fields):
    name: str
    pattern: str


class _PolicyFile(_Fields):
    default: Decision = "allow"
    secrets_in_prompts: OnSecrets = "warn"
    rules: tuple[_Rule, ...] = ()
    redact: tuple[_Pattern, ...] = ()


class _Grant(_Fields):
    workspace: WorkspacePattern
    interface: RuleName
    level: Trust


class _TrustFile(_Fields):
    grants: tuple[_Grant, ...] = ()


M = TypeVar("M", bound=_Fields)


def signature(directory: Path) -> FilesSignature:
    """Changes whenever one of the files does."""
    return tuple(_identity(directory / name) for name in (POLICY_FILE, TRUST_FILE))


def load(directory: Path) -> Policy:
    """The policy of this configuration directory; missing files are defaults. Never raises for what a file holds."""
    problems: list[Problem] = []
    policy = _read(directory / POLICY_FILE, _PolicyFile, problems)
    trust = _read(directory / TRUST_FILE, _TrustFile, problems)
    shapes = _shapes(policy[1], policy[0], problems)
    return Policy(
        grants=tuple(Grant(g.workspace, g.interface, g.level) for g in trust[0].grants),
        rules=tuple(Rule(r.decision, r.action, r.interface, r.ide, r.workspace, r.reason) for r in policy[0].rules),
        default=policy[0].default,
        on_secrets=policy[0].secrets_in_prompts,
        shapes=shapes,
        problem="; ".join(map(str, problems)) or None,
    )


def save_grants(directory: Path, grants: tuple[Grant, ...]) -> None:
    """Replace `trust.yaml` at once, mode 0600. BridgeError STATE_UNWRITABLE."""
    rows = [{"workspace": g.workspace, "interface": g.interface, "level": g.level} for g in grants]
    text = HEADER + yaml.safe_dump({"grants": rows}, sort_keys=False, allow_unicode=True)
    try:
        make_directories(directory)
        write_whole(directory / TRUST_FILE, text.encode("utf-8"))
    except OSError as error:
        why = os.strerror(error.errno or 0)
        hint = "look at the owner and mode of the directory, and at the space on its disk"
        message = f"the grant was not saved: {why}"
        raise BridgeError(Reason.STATE_UNWRITABLE, message, where=str(directory / TRUST_FILE), hint=hint) from error


def _read(path: Path, model: type[M], problems: list[Problem]) -> tuple[M, Document | None]:
    if not os.path.lexists(path):
        return model(), None
    # A user who can write it could permit anything.
    unsafe = changeable_by_others(path)
    document = [Problem(str(path), 0, "-", unsafe)] if unsafe else read(path)
    if isinstance(document, list):
        problems += document
        return model(), None
    fields = document.check(model, document.data)
    if isinstance(fields, list):
        problems += fields
        return model(), None
    return fields, document


def _shapes(document: Document | None, fields: _PolicyFile, problems: list[Problem]) -> tuple[SecretShape, ...]:
    shapes = []
    for index, entry in enumerate(fields.redact):
        try:
            shapes.append(custom_shape(entry.name, entry.pattern))
        except ValueError as error:
            if document is not None:
                problems.append(document.problem(str(error), "redact", index))
    return tuple(shapes)


def _identity(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
