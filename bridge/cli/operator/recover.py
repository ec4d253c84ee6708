"""`koru recover`: see what can be done about what is wrong, and do it: planned, approved where risky, recorded."""

import sys

from bridge.cli.output import clean, emit, on_terminal, paint, say, table
from bridge.client import Client
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

    from registry.load import Registry
    from registry.model import Recovery

    Answer = dict[str, Any]  # the result of `recovery/run`, whoever ran it

HELP = "do something about what is wrong"
RUN_S = 150.0
EXIT_NOT = 1
EXIT_UNPROVEN = 4
_EXIT = {"planned": 0, "not_needed": 0, "done": 0, "unproven": EXIT_UNPROVEN}
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
    from bridge import paths
    from registry.load import load

    registry = load(paths.config_directory() / "interfaces")
    if arguments.what == "list":
        return _list(registry, arguments)
    recovery = _meant(registry, arguments)
    if isinstance(recovery, list):
        return _ways(recovery, arguments)
    if recovery.action is None:
        return _by_hand(recovery, arguments)
    answer = _by_daemon(recovery, arguments) if recovery.action == "daemon" else _here(recovery, arguments)
    if arguments.json:
        emit(answer)
    else:
        say(_page(answer))
    return _EXIT.get(answer["state"], EXIT_NOT)


# --- what is meant ---------------------------------------------------------------------------------------------------


def _meant(registry: "Registry", arguments: "Namespace") -> "Recovery | list[Recovery]":
    """The recovery; for a drive, the ways there are to settle it. BridgeError UNKNOWN_RECOVERY."""
    what = arguments.what
    if what in registry.recoveries:
        return registry.recoveries[what]
    if what in registry.blockers:
        ways = [registry.recoveries[word] for word in registry.blockers[what].recoveries]
        return next((way for way in ways if way.action is not None), ways[0])
    if _is_drive(what):
        arguments.drive = what
        return [each for each in registry.recoveries.values() if "drives-unknown" in each.checks]
    from difflib import get_close_matches

    near = get_close_matches(what, [*registry.recoveries, *registry.blockers], n=1)
    hint = f"did you mean: koru recover {near[0]}" if near else "koru recover list"
    raise BridgeError(Reason.UNKNOWN_RECOVERY, f"no recovery, blocker or drive is called {what}", hint=hint)


def _is_drive(what: str) -> bool:
    try:
        with Client.connect() as client:
            client.request("drive/get", {"drive_id": what})
    except BridgeError as error:
        if error.reason in (Reason.UNKNOWN_DRIVE, Reason.INVALID_PARAMS, Reason.DAEMON_NOT_RUNNING):
            return False
        raise
    return True


def _ways(ways: "list[Recovery]", arguments: "Namespace") -> int:
    """A drive can be settled in several ways, and only a person knows which is right."""
    commands = [f"koru recover {way.id} --drive {arguments.drive}" for way in ways]
    if arguments.json:
        ways_json = [
            {"recovery": way.id, "title": way.title, "command": c} for way, c in zip(ways, commands, strict=True)
        ]
        emit({"drive": arguments.drive, "ways": ways_json})
    else:
        rows = [(command, way.title) for way, command in zip(ways, commands, strict=True)]
        say(f"look into the chat first, then one of these:\n{table(('COMMAND', 'WHAT IT DOES'), rows)}")
    return EXIT_NOT


def _by_hand(recovery: "Recovery", arguments: "Namespace") -> int:
    if arguments.json:
        step = recovery.run or recovery.title
        emit({"recovery": recovery.id, "state": "by_hand", "said": [step], "checks": []})
    else:
        say(f"{recovery.title}" + (f":\n  {recovery.run}" if recovery.run else ""))
    return EXIT_NOT


# --- list ------------------------------------------------------------------------------------------------------------


def _list(registry: "Registry", arguments: "Namespace") -> int:
    try:
        with Client.connect() as client:
            calls = client.request("recovery/list", {})
    except BridgeError as error:
        if error.reason is not Reason.DAEMON_NOT_RUNNING:
            raise
        calls = {}
    recoveries = list(registry.recoveries.values())
    if arguments.json:
        emit({"daemon": bool(calls), "recoveries": [_wire(each) for each in recoveries], **_called(calls)})
        return 0
    rows = [(each.id, "-" if each.risk == "none" else each.risk, each.title) for each in recoveries if each.action]
    lines = [table(("RECOVERY", "RISK", "WHAT IT DOES"), rows)]
    called = _called(calls)
    lines += [f"unknown: koru recover {drive_id}" for drive_id in called["drives_unknown"]]
    lines += [
        f"overdue: koru recover release_queue --drive {queue['drive_id']}  ({queue['behind']} wait behind it)"
        for queue in called["queues"]
        if queue["overdue"]
    ]
    say(clean_lines(lines))
    return 0


