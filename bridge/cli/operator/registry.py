"""`koru registry lint`: whether the interface files hold together, with file and line of what does not."""

import os

from bridge.cli.output import clean, emit, say
from bridge.protocol.errors import BridgeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

HELP = "check the interface files, yours included"
EXIT_WRONG = 1


def configure(parser: "ArgumentParser") -> None:
    parser.epilog = "With FILE, only what is wrong with these files, read as if they were in your configuration."
    parser.add_argument("action", choices=("lint",), help="look for what is wrong")
    parser.add_argument("files", nargs="*", metavar="FILE", help="interface files (all, yours included)")
    parser.add_argument("--json", action="store_true", help="print the problems as one JSON object")


def run(arguments: "Namespace") -> int:
    from pathlib import Path

    from bridge import paths
    from bridge.doctor.catalogue import CHECKS
    from bridge.doctor.probes import ADAPTERS
    from bridge.recovery.catalogue import PLACES
    from registry.lint import Code, lint
    from registry.load import load

    asked = [Path(file) for file in arguments.files]
    registry = load(paths.config_directory() / "interfaces", asked)
    problems = lint(registry, command_fault, ADAPTERS, Code(PLACES, CHECKS))
    if asked:
        problems = [problem for problem in problems if Path(problem.file) in asked]
    if arguments.json:
        wire = [{"file": p.file, "line": p.line, "field": p.field, "message": p.message} for p in problems]
        emit({"interfaces": len(registry.interfaces), "problems": wire})
    elif problems:
        say("\n".join(clean(_short(str(problem))) for problem in problems))
    else:
        say(f"{len(registry.interfaces)} interfaces, {len(registry.blockers)} blockers, nothing is wrong")
    return EXIT_WRONG if problems else 0


def _short(line: str) -> str:
    here = os.getcwd() + os.sep
    return line.removeprefix(here)


def command_fault(command: str) -> str | None:
    """Why this command line of ours would not run; None when it would. Nothing is run."""
    import shlex

    from bridge.cli.arguments import parse
    from bridge.cli.main import MODULES

    name, *words = shlex.split(command)
    if name != "koru" or not words or words[0] not in MODULES:
        return "it is no verb of koru"
    try:
        parse(words[0], __import__(MODULES[words[0]], fromlist=["run"]), words[1:])
    except (BridgeError, ImportError) as error:
        return str(error)
    return None
