"""The policy in force, which every action of `koru trust` prints: after a change, as it is then."""

from bridge.cli import exits
from bridge.cli.output import clean, emit, paint, say, table
from bridge.client import Client

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any

EVERYWHERE = "*"


def request(method: str, params: "dict[str, str]", arguments: "Namespace") -> int:
    """Make one request and print the policy that it answers; exit 1 when a file of the policy cannot be read."""
    with Client.connect(role="operator") as client:
        found = client.request(method, params)
    if arguments.json:
        emit(found)
    else:
        say(_page(found))
    return exits.REFUSED if found.get("problem") else exits.DONE


def _page(found: "dict[str, Any]") -> str:
    if found.get("problem"):
        return f"{paint('nothing may act', 'red')}: {clean(found['problem'])}"
    rows = [(g["interface"], "everywhere" if g["workspace"] == EVERYWHERE else g["workspace"], g["level"])
            for g in found["grants"]]  # fmt: skip
    rows += [(each["interface"], "(default)", each["level"]) for each in found["defaults"]]
    lines = [
        table(("INTERFACE", "WORKSPACE", "TRUSTED TO"), sorted(rows)),
        "",
        f"rules    {found['rules']}; where none fits: {found['default']}",
        f"secrets  in prompts: {found['secrets_in_prompts']}",
        clean(f"files    {found['directory']}: policy.yaml (yours), trust.yaml (written by koru trust)"),
    ]
    return "\n".join(lines)
