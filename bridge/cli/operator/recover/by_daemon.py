"""Recoveries that the daemon runs, because they are about what it holds: drives, queues and windows."""

from bridge.cli.operator.recover.consent import agreed
from bridge.client import Client

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any

    from bridge.cli.operator.recover.consent import Answer
    from registry.model import Recovery

RUN_S = 150.0


def recover(recovery: "Recovery", arguments: "Namespace") -> "Answer":
    """Ask for it as an operator. A risky one is answered by a plan and an approval, which is decided and used here."""
    import uuid

    params = {
        "run_id": f"r-{uuid.uuid4().hex}",
        "recovery": recovery.id,
        "dry_run": arguments.dry_run,
        **({"window": arguments.window} if arguments.window else {}),
        **({"drive_id": arguments.drive} if arguments.drive else {}),
    }
    with Client.connect(role="operator") as client:
        answer = client.request("recovery/run", params, timeout=RUN_S)
        if answer["state"] != "waiting":
            return answer
        approval = answer["approval"]
        if not agreed(answer["said"], arguments):
            return {**answer, "said": [*answer["said"], _how_to_approve(approval)]}
        decision = {"approval_id": approval["approval_id"], "action_sha": approval["action_sha"], "approve": True}
        client.request("approvals/decide", decision)
        return client.request("recovery/run", params, timeout=RUN_S)


def _how_to_approve(approval: "dict[str, Any]") -> str:
    return f"nothing was done; it waits: koru approvals show {approval['approval_id']}, or run it again with --yes"
