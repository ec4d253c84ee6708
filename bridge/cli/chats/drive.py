"""koru drive: send one prompt to a chat and say what is proven of it; list, show and cancel drives."""

import sys
import time

from bridge.cli.output import clean, emit, paint, say, table
from bridge.client import Client
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.prompt import PROMPT_MAX_BYTES, check_prompt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

HELP = "send one prompt to a chat, with proof"
ACTIONS = ("list", "show", "cancel")
OUTCOME_EXIT = {"confirmed": 0, "refused": 1, "likely": 4, "unknown": 5, "failed": 6}
OUTCOME_COLOUR = {"confirmed": "green", "refused": "red", "failed": "red"}
TURN_EXIT = {"completed": 0, "needs_input": 7, "turn_failed": 8, "wait_timeout": 9, "waiting": 9}
POLL_MS = 1_000
QUEUE_SLACK_S = 60.0


def configure(parser: "ArgumentParser") -> None:
    parser.description = "Send one prompt to the chat of an open IDE, and settle by evidence what became of it."
    parser.epilog = (
        "exit: 0 confirmed, 1 refused, 4 likely, 5 unknown, 6 failed; with --wait also 7 needs input, "
        "8 turn failed, 9 still running. A prompt that is just 'list', 'show' or 'cancel' goes by stdin: -"
    )
    parser.add_argument(
        "words", nargs="*", metavar="TEXT", help="the prompt, - for stdin; or: list, show ID, cancel ID"
    )
    parser.add_argument("--file", metavar="F", help="read the prompt from a file")
    parser.add_argument("--ide", help="the IDE's id: code, cursor, codium, code-server, …")
    parser.add_argument("--workspace", metavar="DIR", help="the window that has this folder open")
    parser.add_argument("--agent", help="which chat of the window")
    parser.add_argument("--window", help="a window's id, or a surface's key")
    parser.add_argument("--via", metavar="INTERFACE", help="only by this interface")
    parser.add_argument("--chat", metavar="ID", help="this chat session")
    parser.add_argument("--new-chat", action="store_true", help="a fresh chat session")
    parser.add_argument("--mode", help="the chat's mode: ask, edit, agent, …")
    parser.add_argument(
        "--id", metavar="ID", help="the drive's id; the same id is never sent twice (default: a new one)"
    )
    parser.add_argument("--draft", action="store_true", help="put the text into the input and do not send it")
    parser.add_argument("--wait", action="store_true", help="also wait for the turn to end, and print the reply")
    parser.add_argument(
        "--turn-deadline", type=seconds, default=600.0, metavar="S", help="how long a turn may take (600)"
    )
    parser.add_argument("--deadline", type=seconds, default=90.0, metavar="S", help="how long to look for proof (90)")
    parser.add_argument(
        "--require", choices=("host", "witness"), default="host", help="the proof that is enough (host)"
    )
    parser.add_argument("-n", "--limit", type=int, default=20, help="how many drives to list (20)")
    parser.add_argument("--json", action="store_true", help="print the drive as JSON")


def run(arguments: "Namespace") -> int:
    words = arguments.words
    if words[:1] == ["list"] and len(words) == 1:
        return _list(arguments)
    if words[:1] in (["show"], ["cancel"]) and len(words) == 2:
        return _one(f"drive/{'get' if words[0] == 'show' else 'cancel'}", words[1], arguments)
    if words and words[0] in ACTIONS:
        raise BridgeError(Reason.USAGE, f"koru drive {words[0]} takes {'no id' if words[0] == 'list' else 'one id'}")
    return _drive(read_prompt(arguments), arguments)


def seconds(text: str) -> float:
    """A number of seconds as argparse wants it."""
    import argparse

    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 86_400 * 7:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return value