def _called(calls: "dict[str, Any]") -> "dict[str, list[Any]]":
    return {name: calls.get(name, []) for name in ("drives_unknown", "queues")}


def clean_lines(lines: "list[str]") -> str:
    """What came over the socket without control characters; the table was cleaned by itself."""
    return "\n".join([lines[0], *map(clean, lines[1:])])


def _wire(each: "Recovery") -> "dict[str, Any]":
    place = each.action or ("command" if each.run else "operator")
    command = f"koru recover {each.id}" if each.action else each.run or None
    return {"recovery": each.id, "title": each.title, "place": place, "risk": each.risk, "command": command}


# --- in the daemon ---------------------------------------------------------------------------------------------------


def _by_daemon(recovery: "Recovery", arguments: "Namespace") -> "Answer":
    """Asked as an operator. A risky one comes back with its plan and an approval, which is decided and used at once."""
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
        if not _agreed(answer["said"], arguments):
            return {**answer, "said": [*answer["said"], _how_to_approve(approval)]}
        decision = {"approval_id": approval["approval_id"], "action_sha": approval["action_sha"], "approve": True}
        client.request("approvals/decide", decision)
        return client.request("recovery/run", params, timeout=RUN_S)


def _how_to_approve(approval: "dict[str, Any]") -> str:
    return f"nothing was done; it waits: koru approvals show {approval['approval_id']}, or run it again with --yes"


def _agreed(steps: "list[str]", arguments: "Namespace") -> bool:
    if arguments.yes:
        return True
    if arguments.json or not (on_terminal() and sys.stdin.isatty()):
        return False
    say("\n".join(clean(step) for step in steps))
    try:
        return input("do it? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


# --- here ------------------------------------------------------------------------------------------------------------


def _here(recovery: "Recovery", arguments: "Namespace") -> "Answer":
    """What must work without a daemon. The shell may do all of it anyway: the yes only keeps off mistakes."""
    import uuid

    from bridge.recovery.action import Aim
    from bridge.recovery.catalogue import IN_COMMAND
    from bridge.recovery.conduct import conduct
    from bridge.recovery.machine import this_machine

    action, hands = IN_COMMAND[recovery.id], this_machine()
    answer: dict[str, Any] = {"run_id": f"r-{uuid.uuid4().hex}", "recovery": recovery.id, "checks": []}
    plan = action.plan(hands, Aim(arguments.window, arguments.drive, arguments.ide, arguments.output))
    if plan.needless:
        return {**answer, "state": "not_needed", "said": [plan.needless]}
    if arguments.dry_run:
        return {**answer, "state": "planned", "said": list(plan.steps)}
    if plan.by_hand:
        return {**answer, "state": "by_hand", "said": list(plan.steps)}
    if recovery.risk != "none" and plan.risky and not _agreed(list(plan.steps), arguments):
        return {**answer, "state": "waiting", "said": [*plan.steps, "nothing was done; run it again with --yes"]}
    done = conduct(action, hands, plan, answer["run_id"], recovery.checks)
    checks = [
        {"id": ran.check.id, "state": ran.state, "problems": [finding.problem for finding in ran.findings]}
        for ran in done.checks
    ]
    said = [*done.result.said, *([done.unrecorded] if done.unrecorded else [])]
    return {**answer, "state": done.result.state, "said": said, "checks": checks, "recorded": not done.unrecorded}


def _page(answer: "Answer") -> str:
    state = answer["state"].replace("_", " ")
    lines = [f"{paint(state, _STYLES.get(answer['state'], 'yellow'))}: {answer['recovery']}"]
    lines += [clean(f"  {said}") for said in answer["said"]]
    for check in answer["checks"]:
        lines.append(clean(f"  check {check['id']}: {check['state']}"))
        lines += [clean(f"    {problem}") for problem in check["problems"]]
    return "\n".join(lines)
