"""Writes what `koru recover` does into the ledger: through the daemon where one answers, else directly.

Without a daemon the ledger has no other writer, and the ledger's lock keeps a daemon from starting on it meanwhile.
"""

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from bridge import paths
from bridge.client import Client
from bridge.clock import now_ms
from bridge.ledger.key import load_key
from bridge.ledger.store import Ledger
from bridge.policy import placeholder_key
from bridge.policy.files import load
from bridge.policy.redaction import Redactor
from bridge.protocol.errors import BridgeError, Reason

ASK_S = 3.0
COMMAND = "command"


def write(run_id: str, recovery: str, phase: str, said: tuple[str, ...], state: str | None = None) -> None:
    """One row, on disk when this returns. Raises BridgeError when neither the daemon nor this process can write."""
    params: dict[str, Any] = {"run_id": run_id, "recovery": recovery, "phase": phase, "said": list(said)}
    if state is not None:
        params["state"] = state
    try:
        with Client.connect(role="operator", name="koru recover", timeout=ASK_S) as client:
            client.request("recovery/record", params, timeout=ASK_S)
    except BridgeError as error:
        if error.reason is not Reason.DAEMON_NOT_RUNNING:
            raise
        del params["phase"]
        _by_hand(f"recovery_{phase}", {**params, "by": COMMAND})


def _by_hand(kind: str, body: Mapping[str, object]) -> None:
    with closing(Ledger.open(paths.ledger_directory(), key=load_key())) as ledger:
        shapes = load(paths.config_directory()).shapes
        redactor = Redactor(placeholder_key.load_key(paths.state_directory()), shapes)
        ledger.append(kind, redactor.redact_body(body), at_ms=now_ms())
