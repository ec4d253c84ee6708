"""One archive for a report: doctor, status, registry, policy, the ends of log and ledger. No prompt, reply or secret.

Of the ledger's rows only Koru's own words, ids, hashes and numbers are taken; every member is redacted before it is
written.
"""

import io
import json
import os
import platform
import secrets
import sqlite3
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bridge import paths
from bridge.clock import now_ms
from bridge.doctor.catalogue import CHECKS
from bridge.doctor.run import examine
from bridge.doctor.scene import Scene
from bridge.doctor.wire import as_json
from bridge.files import whole_file
from bridge.ledger.key import load_key
from bridge.ledger.snapshot import last_rows, snapshot
from bridge.ledger.verdict import verify
from bridge.policy import placeholder_key
from bridge.policy.files import load
from bridge.policy.redaction import STRUCTURE, Redactor
from bridge.protocol.errors import BridgeError, Reason
from bridge.recovery.action import ActionResult, Aim, Plan
from bridge.recovery.machine import CommandMachine
from bridge.version import VERSION

ID = "support_bundle"
CHECK_S = 10.0
ASK_S = 3.0
LOG_MOST_BYTES = 262_144
ROWS_MOST = 300
# Besides STRUCTURE: fields whose texts are Koru's own, in every kind of row.
OURS = frozenset({"best_grade", "grade", "text_sha", "recovery", "run_id", "phase", "by", "as", "koru", "ledger"})
SENTENCES = frozenset({"reason", "message", "refusal", "anchor_reason", "said"})
PLAIN_KINDS = frozenset(
    {"accepted", "acting", "declined", "settled", "doubt", "approval_asked", "recovery_begun", "recovery_ended"}
)


def plan(hands: CommandMachine, aim: Aim) -> Plan:
    name = aim.output or f"koru-support-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}.tar.gz"
    path = Path(name).absolute()
    if os.path.lexists(path):
        hint = "name another file with --output"
        raise BridgeError(Reason.USAGE, "there is something of that name already", where=str(path), hint=hint)
    step = f"write {path}; it names folders, windows and versions"
    return Plan((step,), {"path": str(path)}, risky=False, even_unrecorded=True)


def run(hands: CommandMachine, plan: Plan) -> ActionResult:
    path = Path(str(plan.target["path"]))
    redactor = _redactor()
    members = {name: _member(make) for name, make in MEMBERS.items()}
    try:
        _write(path, {name: redactor.redact(text).encode("utf-8") for name, text in members.items()})
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise BridgeError(Reason.STATE_UNWRITABLE, f"the bundle cannot be written: {why}", where=str(path)) from error
    return ActionResult("done", (f"wrote {path}: {', '.join(members)}", "look through it before you send it"))


def _redactor() -> Redactor:
    """A redactor with the key of this state, by which a secret has the same placeholder as in the ledger; without one,
    with a new key."""
    state = paths.state_directory()
    key = secrets.token_bytes(placeholder_key.KEY_BYTES)
    with suppress(BridgeError):
        key = placeholder_key.load_key(state) if (state / placeholder_key.FILE_NAME).exists() else key
    return Redactor(key, load(paths.config_directory()).shapes)


def _member(make: Callable[[], str]) -> str:
    """A part of the bundle, or the reason why it is missing: a bundle is made when something is broken."""
    try:
        return make()
    except (BridgeError, OSError, ValueError, sqlite3.Error) as error:
        return f"not to be had: {error.message if isinstance(error, BridgeError) else type(error).__name__}\n"


def _write(path: Path, members: dict[str, bytes]) -> None:
    """Write the archive, never over a file that was made there since the plan. Raises OSError."""
    with whole_file(path, over=False) as file, tarfile.open(fileobj=file, mode="w:gz") as packed:
        for name, data in members.items():
            entry = tarfile.TarInfo(f"koru-support/{name}")
            entry.size, entry.mode, entry.mtime = len(data), 0o600, now_ms() // 1000
            packed.addfile(entry, io.BytesIO(data))


def _about() -> str:
    lines = {"koru": VERSION, "python": platform.python_version(), "system": platform.platform()}
    return "".join(f"{name}: {value}\n" for name, value in lines.items())


def _doctor() -> str:
    report = examine(list(CHECKS.values()), Scene(ask_seconds=ASK_S), CHECK_S)
    return json.dumps(as_json(report), indent=2) + "\n"


def _status() -> str:
    answer = Scene(ask_seconds=ASK_S).answer()
    if isinstance(answer, BridgeError):
        raise answer
    return json.dumps(answer, indent=2) + "\n"


def _registry() -> str:
    there = Scene().registry
    interfaces = [each.model_dump(mode="json", exclude_defaults=True) for each in there.interfaces.values()]
    whole = {
        "interfaces": interfaces,
        "disabled": sorted(there.disabled),
        "problems": [str(problem) for problem in there.problems],
    }
    return json.dumps(whole, indent=2) + "\n"


def _policy() -> str:
    """Grants and rules. Of the operator's own patterns for secrets only their names."""
    found = load(paths.config_directory())
    whole = {
        "problem": found.problem,
        "default": found.default,
        "secrets_in_prompts": found.on_secrets,
        "grants": [asdict(grant) for grant in found.grants],
        "rules": [asdict(rule) for rule in found.rules],
        "patterns": [shape.kind for shape in found.shapes],
    }
    return json.dumps(whole, indent=2) + "\n"


def _verdict() -> str:
    return json.dumps(asdict(verify(paths.ledger_directory(), key=load_key())), indent=2) + "\n"


def _log() -> str:
    with paths.daemon_log().open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_MOST_BYTES))
        return file.read().decode("utf-8", "replace")


def _ledger() -> str:
    return "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in _rows())


def _rows() -> Iterator[dict[str, Any]]:
    with snapshot(paths.ledger_directory()) as held:
        for row in last_rows(held.connection, after_seq=None, limit=ROWS_MOST):
            body = without_texts(json.loads(row.body), plain=row.kind in PLAIN_KINDS)
            known = {"seq": row.seq, "at_ms": row.at_ms, "kind": row.kind, "drive_id": row.drive_id, "hash": row.hash}
            yield {**known, "body": body}


def without_texts(value: Any, *, plain: bool, name: str = "") -> Any:
    """The body of a row in which each text that came from a chat, or was for one, is replaced by its length.

    `plain`: the row is of a kind whose sentences are Koru's own, so that those stay.
    """
    if isinstance(value, dict):
        return {key: without_texts(each, plain=plain, name=key) for key, each in value.items()}
    if isinstance(value, list):
        return [without_texts(each, plain=plain, name=name) for each in value]
    if not isinstance(value, str) or name in STRUCTURE or name in OURS or (plain and name in SENTENCES):
        return value
    return f"({len(value)} characters left out)"


MEMBERS: dict[str, Callable[[], str]] = {
    "about.txt": _about,
    "doctor.json": _doctor,
    "status.json": _status,
    "registry.json": _registry,
    "policy.json": _policy,
    "daemon.log": _log,
    "ledger.jsonl": _ledger,
    "ledger-verdict.json": _verdict,
}
