"""`koru registry lint`: what does not hold together in the interface files, with file and line."""

import os

from bridge.cli import exits
from bridge.cli.operator.registry.command_line import command_fault
from bridge.cli.output import clean, emit, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace


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
    return exits.REFUSED if problems else exits.DONE


def _short(line: str) -> str:
    here = os.getcwd() + os.sep
    return line.removeprefix(here)
