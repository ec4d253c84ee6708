"""`koru recover`: see what can be done about what is wrong, and do it: planned, approved where risky, recorded."""

from bridge.cli import actions, exits
from bridge.cli.output import clean, emit, paint, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from bridge.cli.operator.recover.consent import Answer

HELP = "do something about what is wrong"
ACTIONS = ("list",)
OF_STATE = {"planned": exits.DONE, "not_needed": exits.DONE, "done": exits.DONE, "unproven": exits.LIKELY}
_STYLES = {"done": "green", "not_needed": "green", "failed": "red", "denied": "red"}


def configure(parser: "ArgumentParser") -> None:
    parser.epilog = (
        "WHAT is a recovery, a blocker (its first recovery that can be run), or a drive whose outcome is unknown. "
        "What reloads, kills, restarts or sends again needs --yes, or your yes to its plan. "
        "exit: 0 done or nothing to do, 1 not done, 4 done but not proven"
    )
    parser.add_argument("what", nargs="?", default="list", metavar="WHAT", help="list (the default), or what to run")
    parser.add_argument("--window", metavar="ID", help="a window's id, or a surface's key")
    parser.add_argument("--drive", metavar="ID", help="the drive that is meant")
    parser.add_argument("--ide", metavar="IDE", help="only this IDE, for reinstall_plugin")
    parser.add_argument("--output", metavar="FILE", help="where to write, for support_bundle")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    parser.add_argument("--yes", action="store_true", help="approve exactly what is planned now")


def run(arguments: "Namespace") -> int:
    """BridgeError UNKNOWN_RECOVERY for what is neither a recovery, a blocker nor an unknown drive."""
    if arguments.what in ACTIONS:
        return actions.run(__name__, arguments.what, arguments)
    from bridge.cli.operator.recover import by_command, by_daemon, by_hand
    from bridge.cli.operator.recover.meaning import meant

    recovery = meant(arguments)
    if isinstance(recovery, list):
        return by_hand.ways(recovery, arguments)
    if recovery.action is None:
        return by_hand.step(recovery, arguments)
    by = by_daemon if recovery.action == "daemon" else by_command
    answer = by.recover(recovery, arguments)
    if arguments.json:
        emit(answer)
    else:
        say(_page(answer))
    return OF_STATE.get(answer["state"], exits.REFUSED)


def _page(answer: "Answer") -> str:
    state = answer["state"].replace("_", " ")
    lines = [f"{paint(state, _STYLES.get(answer['state'], 'yellow'))}: {answer['recovery']}"]
    lines += [clean(f"  {said}") for said in answer["said"]]
    for check in answer["checks"]:
        lines.append(clean(f"  check {check['id']}: {check['state']}"))
        lines += [clean(f"    {problem}") for problem in check["problems"]]
    return "\n".join(lines)