def read_prompt(arguments: "Namespace") -> str:
    """The prompt of TEXT, stdin or --file, whole and fit to be sent. BridgeError."""
    words, file = arguments.words, arguments.file
    if len(words) > 1 or (words and file):
        hint = "quote the prompt as one argument, or use - or --file"
        raise BridgeError(Reason.USAGE, "more than one prompt was given", hint=hint)
    if not words and not file:
        raise BridgeError(
            Reason.PROMPT_EMPTY, "no prompt was given", hint='koru drive "…", or - for stdin, or --file F'
        )
    text = (
        _read(file)
        if file
        else _decode(sys.stdin.buffer.read(PROMPT_MAX_BYTES + 1), "-")
        if words == ["-"]
        else words[0]
    )
    check_prompt(text)
    return str(text)


def _read(file: str) -> str:
    try:
        with open(file, "rb") as opened:
            return _decode(opened.read(PROMPT_MAX_BYTES + 1), file)
    except OSError as error:
        raise BridgeError(Reason.USAGE, f"the prompt cannot be read: {error.strerror}", where=file) from None


def _decode(data: bytes, where: str) -> str:
    """Only as much is read as could be sent, so a cut character at the end is a prompt that is too large anyway."""
    if len(data) > PROMPT_MAX_BYTES:
        return "x" * len(data)
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise BridgeError(Reason.USAGE, f"the prompt is not UTF-8 (byte {error.start})", where=where) from None


def _drive(text: str, arguments: "Namespace") -> int:
    import os
    import uuid

    workspace = os.path.abspath(arguments.workspace) if arguments.workspace else None
    selector = {
        "ide": arguments.ide,
        "workspace": workspace,
        "agent": arguments.agent,
        "window": arguments.window,
        "via": arguments.via,
    }
    params = {
        "drive_id": arguments.id or str(uuid.uuid4()),
        "text": text,
        "selector": {name: value for name, value in selector.items() if value is not None},
        "target": {
            "new_chat": arguments.new_chat,
            **({"chat_id": arguments.chat} if arguments.chat else {}),
            **({"mode": arguments.mode} if arguments.mode else {}),
        },
        "draft": arguments.draft,
        "deadline_ms": int(arguments.deadline * 1000),
        "wait_ms": int(arguments.turn_deadline * 1000),
        "require": arguments.require,
    }
    with Client.connect() as client:
        drive = client.request("drive/start", params, timeout=15.0)
        try:
            drive = _follow(client, drive, arguments)
        except KeyboardInterrupt:
            print(f"\nkoru: the drive goes on; to stop it: koru drive cancel {drive['drive_id']}", file=sys.stderr)
            raise
    _print(drive, arguments)
    return exit_status(drive, waited=arguments.wait)


def _follow(client: Client, drive: "dict[str, Any]", arguments: "Namespace") -> "dict[str, Any]":
    """Ask until the drive is settled (with --wait: until its turn is over), telling each new fact on a terminal."""
    shown = 0
    until = "turn" if arguments.wait else "outcome"
    told: set[str] = set()
    limit = (  # an approval may take one deadline, the proof another
        arguments.deadline * (2 + drive.get("queued_behind", 0))
        + arguments.turn_deadline * arguments.wait
        + QUEUE_SLACK_S
    )
    end = time.monotonic() + limit
    while not _over(drive, until):
        if time.monotonic() > end:
            hint = f"koru drive show {drive['drive_id']}"
            raise BridgeError(Reason.TIMEOUT, f"the drive is not settled after {limit:.0f} s", hint=hint)
        wait = {"drive_id": drive["drive_id"], "until": until, "timeout_ms": POLL_MS}
        drive = client.request("drive/wait", wait, timeout=POLL_MS / 1000 + 10)
        _tell_approval(drive, told, as_json=arguments.json)
        if sys.stderr.isatty() and not arguments.json:
            for fact in drive["facts"][shown:]:
                print(clean(f"  {_fact(fact)}"), file=sys.stderr)
            shown = len(drive["facts"])
    return drive


def _over(drive: "dict[str, Any]", until: str) -> bool:
    settled = drive["state"] == "settled"
    return bool(settled and (until == "outcome" or drive.get("turn", {}).get("state") != "waiting"))


