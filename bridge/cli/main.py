"""The command `koru`: picks the verb, imports that verb alone, and turns every error into words and an exit status.

The only place where an error becomes an exit status: verbs raise BridgeError, or return one of bridge.cli.exits.
"""

import os
import sys

from bridge.cli import exits
from bridge.cli.output import OutputLost, emit, say
from bridge.protocol.errors import BridgeError, Reason
from bridge.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

# Title -> verb -> its folder and what it is for. Written down, and proven by a test to be the list of files: to find it
# out would cost every command its time. A verb is a module with HELP, configure(parser) and run(arguments); one with
# ACTIONS has a file for each of them in its folder.
GROUPS: dict[str, dict[str, tuple[str, str]]] = {
    "Chats": {
        "drive": ("chats.drive", "send one prompt to a chat, with proof"),
        "history": ("chats.history", "list, show, search, follow and export chats"),
        "watch": ("chats.watch", "show every chat and what it is doing, live"),
    },
    "Goals": {
        "run": ("goals", "drive an agent until checks say that a goal is reached"),
        "goals": ("goals", "follow, answer, pause, stop and report goals"),
    },
    "Daemon": {
        "up": ("daemon", "start the daemon"),
        "down": ("daemon", "stop the daemon"),
        "status": ("daemon", "show the daemon and the windows connected to it"),
    },
    "Desktop": {
        "inject": ("desk", "put a text into a window, step by step"),
        "calibrate": ("desk", "tell where the chat's input is in a window"),
        "stop": ("desk", "take Koru's hands off keyboard and mouse, now"),
    },
    "Policy": {
        "trust": ("operator.trust", "show and change how far an interface is trusted"),
        "approvals": ("operator.approvals", "decide what waits for a person"),
    },
    "Evidence": {
        "ledger": ("operator.ledger", "read and verify what was recorded"),
    },
    "IDE": {
        "plugin": ("plugin", "install the plugin into an IDE, compare versions, or let it test itself"),
    },
    "Interfaces": {
        "doctor": ("operator", "find out what is wrong, and what to do about it"),
        "recover": ("operator.recover", "do something about what is wrong"),
        "explain": ("operator", "show which interface a drive would take, and why not another"),
        "registry": ("operator.registry", "check the interface files, yours included"),
    },
}
VERBS = {verb: text for group in GROUPS.values() for verb, (_, text) in group.items()}
MODULES = {verb: f"bridge.cli.{folder}.{verb}" for group in GROUPS.values() for verb, (folder, _) in group.items()}

EXAMPLE = 'koru up && koru plugin install && koru drive --workspace . "Run the tests and fix what fails"'
EXITS = """\
  0  done, or proven     1  refused: nothing touched   2  usage          3  a bug of ours
  4  likely, not proven  5  unknown: look before you send again          6  proven not submitted
  with --wait: 7  the chat asks something   8  the turn failed   9  still running at the deadline"""


def main(arguments: "Sequence[str] | None" = None) -> int:
    """Run one command; its exit status. With `--json`, an error is an object {"error": ...} on stdout."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words[: words.index("--")] if "--" in words else "--json" in words
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    try:
        return _flushed(_guarded(words, as_json=as_json))
    except KeyboardInterrupt:
        return exits.INTERRUPTED
    except BrokenPipeError:
        return _mute(exits.BROKEN_PIPE)
    except OutputLost as lost:
        return _lost(str(lost), exits.OUTPUT_LOST)


def _guarded(words: list[str], *, as_json: bool) -> int:
    try:
        return _run(words)
    except SystemExit as ended:  # argparse, after --help
        return int(ended.code or exits.DONE)
    except BridgeError as error:
        return _refuse(error, as_json=as_json)
    except (BrokenPipeError, OutputLost):
        raise
    except Exception as error:
        from bridge.cli.bug import report

        return _refuse(report(error, words[:1]), as_json=as_json)


def _flushed(code: int) -> int:
    """The exit status, once all output has left this process; another one where it could not, and all was well."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        return _lost(os.strerror(error.errno or 0), code or exits.OUTPUT_LOST)
    return code


def _lost(why: str, code: int) -> int:
    print(f"koru: the output was lost: {why}", file=sys.stderr)
    return _mute(code)


def _mute(code: int) -> int:
    """Throw away what is still buffered: the interpreter would try to write it at its end, and print a traceback."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _run(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        say(_help())
        return exits.DONE if words else exits.USAGE
    if words[0] in ("-V", "--version"):
        say(f"koru {VERSION}")
        return exits.DONE
    verb, rest = words[0], words[1:]
    if verb not in VERBS:
        raise _unknown(verb)
    module = __import__(MODULES[verb], fromlist=["run"])
    return int(module.run(_parse(verb, module, rest)))


def _parse(verb: str, module: "Any", words: list[str]) -> "Any":
    """The arguments of a verb. One that names its FLAGS is read here where nothing else was typed, without argparse."""
    flags = getattr(module, "FLAGS", None)
    if flags is not None and all(word in flags for word in words):
        return type("Flags", (), {flag.strip("-").replace("-", "_"): flag in words for flag in flags})
    from bridge.cli.arguments import parse

    return parse(verb, module, words)


def _unknown(verb: str) -> BridgeError:
    from difflib import get_close_matches

    near = get_close_matches(verb, VERBS, n=1)
    hint = f"did you mean: koru {near[0]}" if near else "koru --help lists them"
    return BridgeError(Reason.USAGE, f"there is no verb {verb!r}", hint=hint)


def _refuse(error: BridgeError, *, as_json: bool) -> int:
    if as_json:
        wire = {"reason": error.reason, "message": error.message, "hint": error.hint, "where": error.where}
        emit({"error": wire})
    else:
        print(f"koru: {error}", file=sys.stderr)
    return exits.of_error(error)


def _help() -> str:
    lines = [
        "koru drives the agent chats that are open in your IDEs, and proves what happened.",
        "",
        "usage: koru VERB ...          koru VERB --help          koru --version",
    ]
    for title, verbs in GROUPS.items():
        lines += ["", title, *(f"  {verb:<9} {text}" for verb, (_, text) in verbs.items())]
    return "\n".join([*lines, "", "Every verb takes --json.", "", "Example", f"  {EXAMPLE}", "", "Exit status", EXITS])
