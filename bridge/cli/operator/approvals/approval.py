"""One approval: asked of the daemon, and printed with its action, its time and its prompt."""

from bridge.cli import exits
from bridge.cli.output import clean, emit, say, span
from bridge.clock import now_ms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any

    from bridge.client import Client

    Decidable = dict[str, Any]  # an approval as the daemon tells it


def find(client: "Client", approval_id: str) -> "Decidable":
    """BridgeError UNKNOWN_APPROVAL."""
    found: Decidable = client.request("approvals/list", {"approval_id": approval_id})["approvals"][0]
    return found


def time_left(approval: "Decidable") -> str:
    """How long it can still be decided."""
    if approval["state"] != "pending":
        return "-"
    return span(approval["expires_at_ms"] - now_ms())


def print_approval(approval: "Decidable", arguments: "Namespace") -> int:
    if arguments.json:
        emit(approval)
    else:
        say(_page(approval))
    return exits.DONE


def _page(approval: "Decidable") -> str:
    left = f", {time_left(approval)} left" if approval["state"] == "pending" else ""
    lines = [
        f"{approval['approval_id']}  {approval['state']}",
        *(_of_recovery(approval) if approval.get("recovery") else _of_drive(approval)),
        f"  {approval['reason']}{left}",
        f"  hash {approval['action_sha']}",
    ]
    lines = [*map(clean, lines)]
    text = approval.get("text")
    if text is not None:
        lines += ["", *(clean(line.expandtabs(4)) for line in text.split("\n"))]
    return "\n".join(lines)


def _of_drive(approval: "Decidable") -> "list[str]":
    return [
        f"  {approval['action']} {approval['text_chars']} characters to {approval['surface']}",
        f"  via {approval['interface']}, folders {', '.join(approval['workspace_folders']) or '-'}",
        f"  drive {approval['drive_id']}",
    ]


def _of_recovery(approval: "Decidable") -> "list[str]":
    return [f"  recovery {approval['recovery']}" + (f" of {approval['surface']}" if approval["surface"] else "")]