def exit_status(drive: "dict[str, Any]", *, waited: bool) -> int:
    """The exit status of a drive; of its turn, when that was waited for and the submit is proven."""
    outcome = drive.get("outcome", "unknown")
    turn = drive.get("turn")
    if waited and turn is not None and outcome in ("confirmed", "likely"):
        return TURN_EXIT[turn["state"]] or OUTCOME_EXIT[outcome]
    return OUTCOME_EXIT[outcome]


def _list(arguments: "Namespace") -> int:
    with Client.connect() as client:
        drives = client.request("drive/list", {"limit": arguments.limit})["drives"]
    if arguments.json:
        emit({"drives": drives})
    elif drives:
        say(table(("accepted", "outcome", "drive", "surface", "characters"), [_row(drive) for drive in drives]))
    else:
        print("no drives yet", file=sys.stderr)
    return 0


def _row(drive: "dict[str, Any]") -> "list[str]":
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(drive["accepted_at_ms"] / 1000))
    what = drive.get("outcome") or drive["state"]
    return [when, what, drive["drive_id"], drive.get("surface", ""), str(drive["text_chars"])]


def _one(method: str, drive_id: str, arguments: "Namespace") -> int:
    with Client.connect() as client:
        drive = client.request(method, {"drive_id": drive_id}, timeout=15.0)
    _print(drive, arguments)
    return 0


def _tell_approval(drive: "dict[str, Any]", told: "set[str]", *, as_json: bool) -> None:
    approval = drive.get("approval")
    if approval and approval not in told and not as_json:
        told.add(approval)
        print(f"koru: it waits for an approval: koru approvals show {approval}", file=sys.stderr)


def _print(drive: "dict[str, Any]", arguments: "Namespace") -> None:
    if arguments.json:
        status = exit_status(drive, waited=arguments.wait) if drive["state"] == "settled" else None
        emit({**drive, "exit": status})
        return
    say(
        clean(
            f"drive {drive['drive_id']} to {drive.get('surface')}" + (" (known already)" * bool(drive.get("replayed")))
        )
    )
    say(
        clean(f"  via {drive['interface']}")
        if drive.get("interface")
        else "  by no interface; for the reasons: koru explain"
    )
    for fact in drive["facts"]:
        say(clean(f"  {_fact(fact)}"))
    for line in _conclusion(drive):
        say(line)
    reply = (drive.get("turn") or {}).get("reply")
    if reply is not None and (arguments.wait or arguments.words[:1] == ["show"]):
        say("\n" + "\n".join(clean(line.expandtabs(4)) for line in reply.split("\n")))


def _fact(fact: "dict[str, Any]") -> str:
    line = f"{fact['kind']:<12} {fact['grade']:<8} {fact['source']}"
    notes = [note for note in (fact.get("evidence"), fact.get("detail")) if note]
    return line + (f"  ({'; '.join(notes)})" if notes else "") + ("" if fact.get("counted", True) else "  not counted")


def _conclusion(drive: "dict[str, Any]") -> "list[str]":
    if drive["state"] != "settled":
        waits = f", waiting for an approval: koru approvals show {drive['approval']}" if drive.get("approval") else ""
        return [clean(f"{drive['state']}{waits}")]
    chat = f", chat {drive['chat_id']}" if drive.get("chat_id") else ""
    blocker = f" [{drive['blocker']}]" if drive.get("blocker") else ""
    colour = OUTCOME_COLOUR.get(drive["outcome"], "yellow")
    lines = [f"{paint(drive['outcome'], colour)}: " + clean(f"{drive.get('reason')}{blocker}{chat}")]
    if drive.get("warning"):
        lines.append(clean(f"warning: {drive['warning']}"))
    if drive.get("doubt"):
        lines.append(clean(f"doubt: {drive['doubt']}"))
    turn = drive.get("turn")
    if turn is not None:
        lines.append(clean(f"turn {turn['state']}" + (f": {turn['reason']}" if turn.get("reason") else "")))
    return lines
