"""`koru doctor`: what is usable now, what is wrong, and the command against it. It works without a daemon."""

from bridge.cli import exits
from bridge.cli.output import clean, emit, paint, say, table
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from bridge.doctor.finding import Finding
    from bridge.doctor.run import Report, Standing

HELP = "find out what is wrong, and what to do about it"
_COLOURS = {"error": "red", "warning": "yellow", "note": "dim"}


def configure(parser: "ArgumentParser") -> None:
    parser.epilog = "exit: 0 nothing is wrong (notes do not count), 1 something is. It changes nothing."
    parser.add_argument("--list", action="store_true", help="name the checks and run none")
    parser.add_argument("--check", metavar="ID", help="only this check")
    parser.add_argument("--interface", metavar="ID", help="only what is about this interface")
    parser.add_argument("--timeout", type=_seconds, default=0.8, metavar="S", help="the most a check may take (0.8)")
    parser.add_argument(
        "--verbose", action="store_true", help="also what was seen, what is hidden, and what is not built"
    )


def _seconds(text: str) -> float:
    import argparse

    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= 600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return value


def run(arguments: "Namespace") -> int:
    from bridge.doctor.catalogue import CHECKS
    from bridge.doctor.run import about, examine
    from bridge.doctor.scene import Scene
    from bridge.doctor.wire import as_json

    if arguments.list:
        return _list(arguments)
    if arguments.check is not None and arguments.check not in CHECKS:
        raise BridgeError(Reason.USAGE, f"there is no check {arguments.check!r}", hint="koru doctor --list")
    scene = Scene(ask_seconds=arguments.timeout * 0.6)
    checks = list(CHECKS.values()) if arguments.check is None else [CHECKS[arguments.check]]
    report = examine(checks, scene, arguments.timeout)
    if arguments.interface is not None:
        report = about(report, arguments.interface)
    if arguments.json:
        emit(as_json(report))
    else:
        say(_page(report, arguments))
    return exits.DONE if report.healthy else exits.REFUSED


def _list(arguments: "Namespace") -> int:
    from bridge.doctor.catalogue import CHECKS

    if arguments.json:
        emit({"checks": [{"id": check.id, "title": check.title} for check in CHECKS.values()]})
    else:
        say(table(("CHECK", "ASKS WHETHER"), [(check.id, check.title) for check in CHECKS.values()]))
    return exits.DONE


# --- words -----------------------------------------------------------------------------------------------------------


def _page(report: "Report", arguments: "Namespace") -> str:
    everything = arguments.verbose or arguments.check is not None or arguments.interface is not None
    parts = []
    if arguments.check is None:
        rows = [_row(each) for each in report.interfaces if everything or each.interface.status == "built"]
        parts.append(table(("INTERFACE", "NOW", "BEST GRADE", "WHY NOT", "COMMAND"), rows))
    shown = [f for f in report.findings if everything or f.severity != "note"]
    parts += [_words(finding) for finding in shown]
    if everything:
        parts += [f"{paint('hidden', 'dim')}: a consequence\n{_words(finding)}" for finding in report.hidden]
    if arguments.verbose or arguments.check is not None:
        seen = [clean(f"{each.name}: {each.value}") for ran in report.ran for each in ran.seen]
        parts += ["\n".join(seen)] if seen else []
    quiet = len(report.findings) - len(shown)
    notes = f"; {quiet} notes more with --verbose" if quiet else ""
    verdict = paint("nothing is wrong", "green") if report.healthy else paint("something is wrong", "yellow")
    return "\n\n".join([*parts, f"{verdict} ({len(report.ran)} checks{notes})"])


def _row(each: "Standing") -> tuple[str, ...]:
    now = "usable" if each.usable else "blocked" if each.interface.status == "built" else each.interface.status
    blockers = f"[{', '.join(each.blockers)}] " if each.blockers else ""
    return each.interface.id, now, each.interface.verification.best_grade, blockers + each.why, each.command


def _words(finding: "Finding") -> str:
    head = f"{paint(finding.severity, _COLOURS[finding.severity])} {finding.id}: {clean(finding.problem)}"
    blocks = [f"  blocks: {', '.join(finding.interfaces)}"] if finding.blocker and finding.interfaces else []
    commands = (f"    {clean(command)}" for command in finding.remedy.commands)
    return "\n".join([head, *blocks, f"  {clean(finding.remedy.text)}", *commands])
