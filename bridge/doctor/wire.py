"""The doctor's report as JSON: the same from `koru doctor --json`, over the socket and in a support bundle."""

from typing import Any

from bridge.doctor.finding import Finding
from bridge.doctor.run import Report, Standing


def as_json(report: Report) -> dict[str, Any]:
    """What is not known is null. ARCHITECTURE.md says what each field holds."""
    return {
        "healthy": report.healthy,
        "interfaces": [_standing(each) for each in report.interfaces],
        "findings": [_finding(each) for each in report.findings],
        "hidden": [_finding(each) for each in report.hidden],
        "checks": [
            {
                "id": ran.check.id,
                "state": ran.state,
                "ms": ran.milliseconds,
                "seen": [{"name": seen.name, "value": seen.value} for seen in ran.seen],
            }
            for ran in report.ran
        ],
    }


def _standing(each: Standing) -> dict[str, Any]:
    return {
        "id": each.interface.id,
        "title": each.interface.title,
        "status": each.interface.status,
        "usable": each.usable,
        "best_grade": each.interface.verification.best_grade,
        "blockers": list(each.blockers),
        "why": each.why or None,
        "command": each.command or None,
    }


def _finding(each: Finding) -> dict[str, Any]:
    return {
        "id": each.id,
        "about": each.about or None,
        "severity": each.severity,
        "problem": each.problem,
        "remedy": {"text": each.remedy.text, "commands": list(each.remedy.commands)},
        "interfaces": list(each.interfaces),
        "blocker": each.blocker,
        "depends_on": list(each.depends_on),
    }
