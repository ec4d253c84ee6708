"""What became of a drive: its exit status, and its page for people."""

from bridge.cli import exits
from bridge.cli.output import clean, emit, paint, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any

    Drive = dict[str, Any]  # as the daemon tells it

OF_OUTCOME = {
    "confirmed": exits.DONE,
    "refused": exits.REFUSED,
    "likely": exits.LIKELY,
    "unknown": exits.UNKNOWN,
    "failed": exits.NOT_SUBMITTED,
}
OF_TURN = {
    "completed": exits.DONE,
    "needs_input": exits.ASKS,
    "turn_failed": exits.FAILED,
    "wait_timeout": exits.SPENT,
    "waiting": exits.SPENT,
}
OUTCOME_COLOUR = {"confirmed": "green", "refused": "red", "failed": "red"}


def exit_status(drive: "Drive", *, waited: bool) -> int:
    """The exit status of a settled drive; of its turn, where that was waited for and the submit is proven."""
    outcome = drive.get("outcome", "unknown")
    turn = drive.get("turn")
    if waited and turn is not None and outcome in ("confirmed", "likely"):
        return OF_TURN[turn["state"]] or OF_OUTCOME[outcome]
    return OF_OUTCOME[outcome]


def print_drive(drive: "Drive", arguments: "Namespace", *, with_reply: bool) -> None:
    if arguments.json:
        status = exit_status(drive, waited=arguments.wait) if drive["state"] == "settled" else None
        emit({**drive, "exit": status})
        return
    say(
        clean(f"drive {drive['drive_id']} to {drive.get('surface')}" + " (known already)" * bool(drive.get("replayed")))
    )
    interface = drive.get("interface")
    say(clean(f"  via {interface}") if interface else "  by no interface; for the reasons: koru explain")
    for fact in drive["facts"]:
        say(clean(f"  {fact_line(fact)}"))
    for line in _conclusion(drive):
        say(line)
    reply = (drive.get("turn") or {}).get("reply")
    if reply is not None and with_reply:
        say("\n" + "\n".join(clean(line.expandtabs(4)) for line in reply.split("\n")))


def fact_line(fact: "dict[str, Any]") -> str:
    line = f"{fact['kind']:<12} {fact['grade']:<8} {fact['source']}"
    notes = [note for note in (fact.get("evidence"), fact.get("detail")) if note]
    return line + (f"  ({'; '.join(notes)})" if notes else "") + ("" if fact.get("counted", True) else "  not counted")


def _conclusion(drive: "Drive") -> "list[str]":
    if drive["state"] != "settled":
        waits = f", waiting for an approval: koru approvals show {drive['approval']}" if drive.get("approval") else ""
        return [clean(f"{drive['state']}{waits}")]
    chat = f", chat {drive['chat_id']}" if drive.get("chat_id") else ""
    blocker = f" [{drive['blocker']}]" if drive.get("blocker") else ""
    colour = OUTCOME_COLOUR.get(drive["outcome"], "yellow")
    lines = [f"{paint(drive['outcome'], colour)}: " + clean(f"{drive.get('reason')}{blocker}{chat}")]
    lines += [clean(f"{kind}: {drive[kind]}") for kind in ("warning", "doubt") if drive.get(kind)]
    turn = drive.get("turn")
    if turn is not None:
        lines.append(clean(f"turn {turn['state']}" + (f": {turn['reason']}" if turn.get("reason") else "")))
    return lines
