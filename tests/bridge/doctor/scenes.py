"""One check at a time, against what is there or what a daemon might answer."""

import os
from typing import Any

from bridge.doctor.catalogue import CHECKS
from bridge.doctor.finding import Finding, Seen
from bridge.doctor.scene import Scene, bundled_plugin
from bridge.protocol.errors import BridgeError, Reason
from bridge.version import VERSION
from registry.load import load

DOWN = BridgeError(Reason.DAEMON_NOT_RUNNING, "no daemon answers")


def run(check: str, scene: Scene | None = None) -> tuple[list[Finding], dict[str, str]]:
    said = list(CHECKS[check].run(scene or Scene(dict(os.environ))))
    seen = {each.name: each.value for each in said if isinstance(each, Seen)}
    return [each for each in said if isinstance(each, Finding)], seen


def only(check: str, scene: Scene | None = None) -> Finding:
    findings, _ = run(check, scene)
    assert len(findings) == 1, findings
    return findings[0]


def well(check: str, scene: Scene | None = None) -> dict[str, str]:
    findings, seen = run(check, scene)
    assert findings == []
    return seen


BY_PLUGIN = {i.id for i in load().interfaces.values() if i.probe == "plugin_session" and i.status == "built"}


def session(window: str = "w1", **differs: Any) -> dict[str, Any]:
    surface = {"workspace_folders": ["/home/ann"], "interfaces": sorted(BY_PLUGIN)}
    plain = {
        "ide": {"product": "code"},
        "window_id": window,
        "plugin_name": "koru-vscode",
        "plugin_version": (bundled_plugin() or ("", "0"))[1],
        "protocol": 1,
        "surfaces": [surface],
    }
    return {**plain, **differs}


def status(*sessions: dict[str, Any], **differs: Any) -> Scene:
    return Scene({}, answer={"version": VERSION, "protocol": {"min": 1, "max": 1}, "sessions": [*sessions], **differs})
